"""Which of ``t c z y x`` each axis of a document is, whatever it is called there.

Programs name axes as they like (``T C Z Y X``, ``row`` and ``column``) and say by a
type what they mean. Inside, axes are always of `ORDER` and in that order; a document's
own names and its own order of the array are kept for writing.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

ORDER = ("t", "c", "z", "y", "x")
"""All axes there are, in the order in which pixels are handed out."""

TYPES = {"t": "time", "c": "channel", "z": "space", "y": "space", "x": "space"}
"""What a document calls the type of each."""

MICROMETRES = {"nanometer": 1e-3, "micrometer": 1.0, "millimeter": 1e3, "meter": 1e6}
"""How many a unit of length is, as a document spells it."""

_SPACE = ("z", "y", "x")
_SINGLE = {"time": "t", "channel": "c"}
"""Types that only one axis can have, with that axis."""


class NamedAxis(Protocol):
    """What an axis has to have; `hcs.metadata.Axis` is one."""

    @property
    def name(self) -> str:
        """As the document spells it."""

    @property
    def type(self) -> str | None:
        """``"time"``, ``"channel"``, ``"space"``, another word, or None."""


def dims_of(axes: Iterable[NamedAxis]) -> tuple[str, ...]:
    """Return which of `ORDER` each axis is, in the order of `axes`.

    Types decide first. Among axes of space the names z, y and x, of either case, say
    which is which; those that are called otherwise take what is left by their place,
    the last one being x. An axis without a type, or of a type that is none of ours, is
    what its name says. One that is none of `ORDER` keeps its own name.

    >>> from hcs.metadata import Axis
    >>> space = [Axis(name=name, type="space") for name in ("row", "column")]
    >>> dims_of((Axis(name="C", type="channel"), *space))
    ('c', 'y', 'x')
    """
    # Axes may be changed by whoever has them, so they are no key of a cache.
    return _dims_of(tuple([_Named(axis.name, axis.type) for axis in axes]))


class _Named(NamedTuple):
    name: str
    type: str | None


@lru_cache(maxsize=256)
def _dims_of(axes: tuple[_Named, ...]) -> tuple[str, ...]:
    dims: dict[int, str] = {}
    for kind, dim in _SINGLE.items():
        position = _of_type(axes, kind, dim)
        if position is not None:
            dims[position] = dim
    dims |= _spatial(axes)
    for position, axis in enumerate(axes):
        name = axis.name.lower()
        if position not in dims and name in _open_to(axis) - set(dims.values()):
            dims[position] = name
    for position, axis in enumerate(axes):
        if position not in dims:
            dims[position] = _own(axis.name, set(dims.values()))
    return tuple(dims[position] for position in range(len(axes)))


@lru_cache(maxsize=256)
def reading_order(dims: tuple[str, ...]) -> tuple[int, ...]:
    """Return the places of `dims` in the order in which pixels are handed out.

    Where one is none of `ORDER`, all stay where they are: nobody here knows what such
    an image shows.

    >>> reading_order(("x", "y", "c"))
    (2, 1, 0)
    """
    if not set(dims) <= set(ORDER):
        return tuple(range(len(dims)))
    return tuple(
        sorted(range(len(dims)), key=lambda position: ORDER.index(dims[position]))
    )


def inverse(order: Sequence[int]) -> tuple[int, ...]:
    """Return the order that undoes another.

    >>> inverse((2, 0, 1))
    (1, 2, 0)
    """
    return tuple(sorted(range(len(order)), key=order.__getitem__))


def is_spatial(axis: NamedAxis, dim: str) -> bool:
    """Whether an axis, which is `dim` inside, is one of space."""
    return dim in _SPACE or axis.type == "space"


def _of_type(axes: tuple[NamedAxis, ...], kind: str, dim: str) -> int | None:
    positions = [position for position, axis in enumerate(axes) if axis.type == kind]
    named = [position for position in positions if axes[position].name.lower() == dim]
    return next(iter((*named, *positions)), None)


def _spatial(axes: tuple[NamedAxis, ...]) -> dict[int, str]:
    positions = [position for position, axis in enumerate(axes) if axis.type == "space"]
    names = [axes[position].name.lower() for position in positions]
    # A name that two have tells neither from the other: they go by their place.
    named = {
        name: position
        for name, position in zip(names, positions, strict=True)
        if name in _SPACE and names.count(name) == 1
    }
    # What an axis without a type is called is taken, so that z y and an x of no type
    # are three.
    taken = {axis.name.lower() for axis in axes if axis.type is None} | set(named)
    others = [position for position in positions if position not in named.values()]
    letters = [dim for dim in _SPACE if dim not in taken]
    by_position = zip(reversed(others), reversed(letters), strict=False)
    return {position: dim for dim, position in named.items()} | dict(by_position)


def _open_to(axis: NamedAxis) -> set[str]:
    """Return what an axis may be by its name: with a type of ours, only of that."""
    if axis.type in TYPES.values():
        return set()
    return set(ORDER)


def _own(name: str, taken: set[str]) -> str:
    """Return the name of an axis that is none of `ORDER`, unlike all others."""
    while name in taken or name in ORDER:
        name += "_"
    return name
