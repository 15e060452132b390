"""The options that say which folders are watched for exports, and what of them."""

from __future__ import annotations

import argparse
import itertools
import math
import shlex
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dashboard.errors import DashboardError

if TYPE_CHECKING:
    from dashboard.commands.settings_file import SettingsFile
    from dashboard.inbox.folders import InboxFolder, InboxSettings
    from dashboard.inbox.running import ImportLimits

_MINUTE = 60.0


def add_inbox(parser: Any) -> None:
    """Add the options to a command."""
    group = parser.add_argument_group(
        "inboxes",
        "Folders that microscopes write into; what is complete there becomes a plate "
        "by itself. They can stand in --config as well.",
    )
    group.add_argument(
        "--inbox",
        action="append",
        default=[],
        metavar="FOLDER",
        help="watch a folder, each export of which is a folder or zip in it; can be "
        "repeated, each with its --into",
    )
    group.add_argument(
        "--into",
        action="append",
        default=[],
        metavar="FOLDER",
        help="where the plates of that inbox are to lie; it is served as well",
    )
    group.add_argument(
        "--add-from",
        action="append",
        default=[],
        metavar="FOLDER",
        help="a folder that people may pick exports from, on the page, to add their "
        "plates; can be repeated",
    )
    group.add_argument(
        "--quiet-minutes",
        type=_minutes,
        metavar="MINUTES",
        help="an export that is not written for so long seems complete; default 5",
    )
    group.add_argument(
        "--look-seconds",
        type=_minutes,
        metavar="SECONDS",
        help="between two looks at an inbox; default 30",
    )
    group.add_argument(
        "--plate-maps",
        type=Path,
        metavar="FOLDER",
        help="tables called as barcodes, BARCODE.csv, that give wells their conditions",
    )
    group.add_argument(
        "--keep-free",
        type=size,
        metavar="SIZE",
        help="of the disk that plates are written to; default 2GB",
    )
    group.add_argument(
        "--on-plate",
        metavar="COMMAND",
        help="program with arguments, run without a shell when a plate is ready, "
        "failed, or bad as a whole; gets JSON on stdin",
    )


def size(text: str) -> int:
    """Return the bytes that ``500MB``, ``2GB`` or a plain number mean."""
    units = {"": 0, "B": 0, "KB": 10, "MB": 20, "GB": 30, "TB": 40}
    digits = text.strip().rstrip("bBkKmMgGtT ")
    unit = text.strip()[len(digits) :].strip().upper()
    try:
        amount = int(float(digits) * 2 ** units[unit])
        if amount < 0:
            raise ValueError(text)
    except (KeyError, ValueError, OverflowError):
        raise argparse.ArgumentTypeError(
            f"{text!r} is no size; write it as 500MB or 2GB, or 0 for none"
        ) from None
    return amount


def _minutes(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not 0 < number < math.inf:
        raise argparse.ArgumentTypeError(f"{text!r} is no number above 0")
    return number


def inboxes_of(options: argparse.Namespace, settings: SettingsFile) -> InboxSettings:
    """Return what is to be watched.

    Raises
    ------
    DashboardError
        If folders and their places do not come in pairs, or lie in each other.
    """
    from dashboard.inbox.folders import InboxSettings, absolute, reason_against

    if len(options.inbox) != len(options.into):
        raise DashboardError(
            f"Each --inbox takes an --into, where its plates are to lie; got "
            f"{len(options.inbox)} --inbox and {len(options.into)} --into."
        )
    pairs = tuple(zip(options.inbox, options.into, strict=True))
    folders = tuple(absolute(_folder(*pair)) for pair in pairs or settings.inboxes())
    if folders and options.read_only:
        raise DashboardError(
            "An inbox makes plates, and --read-only makes none: leave one of them out."
        )
    if len(set(folders)) < len(folders):
        raise DashboardError("The same --inbox and --into are given twice.")
    for folder, into in itertools.product(folders, folders):
        reason = reason_against(replace(folder, into=into.into))
        if reason:
            raise DashboardError(f"An inbox cannot be watched: {reason}.")
    defaults = InboxSettings()
    quiet = options.quiet_minutes or settings.number("imports", "quiet_minutes")
    look = options.look_seconds or settings.number("imports", "look_seconds")
    return InboxSettings(
        folders=folders,
        quiet_seconds=quiet * _MINUTE if quiet else defaults.quiet_seconds,
        look_seconds=look or defaults.look_seconds,
    )


def add_from_of(options: argparse.Namespace, settings: SettingsFile) -> tuple[str, ...]:
    """Return the folders that people may pick exports from.

    Raises
    ------
    DashboardError
        If one is no folder, or the server writes nothing.
    """
    from dashboard.adding.desk import checked_roots

    roots = options.add_from or settings.arguments("imports", "add_from")
    return checked_roots(roots, read_only=options.read_only)


def _folder(folder: str, into: str) -> InboxFolder:
    from dashboard.inbox.folders import InboxFolder

    return InboxFolder(folder=folder, into=into)


def import_limits_of(
    options: argparse.Namespace, settings: SettingsFile
) -> ImportLimits:
    """Return what importing may take.

    Raises
    ------
    DashboardError
        If there is no such folder of plate maps.
    """
    from dashboard.inbox.running import ImportLimits

    maps = options.plate_maps or settings.text("imports", "plate_maps")
    if maps and not Path(maps).expanduser().is_dir():
        raise DashboardError(f"There is no folder of plate maps at {maps}.")
    defaults = ImportLimits()
    reserve = options.keep_free
    if reserve is None and (text := settings.text("imports", "keep_free")):
        try:
            reserve = size(text)
        except argparse.ArgumentTypeError as error:
            raise DashboardError(f"`keep_free` of [imports]: {error}.") from None
    return ImportLimits(
        reserve_bytes=defaults.reserve_bytes if reserve is None else reserve,
        maps=str(Path(maps).expanduser().absolute()) if maps else None,
    )


def on_plate_of(options: argparse.Namespace, settings: SettingsFile) -> tuple[str, ...]:
    """Return the command to call for plates, as arguments; () where there is none.

    Raises
    ------
    DashboardError
        If it cannot be taken apart into arguments.
    """
    if options.on_plate is None:
        return settings.arguments("imports", "on_plate")
    try:
        arguments = tuple(shlex.split(options.on_plate))
    except ValueError as error:
        raise DashboardError(f"--on-plate cannot be read: {error}.") from None
    if not arguments:
        raise DashboardError("--on-plate names no program.")
    return arguments
