"""``hcs settle``, ``recover`` and ``purge``: bringing a plate to rest."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import TYPE_CHECKING

from hcs.errors import PlateNotFoundError
from hcs.terminal import say
from hcs.wording import counted

if TYPE_CHECKING:
    import argparse

UNSETTLED = 3
"""Ends ``hcs settle`` where fields have to wait: 1 is a failure, 2 is wrong usage."""


def add_to(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the commands."""
    parser = commands.add_parser(
        "settle",
        help="bring corrected fields to their first paths",
        description="Bring corrected fields to their first paths, where readers that "
        "do not look into the well document expect them, and put away what they "
        "supersede. Ends with 1 if something stands in the way, and with 3 if some are "
        "to wait for their readers (see --now).",
    )
    parser.add_argument("plate", metavar="PLATE")
    parser.add_argument(
        "--now", action="store_true", help="do not wait for readers to move on"
    )
    parser.set_defaults(run=_settle)
    parser = commands.add_parser(
        "recover",
        help="finish or undo what a crash interrupted",
        description="Finish or undo what a crash interrupted; harmless otherwise. "
        "Nothing that was acquired is removed.",
    )
    parser.add_argument("plate", metavar="PLATE")
    parser.set_defaults(run=_recover)
    parser = commands.add_parser(
        "purge",
        help="remove the pixels of superseded versions",
        description="List the superseded versions whose pixels can go, and with --yes "
        "remove them. The first version of each field stays unless told otherwise.",
    )
    parser.add_argument("plate", metavar="PLATE")
    parser.add_argument("--yes", action="store_true", help="do it")
    parser.add_argument(
        "--originals", action="store_true", help="remove first versions too"
    )
    parser.add_argument(
        "--orphans", action="store_true", help="remove groups that no history knows"
    )
    parser.add_argument("--reason", help="kept in the history")
    parser.add_argument("--json", action="store_true", help="print as JSON")
    parser.set_defaults(run=_purge)


def _settle(options: argparse.Namespace) -> int:
    from hcs.writing.versions.upkeep import settle

    unsettled = settle(options.plate, now=options.now)
    for field in unsettled:
        why = field.problem or f"in {field.seconds:.0f} s at the earliest"
        say(f"{field.well} field {field.field} is not settled yet: {why}")
    if not unsettled:
        say("All fields are settled.")
    if any(field.problem for field in unsettled):
        return 1
    return UNSETTLED if unsettled else 0


def _recover(options: argparse.Namespace) -> int:
    from hcs.writing.versions.recovery import recover

    actions = recover(options.plate)
    if not actions and "://" not in options.plate:
        _check_plate(Path(options.plate))
    for action in actions:
        say(f"{action.action}: {action.location}: {action.message}")
    if not actions:
        say("Nothing to recover.")
    return 0


def _check_plate(path: Path) -> None:
    """Check that a path that has nothing to recover is not a mistyped one."""
    if path.is_dir() or (path.is_file() and path.name.lower().endswith(".ozx")):
        return
    there = "a file" if path.exists() else "nothing"
    raise PlateNotFoundError(
        f"No plate at {path}: {there} is there, and nothing that was to become a plate "
        f"lies beside it."
    )


def _purge(options: argparse.Namespace) -> int:
    from hcs.writing.versions.purge import purge

    versions = purge(
        options.plate,
        originals=options.originals,
        orphans=options.orphans,
        yes=options.yes,
        reason=options.reason,
    )
    if options.json:
        entries = [dataclasses.asdict(version) for version in versions]
        say(json.dumps({"removed": options.yes, "versions": entries}))
        return 0
    if not versions:
        spared = "" if options.originals else " First versions stay (see --originals)."
        say(f"Nothing to remove.{spared}")
        return 0
    verb = "Removed" if options.yes else "Would remove"
    for version in versions:
        suffix = f", version {version.version[:8]}" if version.version else ""
        say(f"{verb} {version.key}{suffix}: {version.size / 1e6:.1f} MB")
    total = sum(version.size for version in versions) / 1e6
    end = "." if options.yes else "; repeat with --yes to do it."
    say(f"{verb} {counted(len(versions), 'version')}, {total:.1f} MB{end}")
    return 0
