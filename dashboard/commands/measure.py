"""``hcs-dashboard measure``: parsing and printing only."""

from __future__ import annotations

import contextlib
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dashboard.commands.database import add_database, database_of
from dashboard.results import failures, measured
from hcs.terminal import Bar, processes, say, say_error
from hcs.wording import counted

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    from dashboard.plates.values import PlateEntry
    from dashboard.progress import Progress
    from dashboard.service import Service


def add_measure(commands: Any) -> None:
    """Add the command to a parser's commands."""
    measure = commands.add_parser(
        "measure",
        help="measure plates into the workspace, as the page does by itself",
        description="Measure plates into the workspace before anybody opens them. "
        "What is measured already is not measured again; an interrupted run goes on "
        "where it was.",
    )
    measure.add_argument(
        "plates", nargs="+", metavar="PLATE", help="a plate, a folder of plates, a URL"
    )
    measure.add_argument(
        "--workspace", type=Path, help="folder to fill; default: your own"
    )
    add_database(measure)
    measure.add_argument("--verbose", action="store_true", help="log what is done")
    add_executor(measure)
    measure.set_defaults(run=run)


def add_executor(parser: argparse.ArgumentParser) -> None:
    """Add the options that say where fields are measured."""
    where = parser.add_mutually_exclusive_group()
    where.add_argument(
        "--workers",
        type=processes,
        metavar="N",
        help="processes that measure; default: one less than the cores",
    )
    where.add_argument(
        "--scheduler",
        metavar="ADDRESS",
        help="of a Dask cluster that sees the plates at the same places",
    )


def run(options: argparse.Namespace) -> int:
    """Measure one plate after the other; 1 where something could not be measured."""
    with _service(options) as service:
        entries = service.plates.entries()
        if not entries:
            say_error(f"No plate at {', '.join(options.plates)}.")
            return 1
        good = True
        for number, entry in enumerate(entries, 1):
            place = f"{number}/{len(entries)} " if len(entries) > 1 else ""
            good = _measure_plate(service, entry, place) and good
    return int(not good)


@contextlib.contextmanager
def _service(options: argparse.Namespace) -> Iterator[Service]:
    from dashboard.compose import compose
    from dashboard.options import Options
    from dashboard.workspace import open_workspace
    from hcs.qc import connected

    with connected(options.scheduler) as executor:
        service = compose(
            options.plates,
            open_workspace(options.workspace),
            Options(
                read_only=True,
                database=database_of(options),
                workers=options.workers,
                executor=executor,
            ),
        )
        try:
            yield service
        finally:
            # Also when interrupted: what was measured is kept.
            service.close()


def _measure_plate(service: Service, entry: PlateEntry, place: str) -> bool:
    """Measure one plate; return whether all went well."""
    if entry.error is not None:
        say_error(f"{entry.key}: {entry.error}")
        return False
    with Bar(f"{place}{entry.key}") as bar:
        progress = measured(service, entry.key, lambda _, done, total: bar(done, total))
    _report(service, entry.key, progress)
    return progress.failed == 0 and not progress.message


def _report(service: Service, key: str, progress: Progress) -> None:
    measured = progress.done - progress.failed
    say(
        f"{key}: {counted(measured, 'field')} measured, {progress.failed} failed, "
        f"wells to look at: {len(service.quality.judgement(key).suspects)}"
    )
    sys.stdout.flush()
    if progress.message:
        say_error(f"{key}: {progress.message}")
    for line in failures(service, key):
        say_error(line)
    if few := service.quality.judgement(key).few:
        say(f"{key}: {few}")
    for text in service.quality.judgement(key).banner:
        say(f"{key}: the whole plate looks bad: {text}")
