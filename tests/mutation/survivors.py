"""Mutants that no test can notice, each with the reason: read by people, held to by the script."""

from __future__ import annotations

from collections.abc import Iterable
from fnmatch import fnmatchcase

# By key, in which * stands for anything.
REASONS: dict[str, str] = {}


def reason_for(key: str) -> str | None:
    """Why the mutant cannot be noticed, if that is known."""
    return next((why for pattern, why in REASONS.items() if matches(pattern, key)), None)


def matches(pattern: str, key: str) -> bool:
    """Whether a key is meant by a pattern, in which only * is special."""
    return fnmatchcase(key, pattern.replace("[", "[[]").replace("?", "[?]"))


def stale(noticed: Iterable[str]) -> list[str]:
    """The reasons for mutants that were noticed after all."""
    keys = list(noticed)
    return [p for p in REASONS if any(matches(p, key) for key in keys)]
