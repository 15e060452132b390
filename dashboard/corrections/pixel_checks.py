"""Holding new pixels against the plate that they are for, and against each other."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from dashboard.corrections.pixel_traits import traits_of
from dashboard.corrections.pixel_warnings import (
    PlanePlace,
    constant_pixels,
    eight_bits,
    other_exposure,
    same_pixels,
)
from hcs.cache import LRUCache
from hcs.errors import HCSError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import NDArray

    from dashboard.corrections.assembly import Assembly
    from dashboard.corrections.drafting import CorrectionTarget
    from dashboard.corrections.pixel_traits import ChannelTraits
    from dashboard.corrections.staged import StagedCorrections
    from dashboard.corrections.values import Difference
    from dashboard.plates.served import ServedPlate
    from dashboard.quality.planes import PlaneKey, PlaneStore
    from dashboard.quality.staged_metrics import StagedMetrics

_PLATES = 4
"""Plates whose digests stay in memory."""


class PixelChecks:
    """Says of new pixels what a careful colleague would.

    Parameters
    ----------
    planes
        Digests of what was measured.
    ids
        Returns all ids that a plate's measurements are kept under.
    metrics
        What is usual on a plate.
    staged
        The other corrections that are staged.
    """

    def __init__(
        self,
        planes: PlaneStore,
        ids: Callable[[str], set[str]],
        metrics: StagedMetrics,
        staged: StagedCorrections,
    ) -> None:
        self._planes = planes
        self._ids = ids
        self._metrics = metrics
        self._staged = staged
        self._digests: LRUCache[
            tuple[str, int], dict[str, list[tuple[PlaneKey, int]]]
        ] = LRUCache(_PLATES)

    def warnings(
        self,
        target: CorrectionTarget,
        assembly: Assembly,
        array: NDArray[Any],
        owner: str,
    ) -> tuple[tuple[Difference, ...], tuple[ChannelTraits, ...]]:
        """Return the warnings, and what the pixels are known by.

        Parameters
        ----------
        target, assembly
            Where the pixels go and how they were composed.
        array
            The composed pixels.
        owner
            Whose other corrections they are held against.
        """
        traits = traits_of(array, assembly.axes, assembly.channels, assembly.brought)
        field = target.present.name if target.present else None
        known = self._known(target, traits, owner)
        highs = self._metrics.highs(target.plate, target.well, field)
        means = self._metrics.means(target.plate)
        return (
            *same_pixels(traits, known),
            *constant_pixels(traits),
            *other_exposure(traits, means),
            *eight_bits(traits, str(array.dtype), highs),
        ), traits

    def _known(
        self,
        target: CorrectionTarget,
        traits: tuple[ChannelTraits, ...],
        owner: str,
    ) -> Mapping[str, list[PlanePlace]]:
        """Return the places, other than the target, of the planes of new pixels."""
        known: defaultdict[str, list[PlanePlace]] = defaultdict(list)
        plate = target.plate
        labels = {well.path: well.label for well in plate.overview().wells}
        digests = self._of_plate(plate)
        for channel in traits:
            for digest in channel.digests:
                for key, number in digests.get(digest, ()):
                    here = (target.path, target.present and target.present.name)
                    if (key.field.well, key.field.field) == here and (
                        number == channel.channel
                    ):
                        continue
                    place = _live_place(plate, labels, key, number)
                    if place is not None:
                        known[digest].append(place)
        for other in self._staged.of_owner(owner, plate.key):
            view = other.view
            if (view.well, view.field) == (
                target.well,
                target.present and target.present.name,
            ):
                continue
            for channel in other.traits:
                for digest in channel.digests:
                    known[digest].append(
                        PlanePlace(view.well, view.field_label, channel.name, True)
                    )
        return known

    def _of_plate(self, plate: ServedPlate) -> dict[str, list[tuple[PlaneKey, int]]]:
        """Return planes and channels of a plate by digest, of all versions."""
        mark = plate.key, plate.revision
        digests = self._digests.get(mark)
        if digests is None:
            digests = {}
            ids = self._ids(plate.plate.id)
            for channel in plate.channels:
                for key, digest in self._planes.digests(ids, channel.index):
                    entry = digests.setdefault(digest.exact, [])
                    entry.append((key, channel.index))
            self._digests.set(mark, digests)
        return digests


def _live_place(
    plate: ServedPlate, labels: Mapping[str, str], key: PlaneKey, channel: int
) -> PlanePlace | None:
    """Return where a measured plane is, None where its version is not live any more."""
    label = labels.get(key.field.well)
    try:
        view = None if label is None else plate.field(label, key.field.field)
    except HCSError:
        return None
    if label is None or view is None or view.version != key.field.version:
        return None
    name = view.channels[channel] if channel < len(view.channels) else str(channel)
    return PlanePlace(label, view.label, name)
