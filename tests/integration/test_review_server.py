"""A served dashboard that is killed while people decide, and started again."""

from __future__ import annotations

import multiprocessing
import os
import signal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dashboard.reviews.acts import Subject
from dashboard.reviews.values import Decision
from hcs.metadata import Who
from tests import plates
from tests.integration.serving import service, surveyed

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

KEY = "p.ome.zarr"


def decide(workspace: str, plate: str, who: str, pipe: Connection[Any, Any]) -> None:
    """Judge and take back until it is killed; tell what was confirmed."""
    with service(Path(workspace), Path(plate), measure=False) as made:
        surveyed(made, KEY)
        person = Who(who, "typed")
        for number in range(10_000):
            subject = Subject(("A/1", "A/2", "B/2")[number % 3])
            act = made.decisions.judge(
                KEY, [Decision(subject, "thumbnails")], "fail", person, note=str(number)
            )
            pipe.send(("verdict", act.batch, str(number)))
            if number % 4 == 3:
                made.decisions.undo(KEY, person, act.batch)
                pipe.send(("undo", act.batch, ""))


def test_a_server_killed_mid_verdict_loses_nothing_that_was_confirmed(
    tmp_path: Path,
) -> None:
    plate = plates.make(tmp_path / KEY, fields=1, shape=(16, 16))
    workspace = tmp_path / "workspace"
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__])
    confirmed: list[tuple[str, str, str]] = []
    pipes, servers = [], []
    for who in ("Ada", "Ben"):
        mine, theirs = context.Pipe(duplex=False)
        server = context.Process(
            target=decide, args=(str(workspace), str(plate), who, theirs)
        )
        server.start()
        theirs.close()
        pipes.append(mine)
        servers.append(server)
    for pipe, server in zip(pipes, servers, strict=True):
        confirmed += [pipe.recv() for _ in range(12)]
        assert server.pid is not None
        os.kill(server.pid, signal.SIGKILL)
        try:
            while True:
                confirmed.append(pipe.recv())
        except EOFError:
            pass
        server.join(60)
    with service(workspace, plate, measure=False) as made:
        surveyed(made, KEY)
        acts = made.reviews.acts(KEY)
        verdicts = {act.batch: act.note for act in acts if act.kind == "verdict"}
        undone = {act.target for act in acts if act.kind == "undo"}
        for kind, batch, note in confirmed:
            if kind == "verdict":
                assert verdicts[batch] == note
            else:
                assert batch in undone
        # At most what was on its way when each was killed is there besides.
        assert len(acts) - len(confirmed) <= 2
        person = Who("Ada", "typed")
        last = made.decisions.judge(KEY, [Decision(Subject("A/1"))], "pass", person)
        assert last.count == 1
        assert made.reviews.read(KEY).of(Subject("A/1")).act.verdict == "pass"
