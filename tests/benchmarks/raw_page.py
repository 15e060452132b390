"""A page without a browser: its requests and its websocket, as its scripts make them.

It fetches the page's HTML, opens the websocket that it names, takes the document, and
then sends what parts of the page send and reads the texts that they are drawn from. It
draws nothing and keeps no text, so that fifty of them cost little next to a server.
"""

from __future__ import annotations

import asyncio
import io
import json
import re
import time
from base64 import b64encode
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import aiohttp

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

PATIENCE = 180.0
"""Seconds until something that was asked for is a failure."""

_PIECE_BYTES = 8 << 20
"""Of an upload, as `assets/core/tus.js` sends it."""


class PageError(Exception):
    """A page was not answered as it has to be."""


@dataclass(frozen=True, slots=True)
class Opened:
    """Seconds that a page took to open."""

    html: float
    document: float


class _Expected:
    """A text that somebody waits for."""

    def __init__(self, text: str, mark: str, suits: Callable[[Any], Any]) -> None:
        self.text = text
        self.mark = mark
        """Stands in the message; most messages are not parsed."""

        self.suits = suits
        self.answer: asyncio.Future[Any] = asyncio.get_running_loop().create_future()

    def take(self, attribute: str, text: str) -> None:
        if attribute != self.text or self.answer.done():
            return
        answer = self.suits(json.loads(text))
        if answer:
            self.answer.set_result(answer)


class RawPage:
    """One person's page.

    Parameters
    ----------
    http
        Holds the person's cookies.
    url
        Of the server's root, with a slash at its end.
    """

    def __init__(self, http: aiohttp.ClientSession, url: str) -> None:
        self._http = http
        self.url = url
        self.origin = re.sub(r"^(\w+://[^/]+).*", r"\1", url)
        self.errors: list[str] = []
        self._socket: aiohttp.ClientWebSocketResponse | None = None
        self._listener: asyncio.Task[None] | None = None
        self._expected: list[_Expected] = []
        self._replies: dict[str, asyncio.Future[Any]] = {}
        self._acknowledged: asyncio.Future[None] = (
            asyncio.get_running_loop().create_future()
        )
        self._sequences: dict[str, int] = {}
        self._messages = 0
        self._sending = asyncio.Lock()
        self._wire = ""
        self.token = ""
        """That uploads of this page bear."""

        self.texts: dict[str, str] = {}
        """What the document held when it was opened."""

    async def get(self, path: str, *, go_on: bool = False) -> bytes:
        """Return what stands at an address; anything but 200 is an error.

        Who is sent elsewhere may `go_on` there, as browsers do.
        """
        address = f"{self.origin}{path}" if path.startswith("/") else self.url + path
        async with self._http.get(address, allow_redirects=go_on) as answer:
            body = await answer.read()
            if answer.status != 200:
                raise PageError(f"{answer.status} for {path[:120]}")
        return body

    async def sign_in(self, name: str, password: str) -> None:
        """Send the form to sign in."""
        form = {"name": name, "password": password}
        async with self._http.post(
            f"{self.url}sign-in",
            data=form,
            headers={"Origin": self.origin},
            allow_redirects=False,
        ) as answer:
            if answer.status != 303:
                raise PageError(f"{answer.status} for the sign-in of {name}")

    async def html(self, query: str) -> str:
        """Fetch the page, and return the token of its websocket."""
        text = (await self.get(f"?{query}", go_on=True)).decode()
        token = re.search(r'"token":"([^"]+)"', text)
        if token is None:
            raise PageError("a page names no session")
        return token[1]

    async def open(self, query: str) -> Opened:
        """Fetch the page, connect it, and take its document."""
        start = time.perf_counter()
        token = await self.html(query)
        fetched = time.perf_counter()
        self._socket = await self._http.ws_connect(
            f"{self.url}ws".replace("http", "ws", 1),
            protocols=["bokeh", token],
            origin=self.origin,
            max_msg_size=0,
        )
        self._listener = asyncio.create_task(self._listen())
        # The server takes nothing before it has said that the session is there.
        await self.wait(self._acknowledged, "the session")
        reply = await self._ask("PULL-DOC-REQ", {})
        roots = reply["doc"]["roots"]
        (wire,) = [root for root in roots if root["attributes"].get("name") == "wire"]
        self._wire = wire["id"]
        self.texts = wire["attributes"]["data"]["attributes"]
        self.token = json.loads(self.texts["presence__content"]).get("page", "")
        opened = Opened(fetched - start, time.perf_counter() - fetched)
        self._event("document_ready")
        self.say("header", "theme", dark=False)
        return opened

    def say(self, part: str, kind: str, **content: Any) -> None:
        """Send a message of a part."""
        assert self._socket is not None
        self._sequences[part] = sequence = self._sequences.get(part, 0) + 1
        message = {"type": kind, "seq": sequence, **content}
        self._event(
            "data_event",
            model={"id": self._wire},
            data=_map(part=part, message=message),
        )

    def _event(self, name: str, **values: Any) -> None:
        entries = [*map(list, values.items())]
        event = {
            "kind": "MessageSent",
            "msg_type": "bokeh_event",
            "msg_data": {
                "type": "event",
                "name": name,
                "values": {"type": "map", "entries": entries},
            },
        }
        self._post("PATCH-DOC", {"events": [event]})

    def expect(
        self, text: str, suits: Callable[[Any], Any], mark: str = ""
    ) -> asyncio.Future[Any]:
        """Return what will be the first true answer to a text that comes.

        Parameters
        ----------
        text
            Its name on the wire: ``"gallery__content"``.
        suits
            Gets the text's content.
        mark
            Stands in the message that brings it; its name where nothing is said.
        """
        expected = _Expected(text, mark or text, suits)
        self._expected.append(expected)
        return expected.answer

    async def wait(self, answer: asyncio.Future[Any], what: str) -> Any:
        """Return an answer once it is there."""
        try:
            async with asyncio.timeout(PATIENCE):
                return await answer
        except TimeoutError:
            raise PageError(f"no answer within {PATIENCE:.0f} s: {what}") from None

    async def click(self, well: str) -> dict[str, Any]:
        """Choose a well; return what its gallery shows once it is read."""
        gallery = self.expect(
            "gallery__content",
            lambda shown: (
                shown if shown["well"] == well and not shown["loading"] else None
            ),
        )
        self.say("plate_map", "select", well=well)
        shown: dict[str, Any] = await self.wait(gallery, f"well {well}")
        return shown

    async def judge(self, plate: str, well: str, digest: str, verdict: str) -> str:
        """Give a verdict; return its batch once it is answered."""
        batch = uuid4().hex

        def result(answers: list[dict[str, Any]]) -> Any:
            return next((said for said in answers if said["batch"] == batch), None)

        answer = self.expect("verdict__answers", result, batch)
        self.say(
            "verdict", "judge", plate=plate, batch=batch, verdict=verdict,
            wells=[well], digest=digest, reason="", note="",
        )  # fmt: skip
        said = await self.wait(answer, f"verdict on {well}")
        if said.get("error") or said.get("left"):
            raise PageError(f"verdict on {well}: {said}")
        return batch

    async def upload(
        self, size: int, piece: Callable[[int, int], bytes], **metadata: str
    ) -> str:
        """Send a file in pieces; return its address."""
        pairs = [
            f"{key} {b64encode(text.encode()).decode()}"
            for key, text in metadata.items()
        ]
        headers = {
            "Tus-Resumable": "1.0.0", "Origin": self.origin, "X-Hcs-Page": self.token,
        }  # fmt: skip
        creation = {"Upload-Length": str(size), "Upload-Metadata": ",".join(pairs)}
        async with self._http.post(
            f"{self.url}uploads", headers=headers | creation
        ) as answer:
            if answer.status != 201:
                raise PageError(f"{answer.status} for an upload: {await answer.text()}")
            location = answer.headers["Location"]
        offset = 0
        while offset < size:
            bringing = {
                "Upload-Offset": str(offset),
                "Content-Type": "application/offset+octet-stream",
            }
            data = io.BytesIO(piece(offset, min(_PIECE_BYTES, size - offset)))
            async with self._http.patch(
                f"{self.origin}{location}", data=data, headers=headers | bringing
            ) as answer:
                if answer.status != 204:
                    raise PageError(f"{answer.status} for bytes of an upload")
                offset = int(answer.headers["Upload-Offset"])
        return location

    async def drop(self, location: str) -> None:
        """Remove an upload."""
        headers = {"Tus-Resumable": "1.0.0", "Origin": self.origin}
        async with self._http.delete(
            f"{self.origin}{location}", headers=headers
        ) as answer:
            if answer.status != 204:
                raise PageError(f"{answer.status} for the end of an upload")

    async def close(self) -> None:
        """Close the websocket."""
        if self._listener is not None:
            self._listener.cancel()
        if self._socket is not None:
            await self._socket.close()

    # --- Bokeh's protocol -------------------------------------------------------------

    def _post(self, kind: str, content: Mapping[str, Any]) -> str:
        assert self._socket is not None
        self._messages += 1
        number = str(self._messages)
        header = json.dumps({"msgid": number, "msgtype": kind})
        asyncio.create_task(self._send(header, "{}", json.dumps(content)))  # noqa: RUF006
        return number

    async def _send(self, *frames: str) -> None:
        assert self._socket is not None
        # The frames of a message stand together.
        async with self._sending:
            for frame in frames:
                await self._socket.send_str(frame)

    async def _ask(self, kind: str, content: Mapping[str, Any]) -> Any:
        reply: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._replies[self._post(kind, content)] = reply
        return await self.wait(reply, kind)

    async def _listen(self) -> None:
        try:
            while True:
                header = json.loads(await self._frame())
                await self._frame()  # metadata
                content = await self._frame()
                for _ in range(2 * header.get("num_buffers", 0)):
                    await self._frame()
                self._take(header, content)
        except PageError as error:
            self._fail(str(error))
        except Exception as error:
            self._fail(repr(error))

    async def _frame(self) -> Any:
        assert self._socket is not None
        frame = await self._socket.receive()
        if frame.type not in (aiohttp.WSMsgType.TEXT, aiohttp.WSMsgType.BINARY):
            raise PageError(f"the websocket has closed: {frame.data} {frame.extra}")
        return frame.data

    def _take(self, header: dict[str, Any], content: str) -> None:
        kind = header["msgtype"]
        if kind == "ACK":
            self._acknowledged.set_result(None)
            return
        if kind == "ERROR":
            self.errors.append(json.loads(content)["text"][:300])
            return
        reply = self._replies.pop(header.get("reqid", ""), None)
        if reply is not None:
            reply.set_result(json.loads(content))
        waiting = [expected for expected in self._expected if expected.mark in content]
        if kind != "PATCH-DOC" or not waiting:
            return
        for event in json.loads(content)["events"]:
            if event["kind"] == "ModelChanged" and isinstance(event["new"], str):
                for expected in waiting:
                    expected.take(event["attr"], event["new"])
        self._expected = [
            expected for expected in self._expected if not expected.answer.done()
        ]

    def _fail(self, error: str) -> None:
        self.errors.append(error)
        for answer in (
            self._acknowledged,
            *(expected.answer for expected in self._expected),
            *self._replies.values(),
        ):
            if not answer.done():
                answer.set_exception(PageError(error))


def _map(**values: Any) -> dict[str, Any]:
    """Return a mapping as Bokeh spells it, those in it as well."""
    return {
        "type": "map",
        "entries": [
            [key, _map(**value) if isinstance(value, dict) else value]
            for key, value in values.items()
        ],
    }
