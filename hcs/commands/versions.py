"""``hcs history`` and ``revert``: what was changed, and going back."""

from __future__ import annotations

import argparse
import dataclasses
import json
from typing import TYPE_CHECKING, Any

from hcs.terminal import say, table

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from hcs.metadata import FieldVersion, Who
    from hcs.plates.field import Field
    from hcs.plates.plate import HCSPlate
    from hcs.plates.well import HCSWell


def add_to(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the commands."""
    parser = commands.add_parser(
        "history",
        help="list the versions of fields: when, by whom, why",
        description="List every version of every field that was written here.",
    )
    parser.add_argument("plate", metavar="PLATE")
    parser.add_argument("well", metavar="WELL", nargs="?", help="for example B02")
    parser.add_argument("--json", action="store_true", help="print as JSON")
    parser.set_defaults(run=_history)
    parser = commands.add_parser(
        "revert",
        help="make an earlier version of a field its live one again",
        description="Make an earlier version of a field its live one again. The "
        "present one is kept, so that this can be undone in the same way.",
    )
    parser.add_argument("plate", metavar="PLATE")
    parser.add_argument("well", metavar="WELL", help="for example B02")
    parser.add_argument("field", metavar="FIELD", help="name or label, as in history")
    parser.add_argument(
        "--to", metavar="VERSION", help="id, or its beginning (default: the one before)"
    )
    parser.add_argument("--acquisition", type=int, metavar="ID")
    add_reason_and_person(parser)
    parser.set_defaults(run=_revert)


def add_reason_and_person(parser: argparse.ArgumentParser) -> None:
    """Add what the history keeps of each change: why, and who."""
    parser.add_argument(
        "--reason",
        type=_reason_of,
        required=True,
        metavar="TEXT",
        help="why; kept in the history",
    )
    parser.add_argument(
        "--who", metavar="NAME", help="kept in the history (default: the login name)"
    )


def _reason_of(text: str) -> str:
    """Return a reason that says something."""
    reason = text.strip()
    if not reason:
        raise argparse.ArgumentTypeError("say why, in a few words")
    return reason


def person_of(name: str | None) -> Who:
    """Return the person that an option names, by default whoever is logged in."""
    from hcs.writing.person import as_who, login_name

    return login_name() if name is None else as_who(name)


def _history(options: argparse.Namespace) -> int:
    from hcs.plates.opening import from_hcs_zarr

    with from_hcs_zarr(options.plate) as plate:
        if options.json:
            fields = [
                _content(well, field) for well, field in _fields(plate, options.well)
            ]
            say(json.dumps({"location": plate.location, "fields": fields}))
            return 0
        rows = list(_rows(plate, options.well))
    if not rows:
        say("No field has a history.")
        return 0
    head = ("well", "field", "version", "", "when (UTC)", "who", "what", "why")
    for line in table([head, *rows]):
        say(line)
    return 0


def _fields(plate: HCSPlate, name: str | None) -> Iterator[tuple[HCSWell, Field]]:
    for well in _in_order(plate) if name is None else [plate.well(name)]:
        for field in well.fields if name is not None else _readable(well):
            yield well, field


def _rows(plate: HCSPlate, name: str | None) -> Iterator[tuple[str, ...]]:
    for well, field in _fields(plate, name):
        events = well.history(field.name)
        shown = [e for e in events if e.id == field.live and e.action != "purge"]
        for event in events:
            live = event is shown[-1] if shown else False
            yield _row(well.label, field, event, live=live)


def _content(well: HCSWell, field: Field) -> dict[str, Any]:
    """Return a field with its history; without one, `versions` is empty."""
    return {
        "well": well.label,
        "path": field.well,
        "field": field.name,
        "label": field.label,
        "acquisition": field.acquisition,
        "live": field.live,
        "versions": [dataclasses.asdict(event) for event in well.history(field.name)],
    }


def _in_order(plate: HCSPlate) -> list[HCSWell]:
    from hcs.lines import wells_in_order

    listed = wells_in_order(plate.metadata, plate.wells)
    ranks = {well.path: rank for rank, well in enumerate(listed)}
    return sorted(plate, key=lambda well: ranks[well.path])


def _readable(well: HCSWell) -> Sequence[Field]:
    """Return the fields of a well, none where it is listed but not there."""
    from hcs.errors import NotFoundError

    try:
        return well.fields
    except NotFoundError:
        return ()


def _row(
    well: str, field: Field, event: FieldVersion, *, live: bool
) -> tuple[str, ...]:
    name = field.name if field.label == field.name else f"{field.name} ({field.label})"
    who = event.who or ""
    if event.known and event.known != "login":
        who += f" ({event.known})"
    what = event.action if event.source is None else f"{event.action} {event.source}"
    when = (event.when or "").removesuffix("Z").replace("T", " ")
    return well, name, event.id[:8], "live" * live, when, who, what, event.why or ""


def _revert(options: argparse.Namespace) -> int:
    from hcs.plates.opening import from_hcs_zarr
    from hcs.writing.versions.revert import revert

    with from_hcs_zarr(options.plate) as plate:
        well = plate.well(options.well)
        field = well.field(options.field, options.acquisition)
        events = well.history(field.name)
        label, path, live = well.label, well.path, field.live
    version = options.to or _version_before(
        events, live, f"{label} field {field.label}"
    )
    event = revert(
        options.plate,
        path,
        field.name,
        version,
        who=person_of(options.who),
        reason=options.reason,
        base=live,
    )
    say(f"{label} field {field.label} shows version {event.id[:8]} again.")
    return 0


def _version_before(events: Sequence[FieldVersion], live: str | None, what: str) -> str:
    """Return the id of the last version that has pixels and is not shown.

    Raises
    ------
    NotFoundError
        If there is none.
    """
    from hcs.errors import NotFoundError

    purged = {event.id for event in events if event.action == "purge"}
    earlier = [event.id for event in events if event.id not in purged | {live}]
    if not earlier:
        raise NotFoundError(f"{what} has no other version to go back to.")
    return earlier[-1]
