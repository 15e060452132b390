"""Pieces of HTML that need no script, server or style sheet: what notebooks show.

All text is escaped here and nowhere else. Colours follow what the pieces stand on: text
and lines have its colour, so that they can be read on light and on dark.
"""

from __future__ import annotations

import base64
from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

MOST_TEXT = 300
"""Letters of a text out of a file that are shown."""

_CELL = "padding:1px 12px 1px 0;vertical-align:top;text-align:left;background:none"


def text(value: object, most: int = MOST_TEXT) -> str:
    """Return a value as escaped text, cut where it is long.

    >>> text("<b>") + text("abcdef", 4)
    '&lt;b&gt;abc…'
    """
    plain = str(value)
    return escape(plain if len(plain) <= most else plain[: most - 1] + "…")


def block(title: str, *parts: str) -> str:
    """Return pieces below a title.

    Parameters
    ----------
    title
        Plain text.
    parts
        Pieces of this module; empty ones are left out.
    """
    return (
        '<div style="font-family:sans-serif;font-size:13px;line-height:1.4;'
        'color:inherit;overflow-x:auto"><div style="font-weight:600;margin:2px 0 4px">'
        f"{text(title)}</div>{''.join(parts)}</div>"
    )


def facts(entries: Iterable[tuple[str, object]]) -> str:
    """Return names with their values, those without a value left out."""
    rows = "".join(
        f'<tr style="background:none"><th style="{_CELL};font-weight:400;opacity:.75">'
        f'{text(name)}</th><td style="{_CELL}">{text(value)}</td></tr>'
        for name, value in entries
        if value not in (None, "")
    )
    return (
        '<table style="border:0;border-collapse:collapse;margin:0;color:inherit;'
        f'font-size:13px"><tbody>{rows}</tbody></table>'
    )


def note(message: object) -> str:
    """Return a line that says what is wrong or left out."""
    return f'<div style="margin:4px 0">⚠ {text(message)}</div>'


def pictures(entries: Sequence[tuple[bytes, str, Sequence[str]]]) -> str:
    """Return pictures side by side.

    Parameters
    ----------
    entries
        The PNG, what stands for it where it is not seen, and the lines below it.
    """
    figures = "".join(
        '<figure style="display:inline-block;margin:4px 10px 4px 0;vertical-align:top">'
        f'<img style="display:block;background:#000" alt="{text(alternative)}" '
        f'src="data:image/png;base64,{base64.b64encode(png).decode()}">'
        '<figcaption style="font-size:11px;margin-top:2px">'
        f"{'<br>'.join(map(text, lines))}</figcaption></figure>"
        for png, alternative, lines in entries
    )
    return f"<div>{figures}</div>" if figures else ""


def failed(shown: object, error: Exception) -> str:
    """Return what stands where the rest could not be made.

    A plate with a broken document must not put a traceback into a notebook, of which
    the reader does not learn what the value is.
    """
    return block(object.__repr__(shown), note(f"{type(error).__name__}: {error}"))
