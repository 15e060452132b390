"""Patterns such as ``{plate}_{well}_s{field}_{channel}.tif``, made into expressions.

A text between braces stands for a part of the name; all else stands for itself, in
either case. This is for people who write no regular expressions.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from hcs.errors import SourceError
from hcs.ingest.formats.images import SUFFIXES
from hcs.wording import excerpt

if TYPE_CHECKING:
    from collections.abc import Iterator

_TEXT, _ANY = "[^/]+", "[^/]*"
_LETTERED_NUMBER = "[A-Za-z]{0,16}[0-9]{1,9}"
_MOMENT = (
    "(?:[0-9]{4}y[0-9]{2}m[0-9]{2}d_)?[0-9]{2}h[0-9]{2}m"
    "|[0-9]{2}d[0-9]{2}h[0-9]{2}m(?:[0-9]{2}s)?"
)

PARTS: Final = {
    "well": "[A-Za-z]{1,2} ?[-_]? ?[0-9]{1,3}|[Rr][0-9]{1,2}[-_]?[Cc][0-9]{1,2}"
    r"|[A-Za-z]{1,2}[0-9]{1,2}\.[a-d][1-4]|[0-9]+",
    "row": "[A-Za-z]{1,2}|[0-9]{1,2}",
    "column": "[0-9]{1,3}",
    "field": _LETTERED_NUMBER,
    "channel": _TEXT,
    "z": _LETTERED_NUMBER,
    "t": f"{_MOMENT}|{_LETTERED_NUMBER}",
    "plate": _TEXT,
}
"""What may stand for each part, as a regular expression."""

_MOST_FREE: Final = 6

_MEANT = {
    "site": "field",
    "fov": "field",
    "position": "field",
    "col": "column",
    "wave": "channel",
    "wavelength": "channel",
    "ch": "channel",
    "c": "channel",
    "time": "t",
    "timepoint": "t",
    "frame": "t",
    "slice": "z",
    "plane": "z",
    "zstep": "z",
    "barcode": "plate",
}
"""What other programs call our parts."""

_BRACED = re.compile(r"\{([^{}]*)\}")
_WIDTH = re.compile(r"[1-9][0-9]?")
_QUANTIFIER = re.compile(r"\{[0-9]+(?:,[0-9]+)?\}|[+*]")
_ENDING = r"(?<!\.ome)(?i:(?:\.ome)?(?:" + "|".join(map(re.escape, SUFFIXES)) + r"))"
"""End of a name where the pattern writes none; ``.ome`` is never a part's own."""


def is_simple(text: str) -> bool:
    """Return whether a pattern is one of placeholders, and no regular expression.

    An expression names nothing without a group such as ``(?P<well>...)``, so that what
    has none can only be meant as placeholders.

    Raises
    ------
    SourceError
        If it has both.
    """
    if "(?P<" not in text:
        return True
    for match in _BRACED.finditer(text):
        if match[1].partition(":")[0] in (*PARTS, "*"):
            raise _error(
                text,
                match.start(),
                f"{match[0]} is a placeholder, and (?P<...> a group of a regular "
                f"expression; write all parts in one of the two ways",
            )
    return False


@dataclass(frozen=True, slots=True)
class _Placeholder:
    name: str
    width: int | None


def compile_simple(text: str) -> tuple[re.Pattern[str], re.Pattern[str]]:
    """Return two expressions of a pattern with placeholders.

    In the first, every part is as short as the rest of the name allows, in the second
    as long. Where they read a name differently, it can be read in two ways.

    Raises
    ------
    SourceError
        If a brace or a placeholder is wrong; the message says at which character.
    """
    pieces = _without_repeats(list(_pieces(text)))
    free = [i for i in range(len(pieces)) if _is_free(pieces, i)]
    free = [i for i in free if not _is_followed(pieces, i)]
    if len(free) > _MOST_FREE:
        raise SourceError(
            f"The pattern {text!r} has {len(free)} parts that may be any text, between "
            f"others; at most {_MOST_FREE} are tried, for the ways to match a name "
            f"grow with each. Write one {{*}} for all that is passed over."
        )
    return _compiled(pieces, "?"), _compiled(pieces, "")


def _without_repeats(pieces: list[str | _Placeholder]) -> list[str | _Placeholder]:
    """Return pieces with ``{*}{*}`` as the one that it is as good as."""
    return [
        piece
        for i, piece in enumerate(pieces)
        if not (_is_free(pieces, i, "*") and _is_free(pieces, i - 1, "*"))
    ]


def _compiled(pieces: list[str | _Placeholder], lazy: str) -> re.Pattern[str]:
    seen: set[str] = set()
    parts = []
    for i, piece in enumerate(pieces):
        if isinstance(piece, str):
            if not _is_followed(pieces, i - 1):
                parts.append(_literal(piece))
            continue
        if _is_followed(pieces, i):
            # Where its end first comes is as good as any later place.
            parts.append(f"(?>{_ANY}?{_literal(str(pieces[i + 1]))})")
            continue
        expression = _expression(piece, lazy)
        if piece.name == "*":
            parts.append(expression)
        elif piece.name in seen:
            # Written twice, as in {well}/{well}_s1.tif: the two must be the same.
            parts.append(f"(?P={piece.name})")
        else:
            parts.append(f"(?P<{piece.name}>{expression})")
            seen.add(piece.name)
    return re.compile("".join(parts) + ("" if _has_ending(pieces) else _ENDING))


def _literal(text: str) -> str:
    return f"(?i:{re.escape(text)})"


def _is_free(pieces: list[str | _Placeholder], i: int, *names: str) -> bool:
    """Return whether a piece may be any text, or is one of `names` and may be."""
    piece = pieces[i] if 0 <= i < len(pieces) else ""
    if isinstance(piece, str) or piece.width is not None:
        return False
    if names:
        return piece.name in names
    return PARTS.get(piece.name, _TEXT) == _TEXT


def _is_followed(pieces: list[str | _Placeholder], i: int) -> bool:
    """Return whether a piece is the first of ``{*}text{*}``."""
    literal = i + 1 < len(pieces) and isinstance(pieces[i + 1], str)
    return literal and _is_free(pieces, i, "*") and _is_free(pieces, i + 2, "*")


def _expression(placeholder: _Placeholder, lazy: str) -> str:
    if placeholder.width is not None:
        return f"[^/]{{{placeholder.width}}}"
    expression = _ANY if placeholder.name == "*" else PARTS[placeholder.name]
    return _QUANTIFIER.sub(rf"\g<0>{lazy}", expression)


def _has_ending(pieces: list[str | _Placeholder]) -> bool:
    """Return whether the end of a pattern is that of a file's name."""
    last = pieces[-1] if pieces else ""
    if isinstance(last, _Placeholder):
        return last.name == "*"
    return last.lower().endswith(SUFFIXES) or re.search(r"\.\w{1,5}$", last) is not None


def _pieces(text: str) -> Iterator[str | _Placeholder]:
    """Yield the literal texts and the placeholders of a pattern."""
    literal, position = "", 0
    text = text.replace("\\", "/")
    while position < len(text):
        letter = text[position]
        if letter in "{}" and text[position : position + 2] == letter * 2:
            literal += letter
            position += 2
        elif letter == "{":
            if literal:
                yield literal
            literal = ""
            placeholder, position = _placeholder(text, position)
            yield placeholder
        elif letter == "}":
            raise _error(
                text, position, "a brace is closed that was not opened; write }} for }"
            )
        else:
            literal += letter
            position += 1
    if literal:
        yield literal


def _placeholder(text: str, start: int) -> tuple[_Placeholder, int]:
    """Return the placeholder that opens at `start`, and where the text goes on."""
    match = _BRACED.match(text, start)
    if match is None:
        raise _error(text, start, "a brace is not closed; write {{ for {")
    name, colon, width = (part.strip() for part in match[1].partition(":"))
    if name not in PARTS and name != "*":
        meant = _MEANT.get(name.lower(), name.lower())
        hint = f"; write {{{meant}}}" if meant in PARTS else ""
        known = ", ".join(f"{{{part}}}" for part in (*PARTS, "*"))
        raise _error(
            text,
            start,
            f"{excerpt(name)} is no part of a name{hint}; there are {known}",
        )
    if colon and not _WIDTH.fullmatch(width):
        raise _error(
            text,
            start,
            f"{excerpt(width)} is no number of characters; 1 to 99 are, such as "
            f"{{{name}:3}}",
        )
    return _Placeholder(name, int(width) if colon else None), match.end()


def _error(text: str, position: int, problem: str) -> SourceError:
    return SourceError(
        f"The pattern {text!r} is wrong at character {position + 1}: {problem}."
    )
