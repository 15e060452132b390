"""The child that tries an import out: ``python -m dashboard.adding.trial_child``.

It reads what anybody uploaded, so it sets itself limits on memory, time and files
before it does; it writes nothing. It gets an order as a line of JSON on stdin, says how
far it is and what it found in lines on stdout, and ends as soon as anything else comes
on stdin, or its server ends.
"""

from __future__ import annotations

import base64
import contextlib
import json
import os
import sys
import threading
import time
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from dashboard.adding.outcome import (
    map_text,
    outcome_of,
    plates_content,
    proposals_of,
)
from dashboard.inbox.summary import map_for
from hcs.errors import HCSError, SourceError, UnknownNamesError
from hcs.ingest import (
    ImportChoices,
    open_source,
    plan_import,
    plates_of,
    propose_patterns,
)
from hcs.lifeline import end_with_parent
from hcs.tables import TableFile, parts_with_wells

if TYPE_CHECKING:
    from collections.abc import Mapping

MEMORY_BYTES = 4 << 30
"""Address space; numpy alone maps about 1 GiB of it."""

PROCESSOR_SECONDS = 1200
_NICE = 5
_SAY_SECONDS = 0.2
"""Between two lines on how far it is."""


class _Teller:
    """Says things to the server, a line each."""

    def __init__(self, stream: IO[str]) -> None:
        self._stream = stream
        self._lock = threading.Lock()
        self._said_at = 0.0

    def say(self, kind: str, **content: Any) -> None:
        with self._lock:
            self._stream.write(json.dumps({"kind": kind, **content}) + "\n")
            self._stream.flush()

    def progress(self, done: int, total: int) -> None:
        """Say how many images were looked at, not too often."""
        if done == total or time.monotonic() - self._said_at > _SAY_SECONDS:
            self._said_at = time.monotonic()
            self.say("progress", done=done, total=total)


def main() -> int:
    """Try an import out as the server orders."""
    end_with_parent()
    # What libraries print must not be taken for what this process says.
    says = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    with contextlib.suppress(OSError, AttributeError):
        os.nice(_NICE)
    teller = _Teller(says)
    order = json.loads(sys.stdin.readline())
    threading.Thread(target=_end_with_server, daemon=True).start()
    _limit()
    try:
        _try(teller, order)
    except UnknownNamesError as error:
        proposals = proposals_of(error.proposals)
        # The page says in its own words what to do with them.
        tail = error.proposals[0].sentence if error.proposals else ""
        reason = str(error).removesuffix(tail).strip()
        teller.say("failed", reason=reason, proposals=proposals)
    except HCSError as error:
        proposals = _proposals(order["source"])
        teller.say("failed", reason=str(error), proposals=proposals)
    except MemoryError:
        teller.say("failed", reason="There was not enough memory for it.", proposals=[])
    except Exception as error:  # noqa: BLE001 - the page says what it is
        reason = f"It cannot be read ({type(error).__name__})."
        teller.say("failed", reason=reason, proposals=[])
    # Threads that still read do not matter any more.
    says.flush()
    os._exit(0)


def _end_with_server() -> None:
    sys.stdin.readline()
    os._exit(1)


def _limit() -> None:
    try:
        import resource
    except ImportError:  # Windows: only the server's clock is left
        return
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (PROCESSOR_SECONDS, PROCESSOR_SECONDS + 5))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))


def _try(teller: _Teller, order: Mapping[str, Any]) -> None:
    tables = [
        TableFile(table["name"], base64.b64decode(table["data"]))
        for table in order["tables"]
    ]
    if tables:
        sheets = list(parts_with_wells(tables))
        teller.say("sheets", sheets=sheets)
    source = Path(order["source"])
    pattern, format = order["pattern"] or None, order["format"] or None
    with open_source(source, links_out=False) as files:
        plates = plates_of(files, pattern=pattern)
        fitting = proposals_of(propose_patterns(files.files)) if pattern else []
    names = [plate.name for plate in plates]
    plate = order["plate"] if order["plate"] in names else names[0]
    teller.say("plates", plates=plates_content(plates), count=len(plates), plate=plate)
    choices = ImportChoices(
        pattern=pattern,
        format=format,
        pages=order["pages"] or None,
        plate_map=tables or None,
        sheet=order["sheet"] or None,
        channel_names=order["channel_names"],
        plate=plate if len(plates) > 1 else None,
    )
    with plan_import(
        source, choices, links_out=False, progress=teller.progress
    ) as planned:
        planned = map_for(planned, order["maps"])
        report = planned.report
        teller.say(
            "done",
            outcome=outcome_of(report),
            map_text=map_text(report) if tables else "",
            proposals=fitting,
        )


def _proposals(source: str) -> list[dict[str, Any]]:
    """Return what names suggest of a source that could not be read otherwise."""
    try:
        with open_source(Path(source), links_out=False) as files:
            return proposals_of(propose_patterns(files.files))
    except (HCSError, SourceError):
        return []


if __name__ == "__main__":
    sys.exit(main())
