"""Requests to object stores and web servers, made through obstore.

Its errors are many and show whole addresses, with what was in them; so they become ours
here, with the reason and without the address.
"""

from __future__ import annotations

import re
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from hcs.errors import HCSError, StoreError
from hcs.extras import extra
from hcs.settings import config
from hcs.stores.store import too_large

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator


def obstore_module() -> Any:
    """Return obstore.

    Raises
    ------
    MissingExtraError
        If it is not installed.
    """
    with extra("remote", "An address"):
        import obstore
    return obstore


def options_of(
    start: int, length: int | None, tag: str | None = None
) -> dict[str, Any] | None:
    """Return the options that ask for a part, and only of the object of a tag."""
    options: dict[str, Any] = {}
    if start < 0:
        options["range"] = {"suffix": -start}
    elif length is not None:
        options["range"] = (start, start + length)
    elif start:
        options["range"] = {"offset": start}
    if tag is not None:
        options["if_match"] = tag
    return options or None


def get_part(
    store: Any,
    key: str,
    start: int,
    length: int | None,
    where: str,
    limit: int,
    tag: str | None = None,
) -> bytes | None:
    """Return a part of an object, None where it is absent; no bytes beyond it."""
    if length == 0:
        return b""
    try:
        with requesting(where):
            result = obstore_module().get(
                store, key, options=options_of(start, length, tag)
            )
            check_size(result, where, limit)
            return bytes(result.bytes())
    except FileNotFoundError:
        return None


def get_tail(store: Any, key: str, length: int, where: str) -> tuple[Any, bytes]:
    """Return what is known of an object, and its last bytes."""
    obstore = obstore_module()
    try:
        with requesting(where):
            result = obstore.get(store, key, options={"range": {"suffix": length}})
            return result.meta, bytes(result.bytes())
    except StoreError as error:
        # Some servers do ranges, but not from the end; they answer 400 or 416.
        if "answered 4" not in str(error):
            raise
    with requesting(where):
        meta = obstore.head(store, key)
        start = max(int(meta["size"]) - length, 0)
    return meta, get_part(store, key, start, length, where, length) or b""


def check_size(result: Any, where: str, limit: int) -> None:
    """Check how much an answer holds, before its body is read."""
    first, end = result.range
    if end - first > limit:
        raise too_large(where, end - first, limit)


def stamp_of(meta: Any) -> Hashable:
    """Return entity tag or time of change, and size."""
    return (meta.get("e_tag") or meta.get("last_modified"), meta.get("size"))


@contextmanager
def requesting(where: str, failed: str = "Cannot read") -> Iterator[None]:
    """Turn errors of obstore, of which there are many, into ours."""
    try:
        yield
    except (FileNotFoundError, HCSError):
        raise
    except Exception as error:  # noqa: BLE001
        # Not chained: theirs show the whole address, with what was in it.
        raise StoreError(f"{failed} {where}: {_reason(error)}.") from None


def _reason(error: Exception) -> str:
    text = str(error).partition("\n")[0]
    name = type(error).__name__
    if name == "NotSupportedError":
        return (
            "the server ignores requests for parts of a file, and the whole file is "
            "not downloaded; use another server or unpack the plate"
        )
    if name == "PreconditionError":
        return "it was replaced since it was opened; open it again"
    status = re.search(r"status code: (\d{3}[A-Za-z ]*)", text)
    if status is not None:
        return f"the server answered {status[1].strip()}"
    if "timed out" in str(error) or "TimedOut" in str(error):
        return f"no answer within {config.request_timeout:g} s"
    if "error sending request" in text or "onnect" in str(error):
        return "the server cannot be reached"
    if name in ("PermissionDeniedError", "UnauthenticatedError", "PermissionError"):
        return "access is denied"
    return re.sub(r"\S+://\S+", "its address", text)[:200] or name
