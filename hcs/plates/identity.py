"""What plates and fields are known by, where no writer of ours gave them an id.

Digests are over the content of documents, not over their bytes or their places, so
that a copied, moved, remounted or packed plate keeps its identity.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from hcs.errors import HCSError
from hcs.images.image_group import ImageGroup, join
from hcs.ngff.document import canonical, parse_json
from hcs.ngff.envelope import EXTENSION

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from hcs.metadata import PlateWell
    from hcs.plates.plate import HCSPlate

_DIGITS = 31
"""Hexadecimal digits of a digest that are kept: with the letter before them, as many
characters as our own ids have."""


def plate_fingerprint(plate: HCSPlate) -> str:
    """Return ``f`` and a digest of a plate's document and its first field's."""
    digest = hashlib.sha256(canonical(_without_ours(plate.attributes)))
    for well in plate.wells:
        found = _first_field(plate, well)
        if found is not None:
            digest.update(canonical(_without_ours(found)))
            break
    return f"f{digest.hexdigest()[:_DIGITS]}"


def _first_field(plate: HCSPlate, listed: PlateWell) -> Mapping[str, Any] | None:
    if plate.store is None or plate.version is None:
        return None
    try:
        well = plate.open_well(listed)
        if not well.images:
            return None
        path = join(listed.path, well.images[0].path)
        return ImageGroup.open(plate.store, path, plate.version)[1]
    except HCSError:
        return None  # the first field is the first that can be read


def field_digest(group: ImageGroup, levels: Iterable[str]) -> str:
    """Return ``d`` and a digest of the documents of an image and its levels."""

    def read(path: str) -> str:
        digest = hashlib.sha256(canonical(_without_ours(group.attributes())))
        keys = [join(path, level, group.array_document) for level in levels]
        for key, data in group.store.documents(keys).items():
            if data is not None:
                digest.update(canonical(parse_json(data, group.store.where(key))))
        return f"d{digest.hexdigest()[:_DIGITS]}"

    return group.run(read)


def _without_ours(attributes: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in attributes.items() if key != EXTENSION}
