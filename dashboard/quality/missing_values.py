"""Why a metric has no values on a plate, and where that can be changed."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from dashboard.quality.imported_tables import PREFIX as IMPORTED
from hcs.qc import definition

if TYPE_CHECKING:
    from dashboard.quality.values import MetricValues


def why_none(values: MetricValues) -> str:
    """Return why no well has a value, as most wells say; "" where one has."""
    if any(well.value is not None for well in values.wells.values()):
        return ""
    reasons = Counter(well.reason for well in values.wells.values() if well.reason)
    return reasons.most_common(1)[0][0] if reasons else "there are no values yet"


def where_to_set(metric: str) -> str:
    """Return what a metric without values waits for: a part of what numbers rest on.

    ``"channels"`` holds clip levels and the nuclear channel, ``"import"`` the imported
    tables; "" where nothing can be set.
    """
    if metric.startswith(IMPORTED):
        return "import"
    name, channel, _ = metric.rpartition(".")
    if not channel:
        return ""
    of_nuclei = definition(name).scope in ("nuclei", "nuclei pair")
    return "channels" if of_nuclei or name == "percent_saturated" else ""
