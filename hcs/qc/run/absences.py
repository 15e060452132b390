"""Planes that were not acquired: the arrays hold zeros there, which are no pixels."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from hcs.gaps import Gap, read_gap

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from hcs.plates.plate import HCSPlate


class Absences:
    """The gaps of a plate by their fields.

    Parameters
    ----------
    plate
        Whose document names the gaps that its import found.
    """

    def __init__(self, plate: HCSPlate) -> None:
        self._gaps: defaultdict[tuple[str | None, str | None], list[Gap]]
        self._gaps = defaultdict(list)
        for entry in plate.gaps:
            gap = read_gap(entry, {})
            self._gaps[gap.path, gap.field].append(gap)

    def of_field(self, well: str, field: str) -> Sequence[Gap]:
        """Return the gaps of a field, of its well, and of all wells.

        Parameters
        ----------
        well
            Its path, ``"B/2"``.
        """
        keys = ((well, field), (well, None), (None, field), (None, None))
        return [gap for key in keys for gap in self._gaps.get(key, ())]


def absence(gaps: Iterable[Gap], channel: str, z: int, t: int) -> str:
    """Return why a plane of a field is not there, "" where it is."""
    for gap in gaps:
        if gap.channel in (None, channel) and gap.z in (None, z) and gap.t in (None, t):
            return f"not acquired ({gap.reason})" if gap.reason else "not acquired"
    return ""
