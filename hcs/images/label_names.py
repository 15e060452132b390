"""The names of an image's label images."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hcs.errors import MetadataError
from hcs.ngff.document import document_attributes, group_document, parse_json
from hcs.ngff.envelope import envelope
from hcs.ngff.names import check_array_path, join

if TYPE_CHECKING:
    from hcs.images.image_group import ImageGroup


def read_label_names(group: ImageGroup, path: str) -> tuple[str, ...]:
    """Return what the document of an image's labels lists; none where there is none.

    Parameters
    ----------
    group
        The image's.
    path
        Of the image in its store.

    Raises
    ------
    MetadataError
        If the document lists something else than names.
    InvalidPathError
        If a name leads elsewhere.
    """
    store = group.store
    key = join(path, "labels", group_document(group.format_version))
    data = store.read(key)
    if data is None:
        return ()
    where = store.where(key)
    names = envelope(document_attributes(parse_json(data, where), key)).get("labels")
    if names is None:
        return ()
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise MetadataError(
            f"{where} has labels {names!r:.60}; expected a list of names."
        )
    for name in names:
        check_array_path(name, group.where("labels"))
    return tuple(names)
