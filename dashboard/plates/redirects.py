"""Plates at an address are read from the host that was named, and no other.

Whoever answers for a plate could else have the server ask hosts that only it can reach.
obstore, which reads the plate, follows redirects and cannot be told not to; so the
documents that a plate begins with are asked for here first, without following.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any
from urllib.error import HTTPError, URLError
from urllib.parse import urljoin, urlsplit, urlunsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

from dashboard.errors import DashboardError
from dashboard.text import plain_text

if TYPE_CHECKING:
    from http.client import HTTPMessage

_DOCUMENTS = ("zarr.json", ".zattrs", ".zgroup")
_SECONDS = 10.0


def refuse_redirects(location: str) -> None:
    """Raise where the documents of a plate at an address lie on another host (slow).

    Raises
    ------
    DashboardError
        If the host that was named sends to another one. What does not answer, or not
        with a document, is left to whoever reads the plate.
    """
    try:
        parts = urlsplit(location)
    except ValueError:  # no address; whoever reads the plate says so
        return
    if parts.scheme not in ("http", "https"):
        return
    # Without user and password: they are nobody else's business.
    netloc, path = parts.netloc.rpartition("@")[2], parts.path.rstrip("/")
    names = ("",) if path.lower().endswith(".ozx") else _DOCUMENTS
    opener = build_opener(_OwnHost(netloc))
    for name in names:
        address = urlunsplit(
            (parts.scheme, netloc, f"{path}/{name}" if name else path, "", "")
        )
        request = Request(address, method="HEAD")  # noqa: S310 - http and https only
        # Only where it leads is asked.
        with contextlib.suppress(HTTPError, URLError, OSError, ValueError):
            opener.open(request, timeout=_SECONDS).close()


class _OwnHost(HTTPRedirectHandler):
    """Follows redirects to the same host; raises for others."""

    def __init__(self, netloc: str) -> None:
        self._netloc = netloc

    def redirect_request(
        self,
        req: Request,
        fp: Any,
        code: int,
        msg: str,
        headers: HTTPMessage,
        newurl: str,
    ) -> Request | None:
        target = urlsplit(urljoin(req.full_url, newurl)).netloc
        if target != self._netloc:
            raise DashboardError(
                f"{plain_text(self._netloc, 200)} sends on to "
                f"{plain_text(target.rpartition('@')[2], 200)}, which was not named: "
                f"a plate is read from one host only. Give the address that it is at."
            )
        return super().redirect_request(req, fp, code, msg, headers, newurl)
