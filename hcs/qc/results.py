"""What measuring a plate gives, before and after the clip levels are known."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from hcs.qc.clip import Clip, Top, infer_clip, percent_at
from hcs.qc.definitions import EVERY_METRIC, Definition
from hcs.qc.registry import chosen

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from hcs.qc.fields.digest import PlaneDigest
    from hcs.qc.fields.light import Light

FieldKey = tuple[str, str, int | None]
"""Path of the well, name of the field, id of the acquisition."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasureSettings:
    """What a plate is measured with."""

    metrics: tuple[str | Definition, ...] = EVERY_METRIC
    """Ids of metrics that every process knows, and definitions of one's own."""

    clips: Mapping[str, Clip] = field(default_factory=dict)
    """Clip level by channel name; see `plate_settings`."""

    nuclear: str | None = None
    """Name of the nuclear channel; None where nobody chose."""

    full_scale: float | None = None
    """See `hcs.qc.fields.plane.Plane`."""

    @property
    def keys(self) -> tuple[str, ...]:
        """Ids and versions of the metrics: values under other keys are out of date."""
        return tuple(entry.key for entry in chosen(self.metrics))


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaneResult:
    """The metrics of one channel of one field at one z and t."""

    channel: str
    """Name of the channel, or its position where it has none; no other channel of the
    field has the same."""

    channel_index: int
    z: int
    t: int
    values: dict[str, float]
    """Value by metric id; NaN where not computable."""

    reasons: dict[str, str]
    """Why, for each NaN."""

    top: Top | None = None
    """Upper end of the values, to infer a clip level from."""

    digest: PlaneDigest | None = None
    """What the plane is known by; see `find_same_pictures`."""

    light: Light | None = None
    """How bright its parts are; see `mean_field`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldResult:
    """What came of one field."""

    well: str
    field: str
    label: str
    """What people call the field."""

    acquisition: int | None
    version: str
    """Id of the version that was measured; ``""`` where it could not be opened."""

    planes: tuple[PlaneResult, ...] = ()
    error: str | None = None
    """Why there are no planes."""

    @property
    def key(self) -> FieldKey:
        """What the field is known by."""
        return self.well, self.field, self.acquisition


def settle_clips(
    results: Iterable[FieldResult], settings: MeasureSettings
) -> tuple[list[FieldResult], dict[str, Clip]]:
    """Fill in saturation where the clip level shows only over the whole plate.

    Parameters
    ----------
    results
        What `measure_plate` yielded.
    settings
        Those it was measured with.

    Returns
    -------
        The results with `percent_saturated` where it is known now, and for each
        channel its clip level with its source.
    """
    measured = list(results)
    tops: dict[str, list[Top]] = {}
    for result in measured:
        for plane in result.planes:
            if plane.top is not None:
                tops.setdefault(plane.channel, []).append(plane.top)
    clips = {
        name: settings.clips.get(name) or infer_clip(of_channel)
        for name, of_channel in tops.items()
    }
    return [_with_clips(result, settings, clips) for result in measured], clips


def _with_clips(
    result: FieldResult, settings: MeasureSettings, clips: Mapping[str, Clip]
) -> FieldResult:
    planes = tuple(
        plane
        if plane.channel in settings.clips or plane.top is None
        else _with_clip(plane, plane.top, clips[plane.channel])
        for plane in result.planes
    )
    return replace(result, planes=planes)


def _with_clip(plane: PlaneResult, top: Top, clip: Clip) -> PlaneResult:
    """Return a plane's results with its share of saturated pixels."""
    id = "percent_saturated"
    if id not in plane.values:
        return plane
    reasons = {key: why for key, why in plane.reasons.items() if key != id}
    value = None if clip.level is None else percent_at(top, clip.level)
    if value is None:
        reasons[id] = (
            clip.source
            if clip.level is None
            else f"measured before the clip level {clip.level:g} was known"
        )
    values = plane.values | {id: math.nan if value is None else value}
    return replace(plane, values=values, reasons=reasons)


def spoken(channel: str) -> str:
    """Return a channel's name as it stands in a sentence.

    >>> spoken("DNA"), spoken("Channel2")
    ('channel DNA', 'Channel2')
    """
    return channel if channel.lower().startswith("channel") else f"channel {channel}"
