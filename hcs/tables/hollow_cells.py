"""Cells of a sheet that show a value in a spreadsheet and are read as empty.

Of merged cells only the first holds the value; a formula that no spreadsheet has
computed holds none. Both are common in plate maps, and conditions of wells would be
missing without a word.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from hcs.wording import counted, some

if TYPE_CHECKING:
    from collections.abc import Collection

_INSIDE = rb"[^<>]{0,400}"
"""Attributes of a tag. Bounded: a sheet of many tags that never end would be searched
from each to its end, for minutes in which no thread of the server runs."""

_SPACE = rb"\s{0,80}"
_MERGED = re.compile(
    rb"<mergeCell\b" + _INSIDE + rb'\bref="([A-Z]{1,3})(\d{1,7}):([A-Z]{1,3})(\d{1,7})"'
)
_UNCOMPUTED = re.compile(
    rb"<c\b%b\br=\"([A-Z]{1,3}\d{1,7})\"%b>%b<f\b%b(?:/>|>[^<]{0,8192}</f>)%b"
    rb"(?:<v%b/>|<v>%b</v>)?%b</c>"
    % (_INSIDE, _INSIDE, _SPACE, _INSIDE, _SPACE, _SPACE, _SPACE, _SPACE)
)
_HEADER_ROWS = 2
"""Filled rows at the top, in which titles and groups of columns are merged."""

_SHOWN: Final = 4


def hollow_cells(sheet: bytes, lines: Collection[int]) -> tuple[str, ...]:
    """Return sentences on the cells of a sheet that seem empty and are not.

    Parameters
    ----------
    sheet
        The sheet's part of the workbook, an XML document.
    lines
        Numbers of the rows that hold anything, from 1.
    """
    header = set(sorted(lines)[:_HEADER_ROWS])
    merged = [
        f"{left.decode()}{top.decode()}:{right.decode()}{bottom.decode()}"
        for left, top, right, bottom in _MERGED.findall(sheet)
        if int(bottom) > int(top) or int(top) not in header
    ]
    formulas = [cell.decode() for cell in _UNCOMPUTED.findall(sheet)]
    notes = []
    if merged:
        notes.append(
            f"{counted(len(merged), 'group')} of cells are merged "
            f"({some(merged, _SHOWN, str)}); the value counts for the first of each "
            f"alone. Take the merging back and fill all of them."
        )
    if formulas:
        notes.append(
            f"{counted(len(formulas), 'formula')} without a value "
            f"({some(formulas, _SHOWN, str)}) count as empty. Open the workbook in a "
            f"spreadsheet and save it again."
        )
    return tuple(notes)
