"""What every answer bears: who may frame it, what it may load, what it tells others."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tornado.httputil import HTTPHeaders

NOTHING = (
    "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
"""Content-Security-Policy of what is no page: it loads nothing, no frame shows it."""

_EVERYWHERE = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


def page_policy(nonce: str) -> str:
    """Return the policy of the page; why each source: docs/decisions.md, "The gate"."""
    return (
        "default-src 'none'; "
        f"script-src 'self' 'nonce-{nonce}' 'unsafe-eval'; "
        "style-src 'self' 'unsafe-inline'; "
        "img-src 'self' data:; "
        "font-src 'self'; "
        "connect-src 'self' blob:; "
        "base-uri 'self'; form-action 'self'; frame-ancestors 'none'"
    )


def add_headers(headers: HTTPHeaders, nonce: str) -> None:
    """Add to an answer what it does not say itself; take out what tells too much."""
    for name, text in _EVERYWHERE.items():
        headers.setdefault(name, text)
    page = headers.get("Content-Type", "").startswith("text/html")
    headers.setdefault(
        "Content-Security-Policy", page_policy(nonce) if page else NOTHING
    )
    headers.pop("Server", None)
