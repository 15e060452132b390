"""Walk a store and report everything that is wrong with it.

`validate` is the way in. The rules themselves are pure and lie in `hcs.rules`; here
is what reads the documents for them, in a few rounds whatever the number of wells.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from hcs.rules.problem import Problem

__all__ = ["validate"]

_log = logging.getLogger(__name__)


def validate(
    store: Any,
    *,
    pixels: bool = False,
    progress: Callable[[int, int], None] | None = None,
) -> list[Problem]:
    """Return everything that is wrong with a plate, an image or an archive.

    Parameters
    ----------
    store
        What `hcs.open_store` takes: a path, an address, a zarr store or group; or an
        open `HCSPlate`. It may hold a plate, a well, an image, a label image or a
        collection of images.
    pixels
        Also decode every chunk; a missing or broken one is reported for its field, and
        the others are still read. Without it, only documents are read.
    progress
        Called with the number of wells done and their total.

    Returns
    -------
        All findings, broken MUSTs as errors and broken SHOULDs as warnings; empty for
        a sound store. What is only ours (gaps, corrections that are not settled yet)
        is a warning whose clause is ``"hcs"``.

    Raises
    ------
    StoreError, PlateNotFoundError
        If the location cannot be opened at all.

    Notes
    -----
    The cost is linear in wells, fields and levels: each document is read once.
    """
    from hcs.stores.location import opened_store
    from hcs.stores.store import PlateStore
    from hcs.validation.store import validate_store
    from hcs.work import Work

    opened = getattr(store, "store", store)
    if not isinstance(opened, PlateStore):
        opened = store
    with opened_store(opened) as plate_store:
        name = f"Validating {plate_store.location}"
        with Work(_log, name, progress) as work:
            return validate_store(plate_store, pixels, work)
