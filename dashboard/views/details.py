"""Facts about the plate or the well that is looked at, and what is odd about it."""

from __future__ import annotations

from statistics import median
from typing import TYPE_CHECKING, Any

from dashboard.access import Act
from dashboard.quality.scores import COMPLETENESS, SUSPICION
from dashboard.text import plain_text
from dashboard.views.island import Island, Message, Part, text_of
from hcs.lines import physical_plate
from hcs.qc import FAILURE_RULES

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from dashboard.plates.values import ChannelDisplay, PlateOverview, WellState
    from dashboard.quality.values import MetricInfo, MetricValue, MetricValues
    from dashboard.session import Session
    from dashboard.views.snapshot import Snapshot

_MOST_WELLS = 24
"""More wells than this in one list are counted and not named."""


_SHOWN = (
    SUSPICION,
    COMPLETENESS,
    *(rule.metric for rule in FAILURE_RULES),
    "mean",
    "nucleus_count",
    "nucleus_area",
    "nucleus_ring_ratio",
)
"""Metrics that are listed for a well: the basis of suspicion, and biology in brief."""


_Listed = tuple[dict[str, Any], "Mapping[str, MetricValue]"]


class DetailsIsland(Island):
    """See ``assets/panels/details.js``."""

    module = "panels/details.js"


class Details(Part):
    """Shows what is missing or odd on the plate, or the values of the well."""

    ignores = frozenset(
        {"judged", "statistics", "dark", "well", "loading", "field_values", "history"}
    )

    def __init__(self, session: Session) -> None:
        super().__init__(session, DetailsIsland())
        self.component.on("metric", self._metric, asks=Act.LOOK)
        self._listed: dict[str, _Listed] = {}
        """What was read last of the metrics that are listed, by their ids."""

        self._read_of: tuple[object, ...] = ()
        """What that is of: the plate, which metrics, and what their values rest on."""

    def _metric(self, message: Message) -> None:
        metric_id = text_of(message, "metric", 200)
        if self._now and any(metric.id == metric_id for metric in self._now.metrics):
            self._session.state.update(metric=metric_id)

    def draw(self, now: Snapshot) -> None:
        """Show the plate's facts where no well is chosen, else the well's."""
        self._now = now
        if now.overview is None:
            self.component.put({"shown": False})
        elif now.state.well:
            self.component.put(self._well(now, now.overview))
        else:
            self.component.put(_plate(now.overview, self._session.place))

    def _well(self, now: Snapshot, overview: PlateOverview) -> dict[str, Any]:
        well = overview.well(now.state.well)
        metrics = tuple(
            metric
            for metric in now.metrics
            if metric.id == now.state.metric or metric.id.partition(".")[0] in _SHOWN
        )
        self._read(now, overview, metrics)
        rows = [
            self._row(now, self._listed[metric.id])
            for metric in metrics
            if metric.id in self._listed
        ]
        return {
            **_blank(f"Details of {plain_text(now.state.well, 20)}"),
            "error": plain_text(well.error) if well and well.error else "",
            "values": rows if well and well.state == "present" else [],
            "hint": f"{more} more metrics can colour the plate."
            if (more := len(now.metrics) - len(metrics))
            else "",
        }

    def _read(
        self, now: Snapshot, overview: PlateOverview, metrics: tuple[MetricInfo, ...]
    ) -> None:
        """Read the metrics of all wells, in a thread, when they may have changed.

        Which takes a second of a plate of 384 wells; other wells are known then, too.
        Until it has ended, what was known of this plate stays.
        """
        service, acquisition = self._session.service, now.state.acquisition
        place = (overview.key, acquisition, tuple(metric.id for metric in metrics))
        left_out = service.quality.left_out(overview.key)
        made_of = (overview.revision, metrics, now.progress, now.judgement, left_out)
        if (*place, *made_of) == self._read_of:
            return
        if self._read_of[:2] != place[:2]:
            self._listed = {}
        self._read_of = (*place, *made_of)
        self._session.run(
            lambda: {
                metric.id: _listed(
                    service.quality.values(overview.key, metric.id, acquisition),
                    metric,
                    overview.channels,
                )
                for metric in metrics
            },
            self._take,
            of=lambda: self._read_of,
        )

    def _take(self, listed: dict[str, _Listed]) -> None:
        self._listed = listed
        self._redraw()

    def _row(self, now: Snapshot, listed: _Listed) -> dict[str, Any]:
        content, wells = listed
        well_value = wells.get(now.state.well)
        return {
            **content,
            "value": well_value.value if well_value else None,
            "reason": plain_text(well_value.reason)
            if well_value and well_value.reason
            else "",
            "chosen": content["id"] == now.state.metric,
        }


def _listed(
    values: MetricValues, metric: MetricInfo, channels: tuple[ChannelDisplay, ...]
) -> _Listed:
    """Return what is said of a metric at every well, and the values of the wells."""
    name = next(
        (channel.name for channel in channels if channel.index == metric.channel), ""
    )
    title = plain_text(metric.title, 80)
    numbers = [
        measured.value
        for measured in values.wells.values()
        if measured.value is not None
    ]
    content = {
        "id": metric.id,
        "title": f"{title} · {plain_text(name, 40)}"
        if name and name not in title
        else title,
        "unit": plain_text(metric.unit, 20),
        "definition": plain_text(metric.definition),
        "median": median(numbers) if numbers else None,
    }
    return content, values.wells


def _blank(title: str) -> dict[str, Any]:
    return {
        "shown": True,
        "title": title,
        "error": "",
        "banner": "",
        "odd": [],
        "facts": [],
        "values": [],
        "hint": "",
    }


def _plate(overview: PlateOverview, place: Callable[[str, str], str]) -> dict[str, Any]:
    wells = overview.wells
    acquired = sum(well.listed for well in wells)
    grid = f"{len(overview.rows)} × {len(overview.columns)}"
    physical = physical_plate(overview.rows, overview.columns)
    facts = [
        (
            "Plate",
            f"{grid}, {acquired} of {len(wells)} wells acquired"
            if acquired != len(wells)
            else f"{len(wells)} wells",
        ),
        *([("Format", physical.text)] if physical.assumed else []),
        (
            "Channels",
            ", ".join(plain_text(channel.name, 40) for channel in overview.channels),
        ),
        (
            "Acquisitions",
            ", ".join(
                plain_text(acquisition.name, 40)
                for acquisition in overview.acquisitions
            ),
        ),
        ("Barcode", plain_text(overview.barcode, 100)),
        (
            "Along z",
            f"a projection: {plain_text(overview.projection, 200)}"
            if overview.projection
            else "",
        ),
        (
            "Conditions",
            ", ".join(plain_text(name, 40) for name in overview.condition_names),
        ),
        ("Format", f"OME-Zarr {overview.version}"),
        ("Stored at", plain_text(place(overview.location, overview.key), 300)),
        ("Writing", "allowed" if overview.writable else "not possible here"),
    ]
    return {
        **_blank("Details of the plate"),
        "banner": plain_text(overview.banner),
        "odd": _odd(overview),
        "facts": [fact for fact in facts if fact[1]],
        "hint": "Click a well or press an arrow key; ? lists the keys.",
    }


def _odd(overview: PlateOverview) -> list[tuple[str, str, list[tuple[str, str]], int]]:
    """Return groups of odd wells: name, tone, the first of them, how many more."""
    wells = overview.wells
    gaps: dict[str | None, list[str]] = {}
    for gap in overview.gaps:
        gaps.setdefault(gap.path, []).append(gap.account)
    groups = [
        ("Cannot be read", "bad", [w for w in wells if w.state == "unreadable"]),
        ("Listed, nothing there", "bad", [w for w in wells if w.state == "missing"]),
        (
            "Fields missing",
            "warn",
            [w for w in wells if _partial(w) and w.path not in gaps],
        ),
        ("Gaps", "warn", [w for w in wells if w.path in gaps]),
        ("Not written yet", "", [w for w in wells if w.state == "pending"]),
        ("Corrected", "", [w for w in wells if w.corrected]),
    ]
    return [
        (
            name,
            tone,
            [
                (
                    well.label,
                    plain_text(
                        well.error or "; ".join(gaps.get(well.path, ())[:4]), 300
                    ),
                )
                for well in listed[:_MOST_WELLS]
            ],
            max(0, len(listed) - _MOST_WELLS),
        )
        for name, tone, listed in groups
        if listed
    ]


def _partial(well: WellState) -> bool:
    return (
        well.state == "present"
        and well.n_fields is not None
        and well.expected_fields is not None
        and well.n_fields < well.expected_fields
    )
