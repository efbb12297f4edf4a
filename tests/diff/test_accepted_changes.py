"""`accept_changes` of the project file: what is meant no longer counts, and is still told."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
import yaml
from test_diff_command import ORDERS, Repository

from front_tools import Ran, Space, schema_of

LATER = "2999-12-31"
WAIVER = """\
accept_changes:
  - pipeline: {pipeline}
    code: {code}
    fingerprint: "{fingerprint}"
    reason: it answers at once or not at all
    until: "{until}"
"""
RETRIES = "DG630"


@pytest.fixture
def repository(space: Space) -> Repository:
    made = Repository(space.root)
    space.project()
    space.write("flows/orders.yaml", ORDERS.format(retries=3))
    space.pipeline("items")
    made.commit()
    space.write("flows/orders.yaml", ORDERS.format(retries=1))
    return made


def fingerprint(space: Space, code: str = RETRIES) -> str:
    data = read(space.run("diff", "--base", "HEAD", "--format", "json"))
    (found,) = [one for one in every(data) if one["code"] == code]
    return str(found["fingerprint"])


def read(ran: Ran) -> dict[str, Any]:
    data: dict[str, Any] = json.loads(ran.out)
    schema_of("diff").validate(data)
    return data


def every(data: dict[str, Any]) -> list[dict[str, Any]]:
    return [one for pipeline in data["pipelines"] for one in pipeline["changes"]]


def accept(space: Space, mark: str, until: str = LATER, **more: str) -> None:
    words = {"pipeline": "orders", "code": RETRIES, "until": until, **more}
    space.project(WAIVER.format(fingerprint=mark, **words))


def test_what_is_accepted_is_told_and_does_not_count(space: Space, repository: Repository) -> None:
    accept(space, fingerprint(space))
    ran = space.run("diff", "--base", "HEAD")
    assert (ran.code, ran.err) == (0, "")
    assert ran.out == (
        "orders: accepted\n"
        "  ~  tasks.load.retries.count  3 → 1  DG630 accepted\n"
        "      is retried at most 1 time, was 3 times  flows/orders.yaml:4\n"
        "      accepted until 2999-12-31: it answers at once or not at all\n"
        "\n"
        "1 pipeline changed, 1 did not: 1 accepted\n"
    )
    for words in (("--fail-on", "any"), ("--detailed-exitcode",)):
        assert space.run("diff", "--base", "HEAD", *words).code == 0
    data = read(space.run("diff", "--base", "HEAD", "--format", "json"))
    assert (data["risk"], data["accepted"], data["counts"]["breaking"]) == (None, 1, 0)
    (change,) = every(data)
    assert change["risk"] == "breaking"
    assert change["accepted"] == {"reason": "it answers at once or not at all", "until": LATER}


def test_what_else_changed_counts(space: Space, repository: Repository) -> None:
    accept(space, fingerprint(space))
    space.write("flows/orders.yaml", ORDERS.format(retries=1) + "owner: me\n")
    assert space.run("diff", "--base", "HEAD", "--detailed-exitcode").code == 10
    space.write("flows/orders.yaml", ORDERS.format(retries=0))  # is another change
    ran = space.run("diff", "--base", "HEAD")
    assert (ran.code, ran.codes[0]) == (1, "DG536")
    assert f'"{fingerprint(space)}" (tasks.load.retries.count)' in ran.err
    accept(space, fingerprint(space))
    assert space.run("diff", "--base", "HEAD").code == 0


def test_an_expired_one_fails(space: Space, repository: Repository) -> None:
    accept(space, fingerprint(space), until="2020-01-01")
    for words in ((), ("--fail-on", "any"), ("--detailed-exitcode",)):
        ran = space.run("diff", "--base", "HEAD", *words)
        assert (ran.code, ran.codes[0]) == (1, "DG535")
        assert "orders: breaking" in ran.out
    assert "dagglot.yaml:9:18" in ran.err
    assert "delete the entry if that is merged" in ran.err


def test_an_unused_one_fails(space: Space, repository: Repository) -> None:
    accept(space, fingerprint(space))
    space.write("flows/orders.yaml", ORDERS.format(retries=3))
    ran = space.run("diff", "--base", "HEAD")
    assert (ran.code, ran.codes[0]) == (1, "DG536")
    assert " delete the entry\n" in ran.err
    data = read(space.run("diff", "--base", "HEAD", "--format", "json"))
    (problem,) = data["problems"]
    assert (problem["code"], problem["severity"]) == ("DG536", "error")
    assert (problem["file"], problem["line"]) == ("dagglot.yaml", 9)


@pytest.mark.parametrize(
    "more", [{"code": "DG631"}, {"pipeline": "items"}, {"pipeline": "misspelt"}]
)
def test_one_of_another_change_is_unused(
    space: Space, repository: Repository, more: dict[str, str]
) -> None:
    accept(space, fingerprint(space), **more)
    ran = space.run("diff", "--base", "HEAD")
    assert (ran.code, ran.codes[0]) == (1, "DG536")
    assert "that is the fingerprint of DG630 of `orders`" in ran.err
    assert "orders: breaking" in ran.out


def test_only_what_was_compared_is_judged(space: Space, repository: Repository) -> None:
    accept(space, fingerprint(space))
    assert space.run("diff", "flows/items.yaml", "--base", "HEAD").code == 0
    space.write("flows/orders.yaml", ORDERS.format(retries=3))
    assert space.run("diff", "flows/items.yaml", "--base", "HEAD").code == 0
    assert space.run("diff", "flows/orders.yaml", "--base", "HEAD").codes[0] == "DG536"


def test_what_was_merged_with_its_waiver_fails_nobody_else(
    space: Space, repository: Repository
) -> None:
    accept(space, fingerprint(space))
    repository.commit()
    space.pipeline("items", "owner: me\n")
    ran = space.run("diff", "--base", "HEAD")
    assert (ran.code, ran.codes[0]) == (0, "DG537")
    assert "DG537 warning" in ran.err
    assert " delete the entry\n" in ran.err


def test_the_stanza_is_all_there_is_to_paste(space: Space, repository: Repository) -> None:
    printed = space.run("diff", "--base", "HEAD", "--print-waivers")
    assert printed.code == 0
    (entry,) = yaml.safe_load(printed.out)["accept_changes"]
    assert (entry["pipeline"], entry["code"]) == ("orders", RETRIES)
    space.project(printed.out)
    assert space.run("diff", "--base", "HEAD").codes[0] == "DG104"  # a reason has to be given
    space.project(printed.out.replace('reason: ""', "reason: so it is"))
    assert space.run("diff", "--base", "HEAD").code == 0
    printed = space.run("diff", "--base", "HEAD", "--print-waivers")
    assert (printed.code, printed.out) == (0, "")


def test_the_stanza_has_what_fails(space: Space, repository: Repository) -> None:
    space.write("flows/orders.yaml", ORDERS.format(retries=1) + "owner: me\n")
    for words, number in (((), 1), (("--fail-on", "review"), 1), (("--fail-on", "any"), 2)):
        printed = space.run("diff", "--base", "HEAD", "--print-waivers", *words)
        assert len(re.findall("fingerprint:", printed.out)) == number


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"until": "2027-02-31"}, "DG305"),
        ({"until": "soon"}, "DG104"),
        ({"code": "DG804"}, "DG104"),
        ({"mark": "3f0c"}, "DG104"),
        ({"mark": "${{ vars.x }}"}, "DG112"),
    ],
)
def test_one_that_is_written_wrong(
    space: Space, repository: Repository, more: dict[str, str], code: str
) -> None:
    accept(space, **{"mark": fingerprint(space), **more})
    ran = space.run("diff", "--base", "HEAD")
    assert (ran.code, ran.codes[0]) == (4 if code == "DG112" else 3, code)
