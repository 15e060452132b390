"""What is logged, how, and for how long: a line of text or JSON, with the request's id.

The log goes to the terminal (or what the system keeps of it), and into a file a day in
the workspace, of which the last are kept.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import secrets
import sys
import threading
import time
from collections import Counter
from contextvars import ContextVar
from datetime import UTC, datetime
from logging.handlers import TimedRotatingFileHandler
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TextIO

from dashboard.storage.reserve import free_beyond_reserve
from hcs.terminal import say_error

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_LOG = logging.getLogger(__name__)

FORMATS: Final = ("text", "json")
LOG_DAYS: Final = 14

_FILE = "dashboard.log"
_DAY_SECONDS = 86_400
_LONGEST = 20_000
"""Characters of a line: what a browser sent may be longer."""

REQUEST: Final[ContextVar[str]] = ContextVar("request", default="")
"""Id of the request that is being answered, "" outside of any."""


@contextlib.contextmanager
def acting(request: str) -> Iterator[None]:
    """Let lines of the log bear an id: of a request, or of what a page asked for."""
    token = REQUEST.set(request)
    try:
        yield
    finally:
        REQUEST.reset(token)


def new_request_id() -> str:
    """Return an id: short enough to be read to somebody over the telephone."""
    return secrets.token_hex(4)


class _Counting(logging.Handler):
    """Counts what went wrong, by level and logger: names of modules, none of people."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.records: Counter[tuple[str, ...]] = Counter()

    def emit(self, record: logging.LogRecord) -> None:
        """Count a record; the handler's own lock is held."""
        self.records[record.levelname.lower(), record.name] += 1


_COUNTING: Final = _Counting()


def problems() -> Mapping[tuple[str, ...], int]:
    """Return how many warnings and errors were logged, by level and logger."""
    _COUNTING.acquire()
    try:
        return dict(_COUNTING.records)
    finally:
        _COUNTING.release()


def begin_log(*, verbose: bool, form: str = "text") -> None:
    """Log to the terminal; what was begun before is forgotten.

    Parameters
    ----------
    verbose
        Whether what is done is logged, and not only what is wrong.
    form
        ``"text"`` or ``"json"``: one document a line.
    """
    handler = _Terminal()
    handler.setFormatter(_formatter(form))
    root = logging.getLogger()
    for before in [
        handler for handler in root.handlers if isinstance(handler, _Terminal)
    ]:
        root.removeHandler(before)
    root.addHandler(handler)
    root.addHandler(_COUNTING)
    root.setLevel(logging.INFO if verbose else logging.WARNING)
    # Panel tells of every look for changes, twice a second and page.
    logging.getLogger("panel").setLevel(logging.WARNING)
    # Tornado's lines hold queries, with what signs people in; the gate writes its own.
    logging.getLogger("tornado.access").disabled = True


def keep_log(folder: Path, *, form: str = "text", days: int = LOG_DAYS) -> str:
    """Log into files as well, one a day; return why that cannot be, "" where it can.

    Parameters
    ----------
    folder
        Of the workspace.
    form
        As in `begin_log`.
    days
        How many files are kept beside the one of today; 0 keeps no files at all.
    """
    if not days:
        return ""
    # Servers of one workspace write files of their own: turning one over is no act
    # that two processes can share.
    name = f"{os.getpid()}-{_FILE}" if _taken(folder / _FILE) else _FILE
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        handler = _DailyFile(folder / name, days)
    except OSError as error:
        return f"no log is kept in {folder}: {error.strerror or error}"
    handler.setFormatter(_formatter(form))
    logging.getLogger().addHandler(handler)
    _remove_older(folder, days)
    return ""


def json_line(message: str) -> str:
    """Return what the log would have of a message where it is JSON."""
    return _JsonLines().format(_record(logging.INFO, message))


def say_end(reason: str, error: Exception | None = None) -> None:
    """Say why a command ends: a plain line for people, in all other logs an error.

    Parameters
    ----------
    reason
        For a person.
    error
        Where it is a fault of the program: logs have its traceback.
    """
    record = _record(logging.ERROR, reason, error)
    if not log_is_json():
        say_error(f"hcs-dashboard: {reason}")
    for handler in logging.getLogger().handlers:
        if isinstance(handler, _DailyFile) or _is_json(handler):
            handler.handle(record)


def log_is_json() -> bool:
    """Whether nothing but JSON may stand where the log goes."""
    return any(map(_is_json, logging.getLogger().handlers))


def log_uncaught() -> None:
    """Have the log say what Python itself would write: errors nobody caught, warnings.

    Of a server, whose log may be JSON and whose terminal nobody reads.
    """
    logging.captureWarnings(True)
    sys.excepthook = lambda _kind, error, _traceback: _log_error("the program", error)
    sys.unraisablehook = lambda raised: _log_error("clearing up", raised.exc_value)

    def in_thread(raised: threading.ExceptHookArgs) -> None:
        if raised.exc_type is not SystemExit:
            thread = raised.thread.name if raised.thread else "that has ended"
            _log_error(f"thread {thread}", raised.exc_value)

    threading.excepthook = in_thread


def _log_error(where: str, error: BaseException | None) -> None:
    _LOG.error("Nobody caught an error in %s.", where, exc_info=error)


def _record(
    level: int, message: str, error: Exception | None = None
) -> logging.LogRecord:
    trace = (type(error), error, error.__traceback__) if error else None
    return logging.LogRecord("dashboard", level, __file__, 0, message, None, trace)


def _is_json(handler: logging.Handler) -> bool:
    return isinstance(handler, _Terminal) and isinstance(handler.formatter, _JsonLines)


def _remove_older(folder: Path, days: int) -> None:
    """Remove files of servers that are gone: nobody turns theirs over any more."""
    oldest = time.time() - (days + 1) * _DAY_SECONDS
    for path in folder.glob(f"*-{_FILE}*"):
        with contextlib.suppress(OSError):
            if path.stat().st_mtime < oldest:
                path.unlink()


_HELD: list[int] = []
"""Descriptors of the log files that this process has for itself, until it ends."""


def _taken(path: Path) -> bool:
    """Whether another process logs into a file; else it is ours from now on."""
    if os.name != "posix":  # pragma: no cover - where there is no such lock
        return False
    import fcntl

    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = path.with_name(f"{path.name}.lock")
        descriptor = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        return True
    _HELD.append(descriptor)
    return False


class _Terminal(logging.StreamHandler[TextIO]):
    """What is standard error now, and not when logging began."""

    def __init__(self) -> None:
        logging.Handler.__init__(self)

    @property
    def stream(self) -> TextIO:  # type: ignore[override]
        """Where lines go."""
        return sys.stderr


class _DailyFile(TimedRotatingFileHandler):
    """Files that only their owner can read, and whose trouble is not logged again."""

    def __init__(self, path: Path, days: int) -> None:
        super().__init__(
            path, when="midnight", backupCount=days, encoding="utf-8", utc=True
        )

    def _open(self) -> Any:
        """Open today's file; the one of the day before has another name by then."""
        stream = super()._open()
        Path(self.baseFilename).chmod(0o600)
        return stream

    def emit(self, record: logging.LogRecord) -> None:
        """Write a line, unless that would take what the database needs."""
        with contextlib.suppress(OSError):
            if free_beyond_reserve(Path(self.baseFilename).parent) < 0:
                return
        super().emit(record)

    def handleError(self, record: logging.LogRecord) -> None:
        """Go on: a full disk must not fill the terminal with tracebacks."""


def _formatter(form: str) -> logging.Formatter:
    return _JsonLines() if form == "json" else _TextLines()


class _TextLines(logging.Formatter):
    """``2026-11-29 11:20:01,123 WARNING dashboard.web.gate [3f2a91bc]: ...``."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s%(request)s: %(message)s")

    def format(self, record: logging.LogRecord) -> str:
        request = _request_of(record)
        record.request = f" [{request}]" if request else ""
        return _harmless(super().format(record)[:_LONGEST])

    def formatMessage(self, record: logging.LogRecord) -> str:
        """Keep a message on its line: a name that breaks it could forge another."""
        record.message = record.message.replace("\n", "\\n").replace("\r", "\\r")
        return super().formatMessage(record)


class _JsonLines(logging.Formatter):
    """One document a line: time, level, logger, message, request, error.

    Of an answer also its status, method, what it was, milliseconds, and for whom.
    """

    def format(self, record: logging.LogRecord) -> str:
        moment = datetime.fromtimestamp(record.created, UTC)
        document = {
            "time": moment.isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage()[:_LONGEST],
        }
        if request := _request_of(record):
            document["request"] = request
        document |= getattr(record, "answer", {})
        if record.exc_info:
            document["error"] = self.formatException(record.exc_info)[:_LONGEST]
        return json.dumps(document, ensure_ascii=False)


def _harmless(text: str) -> str:
    """Return a text that moves no cursor and colours no terminal."""
    return "".join(
        letter
        if letter.isprintable() or letter in "\n\t"
        else "\N{REPLACEMENT CHARACTER}"
        for letter in text
    )


def _request_of(record: logging.LogRecord) -> str:
    return str(getattr(record, "request_id", "") or REQUEST.get())
