"""A headless Firefox, by WebDriver BiDi over its own websocket."""

from __future__ import annotations

import asyncio
import json
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from tornado.websocket import WebSocketClientConnection, websocket_connect

if TYPE_CHECKING:
    from collections.abc import Coroutine
    from pathlib import Path

_SAYS = "WebDriver BiDi listening on "

_LARGEST = 64 << 20
"""Bytes of an answer; a screenshot is one."""


class Firefox:
    """One page in a browser of its own.

    Parameters
    ----------
    program
        Firefox itself.
    profile
        An empty folder for what it keeps.
    """

    def __init__(self, program: str, profile: Path) -> None:
        profile.mkdir()
        command = [program, "--headless", "--no-remote", "--profile", str(profile)]
        self._process = subprocess.Popen(
            [*command, "--remote-debugging-port", "0"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        # Playwright keeps an event loop running in the thread of the tests.
        self._thread = ThreadPoolExecutor(1)
        self._runner = asyncio.Runner()
        self._number = 0
        self.errors: list[str] = []
        """What scripts threw."""

        self._socket: WebSocketClientConnection = self._outcome(
            self._connected(self._address())
        )
        self.ask("session.new", capabilities={})
        self.ask("session.subscribe", events=["log.entryAdded"])
        tree = self.ask("browsingContext.getTree")
        self._page: str = tree["contexts"][0]["context"]

    def _address(self) -> str:
        assert self._process.stderr is not None
        for line in self._process.stderr:
            if _SAYS in line:
                return line.partition(_SAYS)[2].strip()
        raise AssertionError("Firefox ended before it listened")

    async def _connected(self, address: str) -> WebSocketClientConnection:
        return await websocket_connect(f"{address}/session", max_message_size=_LARGEST)

    def ask(self, method: str, **params: Any) -> Any:
        """Return the answer to a command.

        Raises
        ------
        AssertionError
            If the browser refuses it.
        """
        return self._outcome(self._answer(method, params))

    def _outcome(self, work: Coroutine[Any, Any, Any]) -> Any:
        return self._thread.submit(self._runner.run, work).result()

    async def _answer(self, method: str, params: dict[str, Any]) -> Any:
        self._number += 1
        command = {"id": self._number, "method": method, "params": params}
        await self._socket.write_message(json.dumps(command))
        while True:
            text = await self._socket.read_message()
            assert text is not None, "Firefox has ended"
            message = json.loads(text)
            if message.get("type") == "event":
                entry = message["params"]
                if entry.get("type") == "javascript" and entry.get("level") == "error":
                    self.errors.append(f"{entry['text']} {entry.get('stackTrace')}")
            elif message.get("id") == self._number:
                assert message["type"] == "success", message
                return message["result"]

    def open(self, address: str) -> None:
        """Go to an address, and wait until the page is loaded."""
        self.ask(
            "browsingContext.navigate", context=self._page, url=address, wait="complete"
        )

    def run(self, expression: str) -> Any:
        """Return what an expression of the page comes to: text, number, truth, none."""
        result = self.ask(
            "script.evaluate",
            expression=expression,
            target={"context": self._page},
            awaitPromise=True,
        )
        assert result["type"] == "success", result
        return result["result"].get("value")

    def wait_for(self, expression: str, seconds: float = 120) -> None:
        """Wait until an expression is true."""
        end = time.monotonic() + seconds
        while not self.run(f"Boolean({expression})"):
            assert time.monotonic() < end, f"{expression} is not true; {self.errors}"
            time.sleep(0.1)

    def press(self, *keys: str) -> None:
        """Press keys, one after the other."""
        acts = [
            {"type": kind, "value": key}
            for key in keys
            for kind in ("keyDown", "keyUp")
        ]
        self._perform({"type": "key", "id": "keys", "actions": acts})

    def click(self, element: str) -> None:
        """Click the middle of an element, given by an expression."""
        # In one go: between two, what still comes may move it.
        middle = f"""((element) => {{
          element.scrollIntoView({{ block: "center" }})
          const {{ left, top, width, height }} = element.getBoundingClientRect()
          return JSON.stringify([left + width / 2, top + height / 2])
        }})({element})"""
        x, y = json.loads(self.run(middle))
        acts = [
            {"type": "pointerMove", "x": round(x), "y": round(y)},
            {"type": "pointerDown", "button": 0},
            {"type": "pointerUp", "button": 0},
        ]
        self._perform({"type": "pointer", "id": "mouse", "actions": acts})

    def _perform(self, source: dict[str, Any]) -> None:
        self.ask("input.performActions", context=self._page, actions=[source])

    def screenshot(self) -> str:
        """Return a picture of the page, as PNG in base 64."""
        return str(
            self.ask("browsingContext.captureScreenshot", context=self._page)["data"]
        )

    def close(self) -> None:
        """End it."""
        with suppress(AssertionError):
            self.ask("browser.close")
        self._thread.submit(self._runner.close).result()
        self._thread.shutdown()
        self._process.terminate()
        self._process.communicate(timeout=60)
