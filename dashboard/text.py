"""Text from elsewhere, made harmless for HTML."""

from __future__ import annotations

import html
import unicodedata

NAME_LIMIT = 200
"""Characters of a name that a file gives to a plate, a channel or an acquisition. Each
stands in every row of a table: of a megabyte, a table would take gigabytes."""

_KEEP = "\n\t"


def plain_text(value: object, limit: int = 2000) -> str:
    """Return the value as text without control or direction-changing characters.

    Parameters
    ----------
    value
        Anything; None becomes "".
    limit
        Characters to keep; what is longer ends with an ellipsis.
    """
    text = "" if value is None else str(value)[: 4 * limit]
    # A plate map has ten thousands of texts, and nearly all are of this kind.
    if text.isascii() and text.isprintable():
        clean = text
    else:
        clean = "".join(
            letter
            for letter in text
            # Bidirectional overrides could make a name read as another one.
            if letter in _KEEP or unicodedata.category(letter) not in ("Cc", "Cf", "Cs")
        )
    return cut_text(clean, limit)


def without_halves(text: str) -> str:
    """Return a text without halves of characters (lone surrogates), which no UTF-8 has.

    JSON of a page may have them, and names of files that are not in UTF-8.
    """
    return text.encode("utf-8", "ignore").decode("utf-8")


def cut_text(text: str, limit: int) -> str:
    """Return a text, cut with an ellipsis where it is longer than `limit`.

    >>> cut_text("ABCDEF", 4)
    'ABC…'
    """
    return text if len(text) <= limit else f"{text[: limit - 1]}…"


def safe_text(value: object, limit: int = 2000) -> str:
    """Return the value as text that HTML shows as it is and never executes.

    Everything that comes from a file, a person or an address goes through here before
    it reaches a Panel object, because many of those run the HTML that they are given.

    >>> safe_text('<img src=x onerror="alert(1)">')
    '&lt;img src=x onerror=&quot;alert(1)&quot;&gt;'
    """
    return html.escape(plain_text(value, limit), quote=True)
