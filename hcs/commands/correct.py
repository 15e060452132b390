"""``hcs correct``: replacing a field of a plate, or channels of it, by image files."""

from __future__ import annotations

import re
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from hcs.commands.versions import add_reason_and_person, person_of
from hcs.terminal import say, say_error
from hcs.wording import some

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from hcs.ingest.formats.images import ImageFile
    from hcs.ingest.matching.channel_plan import ChannelFile
    from hcs.ingest.names import NameParts
    from hcs.plates.field import Field
    from hcs.plates.plate import HCSPlate
    from hcs.plates.well import HCSWell


def add_to(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command."""
    parser = commands.add_parser(
        "correct",
        help="replace a field, or channels of it, by image files",
        description="Replace a field, or channels of it, by image files. The version "
        "before is kept; hcs revert brings it back.",
    )
    parser.add_argument("plate", metavar="PLATE")
    parser.add_argument(
        "files",
        metavar="FILES",
        nargs="+",
        help="TIFF or PNG: one with all channels, or one a channel",
    )
    parser.add_argument(
        "--well", metavar="WELL", help="default: what the names of the files say"
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
        help="channel of a file, once for each in their order; default: as for --well",
    )
    add_reason_and_person(parser)
    parser.add_argument(
        "--dry-run", action="store_true", help="say what would be replaced, and stop"
    )
    parser.set_defaults(run=_correct)


def _correct(options: argparse.Namespace) -> int:
    from hcs.ingest.formats.images import read_image_file
    from hcs.ingest.matching.channel_plan import compose_field, plan_channels
    from hcs.plates.opening import from_hcs_zarr
    from hcs.writing.versions.staging import stage_field

    with ExitStack() as opened:
        plate = opened.enter_context(from_hcs_zarr(options.plate))
        files = [
            opened.enter_context(read_image_file(Path(name))) for name in options.files
        ]
        names = [file.name for file in files]
        well = _well(plate, names, options.well)
        field = _field(well, names, options.field, options.acquisition)
        image = field.image()
        plan = plan_channels(image, files, options.channel)
        what = f"{well.label} field {field.label}"
        for line in _doubts(names, well, field):
            say_error(line)
        for line in _lines(plan, image.channel_names):
            say(f"{what}: {line}")
        staying = image.companions.notice(same_ground=True)
        if options.dry_run:
            if staying:
                say(f"{what}: {staying}")
            say("Nothing was written.")
            return 0
        pixels = compose_field(image, plan)
        path, name, base = well.path, field.name, field.version
    staged = stage_field(
        options.plate,
        path,
        name,
        pixels,
        base=base,
        acquisition=field.acquisition,
        source=", ".join(dict.fromkeys(names))[:1000],
    )
    try:
        version = staged.commit(who=person_of(options.who), reason=options.reason)
    except BaseException:
        staged.discard()
        raise
    say(
        f"{what} shows version {version.id[:8]} now. `hcs settle` brings it to its "
        f"first path, and so does the dashboard."
    )
    return 0


def _said(names: Sequence[str]) -> list[NameParts]:
    from hcs.ingest.matching.name_guess import describe_name

    return [describe_name(name) for name in names]


def _well(plate: HCSPlate, names: Sequence[str], well: str | None) -> HCSWell:
    """Return the well that is named, else the one that all files name.

    Raises
    ------
    SourceError
        If they name none, or several.
    """
    from hcs.errors import SourceError
    from hcs.layout import well_label

    if well is not None:
        return plate.well(well)
    wells = {well_label(*said.well) for said in _said(names) if said.well is not None}
    if len(wells) != 1:
        raise SourceError(
            f"The names of the files speak of {_spoken('wells', wells)}; say which it "
            f"is with --well."
        )
    return plate.well(wells.pop())


def _field(
    well: HCSWell, names: Sequence[str], field: str | None, acquisition: int | None
) -> Field:
    """Return the field that is named, else the one that all files name.

    Raises
    ------
    SourceError
        If they name none, or several, or it is not clear where they count from.
    """
    from hcs.errors import SourceError

    if field is not None:
        return well.field(field, acquisition)
    fields = [
        present
        for present in well.fields
        if acquisition is None or present.acquisition == acquisition
    ]
    spoken = {said.field.label for said in _said(names) if said.field is not None}
    if not spoken and len(fields) == 1:
        return fields[0]
    if len(spoken) == 1:
        label = next(iter(spoken))
        matches = [present for present in fields if _means(label, present)]
        if len(matches) == 1:
            return matches[0]
    raise SourceError(
        f"The names of the files speak of {_spoken('fields', spoken)}; say with "
        f"--field which of {some([present.label for present in fields])} it is."
    )


def _means(label: str, field: Field) -> bool:
    """Whether a file's field is this one.

    Never where the source's label is not known: indices count from 0, files from 1.
    """
    return field.label != field.name and _number(label) == _number(field.label)


def _number(label: str) -> int | None:
    digits = re.search(r"([0-9]+)$", label, re.ASCII)
    return None if digits is None else int(digits[1])


def _spoken(kind: str, labels: set[str]) -> str:
    return f"the {kind} {some(sorted(labels))}" if labels else f"no {kind}"


def _doubts(names: Sequence[str], well: HCSWell, field: Field) -> list[str]:
    """Return where file names speak of something else than what was typed."""
    from hcs.layout import well_label

    doubts = []
    for name, said in zip(names, _said(names), strict=True):
        if said.well is not None and well_label(*said.well) != _padded(well.path):
            doubts.append(f"{name} speaks of well {well_label(*said.well)}.")
        if (
            said.field is not None
            and field.label != field.name
            and not _means(said.field.label, field)
        ):
            doubts.append(f"{name} speaks of field {said.field.label}.")
    return doubts


def _padded(path: str) -> str:
    from hcs.errors import HCSError
    from hcs.layout import parse_well, well_label

    try:
        return well_label(*parse_well(path.replace("/", "")))
    except HCSError:
        return path


def _lines(plan: Sequence[ChannelFile], names: Sequence[str]) -> list[str]:
    by_file: dict[int, tuple[ImageFile, list[str]]] = {}
    for entry in plan:
        _, channels = by_file.setdefault(id(entry.file), (entry.file, []))
        channels.append(names[entry.channel])
    lines = [
        f"{some(channels)} replaced by {file.name}"
        for file, channels in by_file.values()
    ]
    replaced = {entry.channel for entry in plan}
    kept = [name for index, name in enumerate(names) if index not in replaced]
    return [*lines, f"{some(kept)} kept as it is"] if kept else lines
