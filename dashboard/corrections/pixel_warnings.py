"""What a careful colleague would say of new pixels before they replace others; pure."""

from __future__ import annotations

import statistics
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dashboard.corrections.values import Difference

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from dashboard.corrections.pixel_traits import ChannelTraits

_EIGHT_BITS = 255
_LEAST_FIELDS = 8
"""Fewer fields tell nothing of what is usual on a plate."""

_NORMAL = 1.4826
"""From the median of absolute deviations to a standard deviation."""


@dataclass(frozen=True, slots=True)
class PlanePlace:
    """Where a plane with known pixels is."""

    well: str
    """Label."""

    field: str
    """Label."""

    channel: str
    """Name."""

    staged: bool = False
    """It is in another correction that is not committed."""

    def __str__(self) -> str:
        return f"{self.well} field {self.field}, channel {self.channel}"


def same_pixels(
    traits: Iterable[ChannelTraits], known: Mapping[str, Sequence[PlanePlace]]
) -> tuple[Difference, ...]:
    """Return where new pixels are those of another place, equal to the last bit.

    Parameters
    ----------
    traits
        The new channels.
    known
        Places by the digest of a plane: of the plate's fields as they are now, and of
        other corrections that are staged.
    """
    on_plate: dict[str, PlanePlace] = {}
    staged: dict[str, PlanePlace] = {}
    for channel in traits:
        for digest in channel.digests if not channel.constant else ():
            for place in known.get(digest, ()):
                places = staged if place.staged else on_plate
                places.setdefault(f"{channel.name}: {place}", place)
    differences = []
    if on_plate:
        differences.append(
            Difference(
                kind="elsewhere",
                message="These pixels are those of another place of this plate, equal "
                f"to the last bit: {_listed(on_plate)}. A file may have a wrong name.",
                blocking=True,
            )
        )
    if staged:
        differences.append(
            Difference(
                kind="twice",
                message="The same pixels are meant for another place too: "
                f"{_listed(staged)}. One of the files may have a wrong name.",
                blocking=True,
            )
        )
    return tuple(differences)


def _listed(places: Iterable[str]) -> str:
    texts = list(places)
    more = len(texts) - 3
    shown = "; ".join(texts[:3])
    return f"{shown} and {more} more" if more > 0 else shown


def constant_pixels(traits: Iterable[ChannelTraits]) -> tuple[Difference, ...]:
    """Return which channels are of one value only."""
    constant = [trait for trait in traits if trait.constant]
    if not constant:
        return ()
    texts = (f"{trait.name} is {trait.low:g} everywhere" for trait in constant)
    return (
        Difference(
            kind="constant",
            message=f"All pixels are equal: {', '.join(texts)}. The shutter may have "
            f"been closed, or the file is empty.",
            blocking=False,
        ),
    )


def other_exposure(
    traits: Iterable[ChannelTraits], means: Mapping[int, Sequence[float]]
) -> tuple[Difference, ...]:
    """Return which channels are brighter or darker than what is usual on the plate.

    Parameters
    ----------
    traits
        The new channels.
    means
        Mean of each measured field, by channel. The spread is the median of their
        absolute deviations from their median, as a standard deviation.
    """
    texts = []
    for channel in traits:
        usual = list(means.get(channel.channel, ()))
        if len(usual) < _LEAST_FIELDS or channel.constant:
            continue
        middle = statistics.median(usual)
        spread = _NORMAL * statistics.median(abs(value - middle) for value in usual)
        apart = abs(channel.mean - middle)
        # The farthest field is usual too, however narrow the others lie.
        farthest = max(abs(value - middle) for value in usual)
        if apart > max(3 * spread, farthest):
            word = "brighter" if channel.mean > middle else "darker"
            texts.append(
                f"{channel.name} is {word} than any field (mean {channel.mean:.4g}, "
                f"usual are {middle:.4g} ± {spread:.2g})"
            )
    if not texts:
        return ()
    return (
        Difference(
            kind="exposure",
            message=f"Another exposure? {'; '.join(texts)}.",
            blocking=False,
        ),
    )


def eight_bits(
    traits: Iterable[ChannelTraits],
    dtype: str,
    present: Mapping[int, float],
) -> tuple[Difference, ...]:
    """Return which channels hold 8 bits where the field has more.

    Parameters
    ----------
    traits
        The new channels.
    dtype
        Of the new pixels.
    present
        Highest value of each channel of the field as it is.
    """
    narrow = [
        trait
        for trait in traits
        if dtype in ("uint16", "uint32")
        and trait.high <= _EIGHT_BITS < present.get(trait.channel, 0.0)
    ]
    if not narrow:
        return ()
    names = ", ".join(trait.name for trait in narrow)
    return (
        Difference(
            kind="bits",
            message=f"{names}: no value is above 255, where the present field goes "
            f"further. The file may have been saved with 8 bits.",
            blocking=False,
        ),
    )
