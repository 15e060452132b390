"""Where a writer builds: in place, or beside the place that it fills at the end."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from hcs.errors import ArgumentError, MetadataError, StoreError, UnsupportedVersionError
from hcs.ngff.envelope import VERSIONS
from hcs.rules.writable import check_plate
from hcs.writing.acquired import ACQUIRED, acquired_content
from hcs.writing.targets import hierarchy
from hcs.writing.targets.archive import OverlayTarget
from hcs.writing.targets.draft_target import DraftArchiveTarget, DraftTarget
from hcs.writing.targets.folder import DirectoryTarget
from hcs.writing.targets.locations import (
    foreign_file,
    is_archive,
    is_part,
    local_path,
    object_target,
)
from hcs.writing.versions.opening import opened
from hcs.writing.versions.recovery import recover
from hcs.writing.versions.settle import settle_now

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from hcs.metadata import Plate
    from hcs.writing.targets.objects import ObjectTarget
    from hcs.writing.targets.target import Target

Overwrite = bool | Literal["acquired"]
"""Whether to replace a plate: see `open_draft`."""


@dataclass(slots=True, kw_only=True)
class PlateDraft:
    """A plate under construction, and what happens at the end."""

    target: Target
    """The place that fields are written to."""

    version: str
    verify: bool = True
    """Whether an archive is read back before it takes its place."""

    replaces: bool = False
    """Whether another plate gives way at the end. Then all that is written is read back
    and waited for, whatever was asked: there is no second one."""

    def finish(self) -> None:
        """Make the plate appear where it belongs."""
        self.target.finish(verify=self.verify or self.replaces)


def open_draft(
    store: Any,
    plate: Plate | None,
    version: str | None,
    *,
    overwrite: Overwrite,
    foreign: bool,
    annotations: Mapping[str, Any],
    durable: bool,
    whole: bool = True,
) -> PlateDraft:
    """Return where to write a plate, with its document in place.

    Parameters
    ----------
    overwrite
        Whether a plate that is there gives way at the end; ``"acquired"`` also one with
        content that cannot be made again, see `hcs.writing.acquired`.
    foreign
        Whether `plate` came as another library's object, whose version may be no more
        than that library's default.
    whole
        Whether to look at all of an existing plate for what a crash left; not worth it
        for one field.

    Raises
    ------
    StoreError
        If the place holds something that is not a plate, or one that may not be
        replaced.
    ArgumentError
        If `overwrite` is none of its values.
    """
    check_request(store, plate, version, overwrite=overwrite, foreign=foreign)
    objects = object_target(store)
    if objects is not None:
        return _open_objects(objects, plate, version, overwrite, foreign, annotations)
    # Through links: what they lead to is replaced, and they go on leading there.
    final = local_path(store).resolve()
    if is_archive(final):
        return _open_archive(final, plate, version, overwrite, foreign, annotations)
    target = DirectoryTarget(final, durable=durable)
    occupied = _occupied(final)
    if occupied and not overwrite:
        if whole:
            recover(target)
        state = hierarchy.read_plate_document(target)
        chosen = choose_version(state.version, version, plate, foreign=foreign)
        if annotations:
            hierarchy.annotate(target, annotations)
        return PlateDraft(target=target, version=chosen)
    if plate is None:
        raise MetadataError(f"{final} holds no plate; give the plate's metadata.")
    chosen = choose_version(None, version, plate, foreign=foreign)
    if occupied:
        _check_replaceable(final, overwrite)
        target = DraftTarget(final, settle_now)
    if not _create(target, plate, chosen, annotations):
        return open_draft(
            store,
            plate,
            version,
            overwrite=False,
            foreign=foreign,
            annotations=annotations,
            durable=durable,
            whole=whole,
        )
    return PlateDraft(target=target, version=chosen, replaces=occupied)


def check_request(
    store: Any,
    plate: Plate | None,
    version: str | None,
    *,
    overwrite: Overwrite,
    foreign: bool,
) -> None:
    """Check what can be known to be wrong before the place is looked at.

    Raises
    ------
    ArgumentError
        If `overwrite` is none of its values.
    StoreError
        If nothing is named to write to.
    UnsupportedVersionError
        If the version cannot be written, or not there, or is not the plate's.
    MetadataError, InvalidPathError
        If the plate may not be written.
    """
    if store is None or isinstance(store, bool | int | float) or store == "":
        raise StoreError(f"{store!r} is no place to write to; expected a path.")
    if overwrite not in (True, False, ACQUIRED):
        raise ArgumentError(
            f"overwrite is {overwrite!r}; expected True, False or {ACQUIRED!r}."
        )
    chosen = choose_version(None, version, plate, foreign=foreign)
    if is_archive(store) and not (foreign and version is None):
        _check_archived(store, chosen)
    if plate is not None:
        check_plate(plate)


def _check_archived(place: object, version: str) -> None:
    if version == "0.4":
        raise UnsupportedVersionError(
            f"{place}: archives hold Zarr v3 (RFC-9), which requires NGFF 0.5 or "
            f"later; got 0.4."
        )


def _open_objects(
    target: ObjectTarget,
    plate: Plate | None,
    version: str | None,
    overwrite: Overwrite,
    foreign: bool,
    annotations: Mapping[str, Any],
) -> PlateDraft:
    """Return where to write in a place without folders: always in place."""
    existing = None
    if not target.make_root():
        existing = hierarchy.read_plate_document(target)
        if overwrite and any(target.is_group(row.name) for row in existing.plate.rows):
            raise StoreError(
                f"{target.location} is a plate with fields, and an object store cannot "
                f"replace one as a whole; remove it first, or pass overwrite=False to "
                f"add fields."
            )
    if plate is None and existing is None:
        raise MetadataError(f"{target.location} is empty; give the plate's metadata.")
    present = None if existing is None else existing.version
    chosen = choose_version(present, version, plate, foreign=foreign)
    created = plate is not None and _create(target, plate, chosen, annotations)
    if annotations and not created:
        hierarchy.annotate(target, annotations)
    return PlateDraft(target=target, version=chosen)


def _create(
    target: Target, plate: Plate, version: str, annotations: Mapping[str, Any]
) -> bool:
    """Make the plate document; False where another writer was quicker."""
    target.make_root()

    def create() -> bool:
        if hierarchy.has_plate(target):
            return False
        hierarchy.create_plate(target, plate, version, annotations)
        return True

    created: bool = target.transact(create)
    return created


def _open_archive(
    final: Path,
    plate: Plate | None,
    version: str | None,
    overwrite: Overwrite,
    foreign: bool,
    annotations: Mapping[str, Any],
) -> PlateDraft:
    if final.is_dir():
        raise StoreError(f"{final} is a folder; an .ozx archive is a file.")
    if final.exists() and not overwrite:
        return _reopen_archive(final, plate, version, foreign, annotations)
    if plate is None:
        raise MetadataError(f"{final} holds no plate; give the plate's metadata.")
    chosen = choose_version(None, version, plate, foreign=foreign)
    if chosen == "0.4" and foreign and version is None:
        chosen = "0.5"  # the peer's default, which it does not mean for archives either
    _check_archived(final, chosen)
    replaces = final.exists()
    if replaces:
        _check_acquired(final, overwrite)
    target = DraftArchiveTarget(final, settle_now)
    _create(target, plate, chosen, annotations)
    return PlateDraft(target=target, version=chosen, replaces=replaces)


def _reopen_archive(
    final: Path,
    plate: Plate | None,
    version: str | None,
    foreign: bool,
    annotations: Mapping[str, Any],
) -> PlateDraft:
    target = OverlayTarget(final, settle_now)
    target.begin()
    try:
        state = hierarchy.read_plate_document(target)
        chosen = choose_version(state.version, version, plate, foreign=foreign)
        target.mark_draft()
        if annotations:
            hierarchy.annotate(target, annotations)
    except BaseException:
        target.remove_folder()
        target.end()
        raise
    return PlateDraft(target=target, version=chosen)


def choose_version(
    existing: str | None,
    argument: str | None,
    plate: Plate | None,
    *,
    foreign: bool = False,
) -> str:
    """Return the version to write.

    The existing store's, else the argument, else the plate's, else 0.5.

    Raises
    ------
    UnsupportedVersionError
        If two that were given differ.
    """
    plate_version = None if plate is None else plate.version
    # Plate objects of ngff-zarr say 0.4 whenever nobody said anything.
    if foreign and plate_version == "0.4" and (existing or argument):
        plate_version = None
    stated = {
        "the existing plate's": existing,
        "the argument's": argument,
        "the plate's": plate_version,
    }
    versions = {whose: _check_version(v) for whose, v in stated.items() if v}
    if len(set(versions.values())) > 1:
        (whose, version), *others = versions.items()
        other, differing = next(pair for pair in others if pair[1] != version)
        raise UnsupportedVersionError(
            f"{whose.capitalize()} version {version!r} does not match {other} version "
            f"{differing!r}. Give one of them only, or convert the plate."
        )
    return next(iter(versions.values()), "0.5")


def _check_version(version: str) -> str:
    if version not in VERSIONS:
        raise UnsupportedVersionError(
            f"Unsupported OME-Zarr version: {version}. NGFF version {version!r} cannot "
            f"be written; expected one of {', '.join(VERSIONS)}."
        )
    return version


def _occupied(path: Path) -> bool:
    """Whether a plate is at `path`; anything else there is an error."""
    if not path.exists() or (path.is_dir() and _is_bare(path)):
        return False
    if not path.is_dir():
        raise StoreError(f"{path} is a file, not a plate; nothing was written.")
    if not hierarchy.has_plate(DirectoryTarget(path)):
        raise StoreError(
            f"{path} is a folder that holds no plate; nothing was written. Choose an "
            f"empty or a new folder."
        )
    return True


def _check_replaceable(path: Path, overwrite: Overwrite) -> None:
    """Check that a plate's folder holds nothing that replacing the plate would lose."""
    stranger = foreign_file(path)
    if stranger is not None:
        raise StoreError(
            f"{path} holds {stranger.relative_to(path)}, which is not part of a plate; "
            f"nothing was written. Move it away first."
        )
    _check_acquired(path, overwrite)


def _check_acquired(path: Path, overwrite: Overwrite) -> None:
    if overwrite == ACQUIRED:
        return
    with opened(path) as target:
        content = acquired_content(target)
    if content:
        raise StoreError(
            f"{path} is a plate with {' and '.join(content)}, which cannot be made "
            f"again; nothing was written. Choose another place, write into that plate "
            f"with overwrite=False, or replace it with all that by "
            f"overwrite={ACQUIRED!r}."
        )


def _is_bare(path: Path) -> bool:
    """Whether a folder holds nothing, or what a plate being made begins with."""
    return all(
        child.name == ".zgroup" or is_part(child.name) for child in path.iterdir()
    )
