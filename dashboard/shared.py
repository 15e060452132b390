"""What many pages show alike, made once: results of pure functions.

A result is kept by what it was made of. Values of which nothing changes, such as an
overview or what was decided on a plate, are known by which object they are: the
service hands out the same one until it changes. So two readers share a result exactly
where they were handed the same values; who may see less, as in a blind review, was
handed others, and gets what was made of those.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

from hcs.cache import LRUCache

if TYPE_CHECKING:
    from collections.abc import Callable

_Inputs = ParamSpec("_Inputs")
_Result = TypeVar("_Result")

_MOST = 400
"""Results that are kept: some for each plate that is open, and metric that is shown."""

_BY_VALUE = (str, int, float, bool, type(None))


class Shared:
    """Results by the function that made them, and what it was given.

    Thread safety: two threads may make the same result at once; one of them is kept.

    Parameters
    ----------
    most
        Results that are kept: those that were asked for last.
    """

    def __init__(self, most: int = _MOST) -> None:
        self._results: LRUCache[tuple[object, ...], tuple[object, Any]] = LRUCache(most)

    def of(
        self,
        make: Callable[_Inputs, _Result],
        *inputs: _Inputs.args,
        **named: _Inputs.kwargs,
    ) -> _Result:
        """Return what `make` returns for these inputs, made once.

        Parameters
        ----------
        make
            A function of a module, whose result depends on its inputs alone, and is
            not changed by anybody.
        inputs, named
            Numbers, texts and tuples of them, which are compared, and values that
            nobody changes.
        """
        values = (*inputs, *named.values())
        key = (make, *named, *map(_mark, values))
        known = self._results.get(key)
        if known is None:
            # What was given is kept, too: else another object could get its place.
            known = (values, make(*inputs, **named))
            self._results.set(key, known)
        result: _Result = known[1]
        return result


def _mark(value: object) -> object:
    if type(value) in _BY_VALUE:
        return type(value), value
    if type(value) is tuple and all(type(item) in _BY_VALUE for item in value):
        return tuple(map(_mark, value))
    return id(value)
