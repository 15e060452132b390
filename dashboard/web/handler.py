"""What all HTTP handlers share: threads, headers, checked numbers, errors in words.

Nothing in an address is used as a path: plates, wells, fields and staged corrections
are looked up by name. Errors become a sentence and an id that stands in the log, never
a traceback.
"""

from __future__ import annotations

import asyncio
import json
import logging
import threading
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar, cast

from tornado.iostream import StreamClosedError
from tornado.web import HTTPError, RequestHandler

from dashboard.access import Act
from dashboard.addresses import decode_channels
from dashboard.errors import (
    NoSpaceError,
    NotServedError,
    OffsetError,
    RefusedError,
    TooLargeError,
    UnmeasuredError,
)
from dashboard.logs import REQUEST, new_request_id
from dashboard.pictures.cancellation import LeftError, until_left
from dashboard.text import plain_text
from dashboard.threads import Pool
from dashboard.web.headers import NOTHING
from hcs.errors import HCSError, NotFoundError

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Future

    from dashboard.accounts import Identify, Visitor
    from dashboard.plates.values import ChannelSetting
    from dashboard.service import Service

_Result = TypeVar("_Result")

_LOG = logging.getLogger(__name__)

_STATUSES = (
    (TooLargeError, 413),
    (NoSpaceError, 507),
    (OffsetError, 409),
    (RefusedError, 403),
    (NotServedError, 404),
    (NotFoundError, 404),
)

FOREVER = "private, max-age=31536000, immutable"
"""An address holds the version of what it names, so that never changes."""


class Handler(RequestHandler):
    """What all handlers share: threads, headers, and errors in words."""

    service: Service

    asks: ClassVar[Act | None]
    """What a request wants to do; None answers also who is not known. Each handler
    says it, and one that does not answers nobody."""

    slow = False
    """Whether its work may take seconds, so that other pictures must not wait."""

    def initialize(self, service: Service, identify: Identify) -> None:
        """Take the service, and what tells who asks."""
        self.service = service
        self.identify = identify
        self._work: Future[Any] | None = None
        self._left = threading.Event()

    @property
    def visitor(self) -> Visitor:
        """Who asks.

        Raises
        ------
        RefusedError
            If nobody knows.
        """
        visitor = self.identify(self.request)
        if visitor is None:
            raise RefusedError("Nobody is signed in.")
        return visitor

    def prepare(self) -> Any:
        """Refuse who may not do what this handler does."""
        try:
            if self.asks is not None:
                self._refuse(self.visitor, self.asks)
        except HCSError as error:
            self.answer_error(*self.explain(error))

    def _refuse(self, visitor: Visitor, act: Act) -> None:
        try:
            self.service.access.refuse(visitor, act, self.plate_key())
        except RefusedError:
            self._note("refused", f"{act}: {self.request.path}")
            raise

    def on_finish(self) -> None:
        """Keep who took something out."""
        if self.asks is Act.EXPORT and self.get_status() == 200:
            self._note("export", self.request.path)

    def _note(self, act: str, details: str) -> None:
        visitor = self.identify(self.request)
        address = self.request.remote_ip or ""
        self.service.audit.add(act, visitor, address=address, details=details)

    def plate_key(self) -> str:
        """Return the key of the plate that is asked about, "" where none is."""
        return self.path_args[0] if self.path_args else ""

    def set_default_headers(self) -> None:
        """Bear the policy of what is no page; the rest is the gate's."""
        self.set_header("Content-Security-Policy", NOTHING)

    def compute_etag(self) -> None:
        """Skip it: the address tells versions apart, and hashing pixels takes time."""

    def check_xsrf_cookie(self) -> None:
        """Leave it to the gate, which asks where a request comes from."""

    async def in_thread(self, work: Callable[[], Any]) -> Any:
        """Do the work off the event loop; a browser that leaves cancels it."""
        self._work = self.service.threads.submit(
            lambda: until_left(self._left.is_set, work),
            Pool.STACKS if self.slow else Pool.PIXELS,
        )
        try:
            return await asyncio.wrap_future(self._work)
        except LeftError as error:
            raise asyncio.CancelledError from error

    async def made(self, make: Callable[[], _Result]) -> _Result | None:
        """Return what `make` returns, made in a thread.

        None where that failed, which is answered then, or where nobody waits.
        """
        try:
            return cast("_Result", await self.in_thread(make))
        except asyncio.CancelledError:
            return None
        except Exception as error:  # noqa: BLE001 - answered in words, and logged
            self.answer_error(*self.explain(error))
            return None

    def log_exception(self, typ: Any, value: Any, tb: Any) -> None:
        """Log what nobody expected, without the query, which may hold secrets."""
        if not isinstance(value, StreamClosedError | HTTPError | HCSError):
            _log_failure(REQUEST.get(), self.request.path, value)

    def on_connection_close(self) -> None:
        """Drop work that has not begun, and end what has between two blocks."""
        self._left.set()
        if self._work is not None:
            self._work.cancel()

    def number(self, name: str, default: int | None = None) -> int | None:
        """Return a whole number >= 0 from the query."""
        text = self.get_query_argument(name, None)
        if text is None:
            return default
        if not (text.isascii() and text.isdigit() and len(text) < 10):
            raise HTTPError(422, reason=f"{name} must be a whole number")
        return int(text)

    def channels(self) -> tuple[ChannelSetting, ...]:
        """Return the channels of the query."""
        try:
            return decode_channels(self.get_query_argument("channels", ""))
        except ValueError as error:
            raise HTTPError(422, str(error), reason="channels are malformed") from error

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        """Answer with JSON: a sentence, and for what nobody expected an id."""
        error = kwargs.get("exc_info", (None, None, None))[1]
        if isinstance(error, HCSError):
            status_code, message = self.explain(error)
        elif isinstance(error, HTTPError):
            message = plain_text(error.log_message or self._reason, 500)
        else:
            message = self._reason if error is None else _failure_text(REQUEST.get())
        self.answer_error(status_code, message)

    def answer_error(self, status: int, message: str) -> None:
        """End with an error as JSON."""
        self.set_status(status)
        self.set_header("Cache-Control", "no-store")
        self.set_header("Content-Type", "application/json")
        self.finish(json.dumps({"error": message}))

    def explain(self, error: Exception) -> tuple[int, str]:
        """Return status and sentence for an error, logging what is unexpected."""
        for kind, status in _STATUSES:
            if isinstance(error, kind):
                return status, str(error)
        if isinstance(error, UnmeasuredError):
            if error.again is None:
                return 409, str(error)
            self.set_header("Retry-After", str(error.again))
            return 503, str(error)
        if isinstance(error, HCSError):
            return 422, str(error)
        if isinstance(error, ValueError):
            return 400, str(error)
        number = REQUEST.get() or new_request_id()
        _log_failure(number, self.request.path, error)
        return 500, _failure_text(number)


def _log_failure(number: str, path: str, error: BaseException | None) -> None:
    _LOG.error("Error %s at %s", number, path, exc_info=error)


def _failure_text(number: str) -> str:
    return f"The server failed (error {number} in its log)."
