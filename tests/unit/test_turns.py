"""What pages have put off leaves the event loop to those who act."""

from __future__ import annotations

import asyncio
import time
from concurrent.futures import Future
from functools import partial
from typing import TYPE_CHECKING

import pytest

from dashboard import turns
from dashboard.logs import REQUEST, acting
from dashboard.turns import PutOff, Turns

if TYPE_CHECKING:
    from collections.abc import Callable


def _in_loop(put_off: Callable[[Turns, PutOff, list[str]], object]) -> list[str]:
    """Return what was done, in its order, until something says that all is."""

    async def run() -> list[str]:
        waiting, done = PutOff(), []
        put_off(Turns(waiting), waiting, done)
        while "end" not in done:
            await asyncio.sleep(0)
        return done

    return asyncio.run(asyncio.wait_for(run(), 60))


def _draw(done: list[str], word: str) -> None:
    """Take as long as a turn goes on."""
    end = time.monotonic() + turns._TURN_SECONDS
    while time.monotonic() < end:
        pass
    done.append(word)


def test_what_arrives_comes_between_two_pages_that_draw() -> None:
    def put_off(pages: Turns, _: PutOff, done: list[str]) -> None:
        def draw() -> None:
            pages.next(partial(done.append, "message"))
            _draw(done, "first")

        for act in (draw, partial(_draw, done, "second"), partial(done.append, "end")):
            pages.after(0, act)

    assert _in_loop(put_off) == ["first", "message", "second", "end"]


def test_what_is_quick_is_done_in_one_turn() -> None:
    def put_off(pages: Turns, _: PutOff, done: list[str]) -> None:
        def draw() -> None:
            pages.next(partial(done.append, "end"))
            done.append("first")

        for act in (draw, partial(done.append, "second")):
            pages.after(0, act)

    assert _in_loop(put_off) == ["first", "second", "end"]


@pytest.mark.parametrize(
    ("patience", "order"),
    [(60.0, ["answered", "drawn", "end"]), (0.0, ["drawn", "answered", "end"])],
)
def test_drawing_gives_way_to_an_act_and_not_for_ever(
    monkeypatch: pytest.MonkeyPatch, patience: float, order: list[str]
) -> None:
    monkeypatch.setattr(turns, "_PATIENCE_SECONDS", patience)

    def put_off(pages: Turns, waiting: PutOff, done: list[str]) -> None:
        act: Future[None] = Future()
        waiting.give_way_to(act)

        def answer() -> None:
            done.append("answered")
            act.set_result(None)
            pages.after(0, partial(done.append, "end"))

        pages.after(0, partial(done.append, "drawn"))
        asyncio.get_running_loop().call_later(0.05, answer)

    assert _in_loop(put_off) == order


def test_what_follows_an_act_is_logged_as_its() -> None:
    def put_off(pages: Turns, _: PutOff, done: list[str]) -> None:
        for request in ("first", "second", "end"):
            with acting(request):
                pages.after(0, lambda: done.append(REQUEST.get()))

    assert _in_loop(put_off) == ["first", "second", "end"]


def test_a_page_that_fails_keeps_no_other_from_drawing() -> None:
    def put_off(pages: Turns, _: PutOff, done: list[str]) -> None:
        def fail() -> None:
            raise RuntimeError

        pages.after(0, fail)
        pages.after(0, partial(done.append, "end"))

    assert _in_loop(put_off) == ["end"]
