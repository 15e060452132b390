"""From measured planes to the values of fields and wells; pure.

A metric of the page has the id ``<metric>.<channel>``, stored under the definition's
key, which changes when its numbers do.
"""

from __future__ import annotations

import math
import statistics
from collections import defaultdict
from typing import TYPE_CHECKING

import numpy as np

from dashboard.errors import NotServedError
from dashboard.plates.values import MetricInfo, MetricValue, MetricValues, Progress
from dashboard.quality.metrics import Measured
from dashboard.text import plain_text
from hcs.qc.aggregate import best_plane, default_way
from hcs.qc.clip import Top, infer_clip, percent_at
from hcs.qc.definitions import EVERY, definition
from hcs.qc.failures import RULES
from hcs.qc.nuclei import propose_channel

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from dashboard.plates.values import ChannelDisplay, PlateOverview, WellState
    from dashboard.quality.suspects import Judgement
    from hcs.qc.definitions import Definition
    from hcs.qc.results import FieldResult, PlaneResult

_FIRST = tuple(dict.fromkeys(rule.metric for rule in RULES))
"""What suspicion rests on comes first."""

METRICS = (*_FIRST, *(id for id in EVERY if id not in _FIRST))
"""Measured by itself, in the order in which they are offered."""

COMPLETENESS = "completeness"
SUSPICION = "suspicion"
SATURATION = "percent_saturated"

_COMPLETE = MetricInfo(
    id=COMPLETENESS,
    title="Completeness",
    unit="%",
    direction="low",
    definition="Fields that are there, of those that the plate's fullest well has.",
)
_SUSPICION = MetricInfo(
    id=SUSPICION,
    title="Suspicion",
    unit="× cut-off",
    direction="high",
    definition=(
        "How far the well's worst field lies beyond the cut-off of one kind of "
        "technical failure: 1 at it, 10 and more drawn as 10, 0 where nothing stands "
        "out. What treatment moves never raises it."
    ),
)
_TOP = ("highest", "pile", "percent")

_SIDES = {
    "low": "Low is suspicious.",
    "high": "High is suspicious.",
    "both": "Far off on either side is suspicious.",
    "none": "No side is suspicious.",
}


def metric_infos(channels: Sequence[ChannelDisplay]) -> tuple[MetricInfo, ...]:
    """Return the metrics of a plate with these channels."""
    found = [_SUSPICION, _COMPLETE]
    nuclear = nuclear_channel(channels)
    for name in METRICS:
        about = definition(name)
        found += [
            MetricInfo(
                id=f"{name}.{channel.index}",
                title=f"{about.title}, {channel.name}",
                unit=about.unit,
                direction=about.bad,
                channel=channel.index,
                definition=explain(about),
            )
            for channel in channels
            if _applies(about, channel.index, nuclear)
        ]
    return tuple(found)


def explain(about: Definition) -> str:
    """Return what a metric is, which side is bad and when it misleads."""
    side = _SIDES[about.bad] if about.kind == "technical" else "Treatment moves it."
    return f"{about.meaning} {side} Misleads: {about.misleads}"


def nuclear_channel(channels: Sequence[ChannelDisplay]) -> int | None:
    """Return the index of the channel whose name speaks of nuclei, None without."""
    found = propose_channel([one.name for one in channels])
    return None if found is None else channels[found].index


def _applies(about: Definition, channel: int, nuclear: int | None) -> bool:
    """Return whether a metric has values for a channel, as `measure_field` has them."""
    reference = 0 if nuclear is None else nuclear
    if about.scope == "plane":
        return True
    if about.scope == "pair":
        return channel != reference
    if nuclear is None:
        return False
    return (channel == nuclear) == (about.scope == "nuclei")


def wanted_keys(channels: Sequence[ChannelDisplay]) -> frozenset[str]:
    """Return the stored keys that a measured field of this plate has at least."""
    # Channel 0 stands for all: a field may have fewer channels than the plate.
    del channels
    return frozenset(
        _stored(definition(name), 0)
        for name in METRICS
        if definition(name).scope == "plane"
    )


def _stored(about: Definition, channel: int) -> str:
    return f"{about.key}.{channel}"


# --- planes to fields ----------------------------------------------------------------


def summarise(result: FieldResult) -> dict[str, Measured]:
    """Return one number a metric and channel of a field.

    Of a stack it is that of the plane in focus, over time points the median: as the
    library brings planes to fields.
    """
    by_channel: dict[int, list[PlaneResult]] = defaultdict(list)
    for plane in result.planes:
        by_channel[plane.channel_index].append(plane)
    found: dict[str, Measured] = {}
    for channel, planes in by_channel.items():
        sharpest = best_plane(planes)
        used = [plane for plane in planes if plane.z == sharpest]
        for name in dict.fromkeys(name for plane in used for name in plane.values):
            found[_stored(definition(name), channel)] = _over_time(name, used)
        found |= _tops(channel, used)
    return found


def _over_time(name: str, planes: Iterable[PlaneResult]) -> Measured:
    values = [plane.values.get(name, math.nan) for plane in planes]
    known = [value for value in values if not math.isnan(value)]
    if known:
        return Measured(statistics.median(known))
    reasons = [plane.reasons[name] for plane in planes if name in plane.reasons]
    return Measured(None, reasons[0] if reasons else "not computable")


def _tops(channel: int, planes: Iterable[PlaneResult]) -> dict[str, Measured]:
    tops = [plane.top for plane in planes if plane.top is not None]
    if not tops:
        return {}
    top = max(tops, key=lambda one: (one.percent, one.highest))
    return {
        f"top_{part}.{channel}": Measured(getattr(top, part), None) for part in _TOP
    }


def _top(measured: Mapping[str, Measured], channel: int) -> Top | None:
    highest, pile, percent = (measured.get(f"top_{part}.{channel}") for part in _TOP)
    if highest is None or highest.value is None or percent is None:
        return None
    return Top(highest.value, pile.value if pile else None, percent.value or 0.0)


def field_value(
    metric: str,
    measured: Mapping[str, Measured],
    clips: Mapping[int, float | None],
) -> float | None:
    """Return a field's value of a metric of the page, None where there is none.

    Parameters
    ----------
    metric
        Id on the page, ``"p99.1"``.
    measured
        What is stored of the field.
    clips
        See `clip_levels`.
    """
    name, _, channel = metric.rpartition(".")
    index = int(channel)
    value = measured.get(_stored(definition(name), index))
    if value is not None and value.value is None and name == SATURATION:
        value = _saturation(measured, index, value, clips.get(index))
    return None if value is None else value.value


def clip_levels(
    plate: Sequence[Mapping[str, Measured]], channels: Iterable[int]
) -> dict[int, float | None]:
    """Return the counts at which the camera saturates, by channel, where it shows.

    Parameters
    ----------
    plate
        What is stored of all fields: a clip level shows only over many.
    channels
        Positions of the channels.
    """
    return {channel: _clip(plate, channel) for channel in channels}


def _clip(plate: Iterable[Mapping[str, Measured]], channel: int) -> float | None:
    tops = [top for one in plate if (top := _top(one, channel)) is not None]
    return infer_clip(tops).level


def _saturation(
    measured: Mapping[str, Measured], channel: int, value: Measured, clip: float | None
) -> Measured:
    top = _top(measured, channel)
    if clip is None or top is None:
        return value
    percent = percent_at(top, clip)
    if percent is None:
        return Measured(None, f"measured before the clip level {clip:g} was known")
    return Measured(percent)


# --- fields to wells -----------------------------------------------------------------


def well_values(
    overview: PlateOverview,
    fields: Mapping[str, Sequence[tuple[str, int | None]]],
    metric: str,
    acquisition: int | None,
    latest: Mapping[tuple[str, str], Mapping[str, Measured]],
    errors: Mapping[tuple[str, str], str],
    progress: Progress,
    judged: Judgement,
) -> MetricValues:
    """Return a metric over the wells that the plate lists.

    Parameters
    ----------
    overview
        The plate.
    fields
        Names and acquisitions of the fields by well path.
    metric
        Id on the page.
    acquisition
        Only fields of this one; all where None.
    latest
        What is stored of each field, by well path and name.
    errors
        Why a field could not be measured.
    progress
        Of the measuring.
    judged
        Which wells are suspect.

    Raises
    ------
    NotServedError
        If there is no such metric.
    """
    info = next(
        (one for one in metric_infos(overview.channels) if one.id == metric), None
    )
    if info is None:
        raise NotServedError(f"There is no metric {plain_text(metric, 100)!r} here.")
    clip = None
    if info.channel is not None and metric.startswith(f"{SATURATION}."):
        clip = _clip(latest.values(), info.channel)
    wells = {}
    for well in overview.wells:
        if well.state == "not_acquired":
            continue
        if info.id == COMPLETENESS:
            wells[well.label] = _completeness(well)
            continue
        if info.id == SUSPICION:
            wells[well.label] = _suspicion(well, judged)
            continue
        names = [
            name
            for name, one in fields.get(well.path, ())
            if acquisition is None or (one or 0) == acquisition
        ]
        wells[well.label] = _of_fields(info, well, names, latest, errors, clip)
    low, high = _range([one.value for one in wells.values()])
    if info.id == SUSPICION and low is not None:
        # A clean plate is all dark, whatever its largest score may be.
        low, high = 0.0, 3.0
    return MetricValues(metric=info, wells=wells, low=low, high=high, progress=progress)


def _completeness(well: WellState) -> MetricValue:
    if well.state in ("missing", "pending"):
        return MetricValue(value=0.0, reason=well.error)
    if well.n_fields is None:
        return MetricValue(value=None, reason=well.error or "not looked at yet")
    expected = well.expected_fields or well.n_fields
    return MetricValue(value=100.0 * well.n_fields / expected if expected else 0.0)


def _suspicion(well: WellState, judged: Judgement) -> MetricValue:
    if not judged.ready:
        return MetricValue(value=None, reason="pending until the plate is measured")
    if well.state == "pending":
        return MetricValue(value=None, reason=well.error)
    found = judged.by_well.get(well.label)
    if found is None:
        return MetricValue(value=0.0, reason="nothing stands out")
    return MetricValue(value=found.score, reason=found.text)


def _of_fields(
    info: MetricInfo,
    well: WellState,
    names: Sequence[str],
    latest: Mapping[tuple[str, str], Mapping[str, Measured]],
    errors: Mapping[tuple[str, str], str],
    clip: float | None,
) -> MetricValue:
    """Return the worst field's value, or the median of what treatment moves."""
    name = info.id.rpartition(".")[0]
    about, channel = definition(name), info.channel or 0
    found: list[tuple[float, str]] = []
    reasons = []
    for field in names:
        measured = latest.get((well.path, field))
        value = None if measured is None else measured.get(_stored(about, channel))
        if name == SATURATION and measured and value and value.value is None:
            value = _saturation(measured, channel, value, clip)
        if value is not None and value.value is not None:
            found.append((value.value, field))
        else:
            why = value.reason if value is not None else None
            reasons.append(why or errors.get((well.path, field)) or "not measured yet")
    if not found:
        reason = well.error or (
            reasons[0] if reasons else "no field of this acquisition"
        )
        return MetricValue(value=None, reason=reason)
    way = default_way(about)
    if way == "worst" and info.direction == "low":
        value_of, field = min(found)
        return MetricValue(value=value_of, field=field)
    if way == "worst" and info.direction == "high":
        value_of, field = max(found)
        return MetricValue(value=value_of, field=field)
    return MetricValue(value=statistics.median(value for value, _ in found))


def _range(values: Iterable[float | None]) -> tuple[float | None, float | None]:
    known = [value for value in values if value is not None and math.isfinite(value)]
    if not known:
        return None, None
    low, high = (float(one) for one in np.percentile(known, (2, 98)))
    return low, high
