"""One visitor's page: the service, the state, the address, and how they meet.

A session is made when a page is opened and forgotten when it is closed. Nothing that
outlives it may hold it: it asks the service, the service never calls it.
"""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING, Any, TypeVar

import panel as pn
from panel.io.state import set_curdoc
from tornado.ioloop import IOLoop

from dashboard.accounts import LOCAL, Role, Visitor
from dashboard.logs import REQUEST, acting, new_request_id
from dashboard.reviews.looks import Looks
from dashboard.state import SessionState, decode
from dashboard.storage.faults import DatabaseFault
from dashboard.text import plain_text
from dashboard.threads import Pool
from dashboard.turns import InOrder, Turns
from hcs.errors import HCSError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from bokeh.document import Document

    from dashboard.access import Act
    from dashboard.addresses import Urls
    from dashboard.service import Service
    from hcs.metadata import Who

_LOG = logging.getLogger(__name__)

OTHERS_SECONDS = 1.0
"""How often what others do reaches a page, at most; what its person does is shown at
once."""

ASK_AGAIN_SECONDS = 15.0
"""How often a page asks whether its visitor is still who they were: accounts, roles and
signed-in sessions may be taken away."""

_FAREWELL_SECONDS = 2.0
"""Between what a page says of having been signed out and the end of its websocket."""

_Result = TypeVar("_Result")


class Session:
    """What a page is built from.

    Attributes
    ----------
    service
        The process-wide service; answers with plain values.
    state
        What the visitor looks at, kept equal to the page's address both ways.
    visitor
        Who opened the page, and what their role is.
    urls
        Addresses of pixels, uploads and assets, with the server's prefix.
    token
        Unguessable; uploads must carry it. Dies with the session.
    read_only
        True where nothing may be written; show no control that writes.
    """

    def __init__(
        self,
        service: Service,
        urls: Urls,
        document: Document,
        visitor: Visitor = LOCAL,
        identify: Callable[[], Visitor | None] = lambda: LOCAL,
        ask_again_seconds: float = ASK_AGAIN_SECONDS,
        turns: Turns | None = None,
    ) -> None:
        self.service = service
        self.urls = urls
        self.visitor = visitor
        self.state = SessionState()
        self.token = service.sessions.open(visitor.subject, lambda: self.connected)
        self.read_only = service.read_only
        self._identify = identify
        self._ask_again_seconds = ask_again_seconds
        self._asked_at = time.monotonic()
        self._farewell: Callable[[], object] = lambda: None
        self._document: Document | None = document
        self._turns = turns or Turns(service.sessions.put_off)
        self.acts = InOrder()
        """For the ledger: a sign-off comes after the verdicts that were before it."""

        self._person = ""
        self._watchers: list[Callable[[int], object]] = []
        self._pollers: list[Callable[[], object]] = []
        self._seen = ("", -1)
        self.looks = Looks()
        self._shown_at = 0.0
        """When what others had done was shown last, on the monotonic clock."""

        self._send: Callable[[], bool] = lambda: False
        self._syncing = False

    @property
    def person(self) -> str:
        """The visitor's name: of the sign-in, else as typed; "" until then."""
        return self._person if self.visitor.types_name else self.visitor.name

    @person.setter
    def person(self, name: str) -> None:
        self._person = plain_text(name, 200).strip()

    def who(self) -> Who | None:
        """Return the visitor as history stores it, None while there is no name."""
        return self.visitor.who(self._person)

    @property
    def role(self) -> Role:
        """The visitor's role for the plate that is open (fast)."""
        return self.service.access.role(self.visitor, self.state.plate)

    def reason_against(self, act: Act, key: str | None = None) -> str:
        """Return why the visitor may not do something, "" where they may (fast).

        A page shows the reason at what it locks.

        Parameters
        ----------
        act
            What they want to do.
        key
            Of the plate that it concerns; that which is open where None.
        """
        return self.reasons_against((act,), key)[act]

    def reasons_against(
        self, acts: Collection[Act], key: str | None = None
    ) -> dict[Act, str]:
        """Return what `reason_against` says of each of some acts (fast)."""
        if self.closed:
            return dict.fromkeys(acts, "You were signed out.")
        plate = self.state.plate if key is None else key
        return self.service.access.reasons_against(self.visitor, acts, plate)

    def place(self, location: str, key: str) -> str:
        """Return where a plate lies, its key for those who need not know (fast)."""
        return location if self.service.access.tells_place(self.visitor, key) else key

    @property
    def closed(self) -> bool:
        """Whether the page has gone."""
        return self._document is None

    @property
    def connected(self) -> bool:
        """Whether a browser is at the other end: a session outlives it by a while."""
        context = None if self._document is None else self._document.session_context
        session = getattr(context, "session", None)
        return session is None or session.connection_count > 0

    def when_signed_out(self, callback: Callable[[], object]) -> None:
        """Call `callback` when nobody is signed in here any more, to say so."""
        self._farewell = callback

    def watch(self, callback: Callable[[int], object]) -> None:
        """Call `callback` with the revision whenever the present plate has changed.

        That is a commit, a revert, a new well, a batch of metric values, or the list
        of plates where no plate is chosen; from any browser or process. It is not
        called when the state moves to another plate: watch `state` for that.
        """
        self._watchers.append(callback)

    def when_acted(self, send: Callable[[], bool]) -> None:
        """Call `send` after all that is done in this page.

        It sends what was drawn, in one message, and returns whether anything was.
        """
        self._send = send

    def each_poll(self, callback: Callable[[], object]) -> None:
        """Call `callback` with each look for changes; it must be fast.

        For what is no part of a plate's revision, such as who else is looking at it.
        """
        self._pollers.append(callback)

    def run(
        self,
        work: Callable[[], _Result],
        then: Callable[[_Result], object],
        *,
        failed: Callable[[BaseException], object] | None = None,
        of: Callable[[], object] | None = None,
        pool: Pool = Pool.WORK,
    ) -> None:
        """Do `work` off the event loop, then hand its result to `then` in this page.

        Parameters
        ----------
        work
            Runs in a thread; must touch no widget.
        then
            Runs in the page, on the event loop.
        failed
            Gets the exception instead; without it the error is only logged.
        of
            Says what the result belongs to. Where its answer has changed by the time
            the result is there, the result is dropped.
        pool
            Of which kind the work is.
        """
        # By this id the log has what went wrong, and the page names it.
        act = REQUEST.get() or new_request_id()
        before = of() if of else None

        def finish(result: Any, error: BaseException | None) -> None:
            if of is not None and of() != before:
                return
            if error is None:
                then(result)
            elif failed is not None:
                failed(error)

        with acting(act):
            future = self.service.threads.submit(work, pool)
        if pool is Pool.ACTS:
            self.service.sessions.put_off.give_way_to(future)
        future.add_done_callback(lambda done: self._deliver(finish, done, act))

    def soon(self, act: Callable[[], object]) -> None:
        """Call `act` in this page in the next turn: people act upon what it shows."""
        self._turns.next(lambda: self._act(act))

    def later(self, act: Callable[[], object], milliseconds: int) -> None:
        """Call `act` in this page after a while, unless it has gone by then.

        It may be put off further while anybody's act is under way, see `PutOff`.
        """
        if self.closed:
            return
        self._turns.after(milliseconds / 1000, lambda: self._act(act))

    def _deliver(self, finish: Callable[..., None], future: Any, act: str) -> None:
        if future.cancelled():
            return  # the server ends, and its pages with it
        error = future.exception()
        with acting(act):
            _log_failure(error)
        if self.closed:
            return
        result = None if error is not None else future.result()

        def deliver() -> None:
            with acting(act):
                self._act(lambda: finish(result, error))

        self._turns.next(deliver)

    def _act(self, act: Callable[[], object]) -> None:
        """Call what concerns this page, unless it has gone; an error ends here."""
        document = self._document
        if document is None:
            return
        try:
            self.act(document, act)
        except Exception:  # noqa: BLE001
            # Bokeh would keep the document as its current one for the whole process.
            _LOG.exception("A part of the page could not take what it had asked for.")

    def act(self, document: Document, act: Callable[[], object]) -> bool:
        """Do something in this page and send what it draws; return whether it did."""
        with set_curdoc(document):
            try:
                act()
            finally:
                drawn = self._send()
        return drawn

    def start(self) -> None:
        """Connect the state with the address and start to look for changes."""
        location = pn.state.location
        if location is not None:
            self.state.show(decode(location.search))
            location.param.watch(self._address_changed, "search")
        self.state.on_change(lambda _: self._state_changed())
        self.service.sessions.look_at(self.token, self.state.plate)
        self._seen = (self.state.plate, self.service.plates.revision(self.state.plate))
        self.service.sessions.pulse.join(self.token, self._look)

    def _address_changed(self, event: Any) -> None:
        document = self._document
        if not self._syncing and document is not None:
            self.act(document, lambda: self.state.show(decode(event.new)))

    def _state_changed(self) -> None:
        self.service.sessions.look_at(self.token, self.state.plate)
        location = pn.state.location
        query = self.state.query()
        if location is None or location.search.removeprefix("?") == query:
            return
        self._syncing = True
        try:
            location.search = f"?{query}" if query else ""
        finally:
            self._syncing = False

    def _look(self) -> bool:
        """Look for changes; return whether any were sent."""
        document = self._document
        return document is not None and self.act(document, self._look_for_changes)

    def _look_for_changes(self) -> None:
        same = self._same_visitor()
        if self._document is None:
            return
        for poller in self._pollers:
            try:
                poller()
            except Exception:  # noqa: BLE001
                _LOG.exception("A part of the page could not look for changes.")
        plate = self.state.plate
        revision = self.service.plates.revision(plate)
        moment = time.monotonic()
        # Of another plate, too: it may have changed since the page has read it.
        changed = self._seen != (plate, revision)
        if same and not (changed and moment - self._shown_at >= OTHERS_SECONDS):
            return
        self._seen, self._shown_at = (plate, revision), moment
        for callback in self._watchers:
            try:
                callback(revision)
            except Exception:  # noqa: BLE001
                # One part that cannot redraw must not keep the others from it.
                _LOG.exception("A part of the page could not be refreshed.")

    def _same_visitor(self) -> bool:
        """Ask now and then who it is; return whether they may what they might before.

        Where it is nobody any more, or somebody else, the page ends.
        """
        moment = time.monotonic()
        if moment - self._asked_at < self._ask_again_seconds:
            return True
        self._asked_at = moment
        visitor = self._identify()
        if visitor == self.visitor:
            return True
        if visitor is None or visitor.subject != self.visitor.subject:
            self._sign_out()
        else:
            self.visitor = visitor
        return False

    def _sign_out(self) -> None:
        """Say that this page has ended, and end it."""
        document = self._document
        self._farewell()
        self.close()
        # What was said must have gone before its websocket does.
        IOLoop.current().call_later(_FAREWELL_SECONDS, lambda: _hang_up(document))

    def close(self) -> None:
        """Forget everything; called once when the page has gone."""
        if self._document is None:
            return
        self._document = None
        self._watchers.clear()
        self._pollers.clear()
        self.service.sessions.close(self.token)


def _log_failure(error: BaseException | None) -> None:
    if isinstance(error, DatabaseFault):
        _LOG.warning("Work for a page failed: %s", error)
    elif isinstance(error, HCSError):
        _LOG.info("A page asked for what there is not: %s", error)
    elif error is not None:
        _LOG.warning("Work for a page failed.", exc_info=error)


def _hang_up(document: Document | None) -> None:
    """Close the websockets of a document, also of browsers that would stay."""
    context = None if document is None else document.session_context
    session: Any = getattr(context, "session", None)
    if session is None:
        return
    # Bokeh has no public way to end a session that a browser is connected with.
    session.request_expiration()
    for connection in tuple(session._subscribed_connections):
        connection._socket.close(1000, "signed out")
