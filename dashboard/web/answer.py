"""What the gate answers itself: errors as JSON, or as a page to who opens one."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

from tornado.httputil import HTTPHeaders

from dashboard.web.plain_page import POLICY, plain_page

if TYPE_CHECKING:
    from tornado.httputil import HTTPServerRequest

_REASONS: Final = {
    200: "OK",
    303: "See Other",
    400: "Bad Request",
    403: "Forbidden",
    404: "Not Found",
    411: "Length Required",
    413: "Content Too Large",
    421: "Misdirected Request",
    429: "Too Many Requests",
    503: "Service Unavailable",
}

_TITLES: Final = {
    403: "This is refused",
    404: "Nothing is at this address",
    421: "The server does not know this address",
    429: "You have many pages open",
    503: "The server is full",
}
"""Of the errors that a person may meet who opens an address."""


class Answer:
    """Status, headers and body of an answer."""

    def __init__(self, status: int, kind: str, text: str) -> None:
        self.status = status
        self.body = text.encode()
        self.headers = HTTPHeaders(
            {
                "Content-Type": kind,
                "Content-Length": str(len(self.body)),
                "Cache-Control": "no-store",
            }
        )

    @property
    def reason(self) -> str:
        """The status in words."""
        return _REASONS[self.status]


def error_answer(request: HTTPServerRequest, status: int, message: str) -> Answer:
    """Return an error: JSON, or a page where a browser opens the address as one."""
    title = _TITLES.get(status)
    opened = request.method == "GET" and "text/html" in request.headers.get(
        "Accept", ""
    )
    if title is not None and opened:
        return page_answer(status, plain_page(title, "", alarm=message))
    return Answer(status, "application/json", json.dumps({"error": message}))


def page_answer(status: int, text: str) -> Answer:
    """Return a page without scripts."""
    answer = Answer(status, "text/html; charset=utf-8", text)
    answer.headers["Content-Security-Policy"] = POLICY
    return answer


def redirect_answer(address: str) -> Answer:
    """Return what leads to another address of this server."""
    answer = Answer(303, "text/plain", "")
    answer.headers["Location"] = address
    return answer
