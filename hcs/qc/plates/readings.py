"""The results of a plate, each metric of which is looked up once."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, overload

from hcs.qc.plates.aggregation import planes_in_focus
from hcs.qc.plates.failures import RANGE, SIGNAL
from hcs.qc.plates.screen import finite, median_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    import numpy as np
    from numpy.typing import NDArray

    from hcs.qc.results import FieldKey, FieldResult, PlaneResult

_MADE_OF = {RANGE: "background_level", SIGNAL: "background_level"}
"""Metrics whose channels are those of what is no metric itself."""


class Readings(Sequence["FieldResult"]):
    """Results of a plate's fields, which remember what was read of them.

    Everything that judges a plate asks for the same few metrics; of a plate of
    thousands of fields, looking one up takes as long as all that is made of it. Pass
    one of these to the functions of this package instead of a list where several of
    them are asked.

    Parameters
    ----------
    results
        What `measure_plate` yielded; none of them changes from now on.
    """

    def __init__(self, results: Iterable[FieldResult]) -> None:
        self._results = tuple(results)
        self._channels: dict[str, list[str]] = {}
        self._in_focus: dict[str, list[Sequence[PlaneResult]]] = {}
        self._numbers: dict[tuple[str, str], dict[FieldKey, float]] = {}
        self._arrays: dict[tuple[str, str], NDArray[np.float64]] = {}
        self._sizes: dict[str, int] = {}
        self._readable: Readings | None = None

    def __len__(self) -> int:
        return len(self._results)

    @overload
    def __getitem__(self, index: int) -> FieldResult: ...

    @overload
    def __getitem__(self, index: slice) -> Sequence[FieldResult]: ...

    def __getitem__(self, index: int | slice) -> FieldResult | Sequence[FieldResult]:
        return self._results[index]

    @classmethod
    def of(cls, results: Sequence[FieldResult]) -> Readings:
        """Return results as they are where they remember already.

        Parameters
        ----------
        results
            What `measure_plate` yielded.
        """
        return results if isinstance(results, cls) else cls(results)

    @property
    def readable(self) -> Readings:
        """Those without an error."""
        if self._readable is None:
            readable = [result for result in self._results if result.error is None]
            every = len(readable) == len(self._results)
            self._readable = self if every else Readings(readable)
        return self._readable

    def channels(self, name: str) -> list[str]:
        """Return the channels that a metric was measured on, in their order.

        Parameters
        ----------
        name
            Id of a metric, or `RANGE` or `SIGNAL`.
        """
        metric = _MADE_OF.get(name, name)
        channels = self._channels.get(metric)
        if channels is None:
            positions = {
                plane.channel: plane.channel_index
                for result in self._results
                for plane in result.planes
                if metric in plane.values
            }
            channels = sorted(positions, key=lambda channel: positions[channel])
            self._channels[metric] = channels
        return channels

    def numbers(self, name: str, channel: str) -> dict[FieldKey, float]:
        """Return a number of each field, NaN where there is none; change nothing in it.

        Parameters
        ----------
        name
            Id of a metric, or `RANGE` or `SIGNAL`: in counts.
        channel
            Key of the channel. Of a stack it is the plane in focus, over time points
            the median.
        """
        place = name, channel
        if place not in self._numbers:
            self._numbers[place] = self._read(name, channel)
        return self._numbers[place]

    def finite(self, name: str, channel: str) -> NDArray[np.float64]:
        """Return those of `numbers` that are numbers, without their fields.

        Parameters
        ----------
        name, channel
            As `numbers` has them.

        Returns
        -------
            An array of shape `(numbers,)`, in the order of the fields.
        """
        place = name, channel
        if place not in self._arrays:
            self._arrays[place] = finite(list(self.numbers(name, channel).values()))
        return self._arrays[place]

    def fields_with(self, channel: str) -> int:
        """Return how many fields have planes of a channel.

        Parameters
        ----------
        channel
            Key of the channel.
        """
        if channel not in self._sizes:
            self._sizes[channel] = sum(
                any(plane.channel == channel for plane in result.planes)
                for result in self._results
            )
        return self._sizes[channel]

    def _read(self, name: str, channel: str) -> dict[FieldKey, float]:
        if name in (RANGE, SIGNAL):
            brightest = (
                self._highest(channel)
                if name == RANGE
                else self.numbers("p99", channel).values()
            )
            background = self.numbers("background_level", channel)
            return {
                key: value - dark
                for (key, dark), value in zip(
                    background.items(), brightest, strict=True
                )
            }
        return {
            result.key: math.nan
            if result.error is not None
            else planes[0].values.get(name, math.nan)
            if len(planes) == 1
            else _middle([p.values[name] for p in planes if name in p.values])
            for result, planes in zip(self._results, self._planes(channel), strict=True)
        }

    def _highest(self, channel: str) -> Iterable[float]:
        """Return the brightest value of each field in counts, of the plane in focus."""
        by_key = {
            result.key: _middle([p.top.highest for p in planes if p.top is not None])
            for result, planes in zip(self._results, self._planes(channel), strict=True)
        }
        return by_key.values()

    def _planes(self, channel: str) -> list[Sequence[PlaneResult]]:
        """Return a channel's planes in focus, of each field."""
        planes = self._in_focus.get(channel)
        if planes is None:
            planes = self._in_focus[channel] = [
                planes_in_focus(result.planes, channel) for result in self._results
            ]
        return planes


def _middle(values: Sequence[float]) -> float:
    return values[0] if len(values) == 1 else median_of(values)
