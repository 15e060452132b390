"""Medians of measured plates, for the project's other plates to be compared with.

Plates are comparable by channel where objective and exposure are the same. The size of
a pixel stands for the objective: that is what a plate in OME-Zarr says of it.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from dashboard.settings import project_of

if TYPE_CHECKING:
    from dashboard.quality.judgement import Judgement
    from dashboard.quality.suspects import PlateEvidence
    from dashboard.settings import Settings

_KIND = "medians"

_MOST_PLATES = 200
"""Plates of a project that are remembered; the oldest is forgotten first."""


class MedianStore:
    """The medians of projects' plates, in the workspace."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def others(
        self, plate: str, evidence: PlateEvidence
    ) -> dict[tuple[str, str], list[float]]:
        """Return the medians of the project's other plates by metric and channel.

        Parameters
        ----------
        plate
            Id of the plate, which is left out.
        evidence
            What is known of it; others count for a channel where optics are the same.
        """
        stored = self._settings.get(_KIND, project_of(evidence.overview.location))
        medians_of_others: dict[tuple[str, str], list[float]] = {}
        pixel = _pixel(evidence)
        for other, medians in (stored if isinstance(stored, dict) else {}).items():
            if other == plate:
                continue
            for metric, channel, median, *optics in medians:
                if "".join(optics) == _optics(pixel, evidence, channel):
                    medians_of_others.setdefault((metric, channel), []).append(
                        float(median)
                    )
        return medians_of_others

    def number(self, plate: str, location: str) -> int:
        """Return how many other plates of a plate's project have medians."""
        stored = self._settings.get(_KIND, project_of(location))
        return len(stored.keys() - {plate}) if isinstance(stored, dict) else 0

    def note(self, plate: str, evidence: PlateEvidence, judgement: Judgement) -> None:
        """Keep a plate's medians.

        A plate that is bad as a whole has none: it is nothing to compare others with.
        """
        project = project_of(evidence.overview.location)
        pixel = _pixel(evidence)
        new = [
            [metric, channel, median, _optics(pixel, evidence, channel)]
            for (metric, channel), median in sorted(judgement.medians.items())
            if not judgement.banner
        ]
        stored = self._settings.get(_KIND, project)
        if (stored.get(plate, []) if isinstance(stored, dict) else []) == new:
            return

        def change(stored: Any) -> dict[str, Any]:
            known = dict(stored) if isinstance(stored, dict) else {}
            if not new:
                return {other: rows for other, rows in known.items() if other != plate}
            while len(known) >= _MOST_PLATES and plate not in known:
                del known[next(iter(known))]
            return known | {plate: new}

        self._settings.change(change, _KIND, project)


def _pixel(evidence: PlateEvidence) -> str:
    """Return size of a pixel in words, "" where it is not known; asks all fields."""
    sizes = {
        view.scale[view.axes.index("x")]
        for fields in evidence.fields.values()
        for view in fields
        if "x" in view.axes and len(view.scale) == len(view.axes)
    }
    size = min(sizes, default=math.nan)
    return f"{size:.4g} a pixel" if math.isfinite(size) else ""


def _optics(pixel: str, evidence: PlateEvidence, channel: str) -> str:
    """Return size of a pixel and exposure in words, "" where neither is known."""
    return ", ".join(filter(None, (pixel, evidence.exposures.get(channel, ""))))
