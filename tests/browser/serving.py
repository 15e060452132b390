"""The dashboard in a process of its own, and what to watch on its pages."""

from __future__ import annotations

import contextlib
import http.client
import os
import re
import signal
import subprocess
import threading
from collections import deque
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import urlsplit

from playwright.sync_api import expect

from tests.browser.forked import Forked

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from playwright.sync_api import BrowserContext, Locator, Page

MEASURING = 400_000
"""Milliseconds in which a busy machine has measured or drawn 189 fields."""

GONE = ("health", "ERR_", "WebSocket", "ws://", "Failed to fetch")
"""What a page may say whose server has gone; a part may just have been fetched."""

ROOT = Path(__file__).resolve().parent.parent.parent


@contextlib.contextmanager
def announcing(
    command: Sequence[str | Path], address: str, **options: Any
) -> Iterator[re.Match[str]]:
    """Run another program's server; yield where it says that it serves.

    Parameters
    ----------
    command
        The program and its arguments.
    address
        Regular expression of what it says.
    **options
        As for `subprocess.Popen`.
    """
    process = subprocess.Popen(
        list(map(str, command)),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        **options,
    )
    assert process.stdout is not None
    said = ""
    try:
        for line in process.stdout:
            said += line
            if running := re.search(address, line):
                yield running
                break
        else:
            raise AssertionError(f"{command} did not start:\n{said}")
    finally:
        process.terminate()
        process.communicate()


@dataclass
class Faults:
    """What must not happen on a page."""

    scripts: list[str] = field(default_factory=list)
    foreign: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    expected: tuple[str, ...] = ()
    """Parts of addresses that may fail in this test."""

    def watch(self, page: Page, host: str) -> None:
        page.on(
            "pageerror", lambda error: self.scripts.append(error.stack or str(error))
        )
        page.on(
            "console",
            lambda message: (
                message.type == "error"
                and not self._announced(message.location.get("url", "") + message.text)
                and self.scripts.append(f"{message.text} {message.location}")
            ),
        )
        page.on("request", lambda request: self._request(request.url, host))
        page.on("websocket", lambda socket: self._request(socket.url, host))
        page.on(
            "response",
            lambda answer: (
                answer.status >= 400
                and not self._announced(answer.url)
                and self.failed.append(f"{answer.status} {answer.url}")
            ),
        )

    def _announced(self, url: str) -> bool:
        return any(part in url for part in self.expected)

    def _request(self, url: str, host: str) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("blob", "data") and parts.netloc != host:
            self.foreign.append(url)


class Server:
    """The program itself, in a process of its own."""

    running: ClassVar[list[Server]] = []
    """Those whose last words explain a test that fails."""

    def __init__(
        self,
        *arguments: str | Path,
        workspace: Path,
        port: int = 0,
        program: str | Path | None = None,
    ) -> None:
        """Start a `program` installed somewhere, or else a fork of what is here."""
        command = ["serve", *map(str, arguments)]
        command += ["--port", str(port), "--workspace", str(workspace)]
        environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
        self._process: subprocess.Popen[str] | Forked
        if program is None:
            self._process = Forked(command, environment)
        else:
            self._process = subprocess.Popen(
                [str(program), *command],
                cwd=ROOT,
                env=environment,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                start_new_session=True,
            )
        self._said: deque[str] = deque(maxlen=500)
        self._saying = threading.Lock()
        self.line = self._line()
        self.url = self.line.partition("?")[0]
        self._cookie: tuple[str, str] | None = None
        # A pipe that nobody empties would stop the server at some point.
        self._listener = threading.Thread(target=self._listen, daemon=True)
        self._listener.start()
        self.running.append(self)

    def _line(self) -> str:
        """Return the address that the server says it is opened by."""
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._said.append(line)
            said = re.fullmatch(r"Open (http://\S+|the proxy.*)\n", line)
            if said:
                return said[1]
        raise AssertionError("the server did not start:\n" + self.said)

    def _listen(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            with self._saying:
                self._said.append(line)

    @property
    def said(self) -> str:
        """What it has written so far, the last lines of it."""
        with self._saying:
            return "".join(self._said)

    def let_in(self, context: BrowserContext) -> None:
        """Give a browser the cookie that the server's line is changed into, once."""
        if self._cookie is None and "?" in self.line:
            self._cookie = come_in(self.line)
        if self._cookie is not None:
            name, value = self._cookie
            context.add_cookies([{"name": name, "value": value, "url": self.url}])

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def host(self) -> str:
        return urlsplit(self.url).netloc

    @property
    def port(self) -> int:
        return urlsplit(self.url).port or 0

    def pause(self) -> None:
        """Let the server take no step more, as if the machine hung."""
        self._process.send_signal(signal.SIGSTOP)

    def kill(self) -> None:
        """End the server as a power cut does."""
        # With its workers, for they hold the pipe that is listened to.
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait(60)

    def stop(self) -> None:
        self._process.terminate()
        try:
            self._process.wait(20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._listener.join(20)
        if self in self.running:  # a test may have stopped it before
            self.running.remove(self)
        assert self._process.stdout is not None
        self._process.stdout.close()


def come_in(line: str) -> tuple[str, str]:
    """Return name and value of the cookie that a one-time token is changed into."""
    parts = urlsplit(line)
    connection = http.client.HTTPConnection(parts.netloc, timeout=60)
    with contextlib.closing(connection):
        connection.request("GET", f"{parts.path}?{parts.query}")
        answer = connection.getresponse()
        cookie = answer.getheader("Set-Cookie", "").partition(";")[0]
    assert answer.status == 303, line
    name, _, value = cookie.partition("=")
    return name, value


def workers_of(server: Server) -> list[int]:
    """Return the processes in which a server measures."""
    workers = []
    for path in Path(f"/proc/{server.pid}/task").glob("*/children"):
        # A thread or a child may end while it is looked at.
        with contextlib.suppress(OSError):
            for pid in path.read_text().split():
                with contextlib.suppress(OSError):
                    if b"spawn_main" in Path(f"/proc/{pid}/cmdline").read_bytes():
                        workers.append(int(pid))
    return workers


def well(page: Page, label: str) -> Locator:
    """Return the cell of a well in the grid."""
    return page.locator(f'[role="gridcell"][data-well="{label}"]')


def open_panel(page: Page, name: str) -> None:
    """Open a panel of the page by its name, as the command palette does."""
    page.evaluate(
        'name => hcsPart("core/bus.js").then(({ tell }) => tell("open-panel", name))',
        name,
    )


def idle(page: Page) -> None:
    """Wait until nothing of the plate is being measured."""
    # Its part is drawn with its first text, and there may never be one.
    shown = page.locator("#panel-measuring > .part > div:not([hidden])")
    expect(shown).to_have_count(0)


def where(page: Page) -> str:
    """Return what the page says about the place, on one line."""
    return " ".join(page.locator(".hcs-where").inner_text().split())


def same_place(page: Page, other: Page) -> None:
    """Wait until another page says of its place what this one does."""
    expect(other.locator(".hcs-where")).to_have_text(where(page), use_inner_text=True)


def is_picture(url: str) -> bool:
    """Whether an address is one of pixels, and not of a script that handles them."""
    return urlsplit(url).path.startswith("/pixels/")


_AT_REST = """() => {
  if (!document.documentElement.hasAttribute("data-at-rest")) return false
  const roots = [document]
  for (const root of roots)
    for (const element of root.querySelectorAll("*"))
      if (element.shadowRoot) roots.push(element.shadowRoot)
  const images = roots.flatMap((root) => [...root.querySelectorAll("img")])
  const seen = (image) => {
    const { top, bottom } = image.getBoundingClientRect()
    return image.checkVisibility() && bottom > 0 && top < window.innerHeight
  }
  return images.every(
    (image) => image.complete || (image.loading === "lazy" && !seen(image)))
}"""


def at_rest(page: Page) -> None:
    """Wait until every part shows what is chosen, and all its pictures are there.

    Call it after something was seen that only the new choice shows: before, the page
    may still stand at the old one.
    """
    page.wait_for_function(_AT_REST)


def compared(page: Page) -> None:
    """Wait until a correction's pictures are drawn, as who commits it has seen them.

    Pixels of a staged correction go with its commit: a picture that is asked for after
    it is not there any more.
    """
    expect(page.locator(".hcs-compare .new .pane[data-drawn]")).to_be_visible()
