"""Operators of numpy on arrays that are read when they are needed.

What is asked is done by numpy itself on the pixels, so that it cannot answer otherwise.
Functions (`numpy.concatenate`, ...) take the pixels by ``__array__``, or call the
array's own method where there is one. It has no ``__array_function__``: with that and
`chunks`, xarray would take it for an array of a library that it does not know.
"""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Operator = Callable[[Any, Any], NDArray[Any]]


def _operated(name: str) -> Operator:
    operate = getattr(operator, name)

    def method(self: Any, other: Any) -> Any:
        if _refuses(other):
            return NotImplemented
        return operate(read(self), read(other))

    return method


def _reflected(name: str) -> Operator:
    operate = getattr(operator, name)

    def method(self: Any, other: Any) -> Any:
        if _refuses(other):
            return NotImplemented
        return operate(read(other), read(self))

    return method


def _refuses(other: Any) -> bool:
    """Whether a type says that it wants no function of numpy, so knows what to do."""
    return getattr(other, "__array_ufunc__", read) is None


class Operators:
    """What an array with ``__array__`` and ``ndim`` needs to be used as one of numpy's.

    Operators and functions read all pixels and return arrays of numpy; those that
    change their left side (``+=``) make it the result.
    """

    __slots__ = ()

    __eq__ = _operated("eq")  # type: ignore[assignment]
    __ne__ = _operated("ne")  # type: ignore[assignment]
    __lt__ = _operated("lt")
    __le__ = _operated("le")
    __gt__ = _operated("gt")
    __ge__ = _operated("ge")
    __add__, __radd__ = _operated("add"), _reflected("add")
    __sub__, __rsub__ = _operated("sub"), _reflected("sub")
    __mul__, __rmul__ = _operated("mul"), _reflected("mul")
    __matmul__, __rmatmul__ = _operated("matmul"), _reflected("matmul")
    __truediv__, __rtruediv__ = _operated("truediv"), _reflected("truediv")
    __floordiv__, __rfloordiv__ = _operated("floordiv"), _reflected("floordiv")
    __mod__, __rmod__ = _operated("mod"), _reflected("mod")
    __pow__, __rpow__ = _operated("pow"), _reflected("pow")
    __lshift__, __rlshift__ = _operated("lshift"), _reflected("lshift")
    __rshift__, __rrshift__ = _operated("rshift"), _reflected("rshift")
    __and__, __rand__ = _operated("and_"), _reflected("and_")
    __or__, __ror__ = _operated("or_"), _reflected("or_")
    __xor__, __rxor__ = _operated("xor"), _reflected("xor")

    __hash__ = None  # type: ignore[assignment]  # as of all that compares by pixels

    def __divmod__(self, other: Any) -> tuple[NDArray[Any], NDArray[Any]]:
        pair: tuple[NDArray[Any], NDArray[Any]] = divmod(read(self), read(other))
        return pair

    def __rdivmod__(self, other: Any) -> tuple[NDArray[Any], NDArray[Any]]:
        pair: tuple[NDArray[Any], NDArray[Any]] = divmod(read(other), read(self))
        return pair

    def __neg__(self) -> NDArray[Any]:
        return operator.neg(read(self))

    def __pos__(self) -> NDArray[Any]:
        return operator.pos(read(self))

    def __abs__(self) -> NDArray[Any]:
        return abs(read(self))

    def __invert__(self) -> NDArray[Any]:
        return operator.invert(read(self))

    def __bool__(self) -> bool:
        return bool(self._single())

    def __int__(self) -> int:
        return int(self._single())

    def __float__(self) -> float:
        return float(self._single())

    def __complex__(self) -> complex:
        return complex(self._single())

    def __index__(self) -> int:
        return operator.index(self._single())

    def _single(self) -> Any:
        """Return the only pixel; of several an array that numpy refuses likewise."""
        size: int = getattr(self, "size")  # noqa: B009  (of the class that uses this)
        return read(self) if size == 1 else np.empty(min(size, 2))

    def __array_ufunc__(
        self, ufunc: np.ufunc, method: str, *inputs: Any, **options: Any
    ) -> Any:
        # Read-only pixels: what would write into them (`out`, `at`) could never reach
        # the store, so it fails.
        return getattr(ufunc, method)(*_guarded(inputs), **_guarded(options))


def read(value: Any) -> Any:
    """Return the pixels of a lazy array, and anything else as it is."""
    return np.asarray(value) if isinstance(value, Operators) else value


def _guarded(value: Any) -> Any:
    """Return a value with read-only pixels for the lazy arrays in it."""
    if isinstance(value, Operators):
        pixels = np.asarray(value)
        pixels.flags.writeable = False
        return pixels
    if type(value) is tuple:
        return tuple(map(_guarded, value))
    if type(value) is dict:
        return {name: _guarded(entry) for name, entry in value.items()}
    return value
