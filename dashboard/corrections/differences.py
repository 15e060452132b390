"""What tells a correction from the field that it is to replace; pure."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from dashboard.corrections.naming import same_field, same_well
from dashboard.corrections.values import Difference
from hcs.axes import MICROMETRES, ORDER
from hcs.wording import counted

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from dashboard.corrections.values import Upload
    from dashboard.plates.values import FieldState

_SIZE_TOLERANCE = 0.01
"""Relative; files round pixel sizes."""


def name_differences(
    uploads: Sequence[Upload], well: str, field: FieldState | None
) -> tuple[Difference, ...]:
    """Return where file names speak of another well or field than the target.

    Parameters
    ----------
    uploads
        The files, with what their names seem to say.
    well
        Label of the target well.
    field
        The target field, None where it is to be a new one.
    """
    differences = []
    for upload in uploads:
        if upload.guess_well and not same_well(upload.guess_well, well):
            differences.append(
                Difference(
                    kind="well",
                    message=f"The file name {upload.name!r} names well "
                    f"{upload.guess_well}, but the target is {well}.",
                    blocking=True,
                )
            )
        if (
            field is not None
            and upload.guess_field
            and not same_field(upload.guess_field, field.name, field.label)
        ):
            differences.append(
                Difference(
                    kind="field",
                    message=f"The file name {upload.name!r} names field "
                    f"{upload.guess_field}, but the target is {field.label}.",
                    blocking=True,
                )
            )
    return _merged(differences)


def pixel_differences(
    new: FieldState,
    old: FieldState,
    uploads: Sequence[Upload],
    *,
    mixed: bool,
    what: str,
) -> tuple[Difference, ...]:
    """Return how new pixels differ from those that they are compared with.

    Parameters
    ----------
    new
        The staged pixels.
    old
        The present field, or another one of the plate for a new field.
    uploads
        The files that the new pixels come from.
    mixed
        Some channels are kept from `old`: then shapes and types must agree, and no
        confirmation helps.
    what
        What `old` is, for the message: ``"the present field"``.
    """
    differences = []
    for axis in ORDER:
        if axis != "c" and new.size(axis) != old.size(axis):
            differences.append(_shape(new, old, what, confirmable=not mixed))
            break
    if new.size("c") != old.size("c"):
        differences.append(
            Difference(
                kind="channels",
                message=f"It has {counted(new.size('c'), 'channel')}, {what} has "
                f"{old.size('c')} ({', '.join(old.channels)}).",
                blocking=True,
                confirmable=not mixed,
            )
        )
    other = sorted({upload.dtype for upload in uploads} - {old.dtype})
    if other:
        differences.append(
            Difference(
                kind="dtype",
                message=f"Its pixels are {' and '.join(other)}, those of {what} are "
                f"{old.dtype}.",
                blocking=True,
                confirmable=not mixed
                or all(np.can_cast(dtype, old.dtype) for dtype in other),
            )
        )
    return tuple(differences)


def _shape(
    new: FieldState, old: FieldState, what: str, *, confirmable: bool
) -> Difference:
    return Difference(
        kind="shape",
        message=f"It is {_sizes(new)}, {what} is {_sizes(old)}.",
        blocking=True,
        confirmable=confirmable,
    )


def _sizes(view: FieldState) -> str:
    parts = [f"{view.size('x')} x {view.size('y')} pixels"]
    if view.size("z") > 1:
        parts.append(counted(view.size("z"), "plane"))
    if view.size("t") > 1:
        parts.append(counted(view.size("t"), "time point"))
    return ", ".join(parts)


def size_differences(
    uploads: Sequence[Upload], old: FieldState, what: str
) -> tuple[Difference, ...]:
    """Return where a file states another pixel size than the target has."""
    present = micrometres(old)
    if present is None:
        return ()
    return _merged(
        Difference(
            kind="pixel-size",
            message=f"{upload.name!r} says {upload.pixel_size:.4g} um a pixel, {what} "
            f"has {present:.4g} um.",
            blocking=True,
        )
        for upload in uploads
        if upload.pixel_size is not None
        and abs(upload.pixel_size - present) > _SIZE_TOLERANCE * present
    )


def micrometres(view: FieldState) -> float | None:
    """Return the size of a field's pixel along x, None where it is not known."""
    if "x" not in view.axes or not view.scale or not view.units:
        return None
    index = view.axes.index("x")
    factor = MICROMETRES.get(view.units[index] or "")
    return None if factor is None else view.scale[index] * factor


def value_differences(dtype: str, uploads: Sequence[Upload]) -> tuple[Difference, ...]:
    """Return what is wrong with pixel values before they are compared.

    Parameters
    ----------
    dtype
        That the plate has.
    uploads
        The files.
    """
    odd = [upload for upload in uploads if upload.not_finite]
    if not odd:
        return ()
    integer = np.dtype(dtype).kind in "iu"
    names = ", ".join(repr(upload.name) for upload in odd)
    count = sum(upload.not_finite for upload in odd)
    return (
        Difference(
            kind="values",
            message=f"{count:,} pixels of {names} are not a number or infinite"
            + (f", which {dtype} cannot hold." if integer else "."),
            blocking=True,
            confirmable=not integer,
        ),
    )


def _merged(differences: Iterable[Difference]) -> tuple[Difference, ...]:
    """Return one difference a kind: one confirmation answers for all files."""
    kinds: dict[str, Difference] = {}
    for difference in differences:
        before = kinds.get(difference.kind)
        message = (
            difference.message
            if before is None
            else f"{before.message} {difference.message}"
        )
        kinds[difference.kind] = replace(difference, message=message)
    return tuple(kinds.values())
