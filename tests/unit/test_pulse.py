"""All pages of a server look for changes, and those who act come in between."""

from __future__ import annotations

import asyncio
import itertools
import time
from functools import partial

from dashboard.pulse import Pulse

_DRAWING_SECONDS = 0.005


def _draw() -> bool:
    """Take as long as a page does that shows a commit."""
    end = time.monotonic() + _DRAWING_SECONDS
    while time.monotonic() < end:
        pass
    return True


async def _beat(looks: int) -> list[float]:
    """Have pages draw; return when each did."""
    pulse = Pulse()
    drawn: list[float] = []
    done = asyncio.Event()

    def look() -> bool:
        drawn.append(asyncio.get_running_loop().time())
        if len(drawn) == looks:
            done.set()
        return _draw()

    for page in range(looks):
        pulse.join(str(page), look)
    await done.wait()
    for page in range(looks):
        pulse.leave(str(page))
    return drawn


def test_between_two_pages_that_draw_others_have_most_of_the_event_loop() -> None:
    drawn = asyncio.run(_beat(5))

    # A timer fires late and never early: this holds however busy the machine is.
    apart = [later - earlier for earlier, later in itertools.pairwise(drawn)]
    assert min(apart) >= 3 * _DRAWING_SECONDS


def test_pages_that_find_no_change_look_in_one_turn() -> None:
    async def beat() -> list[str]:
        pulse = Pulse()
        looked: list[str] = []
        done = asyncio.Event()

        def look(page: str) -> bool:
            looked.append(page)
            # Comes after this turn of the loop, and so after all that are in it.
            asyncio.get_running_loop().call_soon(done.set)
            return False

        for page in "abc":
            pulse.join(page, partial(look, page))
        await done.wait()
        for page in "abc":
            pulse.leave(page)
        return looked

    assert asyncio.run(beat()) == ["a", "b", "c"]


def test_a_page_that_cannot_look_keeps_no_other_from_it() -> None:
    async def beat() -> None:
        pulse = Pulse()
        done = asyncio.Event()

        def broken() -> bool:
            raise RuntimeError

        def look() -> bool:
            done.set()
            return False

        pulse.join("broken", broken)
        pulse.join("other", look)
        await done.wait()
        pulse.leave("broken")
        pulse.leave("other")

    asyncio.run(beat())


def test_pages_do_not_look_while_somebody_acts() -> None:
    async def beat() -> list[str]:
        done: list[str] = []
        acting = iter(("acting", "acting"))
        looked = asyncio.Event()

        def gives_way(_: float) -> bool:
            done.append(next(acting, "answered"))
            return done[-1] == "acting"

        def look() -> bool:
            done.append("looked")
            looked.set()
            return False

        pulse = Pulse(gives_way)
        pulse.join("page", look)
        await looked.wait()
        pulse.leave("page")
        return done

    assert asyncio.run(beat()) == ["acting", "acting", "answered", "looked"]
