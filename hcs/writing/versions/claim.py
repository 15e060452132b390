"""Claiming a path for a new version of a field, for one writer alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hcs.errors import ConflictError
from hcs.ngff.names import check_image_path
from hcs.writing.targets import group, hierarchy

if TYPE_CHECKING:
    from hcs.writing.targets.hierarchy import PlateDocument, WellDocument
    from hcs.writing.targets.lock import Hold
    from hcs.writing.targets.target import Target


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldSlot:
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


def live_version(
    target: Target,
    state: PlateDocument,
    well: WellDocument,
    identity: tuple[str, int | None],
) -> str | None:
    """Return the id of the version that a field shows, None for a new field."""
    image = well.image_of(*identity)
    if image is None:
        return None
    return group.version_id(target, state.version, well, image)


def claim_slot(
    target: Target,
    state: PlateDocument,
    well: WellDocument,
    identity: tuple[str, int | None],
    base: str | None,
    identifier: str,
) -> tuple[FieldSlot, Hold]:
    """Take a path for a new version of a field; the caller holds the lock.

    Parameters
    ----------
    well
        The well as it is now.
    identity
        Name and acquisition of the field.
    base
        Id of the version that it is to replace, None for a new field.
    identifier
        Id of the new version.

    Raises
    ------
    ConflictError
        If the field does not show `base`, or somebody else is writing it.
    """
    name, acquisition = identity
    image = well.image_of(name, acquisition)
    live = live_version(target, state, well, identity)
    hierarchy.check_base(base, live, f"Field {name!r} of well {well.path}")
    if image is None:
        path = name
        check_image_path(path, well.path, writing=True, version=state.version)
        _clear_name(target, state, f"{well.path}/{path}")
    else:
        path = free_path(target, state, well, name)
    slot = FieldSlot(
        well=well.path, name=name, acquisition=acquisition, path=path, base=base
    )
    mark = group.mark_files(state.version, identifier, group.STAGING)
    hold = target.claim(slot.key, mark)
    if hold is None:
        raise ConflictError(f"{target.location}/{slot.key} was taken by somebody else.")
    return slot, hold


def free_path(
    target: Target, state: PlateDocument, well: WellDocument, name: str
) -> str:
    """Return the path of a correction: ``0r2``, ``0r3``, whichever nobody has."""
    number = 2
    while target.exists(f"{well.path}/{name}r{number}"):
        number += 1
    path = f"{name}r{number}{target.free_suffix()}"
    return check_image_path(path, well.path, writing=True, version=state.version)


def _clear_name(target: Target, state: PlateDocument, key: str) -> None:
    """Free the name of a new field of what a killed writer of ours left there."""
    if not target.exists(key):
        return
    attributes = group.read_group_attributes(target, state.version, key) or {}
    identifier = group.stated_id(attributes)
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
        if group.is_incomplete(attributes):
            group.remove_group(target, state.version, key)
        elif identifier is None:
            target.remove_empty(key)
        else:
            # Complete but never named: acquired pixels are kept, out of the way.
            target.rename(key, f"{key}x{identifier[:12]}")
    finally:
        hold.release()
