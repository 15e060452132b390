"""What each well shows on the picture of its plate: its first field."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dashboard.pictures.plate_sprite import SpriteCell

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from dashboard.plates.served import ServedPlate
    from dashboard.plates.values import FieldState, WellState, WellView

    Draw = Callable[[WellView, str], NDArray[np.uint8] | None]
    """Draws a field of a well by its name, None where it cannot be read."""

    Ready = Callable[[WellView, FieldState], bool]
    """Whether drawing a field reads nothing of the plate."""


def first_field_cell(
    plate: ServedPlate,
    well: WellState,
    acquisition: int | None,
    draw: Draw,
    ready: Ready,
) -> SpriteCell:
    """Return what a well shows, without reading more than names."""
    if well.state == "unreadable":
        return _UNREADABLE
    if well.state != "present":
        return _NOTHING
    known = plate.view_in_memory(well.label)
    field = None if known is None else _first(known, acquisition)

    def is_ready() -> bool:
        if known is None:
            return False
        return field is None or field.error is not None or ready(known, field)

    def draw_first() -> tuple[str, NDArray[np.uint8] | None]:
        view = plate.well(well.label)
        field = _first(view, acquisition)
        if field is None:
            # A well without a field of this acquisition is empty, not broken.
            return _mark(field), None if view.error else _EMPTY
        return _mark(field), draw(view, field.name)

    mark = "?" if known is None else _mark(field)
    return SpriteCell(mark, is_ready, draw_first)


def _first(view: WellView, acquisition: int | None) -> FieldState | None:
    for field in view.fields:
        if acquisition is None or (field.acquisition or 0) == acquisition:
            return field
    return None


def _mark(field: FieldState | None) -> str:
    return "-" if field is None else f"{field.name}\t{field.version}"


_EMPTY = np.zeros((1, 1, 3), dtype=np.uint8)
_NOTHING = SpriteCell("", lambda: True, lambda: ("", None))
_UNREADABLE = SpriteCell("!", lambda: True, lambda: ("!", None))
