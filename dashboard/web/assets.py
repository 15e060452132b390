"""Scripts and styles of the page."""

from __future__ import annotations

import functools
import gzip
import mimetypes
import re
from typing import TYPE_CHECKING, ClassVar

from tornado.web import HTTPError, RequestHandler

from dashboard.assets import recent_version
from dashboard.scripts import scripts
from dashboard.web.handler import FOREVER

if TYPE_CHECKING:
    from pathlib import Path

    from dashboard.access import Act


_TEXTS = (".js", ".css", ".svg", ".html")
"""Ends of the names of what is sent compressed: it gets a third as large."""

_MOST_TEXTS = 400


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
        now = recent_version(self.folder)
        present = bool(slash) and version == now
        if slash and re.fullmatch("v[0-9a-f]{12}", version):
            name = path_in_version
        path = (folder / name).resolve()
        if not path.is_relative_to(folder):
            raise HTTPError(404)
        try:
            data = (
                _script(folder, now, name)
                if path.suffix == ".js" and name in scripts(folder, now)
                else path.read_bytes()
            )
        except OSError as error:  # there is none, it is a folder, the name is too long
            raise HTTPError(404) from error
        kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
        kind = "text/javascript" if path.suffix in (".js", ".mjs") else kind
        self.set_header("Content-Type", kind)
        self.set_header("X-Content-Type-Options", "nosniff")
        self.set_header("Cache-Control", FOREVER if present else "no-cache")
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
def _script(folder: Path, version: str, name: str) -> bytes:
    """Return a script as browsers get it."""
    return scripts(folder, version).text(name).encode()


@functools.lru_cache(maxsize=_MOST_TEXTS)
def _compressed(data: bytes) -> bytes:
    """Return what is sent of a text, made once for all pages of the process."""
    return gzip.compress(data, mtime=0)
