"""From a target and files to a staged correction; nothing is written to the plate."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from dashboard.corrections.differences import (
    name_differences,
    pixel_differences,
    size_differences,
    value_differences,
)
from dashboard.corrections.staged_pixels import view_of
from dashboard.corrections.values import Difference, SourceFile, Staged
from dashboard.plates.survey import first_field
from hcs.errors import SourceError
from hcs.images import covers_same_ground, extent
from hcs.ingest import assign_channels, likely_pages

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from dashboard.corrections.assembly import Assembly
    from dashboard.corrections.values import Upload
    from dashboard.plates.served import ServedPlate
    from dashboard.plates.values import FieldState


@dataclass(frozen=True, slots=True, kw_only=True)
class CorrectionTarget:
    """Where a correction is to go."""

    plate: ServedPlate
    well: str
    """Label of the well."""

    path: str
    """Path of the well."""

    present: FieldState | None
    """The field to replace, None for a new one."""

    reference: FieldState | None
    """Readable field to compare with: the present one, else another of the plate."""

    @property
    def what(self) -> str:
        """What the reference is, for people."""
        same = self.present is not None and self.present is self.reference
        return "the present field" if same else "a field of this plate"


def find_target(plate: ServedPlate, well: str, field: str | None) -> CorrectionTarget:
    """Return the target of a correction.

    Raises
    ------
    NotServedError
        If there is no such well or field.
    """
    path = plate.well(well).path
    present = None if field is None else plate.field(well, field)
    reference = present
    if present is None or present.error is not None:
        position = first_field(plate)
        reference = None if position is None else plate.field(*position)
    return CorrectionTarget(
        plate=plate, well=well, path=path, present=present, reference=reference
    )


def likely_axis(target: CorrectionTarget, file: Upload) -> str:
    """Return what the pages of a file most likely are in a target: ``c`` or ``z``."""
    reference = target.reference
    if reference is None:
        return "z"
    return likely_pages(
        file.shape[0], channels=reference.size("c"), z=reference.size("z")
    )


def suggest(
    target: CorrectionTarget, files: Sequence[Upload]
) -> tuple[SourceFile, ...]:
    """Return which channel each file seems to hold, for people to correct."""
    reference = target.reference
    if len(files) == 1:
        several = "c" in files[0].axes and files[0].shape[files[0].axes.index("c")] > 1
        if several or reference is None or reference.size("c") == 1:
            return (SourceFile(upload=files[0].id),)
    channels: Sequence[int | None] = range(len(files))
    if reference is not None:
        channels = assign_channels([file.name for file in files], reference.channels)
    return tuple(
        SourceFile(upload=file.id, channel=channel)
        for file, channel in zip(files, channels, strict=True)
    )


def describe(
    target: CorrectionTarget,
    assembly: Assembly,
    array: NDArray[Any],
    files: Sequence[Upload],
    *,
    acquisition: int | None,
    label: str | None,
) -> Staged:
    """Return a staged correction with all that tells it from its target.

    Parameters
    ----------
    target, assembly, files
        Where it goes, how it is composed, and of what.
    array
        The composed pixels.
    acquisition, label
        Of a new field.
    """
    present = target.present
    name = present.name if present else next_name(target, acquisition)
    shown = present.label if present else (label or name)
    identifier = secrets.token_urlsafe(24)
    view = view_of(
        array,
        assembly.axes,
        name=name,
        label=shown,
        version=identifier,
        channels=assembly.channels,
        scale=assembly.scale,
        units=assembly.units,
        acquisition=present.acquisition if present else acquisition,
    )
    view = replace(view, alone=present.alone if present else False)
    return Staged(
        id=identifier,
        key=target.plate.key,
        well=target.well,
        field=name,
        field_label=shown,
        acquisition=view.acquisition,
        base=present.version if present else None,
        view=view,
        differences=_differences(target, view, files, assembly),
        action=_action(target, shown, assembly),
        sources=tuple(file.name for file in files),
    )


def _differences(
    target: CorrectionTarget,
    view: FieldState,
    files: Sequence[Upload],
    assembly: Assembly,
) -> tuple[Difference, ...]:
    reference, what = target.reference, target.what
    differences = [*name_differences(files, target.well, target.present)]
    if reference is not None:
        differences += pixel_differences(
            view, reference, files, mixed=assembly.mixed, what=what
        )
        differences += size_differences(files, reference, what)
    stored = reference.dtype if reference is not None else view.dtype
    differences += value_differences(stored, files)
    staying = _staying(target, view, assembly)
    if staying:
        differences.append(Difference(kind="staying", message=staying, blocking=False))
    if assembly.same:
        differences.append(
            Difference(
                kind="same",
                message="The pixels are the same as those that are there.",
                blocking=False,
            )
        )
    return tuple(differences)


def _staying(target: CorrectionTarget, view: FieldState, assembly: Assembly) -> str:
    """Return which labels and tables the new version will not have, in a sentence."""
    present = target.present
    if present is None or present.error is not None:
        return ""
    image = target.plate.image(target.well, present.name, present.version)
    inherits = assembly.written_scale is None
    scale = present.scale if inherits and present.axes == view.axes else view.scale
    same_ground = covers_same_ground(
        extent(present.axes, present.shape, present.scale),
        extent(view.axes, view.shape, scale),
    )
    return image.companions.notice(same_ground=same_ground)


def _action(target: CorrectionTarget, label: str, assembly: Assembly) -> str:
    present = target.present
    if present is None:
        return f"Add field {label} to {target.well}"
    field = present.words if present.words == "field" else f"field {label}"
    if assembly.replaced:
        channels = ", ".join(assembly.replaced)
        return f"Replace {target.well} {field} ({channels} only)"
    return f"Replace {target.well} {field}"


def next_name(target: CorrectionTarget, acquisition: int | None) -> str:
    """Return the name that a new field of the well gets.

    Raises
    ------
    SourceError
        If the plate has several acquisitions and none of them was given.
    """
    declared = target.plate.overview().acquisitions
    if len(declared) > 1 and acquisition not in [run.id for run in declared]:
        raise SourceError(
            f"The plate has several acquisitions; say to which one the new field "
            f"belongs: {', '.join(f'{run.name} ({run.id})' for run in declared)}."
        )
    names = {present.name for present in target.plate.well(target.well).fields}
    prefix = f"a{acquisition}f" if len(declared) > 1 else ""
    number = 0
    while f"{prefix}{number}" in names:
        number += 1
    return f"{prefix}{number}"


def index_of(name: str) -> int:
    """Return the field index in the name that `next_name` made."""
    return int(name.rpartition("f")[2])
