"""The upper ends of what was measured, and where cameras saturate; pure."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from dashboard.quality.metrics import number_of
from hcs.qc import Clip, Top, infer_clip

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from dashboard.quality.measure_settings import AssaySettings
    from dashboard.quality.metrics import StoredValue
    from hcs.qc import PlaneResult

Place = tuple[str, str]
"""Path of the well, name of the field."""

_FieldTops = tuple["Mapping[str, StoredValue]", "list[Top | None]"]

_TOP = ("highest", "pile", "percent")


def stored_tops(channel: int, planes: Iterable[PlaneResult]) -> dict[str, StoredValue]:
    """Return the upper end of a field's values, as it is stored."""
    tops = [plane.top for plane in planes if plane.top is not None]
    if not tops:
        return {}
    top = max(tops, key=lambda top: (top.percent, top.highest))
    parts = {part: getattr(top, part) for part in _TOP}
    return {
        f"top_{part}.{channel}": "" if value is None else float(value)
        for part, value in parts.items()
    }


def top_of(measured: Mapping[str, StoredValue], channel: int) -> Top | None:
    """Return the upper end of a field's values, None where it is not stored."""
    name, *others = _top_keys(channel)
    highest = number_of(measured.get(name))
    if highest is None:
        return None
    pile, percent = (measured.get(other) for other in others)
    if percent is None:
        return None
    return Top(highest, number_of(pile), number_of(percent) or 0.0)


@cache
def _top_keys(channel: int) -> tuple[str, ...]:
    return tuple(f"top_{part}.{channel}" for part in _TOP)


def clip_levels(
    plate: Sequence[Mapping[str, StoredValue]],
    channels: Iterable[int],
    basis: AssaySettings,
) -> dict[int, Clip]:
    """Return the counts at which each camera saturates, and how that is known.

    Parameters
    ----------
    plate
        What is stored of all fields: a clip level shows only over many.
    channels
        Positions of the channels.
    basis
        What a person or the import says; pile-up decides for other channels.
    """
    return {
        channel: basis.clips.get(channel) or _seen(plate, channel)
        for channel in channels
    }


class TopMemory:
    """The upper ends of a plate's fields, each read once from what is stored of it.

    A correction changes few fields of thousands, and pages wait for what is made of
    all of them.

    Thread safety: what it holds is never changed, only replaced.
    """

    def __init__(self) -> None:
        self._channels: tuple[int, ...] = ()
        self._fields: dict[Place, _FieldTops] = {}

    def clip_levels(
        self,
        plate: Mapping[Place, Mapping[str, StoredValue]],
        channels: tuple[int, ...],
        basis: AssaySettings,
    ) -> dict[int, Clip]:
        """Return what `clip_levels` returns.

        Parameters
        ----------
        plate
            What is stored of each field, which nobody changes: who measures again
            replaces it.
        channels, basis
            As `clip_levels` has them.
        """
        before = self._fields if self._channels == channels else {}
        fields = {}
        for place, measured in plate.items():
            known = before.get(place)
            if known is None or known[0] is not measured:
                known = measured, [top_of(measured, channel) for channel in channels]
            fields[place] = known
        self._channels, self._fields = channels, fields
        return {
            channel: basis.clips.get(channel)
            or infer_clip(top for _, tops in fields.values() if (top := tops[position]))
            for position, channel in enumerate(channels)
        }


def _seen(plate: Iterable[Mapping[str, StoredValue]], channel: int) -> Clip:
    tops = [top for measured in plate if (top := top_of(measured, channel)) is not None]
    return infer_clip(tops)
