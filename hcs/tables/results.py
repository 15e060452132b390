"""A table of results: columns and rows, which become CSV, Parquet or a DataFrame.

A wide table has a column for each number; a tidy one a row for each.
"""

from __future__ import annotations

import csv
import io
import math
import os
import re
import sys
import unicodedata
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hcs.errors import SourceError, StoreError
from hcs.extras import extra
from hcs.stores.location import possible_path

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

Cell = str | int | float | None
"""Of a table; None and NaN are missing values."""

STDOUT = "-"
"""Instead of a file: standard output, as CSV."""

_EXECUTED = frozenset("=+-@|%")
"""A spreadsheet takes a text that begins so for a formula; also in full width (＝)."""

_UNSEEN = ("C", "Z")
"""Categories of characters that some programs pass over before they look for one:
controls, marks without a width, and spaces of every kind."""

_PLAIN_NUMBER = re.compile(r"[+-]?\d+(\.\d*)?([eE][+-]?\d+)?", re.ASCII)


def safe_cell(value: Cell) -> Cell:
    """Return a cell that is text and not a formula for every spreadsheet.

    >>> safe_cell("=1+1"), safe_cell("-6.1"), safe_cell(-6.1), safe_cell(None)
    ("'=1+1", '-6.1', -6.1, '')

    Parameters
    ----------
    value
        A cell; what is no text stays as it is.
    """
    if _missing(value):
        return ""
    if not isinstance(value, str) or _PLAIN_NUMBER.fullmatch(value):
        return value
    return f"'{value}" if _is_executed(value) else value


def _is_executed(text: str) -> bool:
    if text[:1].isalnum():  # nearly all are
        return False
    seen = (letter for letter in text if unicodedata.category(letter)[0] not in _UNSEEN)
    first = unicodedata.normalize("NFKC", next(seen, ""))[:1]
    return first in _EXECUTED or text.startswith(("\t", "\r", "\n"))


def _missing(value: Cell) -> bool:
    return value is None or (isinstance(value, float) and math.isnan(value))


@dataclass(frozen=True, slots=True, kw_only=True)
class Feature:
    """A column of numbers that were measured."""

    column: str
    metric: str
    """Id of the definition, or the column's own name where another program measured."""

    channel: str = ""
    unit: str = ""
    key: str = ""
    """Id and version of the definition, ``"mean@1"``; "" where it is none of ours."""


@dataclass(frozen=True, slots=True)
class ResultTable:
    """Columns and rows; a missing value is None.

    All tables of results have the same names of columns, which
    [the documentation](results.md) lists.
    """

    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    features: tuple[Feature, ...] = ()
    """The columns that hold measured numbers."""

    def records(self) -> list[dict[str, Cell]]:
        """Return the rows as mappings."""
        return [dict(zip(self.columns, row, strict=True)) for row in self.rows]

    def to_pandas(self) -> Any:
        """Return it as a ``pandas.DataFrame``; missing numbers are NaN.

        Raises
        ------
        MissingExtraError
            Without pandas.
        """
        with extra("pandas", "A DataFrame", instead="or use records()"):
            import pandas
        frame = pandas.DataFrame.from_records(list(self.rows), columns=self.columns)
        numbers = [f.column for f in self.features if f.column in self.columns]
        return frame.astype(dict.fromkeys(numbers, float))

    def tidy(self) -> ResultTable:
        """Return it with a row for each number instead of a column.

        ``Metric``, ``Channel``, ``Unit`` and ``Value`` follow the columns that are no
        numbers. What has no value is left out.
        """
        measured = {feature.column for feature in self.features}
        others = [name for name in self.columns if name not in measured]
        place = {name: index for index, name in enumerate(self.columns)}
        rows = tuple(
            (
                *(row[place[name]] for name in others),
                feature.metric,
                feature.channel,
                feature.unit,
                row[place[feature.column]],
            )
            for row in self.rows
            for feature in self.features
            if not _missing(row[place[feature.column]])
        )
        return ResultTable((*others, "Metric", "Channel", "Unit", "Value"), rows)

    def csv(self) -> str:
        """Return it as CSV that no spreadsheet executes."""
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\r\n")
        writer.writerow(map(safe_cell, self.columns))
        writer.writerows([[safe_cell(cell) for cell in row] for row in self.rows])
        return text.getvalue()

    def parquet(self) -> bytes:
        """Return it as a Parquet file; numbers stay numbers, nothing is changed.

        Its metadata has the keys of all definitions under ``hcs.metrics``, for whoever
        compares the numbers with another year's.

        Raises
        ------
        MissingExtraError
            Without pyarrow.
        """
        pyarrow, parquet = _pyarrow()
        columns = {
            name: _column(pyarrow, [row[index] for row in self.rows])
            for index, name in enumerate(self.columns)
        }
        keys = ",".join(dict.fromkeys(f.key for f in self.features if f.key))
        table = pyarrow.table(columns).replace_schema_metadata({"hcs.metrics": keys})
        out = io.BytesIO()
        parquet.write_table(table, out)
        return out.getvalue()

    def write(self, target: str | os.PathLike[str]) -> None:
        """Write it to a ``.csv`` or ``.parquet`` file in one step, or ``"-"``.

        Parameters
        ----------
        target
            The file; ``"-"`` is standard output, as CSV.

        Raises
        ------
        SourceError
            If the name ends with neither.
        StoreError
            If it cannot be written.
        MissingExtraError
            If it is Parquet, and pyarrow is not installed.
        """
        if os.fspath(target) == STDOUT:
            sys.stdout.write(self.csv().replace("\r\n", "\n"))
            return
        path = Path(target)
        check_target(path)
        is_parquet = path.suffix.lower() == ".parquet"
        data = self.parquet() if is_parquet else self.csv().encode()
        # Under a name that is not made of the file's, which may be as long as can be.
        aside = path.with_name(f".{uuid.uuid4().hex}.part")
        try:
            aside.write_bytes(data)
            aside.replace(path)
        except OSError as error:
            reason = error.strerror or error
            raise StoreError(f"{path} cannot be written: {reason}.") from error
        finally:
            aside.unlink(missing_ok=True)


def result_table(
    rows: Iterable[Mapping[str, Cell]],
    features: Iterable[Feature] = (),
    *,
    columns: Iterable[str] = (),
    last: Sequence[str] = (),
) -> ResultTable:
    """Return the table of some rows; a column that a row lacks is missing in it.

    Parameters
    ----------
    rows
        Cells by column.
    features
        What the columns of numbers are; those that no row has are left out.
    columns
        Those that are there also without any row, before all others.
    last
        Columns that stand at the end, also where the first rows lack others.
    """
    records = list(rows)
    named = (name for row in records for name in row)
    names = list(dict.fromkeys([*columns, *named]))
    names.sort(key=lambda name: name in last)
    return ResultTable(
        tuple(names),
        tuple(tuple(row.get(name) for name in names) for row in records),
        tuple(feature for feature in features if feature.column in names),
    )


def joined(tables: Sequence[ResultTable]) -> ResultTable:
    """Return the rows of several tables in one, with the columns of all.

    Parameters
    ----------
    tables
        In the order in which their rows are to stand.
    """
    features = {f.column: f for table in tables for f in table.features}
    rows = (row for table in tables for row in table.records())
    names = (name for table in tables for name in table.columns)
    return result_table(rows, features.values(), columns=names)


def check_target(target: str | os.PathLike[str]) -> None:
    """Find out whether a table could be written there, before minutes are spent.

    Parameters
    ----------
    target
        Path of the table that is going to be written.

    Raises
    ------
    SourceError
        If the name ends with neither ``.csv`` nor ``.parquet``.
    StoreError
        If there is no folder to write into, or the name is too long.
    MissingExtraError
        If it is Parquet, and pyarrow is not installed.
    """
    if os.fspath(target) == STDOUT:
        return
    path = Path(target)
    if path.suffix.lower() not in (".csv", ".parquet"):
        raise SourceError(
            f"A table cannot be written to {path.name!r}; name a file that ends with "
            f".csv or .parquet, or - for standard output."
        )
    possible_path(path)
    if not path.absolute().parent.is_dir():
        raise StoreError(f"There is no folder {path.absolute().parent} to write into.")
    if path.suffix.lower() == ".parquet":
        _pyarrow()


def _column(pyarrow: Any, cells: Sequence[Cell]) -> Any:
    """Return a column of one type: text as soon as there is one, or a huge number."""
    if any(isinstance(cell, str) or _is_huge(cell) for cell in cells):
        texts = [None if _missing(cell) else str(cell) for cell in cells]
        return pyarrow.array(texts, pyarrow.string())
    if any(isinstance(cell, float) for cell in cells):
        numbers = [None if _missing(cell) else cell for cell in cells]
        return pyarrow.array(numbers, pyarrow.float64())
    if any(isinstance(cell, int) for cell in cells):
        return pyarrow.array(cells, pyarrow.int64())
    return pyarrow.nulls(len(cells), pyarrow.float64())


def _is_huge(cell: Cell) -> bool:
    """Whether 64 bits do not hold a number: documents number acquisitions at will."""
    return isinstance(cell, int) and not -(1 << 63) <= cell < 1 << 63


def _pyarrow() -> tuple[Any, Any]:
    with extra("parquet", "A table in Parquet", instead="or use CSV"):
        import pyarrow
        from pyarrow import parquet
    return pyarrow, parquet
