"""The browser of all tests of a run: started when it is wanted, ended when it hangs."""

from __future__ import annotations

import os
import signal
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Timer
from typing import TYPE_CHECKING, Any
from uuid import uuid4

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, BrowserContext, Playwright

FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # Names of others, for tests that attack from there: all are this machine.
    "--host-resolver-rules=MAP *.example 127.0.0.1",
    # Without a GPU, WebGL2 is drawn in software.
    "--use-gl=angle",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
)


class Chromium:
    """A headless Chromium, and another one where it died."""

    def __init__(self, playwright: Playwright, path: str) -> None:
        self._playwright = playwright
        self._path = path
        self._mark = f"--hcs-tests={uuid4().hex}"
        self._browser: Browser | None = None

    def new_context(self, **options: Any) -> BrowserContext:
        """Return what shares nothing with other contexts."""
        if self._browser is None or not self._browser.is_connected():
            self._browser = self._playwright.chromium.launch(
                executable_path=self._path, headless=True, args=[*FLAGS, self._mark]
            )
        return self._browser.new_context(**options)

    def close(self) -> None:
        if self._browser is not None:
            self._browser.close()

    @contextmanager
    def watched(self, seconds: float) -> Iterator[None]:
        """Kill the browser where something takes longer.

        Not every call of Playwright has a time limit, and none survives a signal; all
        end with an error when the browser is gone.
        """
        watchdog = Timer(seconds, self._kill)
        watchdog.daemon = True
        watchdog.start()
        try:
            yield
        finally:
            watchdog.cancel()

    def _kill(self) -> None:
        for process in Path("/proc").glob("[0-9]*"):
            with suppress(OSError):
                words = (process / "cmdline").read_bytes().split(b"\0")
                if self._mark.encode() in words:
                    os.kill(int(process.name), signal.SIGKILL)
