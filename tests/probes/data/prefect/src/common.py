"""A user's module whose name a probe uses too."""

ANSWER = 42
