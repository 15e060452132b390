"""What a field is known by, where no writer of ours gave it an id.

A digest is over the content of documents, not over their bytes or their places, so that
a copied, moved, remounted or packed plate keeps its identity.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from hcs.ngff.document import canonical, parse_json
from hcs.ngff.envelope import EXTENSION
from hcs.ngff.names import join

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from hcs.images.image_group import ImageGroup

DIGITS = 31
"""Hexadecimal digits of a digest that are kept: with the letter before them, as many
characters as our own ids have."""


def field_digest(group: ImageGroup, levels: Iterable[str]) -> str:
    """Return ``d`` and a digest of the documents of an image and its levels."""

    def read(path: str) -> str:
        digest = hashlib.sha256(canonical(without_extension(group.attributes())))
        keys = [join(path, level, group.array_document) for level in levels]
        for key, data in group.store.documents(keys).items():
            if data is not None:
                digest.update(canonical(parse_json(data, group.store.where(key))))
        return f"d{digest.hexdigest()[:DIGITS]}"

    return group.run(read)


def without_extension(attributes: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a document says without our own key."""
    return {key: value for key, value in attributes.items() if key != EXTENSION}
