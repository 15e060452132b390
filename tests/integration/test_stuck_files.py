"""Files that take for ever hold up no verdict, and no end of the server."""

from __future__ import annotations

from base64 import b64encode
from typing import TYPE_CHECKING

import pytest

from dashboard.threads import Pool
from tests import plates
from tests.integration.judged import A1, KEY, judge, verdicts
from tests.integration.serving import service, surveyed, wait_for
from tests.integration.test_busy_database import answers
from tests.integration.visits import Visit

if TYPE_CHECKING:
    from pathlib import Path

HEADER = ",".join(["row"] * 8 + ["col"] * 8)
LONG = "\n".join([HEADER] * 20 + ["," * 15] * 250_000).encode()
"""A table whose search for wells takes many minutes: each column with each other."""


def read(visit: Visit, kind: str) -> None:
    file = {"name": "long.csv", "data": b64encode(LONG).decode()}
    visit.send("setup", type="file", plate=KEY, kind=kind, files=[file])


def trouble(visit: Visit) -> list[str]:
    """Return the part of the panel that has a problem, and its words."""
    visit.rest()
    problem: list[str] = visit.content("setup")["problem"]
    return problem if problem[1] else []


@pytest.mark.parametrize(
    "kind", ["map", pytest.param("import", marks=pytest.mark.full)]
)
def test_verdicts_go_on_while_pages_read_tables_that_never_end(
    tmp_path: Path, kind: str
) -> None:
    plate = plates.make(tmp_path / "served" / KEY)
    with service(tmp_path / "workspace", plate, measure=False) as made:
        surveyed(made, KEY)
        visits = [Visit(made, f"plate={KEY}&well=A1") for _ in range(3)]
        for visit in visits:
            for _ in range(Pool.WORK.threads):
                read(visit, kind)
        threads = made.threads
        wait_for(lambda: len(threads.running(Pool.FILES)) == Pool.FILES.threads)
        judging = Visit(made, f"plate={KEY}&well=A1")
        judging.act("verdict", type="judge", plate=KEY, wells=["A1"], verdict="pass")
        wait_for(lambda: answers(judging), "for the verdict")
        assert verdicts(made.reviews.review(KEY)) == {A1: "pass"}
        # The files are being read still.
        assert len(threads.running(Pool.FILES)) == Pool.FILES.threads
    assert not threads.running(Pool.FILES)


def test_what_was_given_up_is_said_where_it_was_begun(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plate = plates.make(tmp_path / "served" / KEY)
    with service(tmp_path / "workspace", plate, measure=False) as made:
        surveyed(made, KEY)
        visit = Visit(made, f"plate={KEY}")
        monkeypatch.setattr(Pool.FILES, "seconds", 0.05)  # not a minute, for the test
        read(visit, "map")
        part, problem = wait_for(lambda: trouble(visit), "for the end of the table")
        assert part == "map"
        assert "took longer than 0.05 seconds, and was given up" in problem
        judge(made, A1, "fail")
