"""``hcs import``: from a microscope's export to a plate."""

from __future__ import annotations

import argparse
import json
from contextlib import contextmanager
from typing import TYPE_CHECKING

from hcs.errors import UnknownNamesError
from hcs.ingest.formats.pages import PAGES
from hcs.terminal import Bar, say

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from hcs.ingest import ProposedPattern


def _preset(name: str) -> str:
    """Return a preset's name; the registry is loaded only where one is given."""
    from hcs.ingest.microscopes.registry import no_preset, presets

    if name not in presets():
        raise argparse.ArgumentTypeError(no_preset(name))
    return name


def add_to(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command."""
    parser = commands.add_parser(
        "import",
        help="make a plate of a microscope's export",
        description="Make a plate of a microscope's export. An interrupted import is "
        "resumed by running it again.",
    )
    parser.add_argument("source", metavar="SOURCE", help="folder or zip of image files")
    parser.add_argument("plate", metavar="PLATE", help="path of the plate to make")
    parser.add_argument(
        "--preset",
        type=_preset,
        metavar="NAME",
        help="auto, the microscope's (imagexpress, phenix ...), or pattern or regex, "
        "with a --pattern of that kind; default: auto, or what --pattern is",
    )
    parser.add_argument(
        "--pattern",
        help="what stands where in a file's name: '{plate}_{well}_s{field}_{channel}"
        ".tif', with {well}, or {row} and {column}, and where there are any {field}, "
        "{channel}, {z}, {t}, {plate}, and {*} for the rest; or a regular expression "
        "with groups of these names, (?P<well>...). Write --pattern=... where it "
        "begins with a dash",
    )
    parser.add_argument(
        "--plate-map",
        action="append",
        metavar="FILE",
        help="conditions of the wells (doses, controls): CSV, TSV, XLSX ...; given "
        "again, tables that describe what a column of the first names",
    )
    parser.add_argument(
        "--sheet",
        metavar="NAME",
        help="sheet of the plate map; default: the first that names wells",
    )
    parser.add_argument(
        "--format",
        metavar="WELLS",
        help="wells of the plate, such as 96, or rows x columns, such as 12x32; "
        "default: what the export says, else the smallest usual one",
    )
    parser.add_argument(
        "--channel",
        action="append",
        default=[],
        metavar="FOUND=NAME",
        help="name a channel, such as 2=DNA; may be given several times",
    )
    parser.add_argument(
        "--plate",
        dest="plate_name",
        metavar="NAME",
        help="which plate, where SOURCE holds several; an error lists their names",
    )
    parser.add_argument("--name", help="name of the plate; default: the source's")
    parser.add_argument(
        "--projection",
        action="store_true",
        help="take the export's projections along z instead of its planes",
    )
    parser.add_argument(
        "--pages",
        choices=tuple(PAGES),
        help="what the pages of a TIFF are that does not say it; default: channels "
        "where the export names as many, else z",
    )
    parser.add_argument(
        "--strict",
        action="store_true",
        help="stop where an image cannot be used or differs from the others in size or "
        "type, instead of leaving it out as a gap",
    )
    parser.add_argument(
        "--version", help="NGFF version; default: 0.5, or what is resumed"
    )
    parser.add_argument(
        "--dry-run", action="store_true", help="only say what would be imported"
    )
    parser.add_argument("--json", action="store_true", help="print the report as JSON")
    parser.set_defaults(run=run, usage=parser.error)


def run(options: argparse.Namespace) -> int:
    """Import and print the report."""
    preset = options.preset or "auto"
    of_patterns = preset in ("pattern", "regex")
    if of_patterns and options.pattern is None:
        options.usage(f"--preset {preset} takes a --pattern; none was given")
    if not of_patterns and options.preset and options.pattern is not None:
        options.usage(f"--preset {preset} takes no --pattern; leave out one of them")
    if options.sheet is not None and not options.plate_map:
        options.usage("--sheet is one of a --plate-map; none was given")
    from hcs.ingest.importing import import_plate

    with _proposing(options), Bar("Importing") as bar:
        report = import_plate(
            options.source,
            options.plate,
            preset=preset,
            pattern=options.pattern,
            plate_map=options.plate_map,
            sheet=options.sheet,
            version=options.version,
            dry_run=options.dry_run,
            name=options.name,
            format=options.format,
            channel_names=_channel_names(options),
            projection=options.projection,
            pages=options.pages,
            strict=options.strict,
            plate=options.plate_name,
            progress=bar,
        )
    for line in [json.dumps(report.as_dict())] if options.json else report.lines():
        say(line)
    return 0


@contextmanager
def _proposing(options: argparse.Namespace) -> Iterator[None]:
    """Print what names that nothing knows could mean, where it was a dry run."""
    try:
        yield
    except UnknownNamesError as error:
        if options.dry_run:
            _say_proposals(error.proposals, as_json=options.json)
        raise


def _say_proposals(proposals: Sequence[ProposedPattern], *, as_json: bool) -> None:
    if as_json:
        say(json.dumps({"proposals": [proposal.as_dict() for proposal in proposals]}))
        return
    if proposals:
        say("What the names could mean, the likeliest first. Nothing but the names")
        say("speaks for it: compare the examples with what was acquired.")
    for proposal in proposals:
        for line in ("", *proposal.lines()):
            say(line)


def _channel_names(options: argparse.Namespace) -> dict[str, str]:
    pairs = [argument.partition("=") for argument in options.channel]
    for (channel, _, name), argument in zip(pairs, options.channel, strict=True):
        if not (channel and name):
            options.usage(
                f"--channel takes FOUND=NAME, such as 2=DNA; got {argument!r}"
            )
    return {channel: name for channel, _, name in pairs}
