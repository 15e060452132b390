"""Metadata documents as bytes: bounded, strict JSON, and where it lies in a group.

A document is data from elsewhere, so size, nesting, encoding and numbers are checked
before its content means anything. No store and no zarr here.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, NoReturn

from hcs.errors import MetadataError

if TYPE_CHECKING:
    from collections.abc import Mapping

DOCUMENT_LIMIT = 16 << 20
"""Largest document in bytes; a 1536-well plate with conditions stays below 1 MiB."""

DEPTH_LIMIT = 100
"""Deepest nesting; real documents stay below 20, the C scanner ends near 1000."""

_NOT_BRACKETS = bytes(byte for byte in range(256) if byte not in b"[]{}")
_STRING = re.compile(rb'"(?:[^"\\]|\\.)*"?', re.DOTALL)
_LONE_SURROGATE = re.compile(rb"\\u[dD][89abAB]")


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a JSON number")


_DECODER = json.JSONDecoder(parse_constant=_refuse_constant)


def parse_json(data: bytes, where: str) -> dict[str, Any]:
    """Return the object that a document holds.

    Parameters
    ----------
    data
        The document, UTF-8 without a byte-order mark.
    where
        Its location, for the error message.

    Raises
    ------
    MetadataError
        If it is too large, nested too deeply, not UTF-8, not JSON (NaN and Infinity
        are not), or not an object.
    """
    if len(data) > DOCUMENT_LIMIT:
        raise MetadataError(
            f"{where} has {len(data)} bytes; a metadata document may have at most "
            f"{DOCUMENT_LIMIT}."
        )
    if _is_too_deep(data):
        raise MetadataError(
            f"{where} nests deeper than {DEPTH_LIMIT} levels; it is refused unread."
        )
    try:
        document = _DECODER.decode(data.decode())
        if b"\\" in data and _LONE_SURROGATE.search(data):
            json.dumps(document, ensure_ascii=False).encode()
    except (ValueError, RecursionError) as error:
        raise MetadataError(
            f"{where} is not valid UTF-8 JSON ({len(data)} bytes): {error}. "
            f"The file may be cut off or damaged."
        ) from error
    if not isinstance(document, dict):
        raise MetadataError(
            f"{where} holds a JSON {type(document).__name__}, expected an object."
        )
    return document


def _is_too_deep(data: bytes) -> bool:
    brackets = data.translate(None, _NOT_BRACKETS)
    if len(brackets) <= DEPTH_LIMIT:
        return False
    unbalanced = _collapse(brackets)
    if unbalanced:
        # Brackets inside strings spoil the count: take the strings out and try again.
        unbalanced = _collapse(_STRING.sub(b"", data).translate(None, _NOT_BRACKETS))
    # What does not collapse is unbalanced; then only its own length bounds its depth.
    return len(unbalanced) > DEPTH_LIMIT


def _collapse(brackets: bytes) -> bytes:
    """Remove up to `DEPTH_LIMIT` layers of innermost pairs; each pass runs in C."""
    for _ in range(DEPTH_LIMIT):
        smaller = brackets.replace(b"{}", b"").replace(b"[]", b"")
        if len(smaller) == len(brackets):
            break
        brackets = smaller
    return brackets


def group_document(version: str) -> str:
    """Return the name of the document that holds a group's attributes.

    Parameters
    ----------
    version
        NGFF version.
    """
    return ".zattrs" if version == "0.4" else "zarr.json"


def array_document(version: str) -> str:
    """Return the name of the document that describes an array."""
    return ".zarray" if version == "0.4" else "zarr.json"


def document_attributes(document: Mapping[str, Any], name: str) -> dict[str, Any]:
    """Return the attributes in a document called `name` (or whose path ends so)."""
    if not name.endswith("zarr.json"):
        return dict(document)
    attributes = document.get("attributes", {})
    if not isinstance(attributes, dict):
        raise MetadataError(
            f"{name} has attributes of type {type(attributes).__name__}, expected an "
            f"object."
        )
    return attributes


def group_json(version: str, attributes: Mapping[str, Any]) -> dict[str, bytes]:
    """Return the files of a group, in the order in which they must be written.

    The attributes come last, so that a crash in between reads as an empty group.
    """
    if version == "0.4":
        return {
            ".zgroup": to_bytes({"zarr_format": 2}),
            ".zattrs": to_bytes(attributes),
        }
    node = {"zarr_format": 3, "node_type": "group", "attributes": dict(attributes)}
    return {"zarr.json": to_bytes(node)}


_encode = json.JSONEncoder(allow_nan=False, ensure_ascii=False).encode
"""Text on one line. ``json`` makes it in C, and indented text, at a tenth of the speed,
in Python: a plate document of 1536 wells is written anew for each well."""

_SCALARS = (str, int, float, type(None))


def to_bytes(document: Mapping[str, Any]) -> bytes:
    """Return a document as it is written: UTF-8, indented, never NaN.

    Small parts, such as the entry of a well, stay on one line.

    Raises
    ------
    MetadataError
        If it holds NaN, an infinity, or what JSON cannot express.
    """
    try:
        return _indented(document, "\n").encode()
    except (ValueError, TypeError, RecursionError) as error:
        raise MetadataError(
            f"The metadata cannot be written as JSON: {error}."
        ) from error


def _indented(value: Any, line: str) -> str:
    """Return JSON text whose further lines start with `line`, a break and blanks."""
    inner = f"{line}  "
    if isinstance(value, dict):
        if all(isinstance(part, _SCALARS) for part in value.values()) or not all(
            isinstance(key, str) for key in value
        ):
            return _encode(value)
        parts = [
            f"{_encode(key)}: {_indented(part, inner)}" for key, part in value.items()
        ]
        return f"{{{inner}{f',{inner}'.join(parts)}{line}}}"
    if not isinstance(value, list | tuple) or not value:
        return _encode(value)
    if all(isinstance(part, _SCALARS) for part in value):
        return _encode(value)
    if isinstance(value[0], dict):
        text = _encode(value)
        count = len(value)
        # As many braces as entries: each is one flat object, and no text holds any.
        if text.count("{") == text.count("}, {") + 1 == count and "[" not in text[1:]:
            entries = text[1:-1].replace("}, {", f"}},{inner}{{")
            return f"[{inner}{entries}{line}]"
    parts = [_indented(part, inner) for part in value]
    return f"[{inner}{f',{inner}'.join(parts)}{line}]"


def canonical(document: Mapping[str, Any]) -> bytes:
    """Return the same bytes for equal documents, however they were formatted."""
    return json.dumps(document, sort_keys=True, separators=(",", ":")).encode()
