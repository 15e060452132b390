"""What metrics of wells are made of: what is known of a plate, and what is left out."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from dashboard.plates.values import PlateOverview
    from dashboard.progress import Progress
    from dashboard.quality.imported_tables import ImportedMetric, Values
    from dashboard.quality.judgement import Judgement
    from dashboard.quality.measure_settings import AssaySettings
    from dashboard.quality.metrics import StoredValue
    from hcs.qc import Clip


@dataclass(frozen=True, slots=True, kw_only=True)
class Stock:
    """What is known of a plate, of which a metric's values are made."""

    overview: PlateOverview
    fields: Mapping[str, Sequence[tuple[str, int | None]]]
    """Names and acquisitions of the fields, by path of the well."""

    latest: Mapping[tuple[str, str], Mapping[str, StoredValue]]
    """What is stored of each field, by well path and name."""

    errors: Mapping[tuple[str, str], str]
    """Why a field could not be measured."""

    progress: Progress
    judged: Judgement
    basis: AssaySettings
    clips: Mapping[int, Clip] | None = None
    """At which counts cameras saturate; found from all fields where None."""

    middles: dict[tuple[object, ...], float] = field(default_factory=dict)
    """What is usual on the plate, as far as it was needed: the same one for the same
    `latest`."""

    imported: Sequence[ImportedMetric] = ()
    values: Values | None = None
    """Of the imported metric that is asked for."""


@dataclass(frozen=True, slots=True)
class Excluded:
    """What people left out of a plate's numbers."""

    fields: frozenset[tuple[str, str]] = frozenset()
    """Failed fields: label of the well and name of the field."""

    minimum: int = 1
    """A well that is left with fewer fields has no value."""

    def by_well(self) -> Mapping[str, frozenset[str]]:
        """Return the names of the failed fields, by label of the well."""
        names: dict[str, set[str]] = {}
        for well, name in self.fields:
            names.setdefault(well, set()).add(name)
        return {well: frozenset(failed) for well, failed in names.items()}


NOTHING_EXCLUDED = Excluded()
