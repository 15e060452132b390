"""Flat-field profiles as Harmony writes them: JSON of bare words.

``{Background: {Character: NonFlat, Mean: 299.5, Profile: {Coefficients: [[1.2], ...],
Dims: [1080, 1080], Origin: [539.5, 539.5], Scale: [0.0009, 0.0009], Type: Polynomial}},
Channel: 1, ChannelName: Alexa 488, Version: Acapella:2013}``
"""

from __future__ import annotations

from typing import Any, Final

from hcs.flatfield import FlatField, Profile, read_profile

_MAX_LENGTH: Final = 1 << 16
"""Characters; real ones have a thousand."""

_MAX_DEPTH = 8


def read_profiles(text: str) -> FlatField | None:
    """Return the profiles of a channel; None where there are none, or no such text.

    Surfaces of another type than polynomials are not known, and passed over.
    """
    try:
        content = _ValueReader(text).read()
    except (ValueError, IndexError):
        return None
    if not isinstance(content, dict):
        return None
    background, foreground = (
        _profile(content.get(scope)) for scope in ("Background", "Foreground")
    )
    field = FlatField(background=background, foreground=foreground)
    return field if field.profiles else None


def _profile(scope: object) -> Profile | None:
    if not isinstance(scope, dict):
        return None
    profile = scope.get("Profile")
    if not isinstance(profile, dict) or profile.get("Type") != "Polynomial":
        return None
    return read_profile(
        {
            "coefficients": profile.get("Coefficients"),
            "size": profile.get("Dims"),
            "origin": profile.get("Origin"),
            "scale": profile.get("Scale"),
            "mean": scope.get("Mean"),
        }
    )


class _ValueReader:
    """Reads one value after the other.

    Raises
    ------
    ValueError
        If the text is too long, nests too deep, or is not of this form.
    """

    def __init__(self, text: str) -> None:
        if len(text) > _MAX_LENGTH:
            raise ValueError("too long")
        self._text, self._at = text, 0

    def read(self, depth: int = 0) -> Any:
        """Return the value that comes next: a dict, a list, a number or a text."""
        if depth > _MAX_DEPTH:
            raise ValueError("too deep")
        self._skip()
        start = self._text[self._at]
        if start == "{":
            return self._mapping(depth)
        if start == "[":
            return self._list(depth)
        return self._scalar(",}]")

    def _mapping(self, depth: int) -> dict[str, Any]:
        values: dict[str, Any] = {}
        while self._more("}"):
            key = self._scalar(":")
            self._at += 1
            values[str(key)] = self.read(depth + 1)
        return values

    def _list(self, depth: int) -> list[Any]:
        values = []
        while self._more("]"):
            values.append(self.read(depth + 1))
        return values

    def _more(self, end: str) -> bool:
        """Step over what opens or parts; return whether a further value comes."""
        self._skip()
        if self._text[self._at] != end:
            self._at += 1
            self._skip()
        if self._text[self._at] != end:
            return True
        self._at += 1
        return False

    def _scalar(self, ends: str) -> float | str:
        self._skip()
        if self._text[self._at] == '"':
            close = self._text.index('"', self._at + 1)
            text, self._at = self._text[self._at + 1 : close], close + 1
            self._skip()
            return text
        start = self._at
        while self._text[self._at] not in ends:
            self._at += 1
        text = self._text[start : self._at].strip()
        try:
            return float(text)
        except ValueError:
            return text

    def _skip(self) -> None:
        while self._text[self._at].isspace():
            self._at += 1
