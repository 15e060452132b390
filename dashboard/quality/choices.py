"""What people decide about how the plates of a project are measured and judged."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dashboard.errors import RefusedError
from dashboard.quality.wells import limits
from dashboard.settings import project_of
from hcs.errors import HCSError

if TYPE_CHECKING:
    from collections.abc import Callable

    from dashboard.plates.registry import Plates
    from dashboard.plates.served import ServedPlate
    from dashboard.quality.basis import Basis, Cut
    from dashboard.quality.judging import Judging
    from dashboard.quality.measuring import Measuring
    from hcs.qc.clip import Clip


_MOST_PLATES = 100
"""Plates that common limits rest on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BasisView:
    """What the numbers of a plate rest on, with where each is from."""

    basis: Basis
    clips: dict[int, Clip]
    """By channel: told, or seen over the plate, or unknown with the reason."""


class Choices:
    """Keeps choices, and has what depends on them measured or judged again.

    Parameters
    ----------
    plates, measuring, judging
        What the choices are about.
    may_write
        Raises where nothing may be written.
    """

    def __init__(
        self,
        plates: Plates,
        measuring: Measuring,
        judging: Judging,
        may_write: Callable[[str], object],
    ) -> None:
        self._plates = plates
        self._measuring = measuring
        self._judging = judging
        self._may_write = may_write

    def basis(self, key: str) -> BasisView:
        """Return what the numbers of a plate rest on (fast)."""
        plate = self._plates.get(key)
        return BasisView(
            basis=self._judging.basis(plate), clips=self._measuring.clips(plate)
        )

    def keep_nuclear(self, key: str, channel: int | None) -> None:
        """Keep the nuclear channel for the project; None returns to the proposal."""
        plate = self._writable(key)
        self._judging.rests.keep_nuclear(plate, channel)
        self._measure_again(plate)

    def keep_clip(self, key: str, channel: int, level: float | None) -> None:
        """Keep at which counts a channel's camera saturates; None takes it back.

        Raises
        ------
        RefusedError
            If it is no positive number.
        """
        if level is not None and not 0 < level < float("inf"):
            raise RefusedError(
                f"A camera cannot saturate at {level}; give a number of counts above 0."
            )
        plate = self._writable(key)
        self._judging.rests.keep_clip(plate, channel, level)
        self._measure_again(plate)

    def keep_cut(self, key: str, metric: str, cut: Cut | None) -> None:
        """Keep the cut-offs of a metric for the project; None returns to ours."""
        plate = self._writable(key)
        self._judging.rests.keep_cut(plate, metric, cut)
        for one in self._siblings(plate):
            self._measuring.judge(one)
            one.bump()

    def project_limits(
        self, key: str, metric: str, acquisition: int | None, way: str
    ) -> tuple[float, float] | None:
        """Return the 2nd and 98th percentile over the wells of a project's plates."""
        plate = self._plates.get(key)
        project = project_of(plate.overview().location)
        values: list[float | None] = []
        same = [
            one
            for one in self._plates.entries()
            if one.error is None and project_of(one.location) == project
        ]
        for entry in same[:_MOST_PLATES]:
            with contextlib.suppress(HCSError):
                # A plate without this channel has nothing to say.
                other = self._plates.get(entry.key)
                found = self._measuring.values(other, metric, acquisition, way)
                values += [one.value for one in found.wells.values()]
        low, high = limits(values)
        return None if low is None or high is None else (low, high)

    def _writable(self, key: str) -> ServedPlate:
        self._may_write(key)
        return self._plates.get(key)

    def _measure_again(self, plate: ServedPlate) -> None:
        for one in self._siblings(plate):
            self._measuring.start(one)
            one.bump()

    def _siblings(self, plate: ServedPlate) -> list[ServedPlate]:
        """Return the plates of the project that somebody has looked at."""
        project = project_of(plate.overview().location)
        known = [
            self._plates.get(one.key)
            for one in self._plates.entries()
            if self._measuring.in_memory(one.key)
        ]
        return [one for one in known if project_of(one.overview().location) == project]
