"""Which column of a table each metric of the page has."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dashboard.quality.imported_tables import PREFIX as IMPORTED
from dashboard.quality.measure_settings import library_names
from hcs.qc import definition, feature
from hcs.tables import Feature

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dashboard.plates.values import ChannelDisplay
    from dashboard.quality.values import MetricInfo


def features_of(
    metrics: Sequence[MetricInfo], channels: Sequence[ChannelDisplay]
) -> dict[str, Feature]:
    """Return the columns of the metrics that were measured, by their ids on the page.

    A metric that was imported keeps its name, unless one of ours or what describes the
    row has it: then it is ``Imported_<name>``.
    """
    names = library_names(channels)
    own = {
        info.id: feature(definition(info.id.rpartition(".")[0]), names[info.channel])
        for info in metrics
        if info.channel is not None
    }
    taken = {entry.column for entry in own.values()}
    imported = (info for info in metrics if info.id.startswith(IMPORTED))
    return own | {info.id: _imported(info, taken) for info in imported}


def _imported(info: MetricInfo, taken: set[str]) -> Feature:
    name = info.id.removeprefix(IMPORTED)
    is_free = name not in taken and not name.startswith("Metadata_")
    return Feature(
        column=name if is_free else f"Imported_{name}", metric=name, unit=info.unit
    )
