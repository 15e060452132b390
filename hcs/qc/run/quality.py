"""Measure the image quality of one plane, or of all channels of one field.

Pure: arrays in, numbers out; no file is read, nothing is kept.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

from hcs.errors import ShapeError
from hcs.qc.clip import UNKNOWN, Top, top_of
from hcs.qc.definitions import STANDARD, Definition
from hcs.qc.fields.digest import PlaneDigest, digest_of
from hcs.qc.fields.light import Light, light_of
from hcs.qc.fields.nuclei import Nuclei, find_nuclei
from hcs.qc.fields.plane import NotComputableError, Plane
from hcs.qc.registry import chosen, is_ours

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from numpy.typing import NDArray

NO_NUCLEAR_CHANNEL = "no channel is chosen as the nuclear one"


@dataclass(frozen=True, slots=True)
class Measured:
    """The metrics of one plane."""

    values: dict[str, float]
    """Value by metric id; NaN where it could not be computed."""

    reasons: dict[str, str] = field(default_factory=dict)
    """Why, for each NaN."""

    top: Top | None = None
    """Upper end of the values, to infer a clip level from."""

    digest: PlaneDigest | None = None
    """What the plane is known by."""

    light: Light | None = None
    """How bright its parts are; None where that is not known."""

    def __getitem__(self, id: str) -> float:
        return self.values[id]


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelSettings:
    """What measuring needs to know of a channel, and where that is from."""

    clip: float | None = None
    """Counts at which the camera saturates; None where unknown."""

    clip_source: str = UNKNOWN
    """Where `clip` is from, or why there is none; shown with the values."""

    full_scale: float | None = None
    """See `hcs.qc.fields.plane.Plane`."""

    absent: str = ""
    """See `hcs.qc.fields.plane.Plane`; of one plane, not of all of the channel."""


def measure_plane(
    plane: NDArray[Any],
    clip: float | None = None,
    *,
    metrics: Iterable[str | Definition] | None = STANDARD,
    full_scale: float | None = None,
    mask: NDArray[Any] | None = None,
) -> Measured:
    """Measure one channel of one field.

    Parameters
    ----------
    plane
        Raw full-size pixels, shape ``(y, x)``, any real dtype. Values from a smaller
        level or a thumbnail would be others.
    clip
        Counts at which the camera saturates; None where unknown, and then the share
        of saturated pixels is NaN.
    metrics
        Ids or definitions; those that need other channels are left out.
    full_scale, mask
        See `hcs.qc.fields.plane.Plane`.

    Raises
    ------
    ShapeError
        If `plane` is not a plane of real numbers.
    NotFoundError
        If there is no such metric.

    Examples
    --------
    >>> import numpy as np
    >>> values = measure_plane(
    ...     np.full((64, 64), 7, "u2"), metrics=["mean", "focus_score"]
    ... )
    >>> values["mean"], values["focus_score"]
    (7.0, 0.0)
    >>> measure_plane(np.zeros((64, 64), "u2"), metrics=["focus_score"]).reasons
    {'focus_score': 'the mean is not above zero'}
    """
    pixels = Plane(plane, clip=clip, full_scale=full_scale, mask=mask)
    definitions = [entry for entry in chosen(metrics) if entry.scope == "plane"]
    return _collect(
        pixels, ((entry, partial(entry.compute, pixels)) for entry in definitions)
    )


def measure_field(
    planes: Sequence[NDArray[Any]],
    settings: Sequence[ChannelSettings] | None = None,
    *,
    nuclear: int | None = None,
    metrics: Iterable[str | Definition] | None = None,
) -> list[Measured]:
    """Measure all channels of one field at one z and t.

    Parameters
    ----------
    planes
        One plane of shape ``(y, x)`` for each channel.
    settings
        One for each channel; clip levels are unknown where not given.
    nuclear
        Position of the channel that shows nuclei; it is also the reference that the
        others are compared with. Without one, nuclear metrics are NaN and the first
        channel is the reference.
    metrics
        Ids or definitions; all where not given.

    Returns
    -------
        One a channel. A metric that does not apply to a channel, such as the number
        of nuclei to another than the nuclear one, is not among its values.

    Raises
    ------
    ShapeError
        If the planes are not planes of real numbers of one shape, or `nuclear` or
        `settings` do not fit their number.
    """
    by_channel = (
        [ChannelSettings()] * len(planes) if settings is None else list(settings)
    )
    if len(by_channel) != len(planes):
        raise ShapeError(
            f"There are {len(planes)} channels and {len(by_channel)} settings."
        )
    if nuclear is not None and not 0 <= nuclear < len(planes):
        raise ShapeError(
            f"Channel {nuclear} cannot be the nuclear one; there are {len(planes)}, "
            f"counted from 0."
        )
    parts = [
        Plane(
            pixels,
            clip=by_channel[position].clip,
            clip_source=by_channel[position].clip_source,
            full_scale=by_channel[position].full_scale,
            absent=by_channel[position].absent,
        )
        for position, pixels in enumerate(planes)
    ]
    if len({part.pixels.shape for part in parts}) > 1:
        raise ShapeError(
            f"Channels of one field must have one shape; "
            f"got {[part.pixels.shape for part in parts]}."
        )
    field = _Field(parts, nuclear)
    definitions = chosen(metrics)
    return [field.measure(position, definitions) for position in range(len(parts))]


class _Field:
    """The channels of one field, and its nuclei once they are asked for."""

    def __init__(self, planes: list[Plane], nuclear: int | None) -> None:
        self.planes = planes
        self.nuclear = nuclear
        self.reference = 0 if nuclear is None else nuclear
        self._nuclei: Nuclei | None = None

    @property
    def nuclei(self) -> Nuclei:
        """The nuclei of the nuclear channel."""
        if self.nuclear is None:
            raise NotComputableError(NO_NUCLEAR_CHANNEL)
        if self._nuclei is None:
            self._nuclei = find_nuclei(self.planes[self.nuclear])
        return self._nuclei

    def measure(self, position: int, definitions: Iterable[Definition]) -> Measured:
        """Return the metrics that apply to one channel."""
        return _collect(
            self.planes[position],
            (
                (entry, partial(self._compute, entry, position))
                for entry in definitions
                if self._applies(entry, position)
            ),
        )

    def _applies(self, entry: Definition, position: int) -> bool:
        if entry.scope == "pair":
            return position != self.reference
        if entry.scope == "nuclei":
            return position == self.reference
        if entry.scope == "nuclei pair":
            return position != self.reference
        return True

    def _compute(self, entry: Definition, position: int) -> float:
        plane = self.planes[position]
        if entry.scope == "plane":
            return entry.compute(plane)
        reference = self.planes[self.reference]
        if reference.unfit:
            raise NotComputableError(f"in the reference channel {reference.unfit}")
        if entry.scope == "pair":
            return entry.compute(plane, reference)
        if entry.scope == "nuclei":
            return entry.compute(self.nuclei)
        return entry.compute(plane, self.nuclei)


def _collect(
    plane: Plane, tasks: Iterable[tuple[Definition, Callable[[], float]]]
) -> Measured:
    """Compute one value after the other; what has none gets its reason."""
    values: dict[str, float] = {}
    reasons: dict[str, str] = {}
    for entry, compute in tasks:
        try:
            # Once, and before any of them: numpy would warn, and say nothing of use.
            plane.check()
            value = compute()
            if not is_ours(entry):
                value = float(value)
        except NotComputableError as reason:
            value = math.nan
            reasons[entry.id] = str(reason)
        except Exception as error:
            if is_ours(entry):
                raise
            value = math.nan
            where = f"{entry.source}: " if entry.source else ""
            reasons[entry.id] = f"{where}{type(error).__name__}: {error}"
        if not math.isfinite(value):
            value = math.nan
            reasons.setdefault(entry.id, "the computation gave no number")
        values[entry.id] = value
    if plane.absent:  # it would be like every other one that is not there
        return Measured(values, reasons, None, None, None)
    return Measured(values, reasons, _top(plane), digest_of(plane), light_of(plane))


def _top(plane: Plane) -> Top | None:
    try:
        return top_of(plane.distribution)
    except NotComputableError:
        return None
