"""From measured planes to the values of fields and wells; pure.

A metric of the page has the id ``<metric>.<channel>``, stored under the definition's
key, which changes when its numbers do.
"""

from __future__ import annotations

import math
import statistics
from collections import defaultdict
from functools import cache, lru_cache
from typing import TYPE_CHECKING

from dashboard.quality.imported_tables import PREFIX as IMPORTED
from dashboard.quality.measure_settings import AssaySettings, channel_keys, proposed
from dashboard.quality.metrics import number_of
from dashboard.quality.tops import stored_tops, top_of
from dashboard.quality.values import MetricInfo
from hcs.qc import (
    FAILURE_RULES,
    Clip,
    Top,
    all_definitions,
    best_plane,
    definition,
    percent_at,
    with_limits,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from dashboard.plates.values import ChannelDisplay
    from dashboard.quality.imported_tables import ImportedMetric
    from dashboard.quality.metrics import StoredValue
    from hcs.qc import Definition, FieldResult, PlaneResult

_FIRST = tuple(dict.fromkeys(rule.metric for rule in FAILURE_RULES))
"""What suspicion is based on comes first."""


@cache
def metric_ids() -> tuple[str, ...]:
    """Return what is measured by itself, in the order in which it is offered."""
    ids = (entry.id for entry in all_definitions())
    return (*_FIRST, *(id for id in ids if id not in _FIRST))


COMPLETENESS = "completeness"
SUSPICION = "suspicion"
SATURATION = "percent_saturated"
FOCUS = "power_log_log_slope"

_COMPLETE = MetricInfo(
    id=COMPLETENESS,
    title="Completeness",
    unit="%",
    direction="low",
    definition="Fields that are there, of those that are expected of the well.",
    question="review",
    scale="deviation",
    right=100.0,
    notable=-5.0,
)
_SUSPICION = MetricInfo(
    id=SUSPICION,
    title="Suspicion",
    unit="× cut-off",
    direction="high",
    definition=(
        "How far the well's worst field lies beyond the cut-off of one kind of "
        "technical failure: 1 at it, 10 and more drawn as 10, 0 where nothing stands "
        "out. Values that a treatment changes never raise it."
    ),
    question="review",
    scale="deviation",
    notable=1.0,
)
_PLANES = "planes@1"
"""Says that digests and light of a field's planes are kept; see `PlaneStore`. Another
number has them made anew."""

_SIDES = {
    "low": "Low is suspicious.",
    "high": "High is suspicious.",
    "both": "Far off on either side is suspicious.",
    "none": "No side is suspicious.",
}


def metric_infos(
    channels: Sequence[ChannelDisplay],
    basis: AssaySettings | None = None,
    imported: Sequence[ImportedMetric] = (),
) -> tuple[MetricInfo, ...]:
    """Return the metrics of a plate with these channels.

    Parameters
    ----------
    channels
        The plate's.
    basis
        What its numbers rest on; what is proposed where None.
    imported
        Metrics that other programs have measured.
    """
    settings = proposed(channels) if basis is None else basis
    limits = tuple(sorted(settings.limits.items()))
    measured = _measured_infos(tuple(channels), settings.nuclear, limits)
    return (*measured, *map(_imported_info, imported)) if imported else measured


@lru_cache(100)
def _measured_infos(
    channels: tuple[ChannelDisplay, ...],
    nuclear: int | None,
    limits: tuple[tuple[str, float], ...],
) -> tuple[MetricInfo, ...]:
    """Return what is measured by itself: pages ask for it with each verdict."""
    settings = AssaySettings(nuclear=nuclear, limits=dict(limits))
    keys = channel_keys(channels)
    infos = [_SUSPICION, _COMPLETE]
    for name in metric_ids():
        about = definition(name)
        infos += [
            MetricInfo(
                id=f"{name}.{channel.index}",
                title=f"{about.title}, {keys[channel.index]}",
                name=about.title,
                unit=about.unit,
                direction=about.bad,
                channel=channel.index,
                definition=explain(about),
                kind=about.kind,
                log=about.log,
                question=about.question,
                scale=about.scale,
                right=about.right,
                notable=_notable(about, settings),
            )
            for channel in channels
            if _applies(about, channel.index, settings)
        ]
    return tuple(infos)


def _notable(about: Definition, basis: AssaySettings) -> float | None:
    """Return from what distance a deviation stands out, as its rule says."""
    if about.scale != "deviation":
        return None
    for rule in with_limits(basis.limits):
        if rule.metric == about.id:
            return rule.least if rule.limit is None else rule.limit - about.right
    return None


def _imported_info(metric: ImportedMetric) -> MetricInfo:
    by = f" by {metric.who}" if metric.who else ""
    return MetricInfo(
        id=f"{IMPORTED}{metric.column}",
        title=metric.column,
        kind="imported",
        question="imported",
        definition=(
            f"Imported from {metric.source}{by}, {metric.when[:10]}. Another program "
            f"has measured it; what it means stands there."
        ),
    )


def is_measured(metric: str) -> bool:
    """Return whether an id is that of a number that was measured on images."""
    return bool(metric) and metric not in (COMPLETENESS, SUSPICION)


def explain(about: Definition) -> str:
    """Return what a metric is, which side is bad and when it misleads."""
    side = (
        _SIDES[about.bad] if about.kind == "technical" else "It changes with treatment."
    )
    source = f" From {about.source}." if about.source else ""
    return f"{about.meaning} {side} Misleads: {about.misleads}{source}"


def _applies(about: Definition, channel: int, basis: AssaySettings) -> bool:
    """Return whether a metric has values for a channel, as `measure_field` has them."""
    if about.scope == "plane":
        return True
    if about.scope == "pair":
        return channel != basis.reference
    if basis.nuclear is None:
        return False
    return (channel == basis.nuclear) == (about.scope == "nuclei")


def missing(
    measured: Mapping[str, StoredValue], basis: AssaySettings
) -> frozenset[str]:
    """Return the metrics that a field has yet to be measured with.

    Parameters
    ----------
    measured
        What is stored of it; other versions of a definition have other keys.
    basis
        What the numbers rest on; values on another basis do not count.
    """
    # Channel 0 stands for all: a field may have fewer channels than the plate.
    lacking = {
        name
        for name in metric_ids()
        if (about := definition(name)).scope == "plane"
        and name != SATURATION
        and f"{about.key}.0" not in measured
    }
    for mark, names in _nuclear_marks(basis).items():
        if mark not in measured:
            lacking |= names
    has_planes = _PLANES in measured
    if not measured or not all(
        _saturation_key(channel, clip) in measured
        or top_of(measured, channel) is None
        or percent_at(_known(top_of(measured, channel)), clip.level or 0) is not None
        for channel, clip in basis.clips.items()
    ):
        lacking.add(SATURATION)
    # Which plane of a stack counts is decided by its focus, whatever is measured.
    return frozenset() if has_planes and not lacking else frozenset({*lacking, FOCUS})


def _known(top: Top | None) -> Top:
    assert top is not None  # noqa: S101 - asked for only where there is one
    return top


def _nuclear_marks(basis: AssaySettings) -> dict[str, set[str]]:
    """Return the keys that say in which channel nuclei were looked for, and how.

    A field may have none of the metrics of pairs and nuclei, and be complete. Each key
    has the metrics that it stands for: ours together, those of others one by one.
    """
    entries = [definition(name) for name in metric_ids()]
    ours = [e for e in entries if e.scope != "plane" and not e.source]
    channel = "" if basis.nuclear is None else str(basis.nuclear)
    versions = "-".join(str(entry.version) for entry in ours)
    return {f"nuclear@{versions}.{channel}": {entry.id for entry in ours}} | {
        f"nuclear:{entry.key}.{channel}": {entry.id}
        for entry in entries
        if entry.scope != "plane" and entry.source
    }


def stored_key(about: Definition, channel: int, basis: AssaySettings) -> str:
    """Return what a value is stored under: all that decides it and may change."""
    key = f"{about.key}.{channel}"
    if about.scope in ("pair", "nuclei pair"):
        return f"{key}.{basis.reference}"
    if about.id == SATURATION and (clip := basis.clips.get(channel)) is not None:
        return _saturation_key(channel, clip)
    return key


def _saturation_key(channel: int, clip: Clip) -> str:
    return f"{definition(SATURATION).key}.{channel}@{clip.level:g}"


# --- planes to fields ----------------------------------------------------------------


def summarise(result: FieldResult, basis: AssaySettings) -> dict[str, StoredValue]:
    """Return one number a metric and channel of a field that was measured on a basis.

    Of a stack it is that of the plane in focus, over time points the median: as the
    library brings planes to fields.
    """
    by_channel: dict[int, list[PlaneResult]] = defaultdict(list)
    for plane in result.planes:
        by_channel[plane.channel_index].append(plane)
    values: dict[str, StoredValue] = {}
    for channel, planes in by_channel.items():
        sharpest = best_plane(planes)
        used = [plane for plane in planes if plane.z == sharpest]
        for name in dict.fromkeys(name for plane in used for name in plane.values):
            key = stored_key(definition(name), channel, basis)
            values[key] = _over_time(name, used)
        values |= stored_tops(channel, used)
    values |= dict.fromkeys(_nuclear_marks(basis), 1.0)
    values[_PLANES] = 1.0
    return values


def _over_time(name: str, planes: Iterable[PlaneResult]) -> StoredValue:
    values = [plane.values.get(name, math.nan) for plane in planes]
    known = [value for value in values if not math.isnan(value)]
    if known:
        return float(statistics.median(known))
    reasons = [plane.reasons[name] for plane in planes if name in plane.reasons]
    return reasons[0] if reasons else "not computable"


def field_value(
    metric: str,
    measured: Mapping[str, StoredValue],
    clips: Mapping[int, Clip],
    basis: AssaySettings,
) -> StoredValue | None:
    """Return a field's value of a metric of the page; see `reader`."""
    return reader(metric, clips, basis)(measured)


def reader(
    metric: str, clips: Mapping[int, Clip], basis: AssaySettings
) -> Callable[[Mapping[str, StoredValue]], StoredValue | None]:
    """Return what finds a metric of the page in what is stored of a field.

    It answers with None where nothing is stored.

    Parameters
    ----------
    metric
        Id on the page, ``"p99.1"``.
    clips
        See `clip_levels`.
    basis
        What the numbers rest on.
    """
    name, _, channel = metric.rpartition(".")
    about, index = definition(name), int(channel)
    key = stored_key(about, index, basis)

    def saturation(measured: Mapping[str, StoredValue]) -> StoredValue | None:
        value = measured.get(key)
        if number_of(value) is not None:
            return value
        return _saturation(measured, index, clips.get(index))

    return saturation if name == SATURATION else lambda measured: measured.get(key)


def _saturation(
    measured: Mapping[str, StoredValue], channel: int, clip: Clip | None
) -> StoredValue | None:
    top = top_of(measured, channel)
    if top is None or clip is None:
        return None
    if clip.level is None:
        return clip.source
    percent = percent_at(top, clip.level)
    if percent is None:
        return f"measured before the clip level {clip.level:g} was known"
    return percent
