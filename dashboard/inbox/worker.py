"""The process that imports, beside the server: ``python -m dashboard.inbox.worker``.

It speaks JSON lines. On stdin it gets an order, then the place of the plate once it has
said what it found, and perhaps ``stop``. On stdout it says what it found, how far it
is, and how it ended. Its stdin ends with the server, however that ended, and then so
does it: at any moment, for an import that is cut short is gone on with.
"""

from __future__ import annotations

import contextlib
import json
import os
import queue
import signal
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from dashboard.inbox.summary import map_for, proposals_of, summary_of
from dashboard.inbox.values import JobChoices
from hcs.errors import CorruptDataError, HCSError, SourceError, StoreError
from hcs.ingest import growth, open_source, plan_import, plates_of, read_export
from hcs.lifeline import end_with_parent
from hcs.metadata import Who

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hcs.ingest import Export, Growth

_NICE = 10
_MEMORY = 16 << 30
"""Address space; numpy and its threads alone map some GiB of it."""

_SAY_SECONDS = 0.3
"""Between two lines on how far it is."""

PYRAMID = 4 / 3
"""What levels of a pyramid take together, by the first."""


class _StoppedError(Exception):
    """Somebody wants the import stopped."""


class _Parent:
    """The process that started this one."""

    def __init__(self, lines: IO[str], says: IO[str]) -> None:
        self._lines, self._says = lines, says
        self._answers: queue.Queue[str] = queue.Queue()
        self._lock = threading.Lock()
        self._said_at = 0.0
        self._first: int | None = None
        """Fields that were there when it began."""

        self.stopping = threading.Event()

    def follow(self) -> None:
        """Take what the server says, and end as soon as it has ended."""
        for line in self._lines:
            if line.strip() == "stop":
                self.stopping.set()
            self._answers.put(line)
        os._exit(1)

    def answer(self) -> Any:
        """Wait for an answer.

        Raises
        ------
        _StoppedError
            If it is to stop.
        """
        line = self._answers.get()
        if line.strip() == "stop":
            raise _StoppedError
        return json.loads(line)

    def say(self, kind: str, **content: Any) -> None:
        """Say something."""
        with self._lock:
            self._says.write(json.dumps({"kind": kind, **content}) + "\n")
            self._says.flush()

    def progress(self, done: int, total: int) -> None:
        """Say how far it is, not too often."""
        if self.stopping.is_set():
            raise _StoppedError
        if self._first is None:
            self._first = done
        moment = time.monotonic()
        if moment - self._said_at > _SAY_SECONDS or done == total:
            # The first field is said at once: a worker that dies then has got on.
            self._said_at = moment if done > self._first else 0.0
            self.say("progress", done=done, total=total)


def main() -> int:
    """Import as the server orders."""
    end_with_parent()
    # What libraries print must not be taken for what this process says.
    says = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    _limit()
    server = _Parent(sys.stdin, says)
    threading.Thread(target=server.follow, daemon=True).start()
    try:
        order = server.answer()
        (_ask if order["only_ask"] else _work)(server, order)
    except _StoppedError:
        server.say("stopped")
    except StoreError as error:
        passes = not isinstance(error, CorruptDataError)
        server.say("failed", reason=str(error), passes=passes)
    except HCSError as error:
        server.say("failed", reason=str(error))
    except MemoryError:
        server.say("failed", reason="There was not enough memory for it.")
    except Exception as error:  # noqa: BLE001 - the list says what it is
        server.say("failed", reason=f"{type(error).__name__}: {error}")
    # Threads that still read do not matter any more.
    says.flush()
    os._exit(0)


def _limit() -> None:
    """Leave the machine to others, whatever files do to a decoder here.

    What ends the server with signals to all of its processes leaves this one to it.
    """
    for name in ("SIGINT", "SIGTERM", "SIGHUP"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.SIG_IGN)
    with contextlib.suppress(OSError, AttributeError):
        os.nice(_NICE)
    try:
        import resource
    except ImportError:  # Windows: only the sizes that headers declare are checked
        return
    for limit, most in ((resource.RLIMIT_AS, _MEMORY), (resource.RLIMIT_CORE, 0)):
        _, hard = resource.getrlimit(limit)
        soft = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(limit, (soft, hard))


def _work(server: _Parent, order: Mapping[str, Any]) -> None:
    choices = JobChoices.of(order["choices"])
    source = Path(order["source"])
    names = _plates(server, source, choices)
    if len(names) > 1 and not order["part"]:
        server.say("several", plates=names)
        return
    chosen = replace(choices.for_library(), plate=order["part"] or None)
    # Whoever writes into an inbox must not choose what else of the disk is read.
    with plan_import(source, chosen, links_out=False) as planned:
        planned = map_for(planned, order["maps"])
        plan = planned.report.plan
        height, width = plan.grid.size
        pixels = plan.found.planes * height * width
        server.say(
            "planned",
            fingerprint=plan.fingerprint,
            # Several plates of a source may be called alike, their parts are not.
            plate=choices.name or order["part"] or plan.export.plate,
            bytes=int(pixels * plan.grid.dtype.itemsize * PYRAMID),
            total=len(plan.grid.planes),
            fields=dict(plan.digests),
            summary=summary_of(planned.report),
        )
        answer = server.answer()
        if server.stopping.is_set():
            raise _StoppedError
        report = planned.write(
            answer["target"],
            version=choices.version,
            progress=server.progress,
            name=choices.name,
            who=Who(*order["who"]) if order["who"] else None,
            workers=order["threads"],
            grace=order["grace"],
            growth=_growth(answer["grown_from"], plan.digests),
        )
        # Files that changed meanwhile are known by what was read of them.
        server.say(
            "done",
            state=report.state,
            summary=summary_of(report),
            fields=dict(report.plan.digests),
            fingerprint=report.plan.fingerprint,
        )


def _ask(server: _Parent, order: Mapping[str, Any]) -> None:
    """Say whether an export's own metadata say that all of it is there."""
    with open_source(Path(order["source"]), links_out=False) as files:
        complete = all(
            _is_complete(read_export(files, plate=plate.name))
            for plate in plates_of(files)
        )
    server.say("asked", complete=complete)


def _is_complete(export: Export) -> bool:
    """Whether the acquisition has ended and each file that is listed has come.

    What copies an export may bring its description before its images.
    """
    listed = export.expected.listed or frozenset()
    return export.complete is True and listed <= set(export.file_parts.values())


def _plates(server: _Parent, source: Path, choices: JobChoices) -> list[str]:
    """Return the names of the plates of a source; say what could read its names."""
    with open_source(source, links_out=False) as files:
        try:
            plates = plates_of(files, preset=choices.preset, pattern=choices.pattern)
        except SourceError:
            server.say("proposals", proposals=proposals_of(files))
            raise
    return [plate.name for plate in plates]


def _growth(before: Mapping[str, str] | None, now: Mapping[str, str]) -> Growth | None:
    """Return how an export has grown, None where nothing was imported of it."""
    return None if before is None else growth(before, now)


if __name__ == "__main__":
    sys.exit(main())
