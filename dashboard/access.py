"""What every desk asks before it answers.

Is the plate served, may it be written, and what of it is hidden from who asks.
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from dashboard.errors import RefusedError

if TYPE_CHECKING:
    from collections.abc import Callable

    from dashboard.plates.registry import Plates
    from dashboard.plates.served import ServedPlate
    from dashboard.plates.values import PlateOverview


class Access:
    """The one place where a desk gets a plate from.

    Parameters
    ----------
    plates
        What is served.
    read_only
        Nothing may be written by this server.
    hides_conditions
        Whether nobody may know what is in the wells of a plate, by its key.
    apply_plate_map
        Gives a plate what people said of its wells.
    wake
        Called for a plate whose wells were not looked at yet.
    """

    def __init__(
        self,
        plates: Plates,
        *,
        read_only: bool,
        hides_conditions: Callable[[str], bool],
        apply_plate_map: Callable[[ServedPlate], None],
        wake: Callable[[], None],
    ) -> None:
        self.read_only = read_only
        self._plates = plates
        self._hides_conditions = hides_conditions
        self._apply_plate_map = apply_plate_map
        self._wake = wake
        self._masked: dict[str, tuple[PlateOverview, PlateOverview]] = {}

    def plate(self, key: str) -> ServedPlate:
        """Return a served plate (fast).

        Raises
        ------
        NotServedError
            If there is none of this key.
        """
        return self._plates.get(key)

    def mapped(self, key: str) -> ServedPlate:
        """Return a plate with its plate map applied (fast)."""
        plate = self._plates.get(key)
        self._apply_plate_map(plate)
        return plate

    def watched(self, key: str) -> ServedPlate:
        """Return a plate that a page looks at: it is surveyed and followed (fast)."""
        plate = self.mapped(key)
        plate.watch()
        if not plate.surveyed:
            self._wake()
        return plate

    def overview(self, key: str) -> PlateOverview:
        """Return a plate without what an open blind round hides (fast)."""
        overview = self.watched(key).overview()
        if not self._hides_conditions(key):
            return overview
        masked = self._masked.get(key)
        if masked is None or masked[0] is not overview:
            masked = self._masked[key] = overview, without_conditions(overview)
        return masked[1]

    def may_write(self) -> None:
        """Raise `RefusedError` where this server writes nothing."""
        if self.read_only:
            raise RefusedError("This server is read-only: nothing can be written.")


def without_conditions(overview: PlateOverview) -> PlateOverview:
    """Return a plate as a blind reviewer sees it: nobody knows what is in its wells."""
    return dataclasses.replace(
        overview,
        condition_names=(),
        wells=tuple(
            dataclasses.replace(well, conditions=()) if well.conditions else well
            for well in overview.wells
        ),
    )
