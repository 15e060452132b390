"""The tus protocol 1.0 as text: headers read and spelled, nothing done.

Core with creation, termination and expiration; see <https://tus.io/protocols>.
"""

from __future__ import annotations

import base64
import binascii
import re
from email.utils import formatdate
from typing import TYPE_CHECKING

from dashboard.uploads.values import FileToSend, Purpose
from hcs.errors import HCSError

if TYPE_CHECKING:
    from tornado.httputil import HTTPHeaders

    from dashboard.uploads.values import UploadedFile

VERSION = "1.0.0"
EXTENSIONS = "creation,termination,expiration"
CONTENT_TYPE = "application/offset+octet-stream"

_METADATA_LENGTH = 8192
_DIGITS = 18


_MOST_SECONDS = 50
"""Longer than that, proxies take a server for dead."""


class TusError(HCSError, ValueError):
    """A header that the protocol asks for is missing or malformed."""


class MediaTypeError(TusError):
    """A body is said to be something else than bytes of a file."""


def number(headers: HTTPHeaders, name: str) -> int:
    """Return the whole number >= 0 of a header.

    Raises
    ------
    TusError
        If it is not there or none.
    """
    text = headers.get(name, "")
    if not (text.isascii() and text.isdigit() and len(text) <= _DIGITS):
        raise TusError(f"{name} must be a whole number of bytes, and is {text[:40]!r}.")
    return int(text)


def metadata(text: str) -> dict[str, str]:
    """Return the pairs of ``Upload-Metadata``; a key without a value has "".

    >>> metadata("filename QjAyLnRpZg==,is_confidential")
    {'filename': 'B02.tif', 'is_confidential': ''}

    Raises
    ------
    TusError
        If it is spelled otherwise.
    """
    if len(text) > _METADATA_LENGTH:
        raise TusError(f"Upload-Metadata may have {_METADATA_LENGTH:,} characters.")
    pairs: dict[str, str] = {}
    for pair in text.split(",") if text.strip() else ():
        key, _, value = pair.strip().partition(" ")
        if not key or not key.isascii() or key in pairs:
            raise TusError("Upload-Metadata names a key twice, or none.")
        try:
            pairs[key] = base64.b64decode(value, validate=True).decode()
        except (binascii.Error, ValueError):
            raise TusError(f"Upload-Metadata: {key} is no UTF-8 in Base64.") from None
    return pairs


def purpose_of(headers: HTTPHeaders) -> Purpose:
    """Return what a file is announced for, as far as that can be read."""
    try:
        return Purpose(metadata(headers.get("Upload-Metadata", ""))["purpose"])
    except (ValueError, KeyError):
        return Purpose.CORRECTION


def plate_of(headers: HTTPHeaders) -> str:
    """Return the plate that a file is announced for, as far as that can be read."""
    try:
        return metadata(headers.get("Upload-Metadata", "")).get("plate", "")
    except TusError:
        return ""


def offset_of(headers: HTTPHeaders) -> int:
    """Return where the bytes of a request begin.

    Raises
    ------
    MediaTypeError, TusError
        If the body is no bytes of a file, or it does not say where they begin.
    """
    if headers.get("Content-Type", "").partition(";")[0].strip() != CONTENT_TYPE:
        raise MediaTypeError(f"Say Content-Type: {CONTENT_TYPE}.")
    return number(headers, "Upload-Offset")


def seconds_to_wait(headers: HTTPHeaders) -> float:
    """Return how long an answer may take by ``Prefer: wait=20`` (RFC 7240)."""
    match = re.search(r"\bwait=(\d{1,3})\b", headers.get("Prefer", ""))
    return min(int(match[1]), _MOST_SECONDS) if match else 0.0


def file_of(headers: HTTPHeaders) -> FileToSend:
    """Return what a creation says of its file.

    Of the metadata are read ``filename``, ``folder`` (or ``relativePath``, that ends
    with the name), ``modified`` (milliseconds), ``digest``, ``purpose``, ``plate`` and
    ``well``.

    Raises
    ------
    TusError
        If the length is missing, or something is malformed.
    """
    if "Upload-Defer-Length" in headers:
        raise TusError("The length must be said at the start, by Upload-Length.")
    written = headers.get("Upload-Metadata", "")
    pairs = metadata(written)
    path = pairs.get("relativePath", "")
    modified = pairs.get("modified", "")
    purpose = pairs.get("purpose", Purpose.CORRECTION)
    if purpose not in list(Purpose):
        allowed = ", ".join(Purpose)
        raise TusError(f"Upload-Metadata: purpose is {purpose[:40]!r}, not {allowed}.")
    return FileToSend(
        name=pairs.get("filename") or pairs.get("name") or path,
        size=number(headers, "Upload-Length"),
        folder=pairs.get("folder", path.rpartition("/")[0]),
        modified=int(modified) if modified.isdigit() and len(modified) < _DIGITS else 0,
        digest=pairs.get("digest", ""),
        purpose=Purpose(purpose),
        plate=pairs.get("plate", ""),
        well=pairs.get("well", ""),
        metadata=written,
    )


def expires(file: UploadedFile) -> str:
    """Return when an upload goes, as ``Upload-Expires`` says it."""
    return formatdate(file.expires, usegmt=True)
