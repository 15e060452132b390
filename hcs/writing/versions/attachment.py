"""Label images and tables that are added to a version of a field.

They belong to the version that they were made of: a correction leaves them behind and
a revert brings them back. Each is written whole under a name that nothing lists, and
then the group above lists it, in one step. All of that happens under the plate's lock,
as settling would move the version elsewhere meanwhile.
"""

from __future__ import annotations

import re
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hcs.errors import ArgumentError, ConflictError, InvalidPathError
from hcs.images.companions import LABELS
from hcs.ngff.document import group_document, group_json
from hcs.ngff.envelope import envelope, with_block, with_extension
from hcs.ngff.names import is_safe_name, well_of
from hcs.writing.targets import group, hierarchy, step
from hcs.writing.versions.addresses import listed_field, well_path
from hcs.writing.versions.opening import opened

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from hcs.writing.targets.hierarchy import PlateDocument
    from hcs.writing.targets.target import Target

    Fill = Callable[["Place", str], Mapping[str, Any]]
    """Writes what belongs below a key, and returns the attributes of its group."""

_NAME = re.compile(r"(?!__)[A-Za-z0-9_-][A-Za-z0-9_.-]*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """The version of a field that something is added to."""

    target: Target
    state: PlateDocument
    image: str
    """Key of its image group below the plate."""

    version: str
    """Its id."""


def attach(
    store: Any,
    address: tuple[str, str | int, int | None],
    collection: str,
    name: str,
    fill: Fill,
    *,
    base: str | None,
    overwrite: bool,
) -> str:
    """Add a group to the live version of a field; return its path below the plate.

    Parameters
    ----------
    address
        Well, field and acquisition.
    collection
        ``"labels"`` or ``"tables"``.
    base
        Id of the version that it was made of; None for the live one.

    Raises
    ------
    ArgumentError
        If one of that name is there and `overwrite` is false.
    ConflictError
        If the field does not show `base` any more.
    InvalidPathError
        If the name cannot be written.
    """
    if not (is_safe_name(name) and _NAME.fullmatch(name)):
        raise InvalidPathError(
            f"The name is {name!r}; expected letters, digits, _ and -, dots not in "
            f"front, and no name of a document of Zarr."
        )
    with opened(store) as target, target.changing():
        return target.transact(
            lambda: _attach(
                _place(target, address, base), collection, name, fill, overwrite
            )
        )


def _place(
    target: Target, address: tuple[str, str | int, int | None], base: str | None
) -> Place:
    well, field, acquisition = address
    state = hierarchy.read_plate_document(target)
    present = hierarchy.read_well_document(
        target, state.version, well_path(state, well)
    )
    identity = listed_field(present, field, acquisition)
    image = present.image_of(*identity)
    if image is None:  # it was found in the same document
        raise ConflictError(f"Field {field!r} of well {well} is no longer listed.")
    live = group.version_id(target, state.version, present, image)
    if base is not None:
        what = f"Field {identity[0]!r} of well {present.path}"
        hierarchy.check_base(base, live, what)
    key = f"{present.path}/{image.path}"
    return Place(target=target, state=state, image=key, version=live)


def _attach(
    place: Place, collection: str, name: str, fill: Fill, overwrite: bool
) -> str:
    target, version = place.target, place.state.version
    parent = f"{place.image}/{collection}"
    key = f"{parent}/{name}"
    listing = group.read_group_attributes(target, version, parent)
    if listing is None:
        listing = _list(target, version, parent, collection, {}, [])
    names = _listed(listing, collection)
    present = target.exists(key)
    if present and _is_left_over(target, version, key):
        group.remove_group(target, version, key)
        present = False
    if present and not overwrite:
        raise ArgumentError(
            f"{key} is there; give overwrite=True to replace it, or another name."
        )
    others = [other for other in names if other != name]
    if not present:
        _write(place, key, fill)
    else:
        staged = f"{key}n{uuid.uuid4().hex[:12]}"
        _write(place, staged, fill)
        step.reached("attach exchange")
        if target.exchange(staged, key):
            group.remove_group(target, version, staged)
        else:
            # For a moment there is none; never half of one and half of the other.
            listing = _list(target, version, parent, collection, listing, others)
            group.remove_group(target, version, key)
            target.rename(staged, key)
    if name not in _listed(listing, collection):
        step.reached("attach list")
        _list(target, version, parent, collection, listing, [*others, name])
    _touch_well(place)
    return key


def _touch_well(place: Place) -> None:
    """Write the well's document anew, so that those who watch it look at its fields."""
    document = group_document(place.state.version)
    key = f"{well_of(place.image)}/{document}"
    data = place.target.read(key)
    if data is not None:
        step.reached("attach touch")
        place.target.replace(key, data)


def _write(place: Place, key: str, fill: Fill) -> None:
    """Write a group whole, marked until it is; its document comes last."""
    target, version = place.target, place.state.version
    identifier = uuid.uuid4().hex
    hold = target.claim(key, group.mark_files(version, identifier, group.STAGING))
    if hold is None:
        raise ConflictError(f"{target.location}/{key} was taken by somebody else.")
    try:
        attributes = with_extension(fill(place, key), {"version": identifier})
        step.reached("attach complete")
        for name, data in group_json(version, attributes).items():
            if name != ".zgroup":
                target.replace(f"{key}/{name}", data, durable=False)
        target.sync(key)
    except BaseException:
        group.remove_group(target, version, key)
        raise
    finally:
        hold.release()


def _list(
    target: Target,
    version: str,
    parent: str,
    collection: str,
    attributes: Mapping[str, Any],
    names: list[str],
) -> dict[str, Any]:
    """Write which groups a collection has; return its attributes."""
    content = {collection: names}
    # Tables are no part of NGFF: they are listed beside its envelope.
    written = (
        with_block(attributes, version, content)
        if collection == LABELS
        else {**attributes, **content}
    )
    group.write_group(target, parent, version, written)
    return written


def _listed(attributes: Mapping[str, Any], collection: str) -> list[str]:
    names = envelope(attributes).get(collection, attributes.get(collection))
    return [str(name) for name in names] if isinstance(names, list) else []


def _is_left_over(target: Target, version: str, key: str) -> bool:
    """Whether a crash, of this library or before its document was written, left it."""
    attributes = group.read_group_attributes(target, version, key)
    if attributes is None:
        return not target.children(key)
    return group.is_incomplete(attributes)
