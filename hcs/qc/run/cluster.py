"""A Dask cluster as an executor."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

from hcs.errors import StoreError
from hcs.extras import extra

if TYPE_CHECKING:
    from collections.abc import Iterator
    from concurrent.futures import Executor

_PATIENCE = "10s"
"""How long a scheduler may take to answer."""


@contextlib.contextmanager
def connected(address: str | None) -> Iterator[Executor | None]:
    """Give the executor of a Dask scheduler for as long as it is used.

    Parameters
    ----------
    address
        ``"tcp://host:8786"``. Its workers have this package, and see plates under
        the same locations. None gives None, for who measures without a cluster.

    Raises
    ------
    MissingExtraError
        If Dask is not installed.
    StoreError
        If no scheduler answers.
    """
    if address is None:
        yield None
        return
    with extra("cluster", "A Dask scheduler"):
        import distributed
    make: Any = distributed.Client
    try:
        client = make(address, timeout=_PATIENCE, set_as_default=False)
    except (OSError, ValueError) as error:
        raise StoreError(f"No Dask scheduler answers at {address}: {error}") from error
    try:
        yield client.get_executor()
    finally:
        client.close()
