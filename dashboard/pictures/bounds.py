"""Whether a picture that was asked for can exist, before one is made or kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dashboard.errors import OutOfRangeError
from hcs.wording import counted

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dashboard.pictures.planes import PlaneRequest
    from dashboard.plates.values import ChannelSetting, FieldState


_NOUNS = {"c": "channel", "z": "focal plane", "t": "time point", "level": "resolution"}


def out_of_range(axis: str, index: int, count: int) -> OutOfRangeError:
    """Return that an image has no such plane; `index` counts from 0."""
    noun = _NOUNS.get(axis, axis)
    return OutOfRangeError(
        f"There is no {noun} number {index + 1}: the image has {counted(count, noun)}."
    )


def check_channels(count: int, channels: Iterable[ChannelSetting]) -> None:
    """Check that channels are among those of a plate or an image.

    A field may have fewer channels than its plate: those that it lacks are left out.

    Parameters
    ----------
    count
        How many there are; 0 where that is not known yet.

    Raises
    ------
    OutOfRangeError
        If one is not.
    """
    highest = max((channel.index for channel in channels), default=0)
    if count and highest >= count:
        raise out_of_range("c", highest, count)


def check_plane(field: FieldState, request: PlaneRequest) -> None:
    """Check that a field, as it is now, has the plane that is asked for.

    Raises
    ------
    OutOfRangeError
        If it has not.
    """
    if field.error is not None or not field.axes:
        return  # whoever reads it says what is wrong
    sizes = {
        "level": (request.level, len(field.levels) or 1),
        "channel": (request.channel, field.size("c")),
        "z": (request.z or 0, field.size("z")),
        "t": (request.t or 0, field.size("t")),
    }
    for what, (index, count) in sizes.items():
        if index >= count:
            raise out_of_range(what, index, count)


def check_any(fields: Iterable[FieldState], request: PlaneRequest) -> None:
    """Check that one of several fields has the plane that is asked for of all.

    Raises
    ------
    OutOfRangeError
        If there are fields and none has it.
    """
    missing: OutOfRangeError | None = None
    for field in fields:
        try:
            check_plane(field, request)
        except OutOfRangeError as error:
            missing = error
        else:
            return
    if missing is not None:
        raise missing
