"""``hcs correct``: replacing fields of a plate, or channels of them, by image files."""

from __future__ import annotations

import json
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hcs.commands.versions import add_reason_and_person, person_of
from hcs.errors import HCSError
from hcs.ingest.formats.pages import PAGES
from hcs.terminal import say, say_error, table
from hcs.wording import counted, some

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from hcs.ingest.matching.field_pixels import ChannelFiles
    from hcs.ingest.matching.match import FieldMatch
    from hcs.ingest.matching.reading import PictureFiles
    from hcs.ingest.matching.table import MatchTable
    from hcs.metadata import FieldVersion
    from hcs.plates.plate import HCSPlate


def add_to(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command."""
    parser = commands.add_parser(
        "correct",
        help="replace fields, or channels of them, by image files",
        description="Replace fields, or channels of them, by image files of any number "
        "of wells. Names, metadata and the readers of exports tell what each file is "
        "for; a table shows it. The versions before are kept; hcs revert brings them "
        "back.",
    )
    parser.add_argument("plate", metavar="PLATE")
    parser.add_argument(
        "files",
        metavar="FILES",
        nargs="+",
        help="images (TIFF, PNG, OME-Zarr), folders or zips of them, or an export",
    )
    parser.add_argument(
        "--well", metavar="WELL", help="of all files; default: what the files say"
    )
    parser.add_argument(
        "--field", metavar="FIELD", help="name or label; default: as for --well"
    )
    parser.add_argument("--acquisition", type=int, metavar="ID")
    parser.add_argument(
        "--channel",
        action="append",
        default=[],
        metavar="NAME",
        help="channel of the files, or once for each in their order; default: as for "
        "--well",
    )
    parser.add_argument(
        "--pages",
        choices=tuple(PAGES),
        help="what pages are of which a file says nothing; default: channels where "
        "there are as many, else z",
    )
    parser.add_argument(
        "--series",
        type=int,
        metavar="N",
        help="which image of files that hold several, counted from 1",
    )
    add_reason_and_person(parser)
    parser.add_argument(
        "--skip-unclear",
        action="store_true",
        help="write what is clear, and leave the other files",
    )
    parser.add_argument(
        "--allow-copies",
        action="store_true",
        help="write pixels that are those of another field of the plate",
    )
    parser.add_argument(
        "--dry-run", action="store_true", help="say what would be replaced, and stop"
    )
    parser.add_argument("--json", action="store_true", help="print as JSON")
    parser.set_defaults(run=_correct)


@dataclass(slots=True)
class _Correction:
    """One field that is to show other pixels."""

    rows: FieldMatch
    plan: tuple[ChannelFiles, ...] = ()
    error: str = ""
    version: FieldVersion | None = None
    notice: str = ""
    """What of the field will not be carried over."""

    @property
    def what(self) -> str:
        return f"{self.rows.well} field {self.rows.field.label}"


def _correct(options: argparse.Namespace) -> int:
    from hcs.ingest.matching.reading import open_pictures
    from hcs.plates.opening import from_hcs_zarr

    who = person_of(options.who)
    with ExitStack() as opened:
        plate = opened.enter_context(from_hcs_zarr(options.plate))
        files = opened.enter_context(open_pictures(options.files))
        matches = _matched(plate, files, options)
        corrections = [_planned(plate, rows, files) for rows in matches.fields]
        unclear = _unclear(matches, corrections)
        write = not options.dry_run and (not unclear or options.skip_unclear)
        if not options.json:
            _show(matches, corrections)
        if write:
            _write_all(plate, corrections, options, who)
        if options.json:
            say(json.dumps(_document(options, matches, corrections)))
    return _concluded(options, corrections, unclear, write=write)


def _matched(
    plate: HCSPlate, files: PictureFiles, options: argparse.Namespace
) -> MatchTable:
    """Return the table, with what the options say of its rows."""
    from hcs.errors import SourceError
    from hcs.ingest.matching.table import match_pictures
    from hcs.ingest.matching.target import match_target

    target = match_target(plate, acquisition=options.acquisition)
    matches = match_pictures(files.pictures, target, leftovers=files.leftovers)
    rows = [match.id for match in matches.matches]
    changes: dict[str, Any] = {"well": options.well, "field": options.field}
    if options.pages:
        changes["pages"] = PAGES[options.pages]
    matches = matches.with_change(rows, **changes)
    if options.series is not None:
        for row in rows:
            index = _series_index(files, row, options.series)
            matches = matches.with_change([row], series=index)
    channels = options.channel
    if channels and len(channels) not in (1, len(rows)):
        raise SourceError(
            f"There are {len(rows)} files and {len(channels)} channels for them; name "
            f"one for all, or one a file."
        )
    for number, row in enumerate(rows if channels else ()):
        name = channels[number if len(channels) > 1 else 0]
        matches = matches.with_change([row], channel=_channel(target.channels, name))
    return matches


def _series_index(files: PictureFiles, identifier: str, number: int) -> int:
    """Return which of the images of a row's file has a number in the file.

    -1 is no choice, so that it is asked again. A file of one image needs none.
    """
    from hcs.errors import SourceError

    picture = next(picture for picture in files.pictures if picture.id == identifier)
    numbers = [image.series_number + 1 for image in picture.series or (picture,)]
    if number in numbers:
        return numbers.index(number)
    if not picture.series and len(files.image(identifier).series) > 1:
        raise SourceError(
            f"Image {number} of {picture.name} cannot be read; {numbers[0]} can."
        )
    return -1


def _channel(channels: Sequence[str], name: str) -> int:
    from hcs.errors import SourceError

    folded = [channel.casefold() for channel in channels]
    if name.casefold() not in folded:
        raise SourceError(
            f"The field has no channel {name!r}; it has {some(channels)}."
        )
    return folded.index(name.casefold())


def _planned(plate: HCSPlate, rows: FieldMatch, files: PictureFiles) -> _Correction:
    from hcs.ingest.matching.field_pixels import plan_field

    correction = _Correction(rows)
    try:
        field = plate.well(rows.well).field(rows.field.name, rows.field.acquisition)
        image = field.image()
        correction.plan = plan_field(image, rows, files.image)
        correction.notice = image.companions.notice(same_ground=True)
    except HCSError as error:
        correction.error = str(error)
    return correction


def _live_digests(plate: HCSPlate) -> dict[str, str]:
    """Return which field has which pixels, by the digests that histories keep."""
    digests = {}
    for field in plate.fields(errors=[], missing="skip"):
        for event in field.owner.history(field.name):
            if event.id == field.live and event.digest:
                digests[event.digest] = f"{field.owner.label} field {field.label}"
    return digests


def _write_all(
    plate: HCSPlate,
    corrections: Sequence[_Correction],
    options: argparse.Namespace,
    who: Any,
) -> None:
    """Make corrections part of the plate, each by itself; a stop says which are."""
    digests = None if options.allow_copies else _live_digests(plate)
    try:
        for correction in corrections:
            if not correction.error:
                _write(plate, correction, options, who, digests)
    except BaseException:
        for correction in corrections:
            if correction.version is not None:
                say_error(_shown_version(correction.what, correction.version))
        written = sum(correction.version is not None for correction in corrections)
        say_error(
            f"Stopped: {written} of {counted(len(corrections), 'field')} written."
        )
        raise


def _shown_version(what: str, version: FieldVersion) -> str:
    return f"{what} shows version {version.id[:8]} now."


def _write(
    plate: HCSPlate,
    correction: _Correction,
    options: argparse.Namespace,
    who: Any,
    digests: dict[str, str] | None,
) -> None:
    """Make a correction part of the plate; what fails is kept in it.

    `digests` says where which pixels are, and gets those of this one; None allows
    copies.
    """
    from hcs.ingest.matching.field_pixels import compose_field
    from hcs.writing.versions.staging import stage_field

    rows = correction.rows
    try:
        well = plate.well(rows.well)
        field = well.field(rows.field.name, rows.field.acquisition)
        staged = stage_field(
            options.plate,
            well.path,
            field.name,
            compose_field(field.image(), correction.plan),
            base=field.version,
            acquisition=field.acquisition,
            source=", ".join(_names(correction))[:1000],
        )
        try:
            if digests is not None:
                _refuse_copy(staged.version.digest, correction.what, digests)
            correction.version = staged.commit(who=who, reason=options.reason)
        except BaseException:
            staged.discard()
            raise
    except HCSError as error:
        correction.error = str(error)


def _refuse_copy(digest: str | None, what: str, digests: dict[str, str]) -> None:
    from hcs.errors import SourceError

    place = digests.setdefault(digest or "", what)
    if digest and place != what:
        raise SourceError(
            f"These pixels are those of {place}, equal to the last bit; a file may "
            f"have a wrong name. Say --allow-copies if they are meant."
        )


def _names(correction: _Correction) -> list[str]:
    names = [file.name for entry in correction.plan for file in entry.files]
    return list(dict.fromkeys(names))


def _unclear(matches: MatchTable, corrections: Sequence[_Correction]) -> int:
    """Return how many files and fields are not clear enough to be written."""
    rows = sum(bool(match.problem) for match in matches.matches)
    files = sum(left.is_image for left in matches.leftovers)
    return rows + files + sum(bool(correction.error) for correction in corrections)


# --- what is said -------------------------------------------------------------------


def _show(matches: MatchTable, corrections: Sequence[_Correction]) -> None:
    from hcs.ingest.matching.wording import remarks, table_cells

    cells = table_cells(matches)
    if cells:
        for line in table([("well", "field", "channel", "match", "file"), *cells]):
            say(line)
    for line in remarks(matches):
        say_error(line)
    say(matches.summary)
    names = matches.target.channels
    for correction in corrections:
        for line in _lines(correction, names):
            say(f"{correction.what}: {line}")


def _lines(correction: _Correction, names: Sequence[str]) -> list[str]:
    if correction.error:
        return [f"cannot be written: {correction.error}"]
    replaced: dict[str, list[str]] = {}
    for entry in correction.plan:
        replaced.setdefault(_spoken(entry), []).append(names[entry.channel])
    lines = [
        f"{some(channels)} replaced by {file}" for file, channels in replaced.items()
    ]
    unchanged = [names[index] for index in correction.rows.unchanged]
    lines += [f"{some(unchanged)} kept as it is"] if unchanged else []
    return [*lines, correction.notice] if correction.notice else lines


def _spoken(entry: ChannelFiles) -> str:
    more = len(entry.files) - 1
    name = entry.files[0].name
    return f"{name} and {more} more" if more else name


def _concluded(
    options: argparse.Namespace,
    corrections: Sequence[_Correction],
    unclear: int,
    *,
    write: bool,
) -> int:
    """Say how it ended and return the exit code."""
    written = [
        correction for correction in corrections if correction.version is not None
    ]
    for correction in corrections:
        if write and correction.error:
            say_error(f"{correction.what} was not written: {correction.error}")
        if correction.version is not None and not options.json:
            say(_shown_version(correction.what, correction.version))
    if written and not options.json:
        say("`hcs settle` brings it to its first path, and so does the dashboard.")
    if not written and not options.json:
        say("Nothing was written.")
    if unclear and not write and not options.dry_run:
        say_error(
            f"{counted(unclear, 'thing')} above must be settled first: say it with "
            f"--well, --field, --channel, --pages or --series, leave the file out, or "
            f"write the rest with --skip-unclear."
        )
    failed = any(correction.error for correction in corrections)
    if options.dry_run:
        return 1 if unclear else 0
    return 0 if written and not failed and (not unclear or options.skip_unclear) else 1


def _document(
    options: argparse.Namespace,
    matches: MatchTable,
    corrections: Sequence[_Correction],
) -> dict[str, Any]:
    names = matches.target.channels
    return {
        "location": str(options.plate),
        "dry_run": options.dry_run,
        **matches.to_dict(),
        "corrections": [
            {
                "well": correction.rows.well,
                "field": correction.rows.field.name,
                "label": correction.rows.field.label,
                "files": _names(correction),
                "replaced": [names[entry.channel] for entry in correction.plan],
                "unchanged": [names[index] for index in correction.rows.unchanged],
                "notice": correction.notice or None,
                "version": correction.version.id if correction.version else None,
                "error": correction.error or None,
            }
            for correction in corrections
        ],
    }
