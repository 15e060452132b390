"""The picture of a whole plate, drawn well by well as their pictures come."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dashboard.pictures import rendering

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    import numpy as np
    from numpy.typing import NDArray

    Cell = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class SpriteCell:
    """What one position of the plate shows."""

    mark: str
    """Changes with the picture that belongs there; "" leaves it empty."""

    ready: Callable[[], bool]
    """Whether drawing it takes no reading of the plate."""

    draw: Callable[[], tuple[str, Cell | None]]
    """The mark of what was found, and its picture, None where it cannot be read."""


class PlateSprite:
    """The cells of one plate in one contrast, kept while they are filled.

    Thread safety: one lock; whoever asks meanwhile waits for what the other has drawn.
    """

    def __init__(self, rows: int, columns: int, size: int) -> None:
        self._lock = threading.Lock()
        self._columns = columns
        self._size = size
        self._marks: list[str] = [""] * (rows * columns)
        self._failed: set[int] = set()
        # As `rendering.sprite` checks its size before anything is allocated.
        self._canvas = rendering.sprite([None] * (rows * columns), size, columns)

    @property
    def nbytes(self) -> int:
        """Bytes of the canvas."""
        return int(self._canvas.nbytes)

    def fill(
        self, cells: Sequence[SpriteCell], seconds: float | None
    ) -> tuple[Cell, tuple[int, ...], bool]:
        """Draw what has changed.

        Parameters
        ----------
        wanted
            One for each position, row by row.
        seconds
            Stop after so long, but draw one cell at least; None draws all.

        Returns
        -------
            A copy of the canvas, the positions that are still to be drawn, and whether
            any of those drawn could not be read.
        """
        end = None if seconds is None else time.monotonic() + seconds
        with self._lock:
            todo = [
                index
                for index, cell in enumerate(cells)
                if cell.mark != self._marks[index]
            ]
            waiting: list[int] = []
            drawn = 0
            for index in todo:
                late = end is not None and drawn and time.monotonic() > end
                if late or not (end is None or cells[index].ready()):
                    waiting.append(index)
                    continue
                self._draw(index, cells[index])
                drawn += 1
            # What nobody has prepared comes last, coarse first, so that all corners
            # of the plate show something soon.
            left: set[int] = set(waiting)
            for index in _spread(waiting):
                if end is not None and drawn and time.monotonic() > end:
                    break
                self._draw(index, cells[index])
                left.discard(index)
                drawn += 1
            return self._canvas.copy(), tuple(sorted(left)), bool(self._failed)

    def _draw(self, index: int, sprite_cell: SpriteCell) -> None:
        top = index // self._columns * self._size
        left = index % self._columns * self._size
        place = self._canvas[top : top + self._size, left : left + self._size]
        place[:] = 0
        self._failed.discard(index)
        mark = sprite_cell.mark
        if mark:
            mark, cell = sprite_cell.draw()
            if cell is None:
                self._failed.add(index)
                cell = rendering.error_cell(self._size)
            height, width = (
                min(cell.shape[0], self._size),
                min(cell.shape[1], self._size),
            )
            down, across = (self._size - height) // 2, (self._size - width) // 2
            place[down : down + height, across : across + width] = cell[:height, :width]
        self._marks[index] = mark


def bitmap(indices: Iterable[int], count: int) -> str:
    """Return positions as hexadecimal digits, four positions a digit, first ones first.

    >>> bitmap([0, 5], 6)
    '84'
    """
    digits = [0] * ((count + 3) // 4)
    for index in indices:
        digits[index // 4] |= 8 >> (index % 4)
    return "".join(f"{digit:x}" for digit in digits)


def _spread(indices: Sequence[int]) -> list[int]:
    step = 16
    spread: list[int] = []
    seen: set[int] = set()
    while step:
        for index in indices[::step]:
            if index not in seen:
                seen.add(index)
                spread.append(index)
        step //= 2
    return spread
