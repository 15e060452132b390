"""How long a request says that its body is."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tornado.httputil import HTTPServerRequest

_DIGITS = 18
"""More than any disk; Python reads no number of some thousand digits."""


def body_length(request: HTTPServerRequest) -> int | None:
    """Return the bytes, None where none are said or what is said is no number."""
    text = request.headers.get("Content-Length", "")
    if not (text.isascii() and text.isdigit() and len(text) <= _DIGITS):
        return None
    return int(text)
