"""What a new version takes over where its source says nothing (design decision 10)."""

from __future__ import annotations

from dataclasses import replace
from itertools import chain
from typing import TYPE_CHECKING, Any

import numpy as np

from hcs.ngff.envelope import extension
from hcs.ngff.multiscale import read_image
from hcs.writing.encoding.display import channel_entry, describe_channels, read_channels
from hcs.writing.encoding.field_input import own_attributes
from hcs.writing.targets import group, hierarchy

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from hcs.metadata import Channel, ImageMetadata
    from hcs.writing.encoding.encode import Encoded
    from hcs.writing.encoding.field_input import FieldInput
    from hcs.writing.targets.hierarchy import PlateDocument, WellDocument
    from hcs.writing.targets.target import Target
    from hcs.writing.versions.claim import FieldSlot


def inherited(
    target: Target,
    state: PlateDocument,
    well: WellDocument,
    slot: FieldSlot,
    source: FieldInput,
    encoded: Encoded,
) -> tuple[ImageMetadata, dict[str, Any]]:
    """Return the metadata of a new version and the attributes to write it into.

    A correction takes names, colours, windows, scale, units and unknown attributes of
    the field it replaces; a new field takes the plate's channels. What the source gives
    stands.
    """
    attributes = dict(source.attributes)
    metadata = source.metadata
    image = well.image_of(slot.name, slot.acquisition)
    old_attributes = None
    if image is not None:
        key = f"{well.path}/{image.path}"
        old_attributes = group.read_group_attributes(target, state.version, key)
    if old_attributes is not None:
        old = read_image(old_attributes, well.path)
        attributes = {**own_attributes(old_attributes), **attributes}
        metadata = _from_field(metadata, old, source)
    channels: Sequence[Channel] = metadata.channels
    if not channels or any(channel.window is None for channel in channels):
        channels = _from_plate(target, channels, source, encoded)
    return replace(metadata, channels=list(channels)), attributes


def neighbour_of(
    target: Target,
    state: PlateDocument,
    well: WellDocument,
    field: tuple[str, int | None],
) -> ImageMetadata | None:
    """Return the image whose names and order of axes a field takes over, if any.

    That is the field itself, else the first of its well, else of the plate. Plates that
    we began have one way to call axes, so there nobody is asked beyond the well.

    Parameters
    ----------
    field
        Its name and acquisition.
    """
    own = well.image_of(*field)
    images = well.well.images[:1] if own is None else [own]
    keys = [f"{well.path}/{image.path}" for image in images]
    ours = bool(read_channels(extension(state.attributes)))
    for key in chain(keys, () if ours else _first_fields(target, state)):
        attributes = group.read_group_attributes(target, state.version, key)
        if attributes is not None:
            return read_image(attributes, key)
    return None


def _first_fields(target: Target, state: PlateDocument) -> Iterator[str]:
    """Yield the key of each well's first field."""
    for listed in state.plate.wells:
        well = hierarchy.read_well_document(target, state.version, listed.path)
        for image in well.well.images[:1]:
            yield f"{well.path}/{image.path}"


def _from_plate(
    target: Target,
    stated: Sequence[Channel],
    source: FieldInput,
    encoded: Encoded,
) -> tuple[Channel, ...]:
    """Return the channels with the plate's windows; the first field makes them."""

    def take() -> tuple[Channel, ...]:
        state = hierarchy.read_plate_document(target)
        inherited = plate_channels(target, state)
        channels = _channels(stated, inherited, source)
        if channels and all(channel.window for channel in channels):
            return channels
        described = describe_channels(channels, _by_channel(source, encoded))
        if not inherited and not extension(state.attributes).get("channels"):
            entries = [channel_entry(channel) for channel in described]
            hierarchy.merge(target, {"channels": entries})
        return described

    return target.transact(take)


def _by_channel(source: FieldInput, encoded: Encoded) -> list[NDArray[Any]]:
    """Return what is known of the coarsest level as one array a channel."""
    leading = source.shape[:-2]
    if "c" not in source.dims:
        return [np.stack(list(encoded.coarsest.values()))]
    axis = source.dims.index("c")
    stacks: list[list[NDArray[Any]]] = [[] for _ in range(leading[axis])]
    for number, plane in encoded.coarsest.items():
        stacks[int(np.unravel_index(number, leading)[axis])].append(plane)
    return [np.stack(planes) for planes in stacks]


def plate_channels(target: Target, state: PlateDocument) -> tuple[Channel, ...]:
    """Return the channels of the plate: as its document, else its first field, says."""
    channels = read_channels(extension(state.attributes))
    if channels and all(channel.window for channel in channels):
        return channels
    for key in _first_fields(target, state):
        attributes = group.read_group_attributes(target, state.version, key)
        if attributes is not None:
            return tuple(read_image(attributes, key).channels)
    return channels


def _from_field(
    metadata: ImageMetadata, old: ImageMetadata, source: FieldInput
) -> ImageMetadata:
    same_axes = old.dims == metadata.dims
    datasets = metadata.datasets
    if same_axes and len(source.levels) == 1 and _is_default(metadata):
        datasets = [
            replace(
                datasets[0],
                scale=old.datasets[0].scale,
                translation=old.datasets[0].translation,
            )
        ]
    units = {dim: axis.unit for dim, axis in zip(old.dims, old.axes, strict=True)}
    return replace(
        metadata,
        axes=[
            axis if axis.unit else replace(axis, unit=units.get(dim))
            for dim, axis in zip(metadata.dims, metadata.axes, strict=True)
        ],
        datasets=datasets,
        channels=list(_channels(metadata.channels, old.channels, source)),
        name=old.name or metadata.name,
    )


def _is_default(metadata: ImageMetadata) -> bool:
    first = metadata.datasets[0]
    return set(first.scale) == {1.0} and not any(first.translation or ())


def _channels(
    channels: Sequence[Channel], inherited: Sequence[Channel], source: FieldInput
) -> tuple[Channel, ...]:
    count = dict(zip(source.dims, source.shape, strict=True)).get("c", 1)
    if len(inherited) != count:
        return tuple(channels)
    if not channels:
        return tuple(inherited)
    return tuple(
        replace(
            channel,
            name=channel.name or old.name,
            color=channel.color or old.color,
            window=channel.window or old.window,
        )
        for channel, old in zip(channels, inherited, strict=True)
    )
