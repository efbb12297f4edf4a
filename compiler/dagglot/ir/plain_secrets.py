"""What secrets in plain text look like, so that they are found, and never shown."""

from __future__ import annotations

import re
from typing import Final

SHAPES: Final[tuple[tuple[str, re.Pattern[str]], ...]] = (
    ("an access key of AWS", re.compile(r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b")),
    ("a token of GitHub", re.compile(r"\bgh[pousr]_[A-Za-z0-9]{36,}|\bgithub_pat_\w{40,}")),
    ("a token of GitLab", re.compile(r"\bglpat-[A-Za-z0-9_-]{20,}")),
    ("a token of Slack", re.compile(r"\bxox[abprs]-[A-Za-z0-9-]{10,}")),
    (
        "a webhook of Slack",
        re.compile(r"https://hooks\.slack\.com/(?:services|workflows)/[A-Za-z0-9/_]{20,}"),
    ),
    ("a key of Stripe", re.compile(r"\b[rs]k_live_[A-Za-z0-9]{16,}")),
    ("a key of Google", re.compile(r"\bAIza[A-Za-z0-9_-]{35}\b")),
    ("a private key", re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----")),
    (
        "a password in an address",
        re.compile(r"(?<=://)[^\s/:@\"'${}<*]+:(?P<value>[^\s/:@\"'${}<*]+)@(?=[\w.-])"),
    ),
)
NAMES: Final = re.compile(
    r"passw(?:or)?d$"
    r"|(?:^|[_-])(?:pass|pwd|secret|api[_-]?key|access[_-]?key|private[_-]?key|token)$",
    re.IGNORECASE,
)
HEADERS: Final = re.compile(
    r"^(?:proxy-)?authorization$|^x-(?:api|auth)-(?:key|token)$|^api-key$|^private-token$",
    re.IGNORECASE,
)


def tells(value: str) -> bool:
    """Whether a value can be a secret: not a path to one, nor a variable, nor too short for one."""
    return len(value.strip()) > 3 and not value.lstrip().startswith(("/", "$", "~", "<"))


def veiled(text: str) -> str:
    """A text without the secrets that show by their shape, each character a bullet."""
    for _, shape in SHAPES:
        text = shape.sub(lambda found: "•" * len(found[0]), text)
    return text


def is_named_secret(name: str, value: str) -> bool:
    """Whether a value is a secret because its name says so."""
    return bool(NAMES.search(name) or HEADERS.search(name)) and tells(value)
