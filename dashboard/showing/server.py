"""The server behind `dashboard.show`: the ordinary one, in a process of its own.

It listens on this machine alone and asks for a token, as ``hcs-dashboard serve`` does.
Whoever started it says by lines of JSON on its input which plates it serves, gets links
to them, and ends it by closing the input. A process, and not a thread of the notebook:
Panel keeps what a notebook shows and what a server serves in the same tables.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
import threading
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any
from urllib.parse import urlencode

from hcs.errors import HCSError
from hcs.lifeline import end_with_parent

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dashboard.accounts.running import RunningServer
    from dashboard.service import Service


def main() -> int:
    """Serve what the input asks for, until it ends."""
    end_with_parent()
    answers = _answers()
    request = json.loads(sys.stdin.readline())
    try:
        with _serving(request) as (service, server, loop):
            _answer(answers, service, server, request["root"])
            threading.Thread(
                target=_follow, args=(answers, service, server, loop), daemon=True
            ).start()
            loop.start()
    except (HCSError, OSError, ValueError) as error:
        _say(answers, error=str(error))
        return 1
    return 0


def _answers() -> IO[str]:
    """Return where answers go; whatever else prints does it elsewhere."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    return answers


@contextlib.contextmanager
def _serving(request: dict[str, Any]) -> Iterator[tuple[Service, RunningServer, Any]]:
    """Yield a started server's service, how it is reached, and its loop."""
    from dashboard.accounts.running import running
    from dashboard.app import ServerSettings, free_port, make_server, new_loop
    from dashboard.commands.local import local_start
    from dashboard.compose import compose
    from dashboard.logs import begin_log, keep_log
    from dashboard.options import Options
    from dashboard.workspace import open_workspace

    begin_log(verbose=False, form="text")
    folder = request["workspace"]
    workspace = open_workspace(None if folder is None else Path(folder))
    keep_log(workspace.logs, form="text")
    loop = new_loop()
    options = Options(read_only=request["read_only"], imports=True)
    service = compose([request["root"]], workspace, options)
    try:
        settings = ServerSettings(port=free_port("127.0.0.1", 0))
        with local_start(service, settings, no_token=False) as start:
            server = make_server(service, settings, start.entrance)
            server.start()
            port = f":{settings.port}/"
            (own,) = (x for x in running(workspace.path) if port in x.address)
            yield service, own, loop
            server.stop()
    finally:
        service.close()


def _follow(
    answers: IO[str], service: Service, server: RunningServer, loop: Any
) -> None:
    for line in sys.stdin:
        _answer(answers, service, server, json.loads(line)["root"])
    loop.add_callback(loop.stop)


def _answer(
    answers: IO[str], service: Service, server: RunningServer, root: str
) -> None:
    """Say a link to a plate, good for one browser and an hour; or why there is none."""
    from dashboard.accounts.tokens import LINK_SECONDS, Tokens

    try:
        key = service.plates.add(root)
        token = Tokens(server.secret).new(LINK_SECONDS)
    except (HCSError, OSError) as error:
        _say(answers, error=str(error))
    else:
        query = urlencode({"token": token, "plate": key})
        _say(answers, url=f"{server.address}?{query}")


def _say(answers: IO[str], **content: str) -> None:
    print(json.dumps(content), file=answers, flush=True)


if __name__ == "__main__":
    raise SystemExit(main())
