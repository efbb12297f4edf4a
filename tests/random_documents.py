"""Random valid documents of the accepted features, for hypothesis."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

WORDS = st.sampled_from(
    ["extract", "load", "clean", "report", "train", "score", "notify_team", "tidy-up", "a", "Z9_"]
)
TEXT = st.text(
    st.characters(
        blacklist_categories=["Cs", "Cc", "Cn"], blacklist_characters="\ufeff\u2028\u2029"
    ),
    min_size=1,
    max_size=40,
).filter(lambda text: "${{" not in text and text.strip() == text)
SECONDS = st.sampled_from(["1s", "30s", "5m", "1h30m", "PT10S", "1d"])
JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**9), 10**9) | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=6,
)


@st.composite
def retries(draw: st.DrawFn) -> Any:
    if draw(st.booleans()):
        return draw(st.integers(0, 5))
    made: dict[str, Any] = {"count": draw(st.integers(0, 5))}
    if draw(st.booleans()):
        made["delay"] = draw(SECONDS)
        made["backoff"] = draw(st.sampled_from(["constant", "linear", "exponential"]))
        if draw(st.booleans()):
            made["max_delay"] = draw(SECONDS)
    return made


@st.composite
def params(draw: st.DrawFn) -> dict[str, Any]:
    kinds: dict[str, Any] = {
        "string": TEXT,
        "integer": st.integers(-100, 100),
        "number": st.floats(-1e6, 1e6, allow_nan=False),
        "boolean": st.booleans(),
        "date": st.dates().map(str),
        "list": st.lists(st.integers(), max_size=3),
        "map": st.dictionaries(WORDS.filter(str.isidentifier), st.integers(), max_size=3),
    }
    made = {}
    for name in draw(
        st.lists(
            st.sampled_from(["region", "limit", "day", "class", "items"]), unique=True, max_size=4
        )
    ):
        kind = draw(st.sampled_from(sorted(kinds)))
        made[name] = {"type": kind, "default": draw(kinds[kind])}
        if draw(st.booleans()):
            made[name]["description"] = draw(TEXT)
        if kind == "string" and draw(st.booleans()):
            made[name]["enum"] = sorted({made[name]["default"], "other"})
    return made


@st.composite
def task(draw: st.DrawFn, above: list[str], names: list[str]) -> dict[str, Any]:
    kind = draw(st.sampled_from(["python", "shell", "noop"]))
    made: dict[str, Any] = {"type": kind}
    values: list[Any] = [f"${{{{ params['{name}'] }}}}" for name in names]
    values += [f"${{{{ tasks['{name}'].output }}}}" for name in above]
    values += ["${{ run.date }}", "${{ run.attempt }}", "${{ run.id }}"]
    if kind == "python":
        made["call"] = draw(st.sampled_from(["etl.orders:load", "a:b", "pkg.sub.mod:fn"]))
        made["args"] = draw(
            st.dictionaries(
                WORDS.filter(str.isidentifier), JSON | st.sampled_from(values), max_size=3
            )
        )
    if kind == "shell":
        made["run"] = draw(
            st.sampled_from(["echo ${#a[@]} {{ ds }}", "set -x\necho 'a'\n", "x.sh"])
        )
        made["env"] = draw(st.dictionaries(st.sampled_from(["A", "B_1"]), TEXT, max_size=2))
        made["strict"] = draw(st.booleans())
        made["output"] = draw(st.sampled_from(["text", "json", "none"]))
    for key, value in (
        ("retries", retries()),
        ("timeout", SECONDS),
        ("description", TEXT),
        ("docs", TEXT),
        ("owner", TEXT),
        ("tags", st.lists(TEXT, max_size=2, unique=True)),
    ):
        if draw(st.integers(0, 3)) == 0:
            made[key] = draw(value)
    if above and draw(st.booleans()):
        made["depends_on"] = draw(st.lists(st.sampled_from(above), unique=True, max_size=3))
    return made


@st.composite
def documents(draw: st.DrawFn) -> dict[str, Any]:
    """A document in which only accepted features stand."""
    declared = draw(params())
    tasks: dict[str, Any] = {}
    for id in draw(st.lists(WORDS, unique=True, min_size=1, max_size=6)):
        # only tasks without a matrix and outside of groups are read from
        above = [name for name, one in tasks.items() if "type" in one and "matrix" not in one]
        if draw(st.integers(0, 5)) == 0:
            # inside a group its own names come first, and none may mean itself
            free = WORDS.filter(lambda word, above=tuple(above): word not in above)
            inner = draw(st.lists(free, unique=True, min_size=1, max_size=3))
            tasks[id] = {"tasks": {name: draw(task(above, sorted(declared))) for name in inner}}
            continue
        tasks[id] = draw(task(above, sorted(declared)))
        if draw(st.integers(0, 5)) == 0:
            tasks[id]["matrix"] = {
                "seed": draw(st.lists(st.integers(0, 99), unique=True, min_size=1, max_size=3))
            }
    made: dict[str, Any] = {
        "dagglot": 1,
        "pipeline": draw(st.sampled_from(["orders", "a.b-c", "class", "etl", "_x", "flow", "job"])),
        "params": declared,
        "tasks": tasks,
    }
    if draw(st.booleans()):
        made["schedule"] = {
            "cron": draw(
                st.sampled_from(["0 3 * * *", "*/5 * * * 1-5", "@daily", "0 0 1 jan,jul *"])
            ),
            "timezone": draw(st.sampled_from(["UTC", "Europe/Madrid", "Asia/Kolkata"])),
            "enabled": draw(st.booleans()),
        }
        if draw(st.booleans()):
            made["schedule"]["start"] = "2026-01-01"
            made["schedule"]["end"] = draw(st.sampled_from(["2026-12-31", "2027-01-01T12:00"]))
    for key in ("description", "docs", "owner"):
        if draw(st.booleans()):
            made[key] = draw(TEXT)
    if draw(st.booleans()):
        made["tags"] = draw(st.lists(TEXT, max_size=3, unique=True))
    return made
