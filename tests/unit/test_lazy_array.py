"""Lazy arrays: what is asked of them is answered as numpy does of the pixels."""

from __future__ import annotations

import operator
import pickle
import warnings
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import zarr
from hypothesis import given, settings
from hypothesis import strategies as st

import hcs
from hcs.images import blocks
from hcs.ngff.multiscale import write_image

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from numpy.typing import NDArray

    Expression = Callable[[Any], Any]

SHAPE = (2, 1, 7, 6)
DIMS = "czyx"
TYPES = [
    *("|b1", "|u1", "<u2", "<u4", "<u8", "|i1", "<i2", "<i4", "<i8"),
    *("<f2", "<f4", "<f8", ">u2", ">i4", ">u8", ">f2", ">f4"),
]
"""Every type that is decoded, and types of the other order of bytes."""


@cache
def pixels(dtype: str) -> NDArray[Any]:
    """Return integers at both ends of a type, so that sums wrap, and small floats."""
    kind = np.dtype(dtype)
    random = np.random.default_rng(0)
    if kind.kind == "f":
        values = random.normal(0, 3, SHAPE).astype(kind)
        values[0, 0, 0, :3] = np.nan, np.inf, 0
        return values
    if kind.kind == "b":
        return random.random(SHAPE) > 0.5
    low, high = np.iinfo(kind).min, np.iinfo(kind).max
    values = random.integers(low, high, SHAPE, dtype=kind.newbyteorder("="))
    values[0, 0, 0, :4] = low, high, 0, 1
    return values.astype(kind)


@pytest.fixture(scope="module")
def arrays(tmp_path_factory: pytest.TempPathFactory) -> dict[str, hcs.LazyArray]:
    folder = tmp_path_factory.mktemp("types")
    return {dtype: stored(folder / str(at), dtype) for at, dtype in enumerate(TYPES)}


def stored(path: Path, dtype: str) -> hcs.LazyArray:
    """Return the pixels of a type as they are read from Zarr v2, which has them all."""
    image = hcs.to_ngff_image(pixels(dtype), dims=DIMS)
    described = hcs.to_multiscales(image, scale_factors=[]).metadata
    group = zarr.open_group(path, mode="w", zarr_format=2)
    group.attrs.update(write_image(described, "0.4"))
    group.create_array("0", data=pixels(dtype), chunks=(1, 1, 4, 3))
    array = hcs.from_ome_zarr(path).images[0].data
    assert isinstance(array, hcs.LazyArray)
    return array


# --- expressions ---------------------------------------------------------------------

numbers = st.sampled_from([0, 1, -3, 300, 2.5, True, np.uint8(7), np.float32(0.5)])
rows: NDArray[Any] = np.arange(6, dtype="u1")
operands = numbers | st.just(rows)
number_types = st.sampled_from(["u1", "i8", "f4", "f8", ">u2", "?", "c8"])


@st.composite
def views(draw: st.DrawFn) -> Expression:
    """What lazy arrays answer by lazy arrays."""
    kind = draw(st.sampled_from(["same", "T", "transpose", "squeeze", "astype"]))
    if kind == "transpose":
        axes = draw(st.permutations(range(4)))
        return lambda data: data.transpose(axes)
    if kind == "squeeze":
        axis = draw(st.sampled_from([None, 1, (1,), -3, 0]))
        return lambda data: data.squeeze(axis)
    if kind == "astype":
        dtype = draw(number_types)
        return lambda data: data.astype(dtype)
    return (lambda data: data) if kind == "same" else (lambda data: data.T)


BINARY = [
    *("add", "sub", "mul", "truediv", "floordiv", "mod", "pow", "lshift", "rshift"),
    *("and_", "or_", "xor", "eq", "ne", "lt", "le", "gt", "ge"),
]
UNARY = [operator.neg, operator.pos, operator.abs, operator.invert]
REDUCTIONS = ["sum", "mean", "std", "var", "min", "max", "any", "all"]
FUNCTIONS: list[Expression] = [
    *(np.count_nonzero, np.median, np.ravel, np.unique, np.flip, np.cumsum, np.sqrt),
    *(np.argmax, np.diff, np.isnan, np.shape, np.ndim, np.size, np.transpose, np.clip),
    lambda data: np.reshape(data, -1),
    lambda data: np.concatenate([data, data]),
    lambda data: np.stack([data, data], axis=-1),
    lambda data: np.where(data > 3, data, 0),
    lambda data: np.add(data, data, dtype="f8"),
    lambda data: np.maximum.reduce(data, axis=0),
    lambda data: np.percentile(data, [10, 90]),
    lambda data: np.histogram(np.nan_to_num(np.asarray(data, "f8")), 4)[0],
    lambda data: divmod(data, 3)[1],
    lambda data: data @ np.ones(6),
    lambda data: 5 in data,
    lambda data: next(iter(data)),
    lambda data: bool(data),
    lambda data: int(data),
    len,
]


@st.composite
def expressions(draw: st.DrawFn) -> Expression:
    kind = draw(st.sampled_from(["binary", "unary", "reduce", "function", "key"]))
    if kind == "binary":
        operate, operand = (
            getattr(operator, draw(st.sampled_from(BINARY))),
            draw(operands),
        )
        if draw(st.booleans()):
            return lambda data: operate(operand, data)
        return lambda data: operate(data, operand)
    if kind == "unary":
        return draw(st.sampled_from(UNARY))
    if kind == "reduce":
        return draw(reduced())
    if kind == "function":
        return draw(st.sampled_from(FUNCTIONS))
    return draw(keys())


@st.composite
def reduced(draw: st.DrawFn, names: tuple[str, ...] = tuple(REDUCTIONS)) -> Expression:
    name = draw(st.sampled_from(names))
    options: dict[str, Any] = {
        "axis": draw(st.sampled_from([None, 0, -1, (0, 2), (1, 2, 3), (), 4, (0, 0)])),
        "keepdims": draw(st.booleans()),
    }
    if name in ("sum", "mean", "std", "var") and draw(st.booleans()):
        options["dtype"] = draw(st.sampled_from(["f4", "f8", "i2", "u8", "c8"]))
    if name in ("std", "var"):
        options["ddof"] = draw(st.sampled_from([0, 1]))
    function = getattr(np, name)
    if draw(st.booleans()):
        return lambda data: function(data, **options)
    return lambda data: getattr(data, name)(**options)


@st.composite
def keys(draw: st.DrawFn) -> Expression:
    """Keys of every kind, those that hold the array itself included."""
    kind = draw(st.sampled_from(["mask", "lazy mask", "some axes", "arrays"]))
    level = draw(st.sampled_from([0, 5, 1e9]))
    if kind == "mask":
        return lambda data: data[np.asarray(data) > level]
    if kind == "lazy mask":
        return lambda data: data[data > level]
    if kind == "some axes":
        return lambda data: data[:, np.asarray(data)[0] > level]
    parts = st.one_of(
        st.integers(-2, 2),
        st.slices(6),
        st.lists(st.integers(-2, 1), max_size=3),
        st.just(np.array([[0, 1], [1, 0]])),
        st.just(np.array([True, False])),
        st.none(),
        st.just(...),
    )
    key = tuple(draw(st.lists(parts, max_size=5)))
    return lambda data: data[key]


def outcome(expression: Expression, data: Any) -> tuple[Any, type[Exception] | None]:
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        # numpy takes them still where the result is empty, and says that it will not.
        warnings.filterwarnings("error", message="out of bound index")
        try:
            answer = expression(data)
            lazy = isinstance(answer, hcs.LazyArray)
            return (np.asarray(answer) if lazy else answer), None
        except Exception as error:
            return None, type(error)


def assert_same(array: Any, expected: Any) -> None:
    assert np.shape(array) == np.shape(expected)
    assert np.asarray(array).dtype == np.asarray(expected).dtype
    np.testing.assert_array_equal(array, expected)


@pytest.mark.parametrize(
    "key",
    [
        np.s_[:, :, [[0, 1], [1, 0]], ..., [0, 1]],
        np.s_[:, [0], ..., [0, 1], :],
        np.s_[[0, 1], ..., [0, 0]],
        np.s_[..., [0, 1], [1, 0]],
        np.s_[0, ..., [0, 0], :, [1, 0]],
        np.s_[1, 0, 2, 3, ...],
    ],
)
def test_indices_on_both_sides_of_an_ellipsis_are_apart(
    arrays: dict[str, hcs.LazyArray], key: Any
) -> None:
    assert_same(arrays["<u2"][key], pixels("<u2")[key])


@settings(max_examples=400)
@given(st.sampled_from(TYPES), views(), expressions())
def test_an_expression_is_what_numpy_makes_of_the_pixels(
    arrays: dict[str, hcs.LazyArray],
    dtype: str,
    view: Expression,
    expression: Expression,
) -> None:
    expected, refused = outcome(lambda data: expression(view(data)), pixels(dtype))
    value, failed = outcome(lambda data: expression(view(data)), arrays[dtype])
    if refused is not None:
        assert failed is not None, f"numpy raises {refused}; this answers {value!r}"
        return
    if failed is IndexError and np.size(expected) == 0:
        return  # an index outside the array, which chooses no pixel
    assert failed is None, f"numpy answers {expected!r}; this raises {failed}"
    assert_same(value, expected)


@pytest.mark.parametrize("key", [([], [1]), (-1, [-2], []), ([], [1], None)])
def test_an_index_outside_is_refused_also_where_no_pixel_would_be_chosen(
    arrays: dict[str, hcs.LazyArray], key: tuple[Any, ...]
) -> None:
    assert pixels("<u2")[key].size == 0
    with pytest.raises(IndexError, match="is outside axis 1 of 1"):
        arrays["<u2"][key]


@settings(max_examples=150)
@given(st.sampled_from(TYPES), views(), reduced())
def test_reductions_by_blocks_are_those_of_numpy(
    arrays: dict[str, hcs.LazyArray],
    dtype: str,
    view: Expression,
    expression: Expression,
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(blocks, "AT_ONCE", 32)
        expected, refused = outcome(lambda data: expression(view(data)), pixels(dtype))
        value, failed = outcome(lambda data: expression(view(data)), arrays[dtype])
        viewed, _ = outcome(view, pixels(dtype))
    assert (failed is None) == (refused is None)
    if refused is not None:
        return
    assert np.shape(value) == np.shape(expected)
    kind = np.asarray(expected).dtype
    assert np.asarray(value).dtype == kind
    if kind.kind not in "fc":
        np.testing.assert_array_equal(value, expected)
    else:
        # numpy adds up in the type itself, so what it gets is the less exact.
        places = 2 if kind.itemsize == 2 else 4
        scale = np.abs(np.nan_to_num(pixels(dtype).astype("f8"), posinf=0)).max()
        # Squares of large pixels overflow there, where sums in float64 do not: what is
        # infinite though no pixel is tells nothing of the answer.
        overflowed = np.isinf(expected) & np.isfinite(viewed).all()
        np.testing.assert_allclose(
            np.where(overflowed, 0, value),
            np.where(overflowed, 0, expected),
            rtol=10.0**-places,
            atol=scale * 10.0**-places,
        )


@pytest.mark.parametrize("name", REDUCTIONS)
def test_a_large_array_is_reduced_without_being_read_whole(
    arrays: dict[str, hcs.LazyArray], name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    array = arrays["<u2"]
    monkeypatch.setattr(blocks, "AT_ONCE", 64)
    monkeypatch.setattr(hcs.config, "max_read_bytes", 64)
    assert array.nbytes > 64
    with pytest.raises(hcs.UnsafeDataError, match=r"config\.max_read_bytes"):
        np.asarray(array)
    expected = getattr(pixels("<u2"), name)(axis=(0, 2))
    np.testing.assert_allclose(getattr(array, name)(axis=(0, 2)), expected)


@pytest.mark.parametrize("dtype", TYPES)
def test_comparisons_are_never_silently_false(
    arrays: dict[str, hcs.LazyArray], dtype: str
) -> None:
    value = pixels(dtype)[1, 0, 2, 3]
    count = np.count_nonzero(pixels(dtype) == value)
    assert count
    assert np.count_nonzero(arrays[dtype] == value) == count
    assert np.count_nonzero(value == arrays[dtype]) == count
    assert np.count_nonzero(arrays[dtype] != value) == pixels(dtype).size - count
    with pytest.raises(ValueError, match="ambiguous"):
        bool(arrays[dtype])
    with pytest.raises(TypeError, match="unhashable"):
        hash(arrays[dtype])


def test_two_lazy_arrays_are_compared_by_their_pixels(
    arrays: dict[str, hcs.LazyArray],
) -> None:
    assert (arrays["<u2"] == arrays["<u2"]).all()
    assert not (arrays["<u2"] == arrays[">u2"] + 1).any()


def test_views_of_an_array_read_nothing(
    arrays: dict[str, hcs.LazyArray], monkeypatch: pytest.MonkeyPatch
) -> None:
    array = arrays["<u2"]
    monkeypatch.setattr(hcs.config, "max_read_bytes", 100)
    view = array.astype("u1").squeeze().transpose(2, 0, 1).astype("f8")
    assert isinstance(view, hcs.LazyArray)
    assert view.shape == (6, 2, 7)
    assert view.dtype == np.dtype("f8")
    assert (view.itemsize, view.size, view.nbytes, view.ndim) == (8, 84, 672, 3)
    assert view.chunks == ((3, 3), (1, 1), (4, 3))
    assert_same(view[1, 0], pixels("<u2")[0, 0, :, 1].astype("u1").astype("f8"))
    again = pickle.loads(pickle.dumps(view))  # noqa: S301
    assert_same(again[:, 1, 2], view[:, 1, 2])
    with pytest.raises(hcs.UnsafeDataError, match="at most 100"):
        view[...]


def test_in_place_operators_make_an_array_and_leave_the_store(
    arrays: dict[str, hcs.LazyArray],
) -> None:
    data: Any = arrays["<u2"]
    data += 1
    assert_same(data, pixels("<u2") + 1)
    assert_same(np.asarray(arrays["<u2"]), pixels("<u2"))


WRITES: dict[str, Expression] = {
    "an item": lambda data: operator.setitem(data, 0, 1),
    "copyto": lambda data: np.copyto(data, 0),
    "put": lambda data: np.put(data, [0], 1),
    "place": lambda data: np.place(data, np.ones(SHAPE, bool), [1]),
    "putmask": lambda data: np.putmask(data, True, 1),
    "fill_diagonal": lambda data: np.fill_diagonal(data, 1),
    "put_along_axis": lambda data: np.put_along_axis(
        data, np.zeros(SHAPE, int), 1, axis=0
    ),
    "add.at": lambda data: np.add.at(data, 0, 1),
    "out of a ufunc": lambda data: np.add(pixels("<u2"), 1, out=data),
    "out of a function": lambda data: np.sum(pixels("<u2"), 3, None, data),
    "out of clip": lambda data: np.clip(pixels("<u2"), 0, 1, out=data),
    "nan_to_num": lambda data: np.nan_to_num(data, copy=False),
    "fill": lambda data: data.fill(0),
}


@pytest.mark.parametrize("write", WRITES.values(), ids=WRITES)
def test_what_would_write_into_pixels_fails(
    arrays: dict[str, hcs.LazyArray], write: Expression
) -> None:
    with pytest.raises((TypeError, ValueError, AttributeError)):
        write(arrays["<u2"])


@pytest.mark.parametrize("name", ["persist", "rechunk", "map_blocks", "reshape"])
def test_what_dask_has_and_this_has_not_names_to_dask(
    arrays: dict[str, hcs.LazyArray], name: str
) -> None:
    with pytest.raises(AttributeError, match=rf"{name}.*to_dask\(\)"):
        getattr(arrays["<u2"], name)
    assert hasattr(arrays["<u2"].to_dask(), name)


def test_an_array_lives_with_those_of_dask_and_xarray(
    arrays: dict[str, hcs.LazyArray],
) -> None:
    xarray = pytest.importorskip("xarray", reason="needs the extra 'xarray'")
    array, values = arrays["<u2"], pixels("<u2")
    lazy = array.to_dask()
    assert lazy.chunks == array.chunks
    assert_same((lazy + array).compute(), values + values)
    assert_same((array + lazy).compute(), values + values)
    assert_same((lazy > array).compute(), values > values)
    labelled = xarray.DataArray(array, dims=list(DIMS))
    assert_same(labelled.max("y").values, values.max(2))
    assert_same((labelled + array).values, values + values)


@pytest.mark.parametrize("key", [True, np.False_, (0, True), (slice(None), False)])
def test_a_truth_value_is_no_index(
    arrays: dict[str, hcs.LazyArray], key: object
) -> None:
    with pytest.raises(IndexError, match="mask"):
        arrays["<u2"][key]


def test_views_of_an_array_that_is_stored_in_another_order_are_right(
    tmp_path: Path,
) -> None:
    values = pixels("<u2").transpose(2, 3, 0, 1)
    described = hcs.to_multiscales(
        hcs.to_ngff_image(pixels("<u2"), dims=DIMS), scale_factors=[]
    ).metadata
    document = write_image(described, "0.4")
    multiscale = document["multiscales"][0]
    axes = {axis["name"]: axis for axis in multiscale["axes"]}
    multiscale["axes"] = [axes[name] for name in "yxcz"]
    group = zarr.open_group(tmp_path / "i", mode="w", zarr_format=2)
    group.attrs.update(document)
    group.create_array("0", data=values, chunks=(4, 3, 1, 1))
    image = hcs.from_ome_zarr(tmp_path / "i")
    data: Any = image.images[0].data
    assert image.dims == tuple(DIMS)
    assert_same(np.asarray(data), pixels("<u2"))
    assert data.chunks == ((1, 1), (1,), (4, 3), (3, 3))
    assert_same(np.asarray(data.T), pixels("<u2").T)
    squeezed = data.squeeze(1).transpose(1, 2, 0)
    assert_same(squeezed[2:5, -1], pixels("<u2")[:, 0].transpose(1, 2, 0)[2:5, -1])
    assert_same(data[data > 300], pixels("<u2")[pixels("<u2") > 300])
    assert_same(data.max(axis=(0, 2)), pixels("<u2").max(axis=(0, 2)))


def test_an_array_that_is_looked_for_has_the_place_that_numpy_gives_it(
    arrays: dict[str, hcs.LazyArray], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(blocks, "AT_ONCE", 32)
    array, values = arrays["<u2"], pixels("<u2")
    corner = np.zeros((2, 1, 1, 1), "u2")  # fits a block, but as other planes
    corner[1] = values[0, 0, 3, 3]
    for sought in (values, values[0, 0, 2], corner):
        assert (sought in array) == (sought in values)


def test_axes_are_ordered_by_an_array_of_numpy(
    arrays: dict[str, hcs.LazyArray],
) -> None:
    view = arrays["<u2"].transpose(np.array([3, 0, 1, 2]))
    assert_same(np.asarray(view), pixels("<u2").transpose(3, 0, 1, 2))
