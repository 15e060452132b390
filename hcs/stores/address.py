"""Addresses of plates: what they begin with, and their parts."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from hcs.errors import StoreError

if TYPE_CHECKING:
    from urllib.parse import SplitResult

REMOTE_SCHEMES = ("http", "https", "s3", "gs", "az")


def split_address(address: str) -> SplitResult:
    """Return the parts of an address.

    Raises
    ------
    StoreError
        If it is none. The address is not repeated: it may hold a password.
    """
    try:
        return urlsplit(address)
    except ValueError as error:
        raise StoreError(f"The address cannot be understood: {error}.") from error
