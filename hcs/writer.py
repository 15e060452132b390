"""Writing plates: a context manager, and the functions of one call."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, TypeVar

from hcs import hierarchy
from hcs.convert import copy_plate
from hcs.draft import Draft, open_draft
from hcs.errors import (
    ConflictError,
    StoreError,
    WriterStateError,
)
from hcs.folder import DirectoryTarget
from hcs.metadata import Plate, Who, as_plate
from hcs.person import login_name as login_name
from hcs.places import is_archive, local_path, object_target
from hcs.settle import NO_WAIT, settle_at_end
from hcs.source import as_source
from hcs.staging import Storage, field_name, write_aside

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from pathlib import Path
    from types import TracebackType
    from typing import Self

    from hcs.metadata import FieldVersion
    from hcs.target import Target

T = TypeVar("T")
Item = TypeVar("Item")


class HCSPlateWriter:
    """Writes the fields of one plate; use it as a context manager.

    Where nothing is at `store`, the plate is written in place and can be read from the
    first field on. Where a plate is and `overwrite` is true, the new one is built
    beside it and takes its place at a clean end; with ``overwrite=False`` fields are
    added to it or corrected. An ``.ozx`` archive is built beside its place and put
    there in one step at the end.

    A field that could not be written is remembered until it is written after all; a
    clean end with such fields raises `WriterStateError`.

    Parameters
    ----------
    store
        Path of a directory or of an ``.ozx`` archive.
    plate_metadata
        The plate: its rows, columns and wells. Of another library's plates too.
    version
        NGFF version; by default that of the existing plate, else of `plate_metadata`,
        else ``"0.5"``.
    overwrite
        Whether an existing plate is replaced. A folder that holds anything else is
        never.
    who
        Whom the history names; by default the login name.
    annotations
        What to add to our own key of the plate document, see `annotate`.
    progress
        Called after each field with the number written and the number expected (None
        where `plate_metadata` has no ``field_count``).
    verify, durable
        Whether each field is read back, and waited for until it is on the disk.
    grace
        Seconds that readers may hold on to the path of a field that was corrected here,
        by default ``config.settle_grace``: so long the end waits before it brings the
        field back to its first path. 0 where nobody reads the plate now.

    Notes
    -----
    Thread safety: `write_well_image` may be called from many threads, and writers of
    several processes may share a plate (``overwrite=False``).
    """

    def __init__(
        self,
        store: str | Path,
        plate_metadata: Plate | Any | None = None,
        version: str | None = None,
        overwrite: bool = True,
        *,
        who: Who | None = None,
        annotations: Mapping[str, Any] | None = None,
        progress: Callable[[int, int | None], None] | None = None,
        verify: bool = True,
        durable: bool = True,
        grace: float | None = None,
    ) -> None:
        self.store = store
        self._given = None if plate_metadata is None else as_plate(plate_metadata)
        self._foreign = not isinstance(plate_metadata, Plate)
        self._version, self._overwrite = version, overwrite
        self._who = who or login_name()
        self._annotations = dict(annotations or {})
        self._progress = progress
        self._verify, self._durable, self._grace = verify, durable, grace
        self._draft: Draft | None = None
        self._state = "new"
        self._lock = threading.Lock()
        self._failures: dict[tuple[object, ...], str] = {}
        self._written: set[tuple[str, str]] = set()
        self._count = 0
        self._corrected: set[str] = set()

    # --- life ------------------------------------------------------------------------

    def __enter__(self) -> Self:
        if self._state != "new":
            raise WriterStateError(
                f"The writer of {self.store} was entered before; make a new one."
            )
        self._draft = open_draft(
            self.store,
            self._given,
            self._version,
            overwrite=self._overwrite,
            foreign=self._foreign,
            annotations=self._annotations,
            durable=self._durable,
        )
        self._draft.verify = self._verify
        self._written = _listed(self._draft.target)
        self._state = "open"
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._state = "closed"
        draft = self._open_draft()
        if error is not None:
            for note in draft.abandon(self._count):
                error.add_note(note)
            return
        if self._failures:
            notes = " ".join(draft.abandon(self._count))
            listed = "; ".join(self._failures.values())
            raise WriterStateError(
                f"{len(self._failures)} field(s) could not be written to {self.store}: "
                f"{listed}. {notes}"
            )
        draft.finish()
        if not draft.aside and self._corrected:
            settle_at_end(draft.target, tuple(self._corrected), self._grace)

    @property
    def written(self) -> frozenset[tuple[str, str]]:
        """The fields that the plate has: pairs of well path and field name.

        Ask it after a crash, to write only what is missing.
        """
        self._open_draft()
        with self._lock:
            return frozenset(self._written)

    @property
    def version(self) -> str:
        """The NGFF version that is written."""
        return self._open_draft().version

    def _open_draft(self) -> Draft:
        if self._draft is None:
            raise WriterStateError(
                f"The writer of {self.store} is not open; use it in a with statement."
            )
        return self._draft

    # --- fields ----------------------------------------------------------------------

    def write_well_image(
        self,
        multiscales: Any,
        row_name: str,
        column_name: str,
        field_index: int = 0,
        acquisition_id: int | None = 0,
        well_metadata: Any | None = None,
        *,
        label: str | None = None,
        source: str | None = None,
        reason: str | None = None,
        **storage: Any,
    ) -> FieldVersion:
        """Write one field; a field that exists gets a new version.

        Parameters
        ----------
        multiscales
            A `Multiscales` or an `NgffImage`, of this library or of ngff-zarr. Coarser
            levels are made where it has one level only.
        row_name, column_name
            Names from the plate's rows and columns.
        field_index
            Index of the field in the well and acquisition, 0 or more.
        acquisition_id
            Id of a declared acquisition; 0 or None where the plate declares none.
        well_metadata
            Accepted for the sake of the API; the well document is made from what is
            written.
        label
            What the source calls the field, such as ``"s1"``.
        source
            Name of the file it came from.
        reason
            Why, for the history.
        **storage
            ``chunks``, ``shards``, ``codec``, ``levels``: see `hcs.staging.Storage`.

        Returns
        -------
            The entry of the field's history.

        Raises
        ------
        WriterStateError
            If the writer is not open.
        ConflictError
            If somebody else writes the same field at the same time.
        HCSError
            If names, indices or pixels cannot be used, or the store fails.
        """
        if self._state != "open":
            raise WriterStateError(
                f"The writer of {self.store} is not open; write inside its with "
                f"statement."
            )
        key = (row_name, column_name, repr(field_index), repr(acquisition_id))
        try:
            version = self._write(
                multiscales,
                (row_name, column_name),
                (field_index, acquisition_id),
                Storage(**{"verify": self._verify, **storage}),
                label=label,
                source=source,
                reason=reason,
            )
        except BaseException as error:
            with self._lock:
                self._failures[key] = (
                    f"well {row_name}/{column_name} field {field_index}: "
                    f"{str(error) or type(error).__name__}"
                )
            raise
        with self._lock:
            self._failures.pop(key, None)
        return version

    def _write(
        self,
        multiscales: Any,
        names: tuple[str, str],
        identity: tuple[int, int | None],
        storage: Storage,
        *,
        label: str | None,
        source: str | None,
        reason: str | None,
    ) -> FieldVersion:
        target = self._open_draft().target
        state = hierarchy.read_plate_state(target)
        entry = hierarchy.locate_well(state, *names)
        well = hierarchy.read_well_state(target, state.version, entry.path)
        name = field_name(state, well, *identity)
        staged = write_aside(
            target,
            state,
            well,
            name,
            as_source(multiscales),
            storage,
            label=label,
            file_name=source,
        )
        try:
            version = staged.commit(who=self._who, reason=reason)
        except ConflictError:
            staged.discard()
            raise
        self._done(entry.path, staged.place.name, version.action == "correct")
        return version

    def _done(self, well: str, name: str, corrected: bool) -> None:
        with self._lock:
            self._count += 1
            if corrected:
                self._corrected.add(well)
            self._written.add((well, name))
            done = len(self._written)
        if self._progress is not None:
            plate = self._given
            expected = None
            if plate is not None and plate.field_count is not None:
                expected = plate.field_count * len(plate.wells)
            self._progress(done, expected)

    def map(
        self,
        function: Callable[[Item], T],
        items: Iterable[Item],
        max_workers: int | None = None,
    ) -> list[T]:
        """Call `function` with each item in threads, and raise what it raised.

        Unlike ``Executor.map``, whose errors show only where its results are read.

        Parameters
        ----------
        function
            Takes one item; calls `write_well_image`.
        items
            One a field, or a well.
        max_workers
            Number of threads; by default the executor's.
        """
        with ThreadPoolExecutor(max_workers, thread_name_prefix="hcs-write") as pool:
            futures = [pool.submit(function, item) for item in items]
            try:
                return [future.result() for future in futures]
            except BaseException:
                for future in futures:
                    future.cancel()
                raise

    def annotate(self, content: Mapping[str, Any]) -> None:
        """Add to our own key of the plate document; keys given before are replaced.

        Parameters
        ----------
        content
            For example ``conditions``, ``gaps``, ``import`` or ``channels``; None takes
            a key away.
        """
        hierarchy.annotate(self._open_draft().target, content)


def _listed(target: Target) -> set[tuple[str, str]]:
    state = hierarchy.read_plate_state(target)
    found = set()
    for entry in state.plate.wells:
        well = hierarchy.read_well_state(target, state.version, entry.path)
        found |= {(entry.path, well.name_of(image)) for image in well.well.images}
    return found


def write_hcs_well_image(
    store: str | Path,
    multiscales: Any,
    plate_metadata: Plate | Any,
    row_name: str,
    column_name: str,
    field_index: int = 0,
    acquisition_id: int | None = 0,
    well_metadata: Any | None = None,
    version: str | None = None,
    *,
    who: Who | None = None,
    **kwargs: Any,
) -> FieldVersion:
    """Write one field of a plate, which is made if it does not exist.

    For many fields, and for an ``.ozx`` archive, `HCSPlateWriter` is quicker.

    Parameters
    ----------
    store
        Path of a directory or of an ``.ozx`` archive.
    plate_metadata
        The plate; used where none exists yet, checked where one does.
    version
        NGFF version; by default that of the existing plate, else of `plate_metadata`,
        else ``"0.5"``.
    multiscales, row_name, column_name, field_index, acquisition_id, well_metadata
        See `HCSPlateWriter.write_well_image`, also for `kwargs`.

    Returns
    -------
        The entry of the field's history.
    """
    with HCSPlateWriter(
        store, plate_metadata, version, overwrite=False, who=who, grace=NO_WAIT
    ) as writer:
        return writer.write_well_image(
            multiscales,
            row_name,
            column_name,
            field_index,
            acquisition_id,
            well_metadata,
            **kwargs,
        )


def to_hcs_zarr(
    plate: Any,
    store: str | Path,
    *,
    version: str | None = None,
    overwrite: bool | None = None,
    progress: Callable[[int, int | None], None] | None = None,
    history: bool = True,
) -> None:
    """Write a plate: its document, or all of it where it has fields.

    Parameters
    ----------
    plate
        An `HCSPlate`. One of metadata only gives a plate without fields, to which
        `write_hcs_well_image` adds; one that was read from a store is copied whole,
        and converted where `version` differs.
    store
        Path of a directory or of an ``.ozx`` archive.
    version
        NGFF version of the copy; by default the plate's, else ``"0.5"``.
    overwrite
        Whether a plate at `store` is replaced. By default only one without fields is.
    progress
        Called after each field with the number written and the number there are.
    history
        Whether the versions of each field are named in the copy; the pixels of the
        live one alone are copied.

    Raises
    ------
    StoreError
        If `store` holds something else, a plate with fields while `overwrite` is not
        given, or the very plate that is to be copied.
    """
    metadata = as_plate(getattr(plate, "metadata", plate))
    copied = getattr(plate, "store", None) is not None
    if overwrite is None:
        overwrite = not _has_fields(store)
        if not overwrite and not copied:
            raise StoreError(
                f"{store} is a plate with fields; pass overwrite=True to replace it."
            )
    if copied:
        copy_plate(
            plate,
            store,
            version=version,
            overwrite=overwrite,
            progress=progress,
            history=history,
        )
        return
    with HCSPlateWriter(store, metadata, version, overwrite):
        pass


def _has_fields(store: str | Path) -> bool:
    target: Target | None = object_target(store)
    if target is None:
        path = local_path(store)
        if is_archive(path):
            return path.exists()
        target = DirectoryTarget(path)
    return hierarchy.has_plate(target) and bool(_listed(target))
