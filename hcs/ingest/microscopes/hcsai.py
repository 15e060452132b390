"""Exports of HCS.ai and MetaXpress Acquire: a .jdce file, and tables of the planes."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING

from hcs.ingest.microscopes.export import ChannelNote, Expected, Export
from hcs.ingest.microscopes.jdce import Experiment, Wavelength, read_experiment
from hcs.ingest.microscopes.metaxpress import no_images, place, plate_name
from hcs.ingest.microscopes.plane_table import PlaneTable
from hcs.ingest.names import NamePart, NameParts, name_part
from hcs.wording import counted

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

    from hcs.ingest.sources import ExportFile, ExportSource
    from hcs.layout import Position


def read_export(
    source: ExportSource,
    files: Sequence[ExportFile],
    reason: str,
    document: ExportFile,
    data: bytes,
) -> Export:
    """Return what an export with a .jdce file says.

    Where a table names a file, it says what that is of; the name of any other does.

    Parameters
    ----------
    document, data
        The .jdce file and what it holds.

    Raises
    ------
    SourceError
        If it holds no image, or a description that cannot be read.
    """
    experiment = read_experiment(data, document.name)
    table = PlaneTable()
    for file in _tables(experiment, document, files):
        table.read(source, file)
    placed, skipped = place(
        file
        for file in files
        if file.name not in table.files and file.name not in table.documents
    )
    file_parts = {
        file.name: table.files[file.name] for file in files if file.name in table.files
    }
    if not placed and not file_parts:
        raise no_images(source)
    for image in placed:
        file_parts[image.file.name] = replace(image.parts, plate=None)
    return Export(
        preset="imagexpress",
        reason=reason,
        plate=experiment.plate or plate_name(placed, document.name, source.name),
        file_parts=file_parts,
        skipped=tuple(skipped),
        documents=(document.name, *table.documents),
        format=experiment.format,
        expected=_expected(experiment, table, file_parts.values()),
        channels=_channels(experiment, table),
        pixel_size=experiment.pixel_size,
        z_step=experiment.z_step,
        centres=table.centres,
        times={name: time for name, time in table.times.items() if name in file_parts},
        identity=experiment.identity,
        barcode=experiment.barcode,
        complete=experiment.complete,
        notes=tuple(_notes(experiment, table)),
    )


def _expected(
    experiment: Experiment, table: PlaneTable, named: Collection[NameParts]
) -> Expected:
    """Return what was set up, for the wells and sites of the tables."""
    listed = table.files.values()
    sites: defaultdict[Position, set[NamePart]] = defaultdict(set)
    for parts in listed:
        if parts.well is not None and parts.field is not None:
            sites[parts.well].add(parts.field)
    waves = experiment.wavelengths
    slices = {wave.slices for wave in waves}
    times = _axis("t", experiment.time_points or 1, (parts.t for parts in listed))
    steps = _axis("z", max(slices, default=1), (parts.z for parts in listed))
    uneven = len({frozenset(fields) for fields in sites.values()}) > 1
    if sites and (uneven or len(slices) > 1):
        planes = {
            NameParts(well=well, field=site, channel=wave.channel, z=z, t=t)
            for well, fields in sites.items()
            for site in fields
            for wave in waves
            for t in times
            for z in _axis("z", wave.slices)
        }
        return Expected(listed=frozenset(planes | {*listed}))
    channels = sorted({wave.channel for wave in waves})
    fields = sorted({site for fields in sites.values() for site in fields})
    return Expected(
        wells=tuple(sorted(sites)) or None,
        fields=tuple(fields) or None,
        # An axis that names leave out has one place, which has no number.
        channels=tuple(channels) or None if any(p.channel for p in named) else None,
        z=steps if any(p.z for p in named) else None,
        t=times if any(p.t for p in named) else None,
    )


def _axis(
    letter: str, count: int, listed: Iterable[NamePart | None] = ()
) -> tuple[NamePart, ...]:
    declared = {name_part(str(number), f"{letter}{number}") for number in range(count)}
    return tuple(sorted(declared | {part for part in listed if part is not None}))


def _channels(experiment: Experiment, table: PlaneTable) -> dict[NamePart, ChannelNote]:
    """Return what file and tables say of the channels."""
    return {
        wave.channel: ChannelNote(
            name=wave.note.name,
            emission=wave.note.emission,
            excitation=wave.note.excitation,
            exposure=table.exposure(wave.channel),
        )
        for wave in experiment.wavelengths
    }


def _notes(experiment: Experiment, table: PlaneTable) -> Iterator[str]:
    """Yield sentences on the tables, and on channels that lie at other heights."""
    if not table.documents:
        yield (
            "No table of planes (image_metadata_1.csv) is beside the .jdce file: "
            "positions, times and the wells that were to be imaged are not known."
        )
    if table.damaged:
        yield f"{counted(table.damaged, 'row')} of its tables named no plane."
    yield from _offsets(experiment.wavelengths, table)


def _offsets(waves: Sequence[Wavelength], table: PlaneTable) -> Iterator[str]:
    for wave in waves[1:]:
        offset = table.z_offset(wave.channel, waves[0].channel)
        if offset:
            name, first = (
                wavelength.note.name or wavelength.channel.label
                for wavelength in (wave, waves[0])
            )
            yield (
                f"Planes of {name} lie {abs(offset):g} µm "
                f"{'above' if offset > 0 else 'below'} those of {first}."
            )


def _tables(
    experiment: Experiment, document: ExportFile, files: Sequence[ExportFile]
) -> list[ExportFile]:
    """Return the tables that a .jdce file names, where they are."""
    names = {name.lower() for name in experiment.tables}
    return [
        file
        for file in files
        if file.folder == document.folder
        and (
            file.base.lower() in names
            if names
            else file.base.lower().startswith("image_metadata")
            and file.base.lower().endswith(".csv")
        )
    ]
