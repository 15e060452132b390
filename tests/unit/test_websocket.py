"""Frames of a page's websocket are taken at once, as far as they wait for nothing."""

from __future__ import annotations

import asyncio

import pytest
from panel.io.server import WSHandler
from tornado.gen import convert_yielded

from dashboard.web.websocket import PageSocket, as_far_as_it_gets


def test_what_waits_for_nothing_is_done_without_a_turn_of_the_event_loop() -> None:
    done = []

    async def work() -> None:
        done.append(True)

    # Nothing runs here that could take such a turn.
    assert as_far_as_it_gets(work()) is None
    assert done == [True]


def test_what_has_to_wait_goes_on_where_it_was() -> None:
    async def both() -> list[str]:
        steps: list[str] = []
        gate: asyncio.Future[str] = asyncio.get_running_loop().create_future()

        async def work() -> None:
            steps.append("begun")
            steps.append(await gate)
            await asyncio.sleep(0)
            steps.append("ended")

        rest = as_far_as_it_gets(work())
        steps.append("returned")
        gate.set_result("opened")
        assert rest is not None
        await rest
        return steps

    assert asyncio.run(both()) == ["begun", "returned", "opened", "ended"]


def test_errors_before_and_after_waiting_reach_whoever_waits() -> None:
    async def before() -> None:
        raise ValueError("before")

    async def after() -> None:
        await asyncio.sleep(0)
        raise ValueError("after")

    async def awaited() -> None:
        rest = as_far_as_it_gets(after())
        assert rest is not None
        await rest

    with pytest.raises(ValueError, match="before"):
        as_far_as_it_gets(before())
    with pytest.raises(ValueError, match="after"):
        asyncio.run(awaited())


def test_what_is_waited_for_may_be_cancelled() -> None:
    async def cancelled() -> list[str]:
        ended: list[str] = []

        async def work() -> None:
            try:
                await asyncio.get_running_loop().create_future()
            finally:
                ended.append("tidied")

        rest = as_far_as_it_gets(work())
        assert rest is not None
        task = asyncio.ensure_future(rest)
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        return ended

    assert asyncio.run(cancelled()) == ["tidied"]


def test_who_sends_many_frames_leaves_others_their_turn(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def taken(socket: WSHandler, fragment: str | bytes) -> None:
        del socket, fragment

    monkeypatch.setattr(WSHandler, "on_message", taken)
    socket = PageSocket.__new__(PageSocket)

    async def flood(fragment: str | bytes) -> int:
        others = 0

        def other() -> None:
            nonlocal others
            others += 1
            asyncio.get_running_loop().call_soon(other)

        asyncio.get_running_loop().call_soon(other)
        for _ in range(80):
            rest = socket.on_message(fragment)
            if rest is not None:  # as Tornado waits for it
                await convert_yielded(rest)
        return others

    assert asyncio.run(flood("text")) >= 10
    assert asyncio.run(flood(b"bytes")) >= 10
