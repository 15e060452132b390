"""A part of the page and its component: snapshots in, JSON out, messages in."""

from __future__ import annotations

import contextlib
import json
import logging
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, ClassVar

from dashboard.logs import acting, new_request_id
from dashboard.text import without_halves
from dashboard.views.failure import failure

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from dashboard.access import Act
    from dashboard.session import Session
    from dashboard.views.snapshot import Snapshot

_LOG = logging.getLogger(__name__)

_NOTHING = ("", '{"shown":false}', '{"well":"","shown":false}', '{"staged":null}')
"""Texts that show nothing."""

Message = dict[str, Any]
"""What a component sends: checked by whoever handles it, for it comes from a page."""


class Island:
    """One part of the page.

    Subclasses name their script and, where one text is not enough, all their texts.
    `dashboard.views.wire` takes these to the page.

    The scripts are files of the ``assets`` folder: a browser caches them, they can
    import each other, and they do not travel through the websocket with each session.
    """

    names: ClassVar[tuple[str, ...]] = ("content",)
    """Of its texts."""

    module: ClassVar[str] = ""
    """The script: its path below ``assets``."""

    fetches: ClassVar[bool] = False
    """Whether its text names pictures: it is sent first, so that they are fetched while
    the browser draws the others."""

    rare: ClassVar[bool] = False
    """Whether most visits never show it: its script is not fetched before it is."""

    def __init__(self) -> None:
        self.texts = dict.fromkeys(self.names, "")
        """What to show, as JSON, by name."""

        self._handlers: dict[str, tuple[Act, Callable[[Message], object]]] = {}
        self._part: Part | None = None
        self.changed: set[str] = set()
        """Names of the texts that have changed and were not sent."""

        self.last_message = 0
        """Number of the last message; the page tells by it what an echo answers."""

    @property
    def waits(self) -> bool:
        """Whether there is nothing to show yet: its script can wait until there is."""
        return all(text in _NOTHING for text in self.texts.values())

    def belong_to(self, part: Part) -> None:
        """Let a part say what messages may do; until then none is acted on."""
        self._part = part

    def on(self, kind: str, act: Callable[[Message], object], *, asks: Act) -> None:
        """Call `act` with each message of a kind whose sender may do what it asks."""
        self._handlers[kind] = asks, act

    @property
    def asks(self) -> dict[str, Act]:
        """What each kind of message asks for."""
        return {kind: asks for kind, (asks, _) in self._handlers.items()}

    def put(
        self, content: Mapping[str, Any] | Sequence[Any], name: str = "content"
    ) -> None:
        """Take what is to be shown; equal content is not sent again."""
        self.put_text(as_json(content), name)

    def put_text(self, text: str, name: str = "content") -> None:
        """Take JSON that was made before, for other pages too."""
        if self.texts[name] != text:
            self.texts[name] = text
            self.changed.add(name)

    def handle(self, data: Any) -> None:
        """Act on a message of the page; what makes no sense is left."""
        if not isinstance(data, dict):
            return
        number = data.get("seq")
        if isinstance(number, int):
            self.last_message = number
        asks, act = self._handlers.get(str(data.get("type")), (None, None))
        if asks is None or act is None or self._part is None:
            _LOG.warning("A page sent the unknown message %.40r.", data.get("type"))
            return
        with acting(new_request_id()):
            self._act_on(self._part, act, asks, data)

    def _act_on(
        self, part: Part, act: Callable[[Message], object], asks: Act, data: Message
    ) -> None:
        try:
            reason = part.reason_against(asks, data)
            if not reason:
                act(data)
            elif not part.gone:
                part.keep_refusal(asks)
                part.refuse(data, reason)
        except Exception as error:  # noqa: BLE001
            # Bokeh would keep the page's document as its current one for the process.
            _LOG.exception("The message %.40r of a page failed.", data.get("type"))
            with contextlib.suppress(Exception):  # what failed once may fail again
                part.refuse(data, failure(error))


class Part(ABC):
    """What draws snapshots into an island, and acts on its messages."""

    ignores: ClassVar[frozenset[str]] = frozenset({"judged", "failed"})
    """What of a snapshot it does not read: where no more has changed, it is not drawn.
    """

    def __init__(self, session: Session, component: Island) -> None:
        self._session = session
        self.component = component
        self._now: Snapshot | None = None
        """What was drawn last."""

        self._awake = False
        """Whether the page is connected: what changes before may never reach it."""

        component.belong_to(self)

    def reason_against(self, act: Act, message: Message) -> str:
        """Return why a message is refused, "" where it is not (fast).

        Who asks may have other roles for other plates, so each one counts.
        """
        reasons = (
            self._session.reason_against(act, key) for key in self.concerns(message)
        )
        return next(filter(None, reasons), "")

    @property
    def gone(self) -> bool:
        """Whether the page has ended: nothing is drawn any more."""
        return self._session.closed

    def reasons(self, *acts: Act) -> dict[Act, str]:
        """Return why the visitor may not do what messages ask, nor `acts`."""
        return self._session.reasons_against({*self.component.asks.values(), *acts})

    def barred(self, reasons: Mapping[Act, str] | None = None) -> dict[str, str]:
        """Return why the visitor may not send messages, by their kinds (fast).

        Empty for who may do all: a page shows each reason at the control it is about.
        """
        reasons = self.reasons() if reasons is None else reasons
        asks = self.component.asks
        return {kind: reasons[act] for kind, act in asks.items() if reasons[act]}

    def concerns(self, message: Message) -> set[str]:
        """Return the keys of the plates that a message may be about.

        What is open, what is drawn, which may be older, and what the message names.
        """
        drawn = self._now.state.plate if self._now else ""
        named = text_of(message, "plate")
        return {self._session.state.plate, drawn, named} - {""} or {""}

    def keep_refusal(self, act: Act) -> None:
        """Keep that somebody asked for what they may not do."""
        session = self._session
        session.service.audit.add(
            "refused", session.visitor, details=f"{act}: {session.state.plate}"
        )

    def refuse(self, message: Message, reason: str) -> None:  # noqa: B027
        """Say why a message was not acted on; where only looking is asked, nowhere."""

    @abstractmethod
    def draw(self, now: Snapshot) -> None:
        """Show a snapshot; a part that draws itself again keeps it as `_now`."""

    def wake(self) -> None:
        """Take it that the page is connected; it draws all parts then."""
        self._awake = True

    def _redraw(self) -> None:
        """Show the last snapshot with what the part itself has come to know since."""
        if self._awake and self._now is not None:
            self.draw(self._now)


def as_json(content: Mapping[str, Any] | Sequence[Any]) -> str:
    """Return content as a page gets it."""
    # NaN is no JSON; what cannot be finite must be None before it comes here.
    return json.dumps(content, allow_nan=False, separators=(",", ":"))


def short(value: float | None) -> float | None:
    """Return a number with six digits: more cannot be seen, and all are sent."""
    return None if value is None else float(f"{value:.6g}")


def text_of(message: Message, name: str, limit: int = 1000) -> str:
    """Return a text of a message, "" where it is none.

    It has a bound, for a page may send what it likes and most texts are kept; and no
    half of a character, which neither files nor the database take.
    """
    value = message.get(name)
    return without_halves(value[:limit]) if isinstance(value, str) else ""


def index_of(message: Message, name: str) -> int | None:
    """Return a whole number >= 0 of a message, else None."""
    value = message.get(name)
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    return int(value) if value == int(value) and 0 <= value < 1 << 31 else None
