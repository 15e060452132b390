"""Staging and committing one field: written aside, verified, then named in one step.

The pixels of a field are never edited. A version is a new image group below the well,
claimed exclusively and marked while it is incomplete. Its own document is written last;
replacing the well document, which names it, is the commit. Readers see the old field or
the new one, and a crash leaves at most an unnamed group.
"""

from __future__ import annotations

import errno
import logging
import math
import uuid
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from hcs import hierarchy, spec, step
from hcs.codec import choose_codec
from hcs.commit import Change, commit_change
from hcs.encode import ArrayLayout, choose_chunk, encode_given, encode_levels
from hcs.errors import ConflictError, HCSError, InvalidPathError, MetadataError
from hcs.inherit import inherited
from hcs.metadata import FieldVersion, Who
from hcs.pyramid import level_shapes
from hcs.source import Source, as_source, full_size_only
from hcs.target import GroupSink, Target
from hcs.verify import verify_levels

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from hcs.encode import Encoded
    from hcs.hierarchy import PlateState, WellState
    from hcs.lock import Hold


_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Storage:
    """How the arrays of a field are stored; None is the default of each."""

    chunks: object = None
    """See `hcs.encode.choose_chunk`."""

    shards: bool | None = None
    """True for one shard a level, the default where the format has them."""

    codec: str | None = None
    """One of `hcs.codec.CODECS`."""

    levels: int | None = None
    """Number of levels, made from full size; by default those that were given, or
    as many as bring the last below `hcs.pyramid.SMALLEST`."""

    verify: bool = True
    """Whether to read everything back before it is named."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Which field of which well is written, and under which path."""

    well: str
    name: str
    acquisition: int | None
    path: str
    """Path of the new image group below the well."""

    base: str | None
    """Id of the version that this one replaces, None for a new field."""

    @property
    def key(self) -> str:
        """Path of the new image group below the plate."""
        return f"{self.well}/{self.path}"


@dataclass(slots=True, kw_only=True)
class StagedField:
    """A complete, verified field that no document names yet.

    It holds a lock on its own group, so that nobody takes it for a leftover. Use
    `commit` or `discard`; a process that ends without either leaves an unlisted group
    that ``hcs recover`` reports.
    """

    target: Target
    place: Place
    version: FieldVersion
    label: str | None = None
    notices: tuple[str, ...] = ()
    """What other readers may make of this correction until it is settled."""

    _hold: Hold | None = field(default=None, repr=False)

    def commit(self, *, who: Who, reason: str | None) -> FieldVersion:
        """Make it the field's live version.

        Raises
        ------
        ConflictError
            If the field no longer shows the version that this one was staged on; the
            staged pixels stay until `discard`.
        """
        version = replace(
            self.version, who=who.name, known=who.known, why=reason or None
        )
        change = Change(
            well=self.place.well,
            name=self.place.name,
            acquisition=self.place.acquisition,
            base=self.place.base,
            version=version,
            label=self.label,
        )
        with self.target.changing(keep=self.place.key):
            committed = commit_change(self.target, change)
        self._release()
        for notice in self.notices:
            _log.warning("%s", notice)
        return committed

    def discard(self) -> None:
        """Remove the staged pixels."""
        if self._hold is not None:
            state = hierarchy.read_plate_state(self.target)
            hierarchy.remove_group(self.target, state.version, self.place.key)
            self._release()
        self.target.discard()

    def _release(self) -> None:
        if self._hold is not None:
            self._hold.release()
            self._hold = None


def stage_field(
    store: str | Path | Target,
    well: str,
    field: str | int,
    multiscales: Any,
    *,
    base: str | None,
    acquisition: int | None = None,
    label: str | None = None,
    source: str | None = None,
    **storage: Any,
) -> StagedField:
    """Write a field aside, whole and verified, without making it part of the plate.

    Parameters
    ----------
    store
        A plate that exists.
    well
        Its path, such as ``"A/1"``.
    field
        Name of a field of that well, or the index of a new one.
    multiscales
        The pixels: anything that `write_hcs_well_image` takes.
    base
        Id of the version that the person looked at; None for a new field.
    acquisition
        Id of its acquisition, needed where the plate declares several and `field` is
        an index.
    label
        What the source calls the field, such as ``"s1"``.
    source
        Name of the file that it came from.
    **storage
        See `Storage`.

    Raises
    ------
    ConflictError
        If the field does not show `base`, or somebody else is writing it.
    HCSError
        For names, pixels or documents that cannot be used, and failing disks.
    """
    from hcs.places import open_target

    target = open_target(store)
    state = hierarchy.read_plate_state(target)
    row_name, _, column_name = well.partition("/")
    hierarchy.locate_well(state, row_name, column_name)
    found = hierarchy.read_well_state(target, state.version, well)
    name, acquisition = field_name(state, found, field, acquisition)
    image = found.image_of(name, acquisition)
    live = (
        None
        if image is None
        else hierarchy.version_id(target, state.version, found, image)
    )
    hierarchy.check_base(base, live, f"Field {name!r} of well {well}")
    return write_aside(
        target,
        state,
        found,
        (name, acquisition),
        as_source(multiscales),
        Storage(**storage),
        label=label,
        file_name=source,
    )


def field_name(
    state: PlateState, well: WellState, field: str | int, acquisition: int | None
) -> tuple[str, int | None]:
    """Return the name and acquisition of a field, existing or new.

    Raises
    ------
    InvalidPathError
        If an index is not an integer >= 0.
    MetadataError
        If the acquisition is not one that the plate declares.
    """
    if isinstance(field, str):
        image = well.image_of(field, acquisition)
        if image is not None:
            return field, image.acquisition
        if not field.isdecimal():
            raise InvalidPathError(
                f"Well {well.path} has no field {field!r}; a new one is given by its "
                f"index, 0 or more."
            )
        field = int(field)
    if type(field) is not int or field < 0:
        raise InvalidPathError(
            f"The field index is {field!r}; expected an integer of 0 or more."
        )
    declared = [one.id for one in state.plate.acquisitions or ()]
    if len(declared) > 1 and acquisition is None:
        raise MetadataError(
            f"The plate declares the acquisitions {declared}; say which one the field "
            f"belongs to."
        )
    if acquisition is not None and acquisition not in (declared or [0]):
        raise MetadataError(
            f"The acquisition id is {acquisition!r}; the plate declares "
            f"{declared if declared else 'none, so that only 0 or None is allowed'}."
        )
    if len(declared) > 1:
        return f"a{acquisition}f{field}", acquisition
    return str(field), declared[0] if declared else None


def write_aside(
    target: Target,
    state: PlateState,
    well: WellState,
    identity: tuple[str, int | None],
    source: Source,
    storage: Storage,
    *,
    label: str | None = None,
    file_name: str | None = None,
) -> StagedField:
    """Claim a path, write the field there and verify it; see `stage_field`."""
    if storage.levels is not None:
        source = full_size_only(source)
    layouts = _layouts(state.version, source, storage)
    identifier = uuid.uuid4().hex

    def claim() -> tuple[WellState, Place, Hold]:
        step.reached("claim")
        fresh = hierarchy.read_well_state(target, state.version, well.path)
        return fresh, *_claim(target, state, fresh, identity, identifier)

    present, place, hold = target.transact(claim)
    try:
        encoded = _write(target, state, present, place, identifier, source, layouts)
        step.reached("verify")
        if storage.verify:
            _verify(target, state, place, layouts, encoded)
    except BaseException as error:
        _abandon(target, state, place, hold)
        if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
            size = math.prod(source.shape) * source.dtype.itemsize
            error.add_note(f"The field has {size} bytes before compression.")
        raise
    return StagedField(
        target=target,
        place=place,
        version=FieldVersion(
            id=identifier,
            path=place.path,
            action="write" if place.base is None else "correct",
            digest=encoded.digests[0],
            size=encoded.size,
            source=file_name,
            supersedes=place.base,
        ),
        label=label,
        notices=_notices(state, place) if target.live else (),
        _hold=hold,
    )


def _abandon(target: Target, state: PlateState, place: Place, hold: Hold) -> None:
    try:
        hierarchy.remove_group(target, state.version, place.key)
    except HCSError:
        pass  # the first error matters more; recovery removes what bears our mark
    finally:
        hold.release()


def _claim(
    target: Target,
    state: PlateState,
    well: WellState,
    identity: tuple[str, int | None],
    identifier: str,
) -> tuple[Place, Hold]:
    name, acquisition = identity
    image = well.image_of(name, acquisition)
    base = None
    if image is None:
        path = name
        spec.check_image_path(path, well.path, writing=True, version=state.version)
        _clear_name(target, state, f"{well.path}/{path}")
    else:
        base = hierarchy.version_id(target, state.version, well, image)
        path = _free_path(target, state, well, name)
    place = Place(
        well=well.path, name=name, acquisition=acquisition, path=path, base=base
    )
    mark = hierarchy.mark_files(state.version, identifier, hierarchy.STAGING)
    hold = target.claim(place.key, mark)
    if hold is None:
        raise ConflictError(
            f"{target.location}/{place.key} was taken by somebody else."
        )
    return place, hold


def _free_path(target: Target, state: PlateState, well: WellState, name: str) -> str:
    """Return the path of a correction: ``0r2``, ``0r3``, whichever nobody has."""
    number = 2
    while target.exists(f"{well.path}/{name}r{number}"):
        number += 1
    path = f"{name}r{number}{target.free_suffix()}"
    return spec.check_image_path(path, well.path, writing=True, version=state.version)


def _clear_name(target: Target, state: PlateState, key: str) -> None:
    """Free the name of a new field of what a killed writer of ours left there."""
    if not target.exists(key):
        return
    attributes = hierarchy.read_group_attributes(target, state.version, key) or {}
    identifier = hierarchy.stated_id(attributes)
    if identifier is None and target.children(key):
        raise ConflictError(
            f"{target.location}/{key} holds something that is not listed and not ours; "
            f"move it away or choose another field index."
        )
    hold = target.hold(key)
    if hold is None:
        raise ConflictError(
            f"{target.location}/{key} is being written by somebody else at this moment."
        )
    try:
        if hierarchy.is_incomplete(attributes):
            hierarchy.remove_group(target, state.version, key)
        elif identifier is None:
            target.remove_empty(key)
        else:
            # Complete but never named: acquired pixels are kept, out of the way.
            target.rename(key, f"{key}x{identifier[:12]}")
    finally:
        hold.release()


def _layouts(version: str, source: Source, storage: Storage) -> list[ArrayLayout]:
    codec = choose_codec(storage.codec, source.dtype)
    zarr_format = 2 if version == "0.4" else 3
    if storage.shards and zarr_format == 2:
        raise MetadataError("NGFF 0.4 has no shards; leave out shards or write 0.5.")
    shapes: Sequence[tuple[int, ...]] = [level.shape for level in source.levels]
    if len(shapes) == 1:
        shapes = level_shapes(source.shape, storage.levels)
    return [
        ArrayLayout(
            path=str(number),
            shape=tuple(shape),
            dims=source.dims,
            dtype=source.dtype,
            chunk=choose_chunk(shape, storage.chunks, whole=zarr_format == 2),
            codec=codec,
            zarr_format=zarr_format,
            sharded=zarr_format == 3 and storage.shards is not False,
        )
        for number, shape in enumerate(shapes)
    ]


def _write(
    target: Target,
    state: PlateState,
    well: WellState,
    place: Place,
    identifier: str,
    source: Source,
    layouts: Sequence[ArrayLayout],
) -> Encoded:
    sink = GroupSink(target, place.key)
    if len(source.levels) == 1:
        encoded = encode_levels(source.levels[0].planes(), layouts, sink)
    else:
        encoded = encode_given(
            [level.planes() for level in source.levels], layouts, sink
        )
    metadata, attributes = inherited(target, state, well, place, source, encoded)
    shapes = [layout.shape for layout in layouts]
    datasets = replace(source, metadata=metadata).datasets(shapes)
    metadata = replace(metadata, datasets=datasets)
    written = spec.write_image(metadata, state.version, attributes)
    complete = spec.with_extension(written, {"version": identifier})
    step.reached("complete")
    for name, data in spec.group_json(state.version, complete).items():
        if name != ".zgroup":
            target.replace(f"{place.key}/{name}", data, durable=False)
    # One barrier for pixels and document: nothing names the group before it.
    target.sync(place.key)
    return encoded


def _verify(
    target: Target,
    state: PlateState,
    place: Place,
    layouts: Sequence[ArrayLayout],
    encoded: Encoded,
) -> None:
    verify_levels(
        target.zarr_store(),
        place.key,
        [layout.path for layout in layouts],
        encoded.digests,
        2 if state.version == "0.4" else 3,
    )


def _notices(state: PlateState, place: Place) -> tuple[str, ...]:
    first = min((well.path for well in state.plate.wells), default=None)
    if place.base is None or place.well != first:
        return ()
    return (
        f"{place.well} is the plate's first well: until this correction is settled, "
        f"napari and other readers built on ome-zarr-py look for the fields of all "
        f"wells under its path and show them empty or not at all.",
    )
