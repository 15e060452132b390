"""All fields of a well in one picture, as a gallery asks for it first.

Wells are mostly looked at as the plate has its channels, so this picture is drawn ahead
where previews are made: a click on a well then sends a file. In other colours, and
while fields wait for their previews, `dashboard.pictures.sprites` draws it.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dashboard.addresses import decode_channels, encode_channels, sprite_columns
from dashboard.pictures import preview, rendering
from dashboard.pictures.coarse import SIDES, stored_side
from dashboard.pictures.encoded import picture_address
from dashboard.pictures.planes import PlaneRequest, default_channels
from dashboard.pictures.thumbnails import drawn_from, where_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from dashboard.pictures.previews import Previews
    from dashboard.plates.served import ServedPlate
    from dashboard.plates.values import ChannelSetting, FieldState, WellView

_LOG = logging.getLogger(__name__)

_SIZES = ((4, 512), (16, 256))
"""Up to so many fields get thumbnails of so many pixels; more fields, smaller ones."""

_SMALL = 135


def thumbnail_side(count: int) -> int:
    """Return the pixels of the longer side that thumbnails of `count` fields have."""
    return next((side for most, side in _SIZES if count <= most), _SMALL)


def cell_side(fields: Sequence[FieldState]) -> int | None:
    """Return the side of a cell of these fields' picture, None if each has its own."""
    size = thumbnail_side(len(fields))
    if size != SIDES[-1]:
        return size if size < SIDES[-1] else None
    # As they are kept, so that none is read anew and few are resized.
    sides = (
        max(field.size("y"), field.size("x")) for field in fields if not field.error
    )
    return min(map(stored_side, sides), default=size)


def assembled(
    cells: Iterable[NDArray[np.uint8] | None], count: int, size: int
) -> tuple[bytes, bool]:
    """Return the picture of `count` fields as JPEG, and whether all could be read.

    Parameters
    ----------
    cells
        Fields ``(y, x, 3)`` in their order, None for what cannot be read. One is held
        at a time: together they take as much again as the canvas.
    count
        How many there are.
    size
        Pixels of a cell's side.
    """
    canvas = rendering.empty_sprite(count, size, sprite_columns(count))
    complete = True
    for index, cell in enumerate(cells):
        complete &= cell is not None
        shown = rendering.error_cell(size) if cell is None else cell
        rendering.place(canvas, index, shown, size)
    return rendering.encode_jpeg(canvas), complete


def address_of(
    plate: str,
    view: WellView,
    names: Sequence[str],
    size: int,
    channels: Sequence[ChannelSetting],
    request: PlaneRequest,
) -> str:
    """Return the address of a picture of some fields in the store of pictures."""
    return picture_address(
        "well", plate, view.label, view.digest, names, size, channels, request
    )


@dataclass(frozen=True, slots=True)
class MissingSprite:
    """One picture to be drawn, of previews that are there."""

    address: str
    previews: tuple[Path, ...]
    size: int
    channels: tuple[ChannelSetting, ...]


def missing(plate: ServedPlate, previews: Previews) -> Iterator[MissingSprite]:
    """Yield the picture of each well whose fields all have previews and that has none.

    What a well without such fields shows is drawn when it is asked for.
    """
    # As the address spells them, which is what a page asks for.
    channels = decode_channels(encode_channels(default_channels(plate)))
    if not channels:
        return
    for well in plate.overview().wells:
        view = plate.view_in_memory(well.label)
        if view is None or not view.fields or any(field.error for field in view.fields):
            continue
        size = cell_side(view.fields)
        if size is None:
            continue
        names = [field.name for field in view.fields]
        address = address_of(
            plate.plate.id, view, names, size, channels, PlaneRequest()
        )
        if previews.has(address):
            continue
        made = [
            preview.address_of(*where_of(plate, view, field)) for field in view.fields
        ]
        if all(map(previews.has, made)):
            yield MissingSprite(
                address, tuple(map(previews.path, made)), size, channels
            )


Drawn = tuple[str, bytes | None]
"""The address of a picture and its bytes, None where it could not be drawn."""


def draw_batch(batch: Sequence[MissingSprite]) -> list[Drawn]:
    """Draw some pictures; what a worker process runs."""
    return [(sprite.address, _draw(sprite)) for sprite in batch]


def not_drawn(item: tuple[Sequence[MissingSprite]], reason: str) -> list[Drawn]:
    """Return what `draw_batch` has come to where its process died."""
    _LOG.warning("Pictures of %d wells were not drawn: %s", len(item[0]), reason)
    return [(sprite.address, None) for sprite in item[0]]


def _draw(sprite: MissingSprite) -> bytes | None:
    try:
        cells = (
            drawn_from(preview.parse(path.read_bytes()), sprite.size, sprite.channels)
            for path in sprite.previews
        )
        data, complete = assembled(cells, len(sprite.previews), sprite.size)
    except Exception as error:  # noqa: BLE001 - one well must not end the plate
        _LOG.info("The picture of a well was not drawn ahead: %s", error)
        return None
    return data if complete else None
