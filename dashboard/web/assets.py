"""Scripts and styles of the page."""

from __future__ import annotations

import functools
import gzip
import mimetypes
import re
from typing import TYPE_CHECKING, ClassVar

from tornado.web import HTTPError, RequestHandler

from dashboard.assets import assets_version
from dashboard.web.handler import FOREVER

if TYPE_CHECKING:
    from pathlib import Path

    from dashboard.access import Act


_TEXTS = (".js", ".css", ".svg", ".html")
"""Ends of the names of what is sent compressed: it gets a third as large."""

_MOST_TEXTS = 400

_COMMENT = re.compile(
    rb"^[ \t]*(?://[^\n]*|/\*\*(?:(?!\*/)[\s\S])*\*/)[ \t]*$", re.MULTILINE
)
"""A comment that has its lines for itself: types and reasons, for readers of files."""


class AssetHandler(RequestHandler):
    """Scripts and styles of the page."""

    asks: ClassVar[Act | None] = None

    def initialize(self, folder: Path) -> None:
        """Take the folder."""
        self.folder = folder

    def get(self, name: str) -> None:
        """Send a file of the folder.

        Below the folder's present version a browser keeps it for ever; else it asks
        again each time whether it has changed.
        """
        folder = self.folder.resolve()
        version, slash, path_in_version = name.partition("/")
        present = bool(slash) and version == assets_version(self.folder)
        if slash and re.fullmatch("v[0-9a-f]{12}", version):
            name = path_in_version
        path = (folder / name).resolve()
        if not path.is_relative_to(folder):
            raise HTTPError(404)
        try:
            data = path.read_bytes()
        except OSError as error:  # there is none, it is a folder, the name is too long
            raise HTTPError(404) from error
        kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
        kind = "text/javascript" if path.suffix in (".js", ".mjs") else kind
        self.set_header("Content-Type", kind)
        self.set_header("X-Content-Type-Options", "nosniff")
        self.set_header("Cache-Control", FOREVER if present else "no-cache")
        if path.suffix == ".js":
            data = without_comments(data)
        if path.suffix in _TEXTS:
            self.set_header("Vary", "Accept-Encoding")
            if "gzip" in self.request.headers.get("Accept-Encoding", ""):
                self.set_header("Content-Encoding", "gzip")
                data = _compressed(data)
        self.write(data)
        self.set_etag_header()
        if self.check_etag_header():
            self.set_status(304)
            self.clear()
            self.set_status(304)
        self.finish()


@functools.lru_cache(maxsize=_MOST_TEXTS)
def without_comments(script: bytes) -> bytes:
    """Return a script without comments, its code in the lines where it was.

    A sixth of the scripts is comments. Those beside code stay, so that what looks like
    one in a text that spans lines is all that must not be; a test looks for that.
    """
    return _COMMENT.sub(lambda comment: b"\n" * comment[0].count(b"\n"), script)


@functools.lru_cache(maxsize=_MOST_TEXTS)
def _compressed(data: bytes) -> bytes:
    """Return what is sent of a text, made once for all pages of the process."""
    return gzip.compress(data, mtime=0)
