"""A plate that is built beside its place and put there in one step at the end."""

from __future__ import annotations

import logging
import shutil
from typing import TYPE_CHECKING

from hcs.writing.targets import hierarchy, step
from hcs.writing.targets.archive_file import directory_sources, write_archive
from hcs.writing.targets.folder import DirectoryTarget, exchange
from hcs.writing.targets.lock import locked
from hcs.writing.targets.siblings import sibling_path, trash_path
from hcs.writing.targets.target import store_errors

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from hcs.writing.targets.target import Target

    Settle = Callable[[Target], object]

_log = logging.getLogger(__name__)


class DraftTarget(DirectoryTarget):
    """A directory that takes the place of another at the end.

    Parameters
    ----------
    final
        The place where the plate belongs.
    settle
        Brings corrected fields home before the plate takes its place: nobody can hold
        on to a path of it.
    """

    live = False

    def __init__(self, final: Path, settle: Settle, *, durable: bool = True) -> None:
        super().__init__(sibling_path(final), durable=durable)
        self.final = final
        self._settle = settle

    def finish(self, *, verify: bool) -> None:
        """Settle all, and put the plate in its place."""
        self._settle(self)
        self._take_place(verify)

    def _take_place(self, verify: bool) -> None:
        swap(self.root, self.final)

    def abandon(self, fields: int) -> list[str]:
        """Leave the place as it was; a plate that has fields stays beside it."""
        if not fields:
            shutil.rmtree(self.root, ignore_errors=True)
            return [f"{self.final} was left as it was."]
        return [
            f"{self.final} was left as it was. The {fields} field(s) written so far "
            f"are kept in {self.root}; go on with {self._next_step()}."
        ]

    def _next_step(self) -> str:
        return f"a writer on '{self.root}' with overwrite=False"


class DraftArchiveTarget(DraftTarget):
    """A directory that is packed into an archive at the end.

    The directory need not outlive a crash: only the archive is named by anything.
    """

    def __init__(self, final: Path, settle: Settle) -> None:
        super().__init__(final, settle, durable=False)

    def _take_place(self, verify: bool) -> None:
        state = hierarchy.read_plate_document(self)
        with self.lock():
            sources = directory_sources(self.root)
            write_archive(sources, self.final, state.version, verify=verify)
        shutil.rmtree(self.root)

    def _next_step(self) -> str:
        return f"hcs pack '{self.root}' '{self.final}'"


def swap(new: Path, final: Path) -> None:
    """Put a complete plate in the place of another, and remove that.

    In one step where the system can; else the place is empty for a moment. Readers of
    that moment may mix both: open the plate again.
    """
    trash = trash_path(new)
    with store_errors(f"Could not put {new} in the place of {final}", final):
        step.reached("swap")
        # Whoever commits to the old plate is done, or meets the new one.
        with locked(final):
            if exchange(new, final):
                step.reached("swapped")
                new.rename(trash)
            else:
                step.reached("swap away")
                final.rename(trash)
                step.reached("swap in")
                new.rename(final)
        step.reached("swap trash")
        try:
            shutil.rmtree(trash)
        except OSError as error:
            _log.warning(
                "%s was replaced, but the plate that was there could not be removed: "
                "%s. It takes up space in %s; delete it, or run: hcs recover '%s'",
                *(final, error.strerror or error, trash, final),
            )
