"""The forms of a diff for where people and programs read it, each made of the data of
`reports.diff.as_data` alone.

A module for each, with a function ``render(data, least)``; ``least`` is the risk from which on a
change fails. What is in the data is the user's text: each module says how that is made harmless
in its form.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Any


def render(form: str, data: Mapping[str, Any], least: str) -> str:
    """The data in a form: the name of a module here."""
    made = import_module(f"dagglot.reports.forms.{form}").render(data, least)
    return str(made)


def summary(data: Mapping[str, Any], least: str) -> str:
    """The summary of a job: a comment that is cut much later."""
    from dagglot.reports.forms import markdown

    return markdown.render(data, least, markdown.OF_A_SUMMARY)
