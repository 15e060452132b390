"""What a rule reports, and the list that a document's findings are collected in."""

from __future__ import annotations

import reprlib
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias, TypeGuard

Severity: TypeAlias = Literal["error", "warning"]


@dataclass(frozen=True, slots=True)
class Problem:
    """One finding of `hcs.validate`."""

    rule: str
    """Stable identifier, for example ``"plate-row-duplicate"``."""

    severity: Severity
    """``"error"`` where a MUST is broken, ``"warning"`` where a SHOULD is."""

    location: str
    """Group below the plate and place in its document: ``"A/1: well.images[0].path"``.

    The group is left out for the root, the place where the whole group is meant.
    """

    message: str
    """What was found, and what is allowed."""

    clause: str
    """The part of the specification, for example ``"NGFF 0.5 plate-md"``."""

    def __str__(self) -> str:
        """Return one line for people."""
        where = f"{self.location}: " if self.location else ""
        return f"{self.severity} {self.rule}: {where}{self.message} [{self.clause}]"


OURS = "hcs"
"""Clause of the rules that no specification makes."""

_ARTICLES = {
    "object": "an object",
    "array": "an array",
    "string": "a string",
    "integer": "an integer",
    "number": "a number",
    "boolean": "true or false",
}


def json_type(value: object) -> str:
    """Return the JSON type of a value, with integers apart from other numbers.

    >>> [json_type(value) for value in (True, 1, 1.5, None)]
    ['boolean', 'integer', 'number', 'null']
    """
    match value:
        case bool():
            return "boolean"
        case int():
            return "integer"
        case float():
            return "number"
        case str():
            return "string"
        case list() | tuple():
            return "array"
        case dict():
            return "object"
        case None:
            return "null"
    return type(value).__name__


def is_integer(value: object) -> TypeGuard[int]:
    """Tell whether a value is an integer; JSON's true and false are none."""
    return isinstance(value, int) and not isinstance(value, bool)


def is_number(value: object) -> TypeGuard[int | float]:
    """Tell whether a value is a number; JSON's true and false are none."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def show(value: object) -> str:
    """Return a short text for a value of a document, safe to print."""
    if isinstance(value, dict | list | tuple):
        return f"{_ARTICLES[json_type(value)]} of {len(value)}"
    return reprlib.repr(value)


class Findings:
    """Collects the problems of one document.

    Places and messages are built only where something was found, so that a sound
    document costs its checks and nothing else.
    """

    __slots__ = ("problems", "version", "where")

    def __init__(self, version: str, where: str = "") -> None:
        self.version = version
        self.where = where
        self.problems: list[Problem] = []

    def error(self, rule: str, at: str, message: str, section: str) -> None:
        """Add the breach of a MUST at a place of the document."""
        self._add(rule, "error", at, message, f"NGFF {self.version} {section}")

    def warning(self, rule: str, at: str, message: str, section: str) -> None:
        """Add the breach of a SHOULD at a place of the document."""
        self._add(rule, "warning", at, message, f"NGFF {self.version} {section}")

    def note(self, rule: str, at: str, message: str) -> None:
        """Add what no specification forbids, but people want to know."""
        self._add(rule, "warning", at, message, OURS)

    def _add(
        self, rule: str, severity: Severity, at: str, message: str, clause: str
    ) -> None:
        location = location_in(self.where, at)
        self.problems.append(Problem(rule, severity, location, message, clause))

    def object(self, value: Any, rule: str, at: str, section: str) -> bool:
        """Tell whether a value is an object; report it where it is not."""
        return isinstance(value, dict) or self._wrong(
            value, "object", rule, at, section
        )

    def array(self, value: Any, rule: str, at: str, section: str) -> bool:
        """Tell whether a value is an array; report it where it is not."""
        return isinstance(value, list) or self._wrong(value, "array", rule, at, section)

    def string(self, value: Any, rule: str, at: str, section: str) -> bool:
        """Tell whether a value is a string; report it where it is not."""
        return isinstance(value, str) or self._wrong(value, "string", rule, at, section)

    def integer(
        self,
        value: Any,
        rule: str,
        at: str,
        section: str,
        *,
        minimum: int | None = None,
    ) -> bool:
        """Tell whether a value is an integer >= `minimum`; report it where not."""
        if not is_integer(value):
            return self._wrong(value, "integer", rule, at, section)
        if minimum is not None and value < minimum:
            text = f"Found {show(value)}; allowed is an integer >= {minimum}."
            self.error(rule, at, text, section)
            return False
        return True

    def _wrong(
        self, value: Any, expected: str, rule: str, at: str, section: str
    ) -> Literal[False]:
        kind = json_type(value)
        shown = kind if kind in ("null", "object", "array") else show(value)
        text = f"Found {shown}; must be {_ARTICLES[expected]}."
        self.error(rule, at, text, section)
        return False

    def missing(self, rule: str, at: str, key: str, section: str) -> None:
        """Report a key that MUST be there."""
        self.error(rule, at, f"{key!r} is missing; it must be there.", section)

    def lacking(self, rule: str, at: str, key: str, section: str) -> None:
        """Report a key that SHOULD be there."""
        self.warning(rule, at, f"{key!r} is missing; it should be there.", section)


def location_in(where: str, at: str) -> str:
    """Return the location of a place `at` in the document of the group `where`."""
    return f"{where}: {at}" if where and at else where or at
