"""The page for who works in a notebook or a script: a link to a new tab."""

from __future__ import annotations

import atexit
import contextlib
import json
import os
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from typing import IO, Any
from urllib.parse import urlsplit

from dashboard.errors import DashboardError
from hcs import HCSPlate
from hcs.extras import refuse_missing
from hcs.lifeline import Child
from hcs.markup import block, note, text

_SERVERS: dict[tuple[str | None, bool], _ServerProcess] = {}
"""Of this process, by workspace and whether they are read-only."""

_STARTING = threading.Lock()

_LAST_SECONDS = 20.0
"""That a server may take to close its database and its plates."""


class Shown:
    """A plate that is served on this machine; displays itself as a link.

    Attributes
    ----------
    plate
        Where the plate is.
    """

    def __init__(self, server: Any, plate: str, url: str) -> None:
        self._server: _ServerProcess = server
        self._url: str | None = url
        self.plate = plate

    @property
    def url(self) -> str:
        """A link to the plate, another each time: lets one browser in, within an hour.

        Raises
        ------
        DashboardError
            If the server has been stopped.
        """
        fresh, self._url = self._url, None
        return fresh or self._server.ask(self.plate)

    @property
    def running(self) -> bool:
        """Whether the server is there."""
        return self._server.running

    def stop(self) -> None:
        """End the server, for all plates that it shows; nothing where it has ended."""
        self._server.stop()

    def __repr__(self) -> str:
        state = "shown; its `url` is a link" if self.running else "not shown any more"
        return f"<Shown {self.plate}: {state}>"

    def _repr_html_(self) -> str:
        title = f"Plate {Path(self.plate).name}"
        if not self.running:
            return block(title, note("The server has ended; call show() again."))
        try:
            url = self.url
        except DashboardError as error:
            return block(title, note(error))
        host = urlsplit(url).netloc
        return block(
            title,
            f'<a href="{text(url, 4000)}" target="_blank" rel="noopener noreferrer">'
            "Open it in a new tab</a>",
            '<div style="opacity:.75">The link is good for one browser and for an '
            f"hour. The server listens at {text(host)} on the machine that runs this "
            "Python; from another one, forward that port.</div>",
        )


def show(
    plate: HCSPlate | str | os.PathLike[str],
    *,
    workspace: str | os.PathLike[str] | None = None,
    read_only: bool = False,
) -> Shown:
    """Serve a plate on this machine, in the background, and return a link to it.

    The server is that of ``hcs-dashboard serve``, in a process of its own, on the
    loopback interface with a one-time token. Calls with the same workspace share one;
    it ends with this Python, however that ends.

    Parameters
    ----------
    plate
        A plate in a place, or a place: a path or an address.
    workspace
        Folder for measurements, previews, verdicts; by default the user's own.
    read_only
        Refuse everything that would write to a plate.

    Raises
    ------
    DashboardError
        If the plate is only in memory, there is none at the place, or the server does
        not start.
    MissingExtraError
        If what the page needs is not installed.

    Examples
    --------
    >>> import dashboard
    >>> shown = dashboard.show("plate.ome.zarr")  # doctest: +SKIP
    >>> shown.url  # doctest: +SKIP
    'http://127.0.0.1:41233/?token=...&plate=plate.ome.zarr'
    >>> shown.stop()  # doctest: +SKIP
    """
    refuse_missing("page", "dashboard.show")
    place = _place(plate)
    folder = None if workspace is None else os.path.abspath(workspace)  # noqa: PTH100
    with _STARTING:
        server = _SERVERS.get((folder, read_only))
        if server is None or not server.running:
            server = _ServerProcess()
            url = server.start(place, folder, read_only=read_only)
            _SERVERS[folder, read_only] = server
        else:
            url = server.ask(place)
    return Shown(server, place, url)


def _place(plate: HCSPlate | str | os.PathLike[str]) -> str:
    place = plate.location if isinstance(plate, HCSPlate) else os.fspath(plate)
    if place is None:
        raise DashboardError(
            f"{plate!r} is in memory only; write it with to_hcs_zarr first."
        )
    # The server has another working directory at some time.
    return place if "://" in place else os.path.abspath(place)  # noqa: PTH100


class _ServerProcess:
    """The process, and one question at a time."""

    def __init__(self) -> None:
        self._errors: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115
        self._said = ""
        self._asking = threading.Lock()
        self._child = Child(
            [sys.executable, "-m", "dashboard.showing.server"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            own_session=True,
        )

    @property
    def running(self) -> bool:
        return self._child.poll() is None

    def start(self, place: str, workspace: str | None, *, read_only: bool) -> str:
        try:
            return self._ask(root=place, workspace=workspace, read_only=read_only)
        except BaseException:
            self.stop()
            raise

    def ask(self, place: str) -> str:
        """Return a link to a plate, which is served from now on."""
        return self._ask(root=place)

    def stop(self) -> None:
        for pipe in (self._child.stdin, self._child.stdout):
            if pipe is not None:
                # What a killed child had not read is not flushed.
                with contextlib.suppress(OSError):
                    pipe.close()
        try:
            self._child.wait(_LAST_SECONDS)
        except subprocess.TimeoutExpired:
            self._child.kill()
            self._child.wait()
        self._last_words()
        self._errors.close()

    def _ask(self, **request: Any) -> str:
        sending, receiving = self._child.stdin, self._child.stdout
        assert sending is not None  # noqa: S101  (both were asked for)
        assert receiving is not None  # noqa: S101
        with self._asking:
            try:
                sending.write(json.dumps(request).encode() + b"\n")
                sending.flush()
                answer = receiving.readline()
            except (OSError, ValueError):
                answer = b""
        if not answer:
            raise DashboardError(f"The server has ended. {self._last_words()}".strip())
        content = json.loads(answer)
        if "error" in content:
            raise DashboardError(content["error"])
        return str(content["url"])

    def _last_words(self) -> str:
        if not self._errors.closed:
            self._errors.seek(0)
            said = self._errors.read().decode(errors="replace").strip()
            self._said = said.splitlines()[-1] if said else ""
        return self._said or "Call show() again."


@atexit.register
def _stop_all() -> None:
    # A Python that is killed comes not here; then the system ends the servers.
    for server in _SERVERS.values():
        server.stop()
