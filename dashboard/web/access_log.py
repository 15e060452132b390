"""A line of the log for each answer: no query, which may hold secrets, and no names."""

from __future__ import annotations

import logging
import re
from typing import TYPE_CHECKING

from dashboard.monitoring import kind_of

if TYPE_CHECKING:
    from tornado.httputil import HTTPServerRequest

_LOG = logging.getLogger(__name__)

_METHODS = ("GET", "HEAD", "POST", "PATCH", "PUT", "DELETE", "OPTIONS")

_FILE = re.compile(r"/([a-z_.]{1,40}\.(?:jpg|png|tif|bin|json|csv|html|zip|parquet))")
"""What handlers call their answers; everything before it may be a name."""


def log_answer(
    request: HTTPServerRequest, path: str, status: int, seconds: float
) -> None:
    """Log an answer: a failure of the server always, others where all is logged.

    Parameters
    ----------
    request
        What was answered.
    path
        Its path below the prefix.
    status
        101 for a websocket, whose answer goes on.
    seconds
        Until the answer was complete.
    """
    answer = {
        "status": status,
        "method": request.method if request.method in _METHODS else "-",
        "what": what_of(path),
        "milliseconds": round(seconds * 1000, 1),
        "address": request.remote_ip,
    }
    _LOG.log(
        logging.WARNING if status >= 500 else logging.INFO,
        "%(status)d %(method)s %(what)s for %(address)s in %(milliseconds)s ms",
        answer,
        extra={"answer": answer},
    )


def what_of(path: str) -> str:
    """Return a path without what plates, wells and people are called.

    >>> what_of("/pixels/my plate/B02/0/1/thumb.jpg"), what_of("/uploads/k7Hq")
    ('/pixels/.../thumb.jpg', '/uploads/...')
    >>> what_of("/export/my.csv/wells.csv"), what_of("/"), what_of("/ann")
    ('/export/.../wells.csv', '/', 'other')
    """
    kind = kind_of(path)
    if kind in ("page", "other"):
        return "/" if kind == "page" else "other"
    _, slash, rest = path.lstrip("/").partition("/")
    if not slash:
        return f"/{kind}"
    file = _FILE.fullmatch(rest[rest.rfind("/") :]) if "/" in rest else None
    return f"/{kind}/...{file[0] if file and kind in ('pixels', 'export') else ''}"
