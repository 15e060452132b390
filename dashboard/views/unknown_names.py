"""What an address names and its plate does not have, and what there is instead.

A link may be old or typed by hand. What it names in vain is left out of what is shown,
and a sentence says what was wrong and what there is.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dashboard.plates.labels import find_label
from dashboard.text import plain_text
from hcs.wording import counted, some

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from dashboard.plates.values import PlateOverview, WellView
    from dashboard.quality.values import MetricInfo
    from dashboard.state import ViewState

_MOST = 8
"""Names that are listed; the others are counted."""


@dataclass(frozen=True, slots=True)
class UnknownName:
    """A name that leads nowhere."""

    text: str
    """What is wrong, what there is, and what is shown now; "" of another spelling."""

    changes: dict[str, Any]
    """Of the state, that then names nothing unknown."""


def of_plate(state: ViewState, overview: PlateOverview) -> Iterator[UnknownName]:
    """Yield what a state names that is not on its plate."""
    labels = [well.label for well in overview.wells]
    spelled = find_label(state.well, labels)  # B2 or r02c02 of a link means B02
    if spelled and spelled != state.well:
        yield UnknownName("", {"well": spelled})
    if state.well and not spelled:
        yield UnknownName(
            f"Well {_name(state.well)} is not on this plate{_range(labels)}. "
            "The whole plate is shown.",
            {"well": "", "field": "", "control": ""},
        )
    if state.control and state.control not in labels:
        yield UnknownName(
            f"Control {_name(state.control)} is not on this plate{_range(labels)}.",
            {"control": ""},
        )
    runs = {run.id: plain_text(run.name, 40) for run in overview.acquisitions}
    if state.acquisition == 0 and not runs:
        yield UnknownName("", {"acquisition": None})  # the one that all fields are of
    elif state.acquisition is not None and state.acquisition not in runs:
        yield UnknownName(
            f"This plate has no acquisition {state.acquisition}"
            f"{_list(_numbered(runs), 'it declares none')}. All are shown.",
            {"acquisition": None},
        )
    channels = {c.index: plain_text(c.name, 40) for c in overview.channels}
    unknown = [s.index for s in state.channels if s.index not in channels]
    if channels and unknown:  # which a plate has is known once a field was read
        yield UnknownName(
            f"This plate has no channel {some(unknown, _MOST, str)}"
            f"{_list(_numbered(channels))}.",
            {"channels": tuple(s for s in state.channels if s.index in channels)},
        )


def of_well(state: ViewState, well: WellView) -> Iterator[UnknownName]:
    """Yield the field that a state names and that its well does not have."""
    if not state.field or well.error or well.field(state.field, state.acquisition):
        return
    names = [plain_text(field.words, 60) for field in well.fields]
    yield UnknownName(
        f"Well {well.label} has no field {_name(state.field)}"
        f"{_list(names, 'it has none')}. All of the well is shown.",
        {"field": ""},
    )


def of_metrics(metric: str, metrics: Collection[MetricInfo]) -> str:
    """Return that a plate has no such metric, and where its own are chosen."""
    return (
        f"This plate has no metric {_name(metric)}: choose one of its "
        f"{counted(len(metrics), 'metric')} under Colour."
    )


def _name(text: str) -> str:
    return plain_text(text, 40)


def _range(labels: list[str]) -> str:
    return f": its wells are {labels[0]} to {labels[-1]}" if labels else ""


def _numbered(names: Mapping[int, str]) -> list[str]:
    return [f"{number} ({name})" for number, name in names.items()]


def _list(names: Collection[object], none: str = "") -> str:
    return f": it has {some(names, _MOST, str)}" if names else f": {none}"
