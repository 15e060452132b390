"""What a correction is made of: which file, or which present channel, becomes what."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from dashboard.corrections.staged_pixels import ChannelSource, Stack, compose
from hcs.axes import ORDER
from hcs.errors import SourceError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from dashboard.corrections.drafting import CorrectionTarget
    from dashboard.corrections.values import SourceFile, Upload
    from dashboard.plates.values import FieldState


@dataclass(frozen=True, slots=True, kw_only=True)
class Assembly:
    """The plan of a staged image."""

    parts: tuple[ChannelSource, ...]
    axes: tuple[str, ...]
    dtype: np.dtype[Any]
    channels: tuple[str, ...]
    """Names, one a channel."""

    mixed: bool
    """Some channels are kept from the present version."""

    brought: tuple[int, ...]
    """Places, among `channels`, of those that files bring."""

    replaced: tuple[str, ...]
    """Names of the replaced channels, where not all are."""

    same: bool
    """The pixels are those that are there already."""

    scale: Mapping[str, float]
    """For showing: of the file, else of the present field."""

    units: Mapping[str, str | None]
    written_scale: Mapping[str, float] | None
    """What is written; None takes over that of the present field."""

    written_names: tuple[str, ...] | None
    """What is written; None takes over those of the present field or the plate."""

    def write(self, file: Path) -> NDArray[Any]:
        """Compose the image into a file and return it mapped."""
        return compose(file, self.parts, self.axes, self.dtype)


def assemble(
    target: CorrectionTarget,
    sources: Sequence[SourceFile],
    files: Sequence[Upload],
    pixels: Callable[[str], NDArray[Any]],
) -> Assembly:
    """Return how the files become a field.

    Parameters
    ----------
    target
        Where it is to go, and the field whose axes and channels it should have.
    sources, files
        Which file becomes which channel, and what is in each.
    pixels
        Returns a file's pixels.

    Raises
    ------
    SourceError
        If the files cannot make up a field.
    """
    if not sources:
        raise SourceError("Choose at least one file.")
    reference, present = target.reference, target.present
    stacks = {file.id: Stack(pixels(file.id), file.axes) for file in files}
    times = 1 if reference is None else reference.size("t")
    stacks |= _stacked(sources, stacks, pixels, times)
    whole = len(sources) == 1 and sources[0].channel is None
    old = _present_stack(target)
    if whole:
        stack = stacks[sources[0].upload]
        places = sources[0].order or range(stack.size("c"))
        sent = {
            place: ChannelSource(stack, number) for number, place in enumerate(places)
        }
    else:
        sent = _assigned(sources, files, stacks, reference)
    unchanged = _unchanged(sent, reference, present, old, whole=whole)
    order = sorted({**sent, **unchanged})
    parts = tuple({**unchanged, **sent}[channel] for channel in order)
    same = old is not None and not unchanged and _equal(parts, old)
    names = _names(order, reference, files, whole=whole)
    all_names = reference.channels if reference is not None else names
    return Assembly(
        parts=parts,
        axes=_axes(parts, reference),
        dtype=np.result_type(*(part.stack.data.dtype for part in parts)),
        channels=names,
        brought=tuple(order.index(channel) for channel in sorted(sent)),
        # A file of another size cannot stand beside kept channels: it is shown alone.
        mixed=bool(unchanged)
        or (not whole and present is not None and _lacks(sent, present)),
        replaced=tuple(all_names[c] for c in sorted(sent) if c < len(all_names))
        if present is not None and not whole and _lacks(sent, present)
        else (),
        same=same
        or (bool(unchanged) and old is not None and _equal_channels(sent, old)),
        scale=_scale(files, reference),
        units=dict(zip(reference.axes, reference.units, strict=True))
        if reference is not None and reference.units
        else {},
        written_scale=_written_scale(files, reference, present),
        written_names=None if reference is not None else names,
    )


def _stacked(
    sources: Sequence[SourceFile],
    stacks: Mapping[str, Stack],
    pixels: Callable[[str], NDArray[Any]],
    times: int,
) -> dict[str, Stack]:
    """Return the stacks of sources whose planes are files of their own.

    Parameters
    ----------
    times
        Time points that the planes are of; z counts fastest.
    """
    stacked = {}
    for source in sources:
        if source.more:
            first = stacks[source.upload]
            planes = [first.plane(0, 0, 0)]
            planes += [np.asarray(pixels(upload)) for upload in source.more]
            data = _in_order(planes)
            if len(data) % times == 0:
                data = data.reshape(times, -1, *data.shape[1:])
                stacked[source.upload] = Stack(data, ("t", "z", "y", "x"))
            else:
                stacked[source.upload] = Stack(data, ("z", "y", "x"))
    return stacked


def _in_order(planes: Sequence[NDArray[Any]]) -> NDArray[Any]:
    """Return planes of single files as one array.

    Raises
    ------
    SourceError
        If they differ in size or type.
    """
    kinds = {(plane.squeeze().shape, plane.dtype) for plane in planes}
    if len(kinds) > 1:
        raise SourceError(
            f"The planes of one stack differ: {', '.join(map(str, sorted(kinds)))}."
        )
    return np.stack([plane.squeeze() for plane in planes])


def _present_stack(target: CorrectionTarget) -> Stack | None:
    present = target.present
    if present is None or present.error is not None:
        return None
    image = target.plate.image(target.well, present.name, present.version)
    return Stack(image.images[0].data, tuple(image.images[0].dims))


def _assigned(
    sources: Sequence[SourceFile],
    files: Sequence[Upload],
    stacks: Mapping[str, Stack],
    reference: FieldState | None,
) -> dict[int, ChannelSource]:
    count = len(sources) if reference is None else reference.size("c")
    sent: dict[int, ChannelSource] = {}
    for source, file in zip(sources, files, strict=True):
        stack = stacks[source.upload]
        if source.channel is None:
            raise SourceError(f"Choose the channel that {file.name!r} holds.")
        if not 0 <= source.channel < count:
            raise SourceError(
                f"{file.name!r} was assigned to channel {source.channel}; there are "
                f"{count}, counted from 0."
            )
        if source.channel in sent:
            raise SourceError(
                f"Two files were assigned to one channel; {file.name!r} is the second."
            )
        if stack.size("c") != 1:
            raise SourceError(
                f"{file.name!r} has {stack.size('c')} channels; assign it to all "
                f"channels, or send one file a channel."
            )
        sent[source.channel] = ChannelSource(stack, 0)
    sizes = {source.stack.sizes for source in sent.values()}
    if len(sizes) > 1:
        raise SourceError(
            f"The files have different sizes (t, z, y, x): "
            f"{', '.join(map(str, sorted(sizes)))}. Channels of one field must agree."
        )
    return sent


def _unchanged(
    sent: Mapping[int, ChannelSource],
    reference: FieldState | None,
    present: FieldState | None,
    old: Stack | None,
    *,
    whole: bool,
) -> dict[int, ChannelSource]:
    """Return the channels that stay as they are, at full resolution."""
    if whole or reference is None:
        return {}
    absent = [c for c in range(reference.size("c")) if c not in sent]
    if not absent:
        return {}
    names = ", ".join(reference.channels[c] for c in absent)
    if present is None:
        raise SourceError(
            f"A new field needs a file for every channel; {names} is missing."
        )
    if old is None:
        raise SourceError(
            f"The present field cannot be read, so {names} cannot be kept. Send a file "
            f"for every channel."
        )
    if next(iter(sent.values())).stack.sizes != old.sizes:
        return {}
    return {c: ChannelSource(old, c) for c in absent}


def _lacks(sent: Mapping[int, ChannelSource], present: FieldState) -> bool:
    return len(sent) < present.size("c")


def _axes(
    parts: Sequence[ChannelSource], reference: FieldState | None
) -> tuple[str, ...]:
    """Return the reference's axes, and those along which there is more than one."""
    stack = parts[0].stack
    axes = {"y", "x"} | set(reference.axes if reference is not None else ("c",))
    axes |= {axis for axis in ("t", "z") if stack.size(axis) > 1}
    if len(parts) > 1:
        axes.add("c")
    return tuple(axis for axis in ORDER if axis in axes)


def _names(
    order: Sequence[int],
    reference: FieldState | None,
    files: Sequence[Upload],
    *,
    whole: bool,
) -> tuple[str, ...]:
    own = files[0].channels if whole else ()
    known = reference.channels if reference is not None else ()
    return tuple(
        known[c] if c < len(known) else own[c] if c < len(own) else f"channel {c}"
        for c in order
    )


def _scale(files: Sequence[Upload], reference: FieldState | None) -> dict[str, float]:
    scale: dict[str, float] = (
        {}
        if reference is None
        else dict(zip(reference.axes, reference.scale, strict=True))
    )
    stated = next((file.pixel_size for file in files if file.pixel_size), None)
    if stated is not None and reference is None:
        scale |= {"y": stated, "x": stated}
    return scale


def _written_scale(
    files: Sequence[Upload], reference: FieldState | None, present: FieldState | None
) -> dict[str, float] | None:
    """Return the scale to write: a correction lies where the field lay before it."""
    if present is not None and present is reference:
        return None
    return _scale(files, reference) or None


def _equal(parts: Sequence[ChannelSource], old: Stack) -> bool:
    return len(parts) == old.size("c") and _equal_channels(dict(enumerate(parts)), old)


def _equal_channels(sent: Mapping[int, ChannelSource], old: Stack) -> bool:
    for channel, part in sent.items():
        if part.stack.sizes != old.sizes or channel >= old.size("c"):
            return False
        for t in range(old.size("t")):
            for z in range(old.size("z")):
                new_plane = part.stack.plane(t, part.channel, z)
                old_plane = old.plane(t, channel, z)
                if new_plane.dtype != old_plane.dtype or not np.array_equal(
                    new_plane, old_plane
                ):
                    return False
    return True
