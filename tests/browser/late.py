"""What a server says to a page, held back as by a slow network."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tests.integration.serving import wait_for

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page, WebSocketRoute


class LateMessages:
    """Holds back the first message that has a text, and all that come after it.

    Make it before the page is opened.

    Parameters
    ----------
    page
        Who gets them.
    change
        What becomes of each message.
    """

    def __init__(self, page: Page, change: Callable[[str], str] = str) -> None:
        self._page = page
        self._change = change
        self._text = ""
        self._socket: WebSocketRoute | None = None
        self._late: list[str | bytes] = []
        page.route_web_socket(re.compile("/ws"), self._connect)

    def hold(self, text: str) -> None:
        """Hold back from now on what begins with a message that has a text."""
        self._text = text

    def wait(self, text: str = "") -> None:
        """Wait until something is held back, or something that has a text."""
        # The driver tells of what has come when it is asked something.
        wait_for(
            lambda: (
                self._page.evaluate("true")
                and any(text in str(message) for message in self._late)
            ),
            f"for {text or self._text}",
        )

    def let_go(self) -> None:
        """Let the page have what was held back, and what comes from now on."""
        assert self._socket is not None
        self._text = ""
        for message in self._late:
            self._socket.send(message)
        self._late.clear()

    def _connect(self, socket: WebSocketRoute) -> None:
        self._socket = socket
        socket.connect_to_server().on_message(self._take)

    def _take(self, message: str | bytes) -> None:
        assert self._socket is not None
        said = self._change(message) if isinstance(message, str) else message
        if self._late or (self._text and self._text in str(message)):
            self._late.append(said)
        else:
            self._socket.send(said)
