"""Writing plates: a context manager, and the functions of one call."""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar

from hcs.errors import WriterStateError
from hcs.foreign_plate import as_plate
from hcs.metadata import Plate, Who
from hcs.rules.writable import check_listed
from hcs.settings import config
from hcs.work import Work
from hcs.writing.draft import PlateDraft, check_request, open_draft
from hcs.writing.encoding.storage import ArrayStorage, array_storage
from hcs.writing.person import login_name
from hcs.writing.targets import hierarchy
from hcs.writing.versions.settle import settle_at_end
from hcs.writing.versions.staging import write_field
from hcs.writing.versions.unsettled import Grace
from hcs.writing.written_fields import WrittenFields, expected_fields, in_threads

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from pathlib import Path
    from types import TracebackType
    from typing import Self

    from hcs.metadata import FieldVersion
    from hcs.writing.draft import Overwrite

_log = logging.getLogger(__name__)

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
        Whether an existing plate is replaced. One that holds what cannot be made again
        (corrections, the record of an import, a table of verdicts) is not, unless this
        is ``"acquired"``. A folder that holds anything but a plate is never.
    who
        Whom the history names; by default the login name.
    annotations
        What to add to our own key of the plate document, see `annotate`.
    progress
        Called after each field with the number written and the number expected (None
        where `plate_metadata` has no ``field_count``).
    verify, durable
        Whether each field is read back, and waited for until it is on the disk; both
        are always done where a plate is replaced.
    grace
        Seconds that readers may hold on to the path of a field that was corrected here,
        by default ``config.settle_grace``: so long the end waits before it brings the
        field back to its first path, which it says; Ctrl+C ends the waiting. 0 where
        nobody reads the plate now. Fields that were first written by this writer are
        not waited for.

    Raises
    ------
    UnsupportedVersionError
        If the version cannot be written, or not into an archive, or is not the plate's.
    MetadataError, InvalidPathError
        If the plate may not be written.

    Notes
    -----
    Thread safety: `write_well_image` may be called from many threads, and writers of
    several processes may share a plate (``overwrite=False``).

    Examples
    --------
    >>> import numpy as np
    >>> import hcs
    >>> layout = hcs.Plate(
    ...     rows=[hcs.PlateRow("A")],
    ...     columns=[hcs.PlateColumn("1"), hcs.PlateColumn("2")],
    ...     wells=[hcs.PlateWell("A/1", 0, 0), hcs.PlateWell("A/2", 0, 1)],
    ...     name="my plate",
    ... )
    >>> pixels = np.zeros((2, 64, 64), "uint16")  # c, y, x
    >>> image = hcs.to_multiscales(hcs.to_ngff_image(pixels, dims=("c", "y", "x")))
    >>> with HCSPlateWriter("my_plate.ozx", layout) as writer:
    ...     for column in ("1", "2"):
    ...         _ = writer.write_well_image(image, "A", column, field_index=0)
    >>> len(list(hcs.from_hcs_zarr("my_plate.ozx").fields()))
    2
    """

    def __init__(
        self,
        store: str | Path,
        plate_metadata: Plate | Any | None = None,
        version: str | None = None,
        overwrite: Overwrite = True,
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
        check_request(
            store, self._given, version, overwrite=overwrite, foreign=self._foreign
        )
        self._who = who or login_name()
        self._annotations = dict(annotations or {})
        self._verify, self._durable, self._grace = verify, durable, grace
        self._draft: PlateDraft | None = None
        self._work: Work | None = None
        self._progress = progress
        self._state = "new"
        self._fields = WrittenFields()

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
        self._fields = WrittenFields(hierarchy.listed_fields(self._draft.target))
        name = f"Writing {self._draft.target.location}"
        self._work = Work(_log, name, self._progress).begin()
        self._state = "open"
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        raise WriterStateError(
            f"The writer of {self.store} cannot be pickled: what it holds open belongs "
            f"to this process. Use threads (see `map`), or open a writer in each "
            f"process with overwrite=False; several may write to one plate."
        )

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._state = "closed"
        draft = self._open_draft()
        assert self._work is not None  # noqa: S101  (it began when this was entered)
        try:
            self._close(draft, error)
        except BaseException as failure:
            self._work.end(failure)
            raise
        self._work.end(error)

    def _close(self, draft: PlateDraft, error: BaseException | None) -> None:
        if error is not None:
            for note in draft.target.abandon(self._fields.count):
                error.add_note(note)
            return
        failures = self._fields.failures
        if failures:
            notes = " ".join(draft.target.abandon(self._fields.count))
            listed = "; ".join(text.rstrip(".") for text in failures)
            raise WriterStateError(
                f"{len(failures)} field(s) could not be written to {self.store}: "
                f"{listed}. {notes}"
            )
        draft.finish()
        corrected = self._fields.corrected
        if draft.target.live and corrected:
            seconds = config.settle_grace if self._grace is None else self._grace
            grace = Grace(seconds, frozenset(self._fields.made))
            settle_at_end(draft.target, corrected, grace)

    @property
    def written(self) -> frozenset[tuple[str, str]]:
        """The fields that the plate has: pairs of well path and field name.

        Ask it after a crash, to write only what is missing.

        Raises
        ------
        WriterStateError
            If the writer was never entered.
        """
        self._open_draft()
        return self._fields.written

    @property
    def version(self) -> str:
        """The NGFF version that is written.

        Raises
        ------
        WriterStateError
            If the writer was never entered.
        """
        return self._open_draft().version

    def _open_draft(self) -> PlateDraft:
        if self._draft is None:
            raise WriterStateError(
                f"The writer of {self.store} is not open; use it in a with statement."
            )
        return self._draft

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
            A `Multiscales` or an `NgffImage`, of this library or of ngff-zarr, with
            axes ``t c z y x`` in that order, less those that it lacks. Coarser levels
            are made where it has one level only.
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
            How arrays are stored. ``chunks``: pixels along y and x, one number, ``(y,
            x)`` or a mapping of axes; by default planes, in parts of at most 1024 where
            a side is longer than 2048. ``levels``: how many are made, by default until
            both sides are at most 256. ``codec``: ``"blosc-lz4"``, ``"blosc-zstd"``,
            ``"zstd"``, ``"gzip"`` or ``"none"``. ``shards``: False for a file a chunk;
            by default a level is one file where the format has shards.
            ``chunks_per_shard``: for several files a level, one number or a mapping of
            axes. ``verify``: whether to read everything back, True by default.

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

        Examples
        --------
        From several threads at once:

        >>> import hcs
        >>> with hcs.from_hcs_zarr("demo.ome.zarr") as plate:
        ...     layout, image = plate.metadata, plate.get_well("A", "1").get_image(0)
        >>> with HCSPlateWriter("copy.ome.zarr", layout) as writer:
        ...     write = lambda column: writer.write_well_image(image, "A", column)
        ...     [event.path for event in writer.map(write, ["1", "2"])]
        ['0', '0']
        """
        if self._state != "open":
            raise WriterStateError(
                f"The writer of {self.store} is not open; write inside its with "
                f"statement."
            )
        key = (row_name, column_name, repr(field_index), repr(acquisition_id or 0))
        try:
            target = self._open_draft().target
            # Read each time: other processes may be writing to the plate.
            check_listed(
                row_name,
                column_name,
                self._given,
                hierarchy.read_plate_document(target).plate,
            )
            slot, version = write_field(
                target,
                (row_name, column_name),
                (field_index, acquisition_id),
                multiscales,
                self._storage(storage),
                who=self._who,
                label=label,
                source=source,
                reason=reason,
            )
        except BaseException as error:
            reason = str(error) or type(error).__name__
            place = f"well {row_name}/{column_name} field {field_index}"
            self._fields.failed(key, f"{place}: {reason}")
            raise
        done = self._fields.done(key, slot, version)
        if self._work is not None:
            self._work(done, expected_fields(self._given))
        return version

    def _storage(self, options: dict[str, Any]) -> ArrayStorage:
        storage = array_storage({"verify": self._verify, **options})
        return replace(storage, verify=True) if self._open_draft().replaces else storage

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

        Returns
        -------
            What the calls returned, in the order of the items.

        Raises
        ------
        Exception
            What the first item that failed raised, after those under way have ended;
            items not yet begun are left out.
        """
        return in_threads(function, items, max_workers)

    def annotate(self, content: Mapping[str, Any]) -> None:
        """Add to our own key of the plate document; keys given before are replaced.

        Parameters
        ----------
        content
            For example ``conditions``, ``gaps``, ``import`` or ``channels``; None takes
            a key away.

        Raises
        ------
        WriterStateError
            If the writer was never entered.
        MetadataError
            If the plate document has become invalid.
        StoreError
            If it cannot be written.
        """
        hierarchy.annotate(self._open_draft().target, content)
