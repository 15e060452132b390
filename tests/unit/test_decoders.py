"""The children that decode uploaded files: limits, deaths, whose files they saw."""

from __future__ import annotations

import sys
import threading
from contextlib import closing
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from dashboard.corrections import decoders
from dashboard.corrections.decoders import Decoder, Decoders
from dashboard.corrections.decoding import DecodingOrder
from hcs.errors import SourceError
from tests.integration.serving import tiff

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def order_for(folder: Path, data: bytes, **more: Any) -> DecodingOrder:
    source = folder / "content"
    source.write_bytes(data)
    options: dict[str, Any] = {"max_bytes": 1 << 20, "seconds": 60} | more
    return DecodingOrder(
        source=str(source), target=str(folder / "planes.npy"), name="a.tif", **options
    )


PICTURE = tiff(np.full((16, 20), 7, "u2"))


@pytest.fixture
def pool() -> Iterator[Decoders]:
    made = Decoders(2)
    yield made
    made.close()


def child_says(monkeypatch: pytest.MonkeyPatch, script: str) -> None:
    """Put another program in the place of the child."""
    started = decoders.Child

    def child(command: list[str], *environment: Any, **pipes: Any) -> Any:
        return started(
            [sys.executable, "-c", script, *command[3:]], *environment, **pipes
        )

    monkeypatch.setattr(decoders, "Child", child)


def test_one_child_decodes_the_files_of_one_person_one_after_the_other(
    tmp_path: Path, pool: Decoders
) -> None:
    order = order_for(tmp_path, PICTURE)
    for _ in range(3):
        assert pool.submit("user:Ann", lambda: order).result().shape == (16, 20)
    (first,) = pool._idle
    assert pool.submit("user:Ben", lambda: order).result().dtype == "uint16"
    (second,) = pool._idle
    assert first.spent
    assert (second.owner, second is first) == ("user:Ben", False)


def test_a_file_that_is_refused_costs_no_child(tmp_path: Path, pool: Decoders) -> None:
    bad = order_for(tmp_path, b"nonsense")
    with pytest.raises(SourceError, match=r"a\.tif"):
        pool.submit("user:Ann", lambda: bad).result()
    (child,) = pool._idle
    good = order_for(tmp_path, PICTURE)
    assert pool.submit("user:Ann", lambda: good).result().kind == "TIFF"
    assert pool._idle == [child]


def test_several_files_are_decoded_at_the_same_time(
    tmp_path: Path, pool: Decoders
) -> None:
    both = threading.Barrier(2)

    def order(name: str) -> DecodingOrder:
        both.wait(60)
        (tmp_path / name).mkdir()
        return order_for(tmp_path / name, PICTURE)

    decoding = [pool.submit("user:Ann", lambda n=name: order(n)) for name in "ab"]
    assert [future.result().shape for future in decoding] == [(16, 20)] * 2


def test_case_31_a_child_that_hangs_is_ended_and_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    child_says(monkeypatch, "import threading; threading.Event().wait()")
    child = Decoder()
    with pytest.raises(SourceError, match="within 1 s, and was given up"):
        child.decode(order_for(tmp_path, PICTURE, seconds=1))
    assert child.spent


def test_case_32_a_child_that_dies_says_so_and_the_next_file_gets_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pool: Decoders
) -> None:
    order = order_for(tmp_path, PICTURE)
    with monkeypatch.context() as patch:
        child_says(
            patch, "import os, sys; sys.stdin.readline(); os.kill(os.getpid(), 11)"
        )
        with pytest.raises(SourceError, match="ended by signal 11"):
            pool.submit("user:Ann", lambda: order).result()
    assert pool.submit("user:Ann", lambda: order).result().shape == (16, 20)


@pytest.mark.parametrize("answer", ["nonsense", "[]", '{"done": {"kind": 1}}', ""])
def test_a_child_that_answers_nonsense_has_decoded_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, answer: str
) -> None:
    child_says(monkeypatch, f"input(); print({answer!r}, flush=True)")
    with pytest.raises(SourceError, match="could not be decoded"):
        Decoder().decode(order_for(tmp_path, PICTURE))


def test_planes_over_the_limit_are_refused_and_not_left_behind(tmp_path: Path) -> None:
    data = tiff(np.zeros((600, 600), "u2"), compression="zlib")
    with pytest.raises(SourceError, match=r"a\.tif"), closing(Decoder()) as child:
        child.decode(order_for(tmp_path, data, max_bytes=1000))
    assert not (tmp_path / "planes.npy").exists()


def test_memory_over_the_limit_is_refused_in_words(tmp_path: Path) -> None:
    data = tiff(np.zeros((12000, 12000), "u1"), compression="zlib")
    refused = pytest.raises(SourceError, match=r"Unable to allocate|more memory")
    with refused, closing(Decoder(memory=1 << 28)) as child:
        child.decode(order_for(tmp_path, data, max_bytes=1 << 30))
