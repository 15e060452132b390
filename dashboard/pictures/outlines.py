"""Outlines of the objects of a mask, drawn into a picture."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

COLOUR = (255, 212, 0)
"""As on screen, see ``assets/pixels/outlines.js``."""

_SIDE_OF_A_LINE = 1000
"""Pixels of a picture for each pixel of a line's width."""


def draw_outlines(picture: NDArray[np.uint8], mask: NDArray[Any]) -> None:
    """Draw a line along the inner edge of every object of the mask.

    Parameters
    ----------
    picture
        ``(y, x, 3)``; it is changed.
    mask
        A number for each object, 0 where there is none. May have another size than
        the picture; it then covers the same area.
    """
    height, width = picture.shape[:2]
    edge = edges(_sized(mask, height, width))
    for _ in range(max(height, width) // _SIDE_OF_A_LINE):
        edge = _grown(edge)
    picture[edge] = COLOUR


def edges(mask: NDArray[Any]) -> NDArray[np.bool_]:
    """Return the pixels of objects that have a pixel of something else beside them.

    Beyond the mask there is nothing.

    >>> import numpy
    >>> edges(numpy.array([[0, 7, 7, 7], [0, 7, 7, 7], [0, 7, 7, 7]])).astype(int)
    array([[0, 1, 1, 1],
           [0, 1, 0, 1],
           [0, 1, 1, 1]])
    """
    framed = np.pad(mask, 1)
    inner = framed[1:-1, 1:-1]
    neighbours = (
        framed[:-2, 1:-1],
        framed[2:, 1:-1],
        framed[1:-1, :-2],
        framed[1:-1, 2:],
    )
    edge: NDArray[np.bool_] = np.zeros(mask.shape, bool)
    for neighbour in neighbours:
        edge |= inner != neighbour
    edge &= inner != 0
    return edge


def _grown(edge: NDArray[np.bool_]) -> NDArray[np.bool_]:
    grown = edge.copy()
    grown[1:] |= edge[:-1]
    grown[:, 1:] |= edge[:, :-1]
    return grown


def _sized(mask: NDArray[Any], height: int, width: int) -> NDArray[Any]:
    rows = np.arange(height) * mask.shape[0] // height
    columns = np.arange(width) * mask.shape[1] // width
    sized: NDArray[Any] = mask[rows[:, None], columns]
    return sized
