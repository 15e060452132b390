"""Copying parts of a hierarchy from any store into a target, and between formats.

Where both sides have the same Zarr format the bytes of arrays are copied as they are.
Otherwise the levels of images are encoded anew, level by level with the same pixels,
and what else is there, such as tables, goes through zarr-python array by array.
"""

from __future__ import annotations

import hashlib
import logging
import warnings
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from hcs.errors import (
    CorruptDataError,
    HCSError,
    MetadataError,
    ShapeError,
    UnsafeDataError,
)
from hcs.images.image import Multiscales
from hcs.images.text_array import convert_text, is_text
from hcs.ngff.document import (
    array_document,
    document_attributes,
    group_document,
    group_json,
    parse_json,
)
from hcs.ngff.envelope import envelope, with_block
from hcs.ngff.multiscale import read_image, write_image
from hcs.writing.encoding.array_layout import ArrayLayout, choose_chunk
from hcs.writing.encoding.codec import choose_codec
from hcs.writing.encoding.encode import encode_given
from hcs.writing.encoding.field_input import as_field_input
from hcs.writing.encoding.verify import ReadBackError, verify_levels
from hcs.writing.targets.locations import DOCUMENTS, is_part
from hcs.writing.targets.target import GroupSink

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hcs.metadata import ImageMetadata
    from hcs.stores.store import PlateStore
    from hcs.writing.targets.target import Target

_log = logging.getLogger(__name__)

_READ_BYTES = 16 << 20
"""Bytes copied at a time; bounds memory."""

_BELOW_05 = "0.4"


@dataclass(frozen=True, slots=True)
class Transfer:
    """From where to where, and in which versions."""

    store: PlateStore
    old: str
    """NGFF version of the source."""

    target: Target
    new: str
    verify: bool = False
    """Whether all that is copied is read back: where it takes another plate's place."""

    @property
    def same_format(self) -> bool:
        """Whether arrays can be copied byte by byte."""
        return (self.old == _BELOW_05) == (self.new == _BELOW_05)

    def children(self, key: str) -> list[str]:
        """Return the names below a node of the source but its documents."""
        return [name for name in self.names(key) if name not in DOCUMENTS]

    def names(self, key: str) -> list[str]:
        """Return all names below a node, but of files that are still being written."""
        return [name for name in sorted(self.store.children(key)) if not is_part(name)]

    def is_file(self, key: str) -> bool:
        """Whether there is a file, which may be empty; a folder is none."""
        return self.store.fetch(key, 0, 1) is not None

    def attributes(self, key: str) -> dict[str, Any] | None:
        """Return the attributes of a group of the source, None where none is."""
        name = group_document(self.old)
        data = self.store.read(_join(key, name))
        if data is not None:
            document = parse_json(data, self.store.where(key))
            if self.old != _BELOW_05 and document.get("node_type") == "array":
                return None
            return document_attributes(document, name)
        if self.old != _BELOW_05 or self.store.stamp(_join(key, ".zgroup")) is None:
            return None
        return {}

    def array_document(self, key: str) -> dict[str, Any] | None:
        """Return the document of an array of the source, None where none is."""
        data = self.store.read(_join(key, array_document(self.old)))
        if data is None:
            return None
        document = parse_json(data, self.store.where(key))
        is_array = self.old == _BELOW_05 or document.get("node_type") == "array"
        return document if is_array else None


def copy_node(transfer: Transfer, key: str, new_key: str) -> None:
    """Copy whatever is at `key`, with all below; groups get their documents last."""
    if transfer.array_document(key) is not None:
        _copy_array(transfer, key, new_key)
        return
    attributes = transfer.attributes(key)
    if attributes is None and (transfer.same_format or not transfer.children(key)):
        _copy_files(transfer, key, new_key)
        return
    if attributes is None:  # a folder that nobody made a group, with arrays below
        for name in transfer.children(key):
            copy_other(transfer, _join(key, name), _join(new_key, name))
        return
    copy_content(transfer, key, new_key)
    for name, data in group_files(transfer, key, attributes).items():
        transfer.target.put(_join(new_key, name), data)


def copy_other(transfer: Transfer, key: str, new_key: str) -> None:
    """Copy what is no image of the plate, as far as it goes.

    What cannot be written in the other format, or cannot be understood, keeps no image
    from being copied: it is copied byte by byte where the formats are equal, else left
    aside, which is logged.
    """
    try:
        copy_node(transfer, key, new_key)
    except ReadBackError:
        raise
    except (MetadataError, UnsafeDataError, ShapeError, CorruptDataError) as error:
        if transfer.target.exists(new_key):
            transfer.target.remove(new_key)
        if transfer.same_format:
            _copy_files(transfer, key, new_key)
        else:
            _log.warning("%s is not copied: %s", transfer.store.where(key), error)


def copy_content(transfer: Transfer, key: str, new_key: str) -> None:
    """Copy what is below a group, without the group's own documents."""
    levels = _encode_image(transfer, key, new_key)
    for name in transfer.children(key):
        if name not in levels:
            copy_other(transfer, _join(key, name), _join(new_key, name))


def group_files(
    transfer: Transfer, key: str, attributes: dict[str, Any]
) -> dict[str, bytes]:
    """Return the documents of a group as the new version wants them."""
    return group_json(transfer.new, converted(attributes, transfer, key))


def converted(
    attributes: dict[str, Any], transfer: Transfer, key: str
) -> dict[str, Any]:
    """Return a group's attributes in the new version; unknown keys stay."""
    if transfer.old == transfer.new:
        return attributes
    block = envelope(attributes)
    if not any(name in block for name in ("multiscales", "labels", "image-label")):
        return attributes
    if "multiscales" not in block:
        return with_block(attributes, transfer.new, {})
    metadata = read_image(attributes, transfer.store.where(key))
    if not transfer.same_format:
        metadata = replace(
            metadata,
            datasets=[
                replace(dataset, path=str(number))
                for number, dataset in enumerate(metadata.datasets)
            ],
        )
    return write_image(metadata, transfer.new, attributes)


def _encode_image(transfer: Transfer, key: str, new_key: str) -> frozenset[str]:
    """Encode the levels of an image anew; return the names that this took care of."""
    if transfer.same_format:
        return frozenset()
    try:
        image = Multiscales.open(transfer.store, key, transfer.old)
    except HCSError:
        return frozenset()  # no image: its arrays, if any, are copied one by one
    # A document may describe more or fewer channels than there are; it stays as it is.
    image.metadata.channels = list(image.channels)
    image.images[0].channel_names = None
    source = as_field_input(image)
    layouts = [
        _layout(number, level, transfer.new, source.metadata)
        for number, level in enumerate(source.levels)
    ]
    encoded = encode_given(
        [level.planes() for level in source.levels],
        layouts,
        GroupSink(transfer.target, new_key),
    )
    if transfer.verify:
        verify_levels(
            transfer.target.zarr_store(),
            new_key,
            [layout.path for layout in layouts],
            encoded.digests,
            layouts[0].zarr_format,
            layouts[0].stored,
        )
    return frozenset(dataset.path.split("/")[0] for dataset in image.metadata.datasets)


def _layout(
    number: int, level: Any, version: str, metadata: ImageMetadata
) -> ArrayLayout:
    old = version == _BELOW_05
    return ArrayLayout(
        path=str(number),
        shape=level.shape,
        names=tuple(axis.name for axis in metadata.axes),
        stored=metadata.stored,
        dtype=level.dtype,
        chunk=choose_chunk(level.shape, whole=old),
        codec=choose_codec(None, level.dtype),
        zarr_format=2 if old else 3,
        sharded=not old,
    )


def _copy_array(transfer: Transfer, key: str, new_key: str) -> None:
    if transfer.same_format:
        _copy_files(transfer, key, new_key)
        return
    document = transfer.array_document(key)
    if document is not None and is_text(document):
        for name, data in convert_text(transfer.store, key, document):
            transfer.target.put(_join(new_key, name), data)
        return
    _convert_array(transfer, key, new_key)


def _copy_files(transfer: Transfer, key: str, new_key: str) -> None:
    for name in _files(transfer, key):
        digest, new_name = hashlib.sha256(), _join(new_key, name)
        with transfer.target.create(new_name) as stream:
            for block in _blocks(transfer.store, _join(key, name)):
                digest.update(block)
                stream.write(block)
        if transfer.verify:
            _check_copy(transfer.target.reader(), new_name, digest.digest())


def _check_copy(store: PlateStore, key: str, expected: bytes) -> None:
    digest = hashlib.sha256()
    for block in _blocks(store, key):
        digest.update(block)
    if digest.digest() != expected:
        raise ReadBackError(
            f"{store.where(key)} was copied but reads back with other bytes; no plate "
            f"was replaced. The disk or the memory may be failing."
        )


def _files(transfer: Transfer, key: str) -> Iterator[str]:
    names = transfer.names(key)
    if not names and transfer.is_file(key):
        yield ""
    for name in names:
        for inner in _files(transfer, _join(key, name)):
            yield _join(name, inner)


def _blocks(store: PlateStore, key: str) -> Iterator[bytes]:
    start = 0
    while block := store.fetch(key, start, _READ_BYTES):
        yield block
        start += len(block)
        if len(block) < _READ_BYTES:
            return


def _convert_array(transfer: Transfer, key: str, new_key: str) -> None:
    """Copy an array that is no level of an image, by zarr-python."""
    import zarr
    from zarr.storage import MemoryStore

    new_format = 2 if transfer.new == _BELOW_05 else 3
    try:
        with warnings.catch_warnings():
            # Text in Zarr v3 has no final specification; tables have nothing else.
            warnings.simplefilter("ignore")
            array: Any = zarr.open_array(
                transfer.store.zarr_store(), path=key, mode="r"
            )
            attributes = dict(array.attrs)
            dims = (
                attributes.pop("_ARRAY_DIMENSIONS", None) if new_format == 3 else None
            )
            options: dict[str, Any] = {
                "shape": array.shape,
                "dtype": array.dtype,
                "chunks": array.chunks,
                "fill_value": array.fill_value,
                "attributes": attributes,
                "zarr_format": new_format,
            }
            if new_format == 2:
                options["chunk_key_encoding"] = {"name": "v2", "separator": "/"}
            elif dims:
                options["dimension_names"] = dims
            written: dict[str, Any] = {}
            copy: Any = zarr.create_array(MemoryStore(written), name="a", **options)
            copy[...] = np.asarray(array[...]) if array.shape else array[()]
    except HCSError:
        raise
    except Exception as error:
        raise MetadataError(
            f"{transfer.store.where(key)} cannot be written as Zarr v{new_format}: "
            f"{error}. Convert between 0.5 and 0.6, or leave that array out."
        ) from error
    for name, data in written.items():
        if name.startswith("a/"):
            transfer.target.put(_join(new_key, name[2:]), data.to_bytes())


def _join(*parts: str) -> str:
    return "/".join(part for part in parts if part)
