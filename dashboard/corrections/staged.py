"""The corrections that were prepared and are not committed, of all pages."""

from __future__ import annotations

import contextlib
import dataclasses
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from dashboard.errors import BlockedError, NotServedError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from dashboard.corrections.assembly import Assembly
    from dashboard.corrections.pixel_traits import ChannelTraits
    from dashboard.corrections.values import Staged
    from dashboard.plates.served import ServedPlate
    from hcs import NgffImage


@dataclass(slots=True, eq=False)
class StagedCorrection:
    """A staged correction with what only the server needs."""

    view: Staged
    """What pages see of it."""

    token: str
    owner: str
    """Subject of the visitor whose it is."""

    plate: ServedPlate
    path: str
    """Path of the well."""

    file: Path
    """Its pixels, an ``.npy`` in the workspace."""

    images: tuple[NgffImage, ...]
    assembly: Assembly
    uploads: tuple[str, ...]
    label: str | None
    traits: tuple[ChannelTraits, ...] = ()
    """What the channels that files bring are known by."""

    committing: threading.Lock = field(default_factory=threading.Lock)
    """Held while it is written to its plate."""

    @contextlib.contextmanager
    def alone(self) -> Iterator[None]:
        """Let nobody else commit or discard it meanwhile.

        Raises
        ------
        BlockedError
            If it is being committed already.
        """
        if not self.committing.acquire(blocking=False):
            raise BlockedError("It is being committed at this moment.")
        try:
            yield
        finally:
            self.committing.release()


class StagedCorrections:
    """The table of staged corrections.

    Thread safety: one lock guards the table; each correction has its own for
    committing.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._table: dict[str, StagedCorrection] = {}

    def add(self, correction: StagedCorrection) -> None:
        """Take a correction in."""
        with self._lock:
            self._table[correction.view.id] = correction

    def get(self, identifier: str, owner: str | None = None) -> StagedCorrection:
        """Return a correction, whoever's it is where no owner is named.

        Raises
        ------
        NotServedError
            If there is none of this id (any more), or it is somebody else's.
        """
        with self._lock:
            correction = self._table.get(identifier)
        if correction is None or owner not in (None, correction.owner):
            raise NotServedError(
                "There is no such staged correction; it may have been committed or "
                "discarded, or its page was closed."
            )
        return correction

    def of_owner(self, owner: str, key: str) -> list[StagedCorrection]:
        """Return what a visitor has staged for a plate."""
        with self._lock:
            return [
                entry
                for entry in self._table.values()
                if entry.owner == owner and entry.plate.key == key
            ]

    def of_page(self, token: str) -> list[StagedCorrection]:
        """Return what a page has staged."""
        with self._lock:
            return [
                correction
                for correction in self._table.values()
                if correction.token == token
            ]

    def committing(self) -> bool:
        """Whether any of them is being written to its plate at this moment."""
        with self._lock:
            return any(
                correction.committing.locked() for correction in self._table.values()
            )

    def confirm(
        self, identifier: str, kind: str, owner: str, *, confirmed: bool
    ) -> Staged:
        """Note whether a person wants a difference.

        Raises
        ------
        BlockedError
            If the difference cannot be confirmed away.
        """
        correction = self.get(identifier, owner)
        with self._lock:
            for difference in correction.view.differences:
                if difference.kind == kind and confirmed and not difference.confirmable:
                    raise BlockedError(
                        f"This cannot be confirmed: {difference.message}"
                    )
            correction.view = dataclasses.replace(
                correction.view,
                differences=tuple(
                    dataclasses.replace(difference, confirmed=confirmed)
                    if difference.kind == kind
                    else difference
                    for difference in correction.view.differences
                ),
            )
            return correction.view

    def remove(self, correction: StagedCorrection) -> int:
        """Forget a correction and its file; return the bytes that this frees."""
        with self._lock:
            self._table.pop(correction.view.id, None)
        with contextlib.suppress(OSError):
            nbytes = correction.file.stat().st_size
            correction.file.unlink()
            return nbytes
        return 0
