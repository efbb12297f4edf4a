"""`dagglot diff --base`: what a change of the project file is to all pipelines, and what its
targets refuse now."""

from __future__ import annotations

import json
from typing import Any

import pytest
from test_diff_command import Repository

from dagglot.diagnostics import codes
from dagglot.targets import registry
from front_tools import Space, schema_of

REAL = registry.get
HEAD = 'dagglot: 1\nproject: test\npipelines: "*.p.yaml"\n'
DAILY = """\
dagglot: 1
pipeline: daily
schedule: {cron: '0 3 * * *', timezone: UTC}
tasks: {a: {type: shell, run: load}}
"""
BY_HAND = "dagglot: 1\npipeline: by_hand\ntasks: {a: {type: shell, run: load}}\n"
DEADLINE = "deadline: {after: 2h, alerts: us}\nalerts: {us: {type: email, to: a@example.com}}\n"


@pytest.fixture
def here(space: Space, monkeypatch: pytest.MonkeyPatch) -> Space:
    """A repository with two pipelines."""
    monkeypatch.setattr(registry, "get", REAL)
    space.write("daily.p.yaml", DAILY)
    space.write("by_hand.p.yaml", BY_HAND)
    space.write("other/templates/x.j2", "")
    return space


def commit(space: Space, project: str) -> None:
    space.write("dagglot.yaml", HEAD + project)
    made = Repository(space.root)
    made.commit()


def diffed(space: Space, *words: str) -> dict[str, Any]:
    ran = space.run("diff", "--base", "HEAD", "--format", "json", *words)
    assert ran.out, ran.err
    data: dict[str, Any] = json.loads(ran.out)
    schema_of("diff").validate(data)
    return data


def told(space: Space, before: str, after: str, *words: str) -> list[tuple[str, str, str, str]]:
    commit(space, before)
    space.write("dagglot.yaml", HEAD + after)
    project = diffed(space, *words)["project"]
    changes = project["changes"] if project is not None else []
    return [(one["code"], one["risk"], one["path"], one["consequence"]) for one in changes]


CASES = {
    "DG661": (  # target-added
        "targets: {}\n",
        "targets: {airflow: }\n",
        ("safe", "targets.airflow", "is compiled for Airflow 3.3 too"),
    ),
    "DG662": (  # target-removed
        "targets: {airflow: {out: dags}, prefect: {}}\n",
        "targets: {prefect: {}}\n",
        (
            "breaking",
            "targets.airflow",
            "is not compiled for Airflow any more: the files in `dags` stay, and what is deployed "
            "from them goes on running until somebody stops it",
        ),
    ),
    "DG663": (  # target-version
        'targets: {airflow: {version: "2.11"}}\n',
        'targets: {airflow: {version: "3"}}\n',
        (
            "review",
            "targets.airflow.version",
            "is compiled for Airflow 3.3, was for 2.11: `dagglot diff --from airflow@2.11 --to "
            "airflow@3.3` says what that changes",
        ),
    ),
    "DG664": (  # target-output
        "targets: {prefect: {}}\n",
        "targets: {prefect: {out: flows}}\n",
        (
            "review",
            "targets.prefect.out",
            "is written to `flows`: the files in `build/prefect` stay, are not brought up to date "
            "any more, and go on running where they are deployed from",
        ),
    ),
    "DG665": (  # target-option
        "targets: {prefect: {work_pool: default}}\n",
        "targets: {prefect: {work_pool: k8s}}\n",
        (
            "review",
            "targets.prefect.work_pool",
            "all pipelines that do not say it themselves are compiled for Prefect with another "
            "`work_pool`: what it names has to be there before they are deployed",
        ),
    ),
    "DG666": (  # pool-size
        "pools: {warehouse: 4}\n",
        "pools: {warehouse: 1}\n",
        (
            "review",
            "pools.warehouse",
            "what makes the pool `warehouse` says 1 slot, was 4: fewer tasks run at once when it "
            "is run; a pool that is there keeps its size until then",
        ),
    ),
    "DG667": (  # project-templates
        "",
        "templates: other/templates\n",
        (
            "review",
            "templates",
            "other templates write the generated code: `dagglot compile --diff` shows it",
        ),
    ),
    "DG668": (  # environment
        "environments: {dev: {schedule: {enabled: false}}}\n",
        "environments: {dev: {schedule: {enabled: true}}}\n",
        (
            "review",
            "environments.dev.schedule.enabled",
            "`dagglot diff --env dev` tells what it changes of each pipeline",
        ),
    ),
}


@pytest.mark.parametrize("code", CASES)
def test_a_case_of_each_rule(here: Space, code: str) -> None:
    before, after, expected = CASES[code]
    rule = codes.rule(code)
    assert rule is not None
    assert expected[0] == rule.risk
    assert told(here, before, after) == [(code, *expected)]


def test_every_rule_has_a_case() -> None:
    rules = [one.code for one in codes.all_rules() if "DG661" <= one.code <= "DG669"]
    assert [*CASES, "DG669"] == rules


@pytest.mark.parametrize("code", CASES)
def test_the_other_way_something_is_told_too(here: Space, code: str) -> None:
    after, before, _ = CASES[code]
    assert told(here, before, after)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("targets: {prefect: }\n", 'targets: {prefect: {version: "3", out: ./build/prefect/}}\n'),
        ("", "lint: {DG805: off}\n"),
        ("", "description: all of it # and more\n"),
        ("", "x-note: {a: b}\n"),
        ("pools: {a: 1}\n", "pools: {a: {slots: 1}}\n"),
        ("environments: {a: {vars: {x: 1, y: 2}}}\n", "environments: {a: {vars: {y: 2, x: 1}}}\n"),
        ("python: {path: .}\n", "python: {path: other}\n"),
    ],
)
def test_what_says_nothing_of_a_run_is_no_change(here: Space, before: str, after: str) -> None:
    assert told(here, before, after) == []
    ran = here.run("diff", "--base", "HEAD", "--fail-on", "any")
    assert (ran.code, ran.out) == (0, "nothing changed in 2 pipelines\n")


def test_what_pipelines_get_of_it_is_told_there(here: Space) -> None:
    assert told(here, "defaults: {retries: 1}\n", "defaults: {retries: 3}\n") == []
    assert len(diffed(here)["pipelines"]) == 2


@pytest.mark.parametrize(
    ("before", "after", "risk", "words"),
    [
        (  # both fire
            "targets: {airflow: {}}\n",
            "targets: {airflow: {}, dagster: {}}\n",
            "review",
            "is compiled for Dagster 1.13 too, so that the schedule of `daily` fires there as well "
            "as on Airflow",
        ),
        (
            "targets: {airflow: {}}\n",
            'targets: {airflow: {version: "9.9"}}\n',
            "breaking",
            "dagglot cannot compile for Airflow 9.9: there is 3.3, 2.11",
        ),
        (
            "pools: {a: {slots: 1}}\n",
            "pools: {a: {slots: 1, description: x}}\n",
            "cosmetic",
            "what makes the pool describes it otherwise",
        ),
        (
            "pools: {a: 2}\n",
            "",
            "review",
            "what makes the pool `a` says a size of your own: one that is there keeps its size",
        ),
        (
            "",
            "environments: {dev: {}}\n",
            "safe",
            "changes nothing until it is asked for: `--env dev`",
        ),
        ("environments: {dev: {}}\n", "", "review", "`--env dev` is an error now"),
    ],
)
def test_what_is_weighed_otherwise(
    here: Space, before: str, after: str, risk: str, words: str
) -> None:
    ((_, found, _, said),) = told(here, before, after)
    assert (found, said) == (risk, words)


def test_what_a_target_leaves_behind(here: Space) -> None:
    """What was deployed there goes on, and the way to stop it is told of each pipeline."""
    told(here, "targets: {prefect: {}, airflow: {}}\n", "targets: {airflow: {}}\n")
    ((change,), data) = diffed(here)["project"]["changes"], diffed(here)
    assert [(one["risk"], one["note"][:9], one["commands"]) for one in change["on"]] == [
        ("review", "`by_hand`", ["prefect deployment delete 'by_hand/by_hand'"]),
        ("breaking", "`daily`: ", ["prefect deployment delete 'daily/daily'"]),
    ]
    assert (data["risk"], data["counts"]["breaking"], data["unchanged"]) == ("breaking", 1, 2)
    assert (change["place"], change["old_place"]["line"]) == (None, 4)


def test_an_environment_that_is_asked_for_is_told_of_the_pipelines(here: Space) -> None:
    before, after, _ = CASES["DG668"]
    assert told(here, before, after, "--env", "dev") == []
    assert "daily" in [one["pipeline"] for one in diffed(here, "--env", "dev")["pipelines"]]


def test_no_secret_of_an_option_is_shown(here: Space) -> None:
    pool = "targets: {{prefect: {{job_variables: {{env: {{API_KEY: {}}}}}}}}}\n"
    told(here, pool.format("sk-before-1234"), pool.format("sk-after-1234"))
    for form in ("json", "text", "markdown", "html"):
        assert "sk-" not in here.run("diff", "--base", "HEAD", "--format", form).out
    (change,) = diffed(here)["project"]["changes"]
    assert change["path"] == "targets.prefect.job_variables.env.API_KEY"
    assert change["consequence"].endswith("for Prefect with another `job_variables`")


def test_what_is_called_hostilely_is_harmless(here: Space) -> None:
    name = json.dumps("a`|<script>x</script>\n::error::x \x1b[31m")
    told(here, "", f"pools: {{{name}: 1}}\nenvironments: {{a: {{}}}}\n")
    for form in ("text", "markdown", "github", "sarif", "gitlab", "junit", "html"):
        out = here.run("diff", "--base", "HEAD", "--format", form).out
        assert "DG666" in out or form == "junit", form
        assert "\x1b" not in out, form
        assert form == "html" or "\n::error::x" not in out, form
        assert form in ("text", "gitlab", "sarif", "github") or "<script>x" not in out, form


def test_which_pipelines_are_named_does_not_matter(here: Space) -> None:
    before, after, _ = CASES["DG663"]
    told(here, before, after)
    assert diffed(here, "daily.p.yaml")["project"]["risk"] == "review"


def test_a_project_file_that_is_gone(here: Space) -> None:
    commit(here, "targets: {airflow: {}}\n")
    (here.root / "dagglot.yaml").unlink()
    (change,) = diffed(here, ".")["project"]["changes"]
    assert (change["code"], change["path"]) == ("DG662", "targets.airflow")


def test_one_that_is_new_changes_nothing_by_itself(here: Space) -> None:
    Repository(here.root).commit()
    here.write("dagglot.yaml", HEAD + "targets: {airflow: {}}\n")
    assert diffed(here, ".")["project"] is None


def test_files_outside_of_both_projects_are_compared_alone(here: Space) -> None:
    commit(here, "targets: {airflow: {}}\n")
    for folder in ("a", "b"):
        here.write(f"{folder}/x.yaml", BY_HAND)
    ran = here.run("diff", "a/x.yaml", "--base", "b/x.yaml")
    assert (ran.code, ran.out) == (0, "nothing changed in 1 pipeline\n")


# --- in every form, counted, and accepted ---------------------------------------------------------


def test_the_text(here: Space) -> None:
    before, after, _ = CASES["DG663"]
    told(here, before, after)
    here.write("daily.p.yaml", DAILY + "owner: me\n")
    ran = here.run("diff", "--base", "HEAD")
    assert (ran.code, ran.err) == (0, "")
    assert ran.out == (
        "dagglot.yaml: review\n"
        "  ~  targets.airflow.version  2.11 → 3.3  DG663 review\n"
        "      is compiled for Airflow 3.3, was for 2.11: `dagglot diff --from airflow@2.11 --to "
        "airflow@3.3` says what that changes  dagglot.yaml:4\n"
        "\n"
        "daily: safe\n"
        "  +  owner  me  DG670 safe\n"
        "      no run changes  daily.p.yaml:5\n"
        "\n"
        "the project file and 1 pipeline changed, 1 did not: 1 review, 1 safe\n"
    )


def test_every_form_and_every_exit_code(here: Space) -> None:
    before, after, _ = CASES["DG663"]
    told(here, before, after)
    for form in ("markdown", "github", "sarif", "gitlab", "junit", "html"):
        out = here.run("diff", "--base", "HEAD", "--format", form).out
        assert "DG663" in out, form
        assert "targets.airflow.version" in out, form
        assert "nothing changed," not in out, form
    ran = here.run("diff", "--base", "HEAD")
    assert ran.out.endswith("the project file changed, 2 pipelines did not: 1 review\n")
    for words, code in (
        ((), 0),
        (("--fail-on", "review"), 1),
        (("--fail-on", "any"), 1),
        (("--detailed-exitcode",), 11),
    ):
        assert here.run("diff", "--base", "HEAD", *words).code == code
    out = here.run("diff", "--base", "HEAD", "--format", "junit", "--fail-on", "review").out
    assert 'tests="3" failures="1"' in out


def test_it_is_accepted_as_others_are(here: Space) -> None:
    before, after, _ = CASES["DG663"]
    told(here, before, after)
    words = ("diff", "--base", "HEAD", "--fail-on", "any")
    stanza = here.run(*words, "--print-waivers").out
    assert "pipeline: dagglot.yaml\n" in stanza
    stanza = stanza.replace('reason: ""', "reason: meant")
    here.write("dagglot.yaml", HEAD + after + stanza)
    assert (here.run(*words).code, diffed(here)["accepted"]) == (0, 1)
    here.write("dagglot.yaml", HEAD + before + stanza)  # taken back
    ran = here.run(*words)
    assert (ran.code, ran.codes[0]) == (1, "DG536")


# --- what the targets refuse ----------------------------------------------------------------------


def refused(space: Space) -> list[tuple[str, str]]:
    data = diffed(space)
    return [
        (one["pipeline"], change["path"])
        for one in data["pipelines"]
        for change in one["changes"]
        if change["code"] == "DG669"
    ]


def test_what_a_target_refuses_now(here: Space) -> None:
    commit(here, 'targets: {airflow: {version: "2.11"}, prefect: {}}\n')
    here.write("daily.p.yaml", DAILY + DEADLINE)
    assert refused(here) == [("daily", "targets.airflow.deadline")]
    (first, *_) = diffed(here)["pipelines"][0]["changes"]
    assert (first["risk"], first["place"]["line"]) == ("breaking", 5)
    assert first["consequence"].startswith("cannot be compiled for Airflow 2.11: Airflow 2 has no")
    Repository(here.root).commit()
    here.write("daily.p.yaml", DAILY + DEADLINE + "owner: me\n")
    assert refused(here) == []  # it was before


def test_another_version_refuses_what_did_not_change(here: Space) -> None:
    here.write("daily.p.yaml", DAILY + DEADLINE)
    commit(here, 'targets: {airflow: {version: "3.3"}}\n')
    here.write("dagglot.yaml", HEAD + 'targets: {airflow: {version: "2.11"}}\n')
    assert refused(here) == [("daily", "targets.airflow.deadline")]


def test_a_new_pipeline_that_is_refused_is_not_safe(here: Space) -> None:
    commit(here, 'targets: {airflow: {version: "2.11"}}\n')
    here.write("new.p.yaml", DAILY.replace("daily", "new") + DEADLINE)
    assert refused(here) == [("new", "targets.airflow.deadline")]
    assert here.run("diff", "--base", "HEAD").code == 1


def test_what_no_target_of_the_project_refuses_is_not_told(here: Space) -> None:
    commit(here, 'targets: {airflow: {version: "3.3"}}\n')
    here.write("daily.p.yaml", DAILY + DEADLINE)
    assert refused(here) == []
