"""The patterns of PyYAML and Jinja are put off, and work as ever for whoever uses them."""

from __future__ import annotations

import re
import subprocess
import sys

from dagglot.patterns import postponed

OTHERS = """
import re
compile_now = re.compile
import dagglot.yaml_reader
from dagglot import emit
emit.environment()
assert re.compile is compile_now
import yaml, jinja2
from yaml.reader import Reader, ReaderError
assert type(Reader.NON_PRINTABLE).__module__ == "dagglot.patterns"

text = "day: 2026-01-31\\nyes: 0x1f\\nratio: 1.5e+3\\nnothing: ~\\n<<: {a: 012}\\n"
for loader in (yaml.SafeLoader, yaml.CSafeLoader):
    print(sorted(map(str, yaml.load(text, loader).items())))
try:
    yaml.load("a: \\x01", yaml.SafeLoader)
except ReaderError as error:
    print(error.reason)
template = jinja2.Template("{% for x in xs %}{{ x | upper | urlize }}\\n{% endfor %}{{ 1.5 // 2 }}")
print(template.render(xs=["a", "http://example.com"]))
"""
PLAIN = """
import dagglot, sys
sys.modules["dagglot.patterns"] = type(sys)("dagglot.patterns")
import contextlib
sys.modules["dagglot.patterns"].postponed = lambda _: contextlib.nullcontext()
"""


def _said(script: str) -> str:
    ended = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert ended.returncode == 0, ended.stderr
    return ended.stdout


def test_packages_work_as_without() -> None:
    without = OTHERS.replace(
        'assert type(Reader.NON_PRINTABLE).__module__ == "dagglot.patterns"', ""
    )
    assert _said(OTHERS) == _said(PLAIN + without)


def test_only_the_patterns_of_the_package_are_put_off() -> None:
    with postponed("yaml"):
        assert isinstance(re.compile("a+"), re.Pattern)
        made: dict[str, object] = {"__name__": "yaml.reader", "re": re}
        exec("found = re.compile('(?P<name>A+)', re.IGNORECASE)", made)  # noqa: S102
    later = made["found"]
    assert not isinstance(later, re.Pattern)
    assert later.match("aa")["name"] == "aa"  # type: ignore[attr-defined]
    assert later.pattern == "(?P<name>A+)"  # type: ignore[attr-defined]
