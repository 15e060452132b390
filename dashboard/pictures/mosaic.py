"""Where the fields of a well stand in its square on the plate canvas."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dashboard.addresses import sprite_columns

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dashboard.plates.values import FieldState

Box = tuple[float, float, float, float]
"""Left, top, width and height, in parts of the well's square."""

_SPREAD = 12.0
"""Stage positions that lie further apart than so many fields' sides a field make the
fields too small to see; a grid shows more."""


@dataclass(frozen=True, slots=True)
class Mosaic:
    """The places of a well's fields, in their order."""

    boxes: tuple[Box, ...]
    staged: bool
    """By recorded stage positions; else a grid, row by row."""


def arrange(fields: Sequence[FieldState]) -> Mosaic:
    """Place fields by where the stage was, else in a grid in their order."""
    extents = [_extent(field) for field in fields]
    places = [_position(field) for field in fields]
    known = [place for place in places if place is not None]
    if len(fields) > 1 and len(set(known)) == len(fields):
        boxes = [
            (x, y, width, height)
            for (x, y), (width, height) in zip(known, extents, strict=True)
        ]
        fitted = _fit(boxes)
        side = max(max(width, height) for _, _, width, height in fitted)
        if side * len(fields) * _SPREAD >= 1.0:
            return Mosaic(tuple(fitted), staged=True)
    columns = sprite_columns(len(fields))
    above = (columns - math.ceil(len(fields) / columns)) / 2 if columns else 0.0
    return Mosaic(
        tuple(
            _inside(index % columns, above + index // columns, 1 / columns, extent)
            for index, extent in enumerate(extents)
        ),
        staged=False,
    )


def _inside(column: int, row: float, side: float, extent: tuple[float, float]) -> Box:
    """Return the middle of a cell of the grid, in the field's proportions."""
    longest = max(extent)
    width, height = (side * 0.98 * part / longest for part in extent)
    left = column * side + (side - width) / 2
    top = row * side + (side - height) / 2
    return left, top, width, height


def _fit(boxes: Sequence[Box]) -> list[Box]:
    left = min(x for x, _, _, _ in boxes)
    top = min(y for _, y, _, _ in boxes)
    across = max(x + width for x, _, width, _ in boxes) - left
    down = max(y + height for _, y, _, height in boxes) - top
    side = max(across, down)
    shift = (side - across) / 2, (side - down) / 2
    return [
        (
            (x - left + shift[0]) / side,
            (y - top + shift[1]) / side,
            width / side,
            height / side,
        )
        for x, y, width, height in boxes
    ]


def _extent(field: FieldState) -> tuple[float, float]:
    """Return width and height in the field's unit; a square where unknown."""
    lengths = []
    for axis in "xy":
        at = field.axes.index(axis) if axis in field.axes else -1
        scale = abs(field.scale[at]) if 0 <= at < len(field.scale) else 1.0
        size = field.shape[at] * (scale or 1.0) if at >= 0 else 1.0
        lengths.append(size if math.isfinite(size) and size > 0 else 1.0)
    return lengths[0], lengths[1]


def _position(field: FieldState) -> tuple[float, float] | None:
    if not {"x", "y"} <= set(field.axes):
        return None
    corner = []
    for axis in "xy":
        at = field.axes.index(axis)
        place = field.translation[at] if at < len(field.translation) else 0.0
        if not math.isfinite(place):
            return None
        corner.append(place)
    return corner[0], corner[1]
