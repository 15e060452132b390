"""What matching knows of the plate that files are for."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from hcs.errors import HCSError
from hcs.metadata import distinct_names

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from hcs.images.image import Multiscales
    from hcs.layout import Position
    from hcs.plates.plate import HCSPlate


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetField:
    """A field that may be corrected."""

    name: str
    """Its identity within its well."""

    label: str
    """What people call it; its name where the source's own label is not known."""

    acquisition: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MatchTarget:
    """A plate, as far as matching asks of it."""

    name: str
    wells: Mapping[Position, str]
    """Labels of the wells that the plate lists, by zero-based row and column."""

    fields_of: Callable[[str], tuple[TargetField, ...]]
    """Returns the fields of a well by its label; asked for wells that files are for."""

    centres_of: Callable[[str], Mapping[str, tuple[float, float]]] = lambda well: {}
    """Returns where the centres of a well's fields lie from the centre of the well
    along y and x in micrometres, by name of the field, as far as that is known."""

    channels: tuple[str, ...] = ()
    """Names, no two equal."""

    sizes: Mapping[str, int] | None = None
    """Length by axis of its fields; None where no field can be read."""

    @property
    def planes(self) -> tuple[int, int]:
        """Numbers of time points and of planes along z of a field."""
        sizes = self.sizes or {}
        return sizes.get("t", 1), sizes.get("z", 1)


def match_target(
    plate: HCSPlate, *, image: Multiscales | None = None, acquisition: int | None = None
) -> MatchTarget:
    """Return what matching asks of an open plate.

    Parameters
    ----------
    plate
        The plate; it stays open as long as the table may change.
    image
        A field to take channels and sizes from; by default the first that can be read.
    acquisition
        Only fields of this acquisition.
    """
    image = image or _first_image(plate)
    level = None if image is None else image.images[0]
    return MatchTarget(
        name=plate.name or "",
        wells={
            (listed.rowIndex, listed.columnIndex): plate.label(listed)
            for listed in plate.wells
        },
        fields_of=partial(_fields_of, plate, acquisition),
        centres_of=partial(_centres_of, plate),
        channels=() if image is None else tuple(distinct_names(image.channel_names)),
        sizes=None
        if level is None
        else dict(zip(level.dims, map(int, level.data.shape), strict=True)),
    )


def _fields_of(
    plate: HCSPlate, acquisition: int | None, well: str
) -> tuple[TargetField, ...]:
    return tuple(
        TargetField(
            name=present.name, label=present.label, acquisition=present.acquisition
        )
        for present in plate.well(well).fields
        if acquisition is None or present.acquisition == acquisition
    )


def _centres_of(plate: HCSPlate, well: str) -> dict[str, tuple[float, float]]:
    centres = {}
    for present in plate.well(well).fields:
        with suppress(HCSError):  # a field that cannot be read says no place
            image = present.image()
            level, position = image.images[0], image.position
            if position is None or image.units.get("y") != "micrometer":
                continue
            sizes = dict(zip(level.dims, level.data.shape, strict=True))
            y, x = (
                position[axis] + (sizes[axis] - 1) / 2 * image.pixel_size[axis]
                for axis in "yx"
            )
            centres[present.name] = (y, x)
    return centres


def _first_image(plate: HCSPlate) -> Multiscales | None:
    for present in plate.fields(errors=[], missing="skip"):
        try:
            return present.image()
        except HCSError:
            continue
    return None
