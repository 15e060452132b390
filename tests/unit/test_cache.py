"""The bounded cache."""

from __future__ import annotations

from collections import OrderedDict
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hcs.cache import LRUCache


def test_the_value_unused_for_longest_goes_first() -> None:
    cache: LRUCache[str, int] = LRUCache(max_size=2)
    cache.set("a", 1)
    cache.set("b", 2)
    assert cache.get("a") == 1
    cache.set("c", 3)
    assert "b" not in cache
    assert cache["a"] == 1
    assert cache["c"] == 3


def test_none_is_a_value() -> None:
    cache: LRUCache[str, None] = LRUCache()
    cache["a"] = None
    assert "a" in cache
    assert cache["a"] is None
    assert cache.get("a", 7) is None  # type: ignore[arg-type]
    assert cache.get("b", 7) == 7  # type: ignore[arg-type]


def test_an_absent_key_is_a_key_error() -> None:
    with pytest.raises(KeyError, match="'a'"):
        LRUCache()["a"]
    with pytest.raises(KeyError, match="'a'"):
        del LRUCache()["a"]


def test_a_cache_of_size_zero_keeps_nothing() -> None:
    cache: LRUCache[str, int] = LRUCache(max_size=0)
    cache.set("a", 1)
    assert cache.get("a") is None
    assert len(cache) == 0


def test_no_bound_keeps_everything() -> None:
    cache: LRUCache[int, int] = LRUCache(max_size=None)
    for number in range(1000):
        cache[number] = number
    assert len(cache) == 1000


@pytest.mark.parametrize("bound", [-1, True])
def test_a_bound_that_is_no_size_is_refused(bound: int) -> None:
    with pytest.raises(ValueError, match="max_size"):
        LRUCache(max_size=bound)
    with pytest.raises(ValueError, match="max_bytes"):
        LRUCache(max_bytes=bound)


def test_bytes_are_bounded_too() -> None:
    cache: LRUCache[int, bytes] = LRUCache(max_size=100, max_bytes=100)
    for number in range(10):
        cache[number] = bytes(30)
    assert len(cache) == 3
    assert cache.nbytes == 90
    cache[7] = bytes(10)
    assert cache.nbytes == 70
    cache.clear()
    assert cache.nbytes == 0


def test_a_value_beyond_the_budget_is_not_kept_and_costs_nobody_a_place() -> None:
    cache: LRUCache[str, bytes] = LRUCache(max_bytes=100)
    cache["small"] = bytes(60)
    cache["large"] = bytes(101)
    assert "large" not in cache
    assert "small" in cache


def test_a_value_that_grew_beyond_the_budget_is_no_longer_there() -> None:
    cache: LRUCache[str, bytes] = LRUCache(max_bytes=100)
    cache["a"] = bytes(60)
    cache["a"] = bytes(101)
    assert "a" not in cache
    assert cache.nbytes == 0


def test_sizes_are_those_of_arrays_or_of_the_given_function() -> None:
    arrays: LRUCache[str, np.ndarray] = LRUCache(max_bytes=10**6)
    arrays["a"] = np.zeros((10, 10), "u2")
    assert arrays.nbytes == 200
    texts: LRUCache[str, str] = LRUCache(max_bytes=10**6, size_of=lambda _: 7)
    texts["a"] = "anything"
    assert texts.nbytes == 7


def test_hits_and_misses_are_counted() -> None:
    cache: LRUCache[str, int] = LRUCache()
    cache["a"] = 1
    cache.get("a")
    cache.get("b")
    assert "c" not in cache
    assert (cache.hits, cache.misses) == (1, 1)
    assert "1 hits, 1 misses" in repr(cache)


def test_of_two_that_made_the_same_the_first_is_kept() -> None:
    cache: LRUCache[str, list[int]] = LRUCache()
    first = cache.setdefault("a", [1])
    assert cache.setdefault("a", [1]) is first


def test_keys_can_be_walked_while_others_come() -> None:
    cache: LRUCache[int, int] = LRUCache(max_size=3)
    cache[1] = cache[2] = 0
    for key in cache:
        cache[key + 10] = 0
    assert len(cache) == 3


ACTS = st.lists(
    st.tuples(
        st.sampled_from(("set", "get", "discard")),
        st.integers(0, 5),
        st.integers(0, 12),
    )
)


@given(ACTS, st.integers(0, 4), st.none() | st.integers(0, 30))
def test_it_does_what_a_plain_model_does(
    acts: list[tuple[str, int, int]], max_size: int, max_bytes: int | None
) -> None:
    cache: LRUCache[int, bytes] = LRUCache(max_size, max_bytes, len)
    model: OrderedDict[int, bytes] = OrderedDict()
    for act, key, size in acts:
        if act == "get":
            assert cache.get(key) == model.get(key)
            if key in model:
                model.move_to_end(key)
        elif act == "discard":
            cache.discard(key)
            model.pop(key, None)
        else:
            cache.set(key, bytes(size))
            model.pop(key, None)
            if max_size and (max_bytes is None or size <= max_bytes):
                model[key] = bytes(size)
            while len(model) > max_size or (
                max_bytes is not None and sum(map(len, model.values())) > max_bytes
            ):
                model.popitem(last=False)
        assert list(cache) == list(model)
        assert cache.nbytes == sum(map(len, model.values()))


def test_eight_threads_on_three_places_lose_and_raise_nothing() -> None:
    cache: LRUCache[int, bytes] = LRUCache(max_size=3, max_bytes=70)

    def work(seed: int) -> int:
        for step in range(4000):
            key = (seed * 7 + step) % 11
            if (seed + step) % 3:
                stored = cache.get(key)
                assert stored is None or len(stored) == 20 + key % 3
            elif step % 50 == 0:
                cache.clear()
            else:
                cache.set(key, bytes(20 + key % 3))
        return 1

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(work, range(8))) == 8
    assert len(cache) <= 3
    assert cache.nbytes == sum(len(value) for _, value in cache.items())
