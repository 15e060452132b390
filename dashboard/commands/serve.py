"""``hcs-dashboard serve``: parsing, start-up text, and serving until it is stopped."""

from __future__ import annotations

import argparse
import platform
import shutil
import sys
import threading
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dashboard.commands.database import add_database, database_of
from dashboard.commands.inbox_options import add_inbox, size
from dashboard.commands.log_options import add_log, greet
from dashboard.commands.measure import add_executor
from dashboard.commands.settings_defaults import put_defaults
from dashboard.commands.sign_in_options import add_sign_in
from dashboard.errors import UsageError
from hcs import __version__

if TYPE_CHECKING:
    from collections.abc import Iterator
    from concurrent.futures import Executor

    from dashboard.app import ServerSettings
    from dashboard.commands.settings_file import SettingsFile
    from dashboard.inbox.folders import InboxSettings
    from dashboard.service import Service
    from dashboard.workspace import Workspace


_SWITCH_SECONDS = 0.001
"""For which a thread that computes may go on while the event loop has something to do:
five times less than Python's own. An answer waits so long several times, as often as it
comes back from the network; with three threads at work it is there in a fourth of the
time, for 7 % of what they get done."""


def add_serve(commands: Any) -> None:
    """Add the command to a parser's commands."""
    serve = commands.add_parser(
        "serve",
        help="serve plates to a browser (may be left out)",
        description="Serve plates to a browser on this machine.",
    )
    _shared(serve)
    serve.add_argument("--port", type=int, default=5006, help="default 5006; 0: any")
    serve.add_argument(
        "--address",
        default="127.0.0.1",
        help="another than this machine's own needs a sign-in",
    )
    serve.add_argument(
        "--no-token",
        action="store_true",
        help="let everybody in who is on this machine, as who started the server: all "
        "its users can judge and change plates in your name",
    )
    serve.add_argument("--prefix", default="", help="path below which it is served")
    serve.add_argument(
        "--origin",
        action="append",
        default=[],
        metavar="HOST:PORT",
        help="a proxy's address that pages may come from; can be repeated",
    )
    serve.add_argument(
        "--read-only", action="store_true", help="remove every way to write"
    )
    serve.add_argument(
        "--demo", action="store_true", help="make a synthetic plate and serve it too"
    )
    for name, text in (
        ("preview-disk", "pictures and previews in the workspace; default 2GB"),
        ("preview-memory", "drawn pictures in memory; default 64MB"),
        ("plane-memory", "decoded planes in memory; default 256MB"),
    ):
        serve.add_argument(f"--{name}", type=size, metavar="SIZE", help=text)
    for name, text in (
        ("max-pages", "pages that may be open at once; default 400"),
        ("max-pages-person", "of them, those of one person; default 100"),
        ("max-connections", "connections at once; default 800"),
    ):
        serve.add_argument(f"--{name}", type=_count, metavar="N", help=text)
    add_inbox(serve)
    add_sign_in(serve)
    add_log(serve)
    add_executor(serve)
    serve.add_argument(
        "--no-measure",
        action="store_true",
        help="measure a plate when somebody asks for it, not as soon as it is opened",
    )
    serve.add_argument(
        "--design",
        action="store_true",
        help="show every component of the page at /design, for its development",
    )
    serve.set_defaults(run=_serve, before=partial(_from_settings_file, serve))


def _count(text: str) -> int:
    """Return a number of things there may be, at least one."""
    count = int(text)
    if count < 1:
        raise argparse.ArgumentTypeError("must be 1 or more")
    return count


def _from_settings_file(
    parser: argparse.ArgumentParser, options: argparse.Namespace
) -> None:
    """Give options that are not on the command line what the settings file says."""
    from dashboard.commands.settings_file import read_settings_file

    if options.config is not None:
        values = read_settings_file(options.config).serve()
        put_defaults(parser, values, options)


def _shared(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "plates", nargs="*", metavar="PLATE", help="a plate, a folder of plates, a URL"
    )
    parser.add_argument(
        "--workspace",
        type=Path,
        help="folder for measurements, previews and uploads; default: your own",
    )
    add_database(parser)
    parser.add_argument("--verbose", action="store_true", help="log what is done")


def _serve(options: argparse.Namespace) -> int:
    from dashboard.commands.inbox_options import inboxes_of
    from dashboard.commands.settings_file import read_settings_file
    from dashboard.logs import keep_log
    from dashboard.workspace import open_workspace
    from hcs.qc import connected

    settings = read_settings_file(options.config)
    workspace = open_workspace(options.workspace)
    trouble = keep_log(workspace.logs, form=options.log_format, days=options.log_days)
    if trouble:
        note = f"  note       {trouble}"
        greet([note], form=options.log_format, stream=sys.stderr)
    inboxes = inboxes_of(options, settings)
    roots = list(options.plates)
    # Whatever is imported is listed; a folder that is served twice is listed once.
    roots += [folder.into for folder in inboxes.folders]
    if options.demo:
        roots.append(str(_demo_plate(workspace, options.log_format)))
    if not roots:
        raise UsageError(
            "no plate given. Try `hcs-dashboard PLATE`, `hcs-dashboard FOLDER`, "
            "`hcs-dashboard --inbox FOLDER --into FOLDER`, or `hcs-dashboard --demo` "
            "for a synthetic one."
        )
    with connected(options.scheduler) as executor:
        return _serve_with(options, settings, inboxes, roots, workspace, executor)


def _serve_with(
    options: argparse.Namespace,
    settings_file: SettingsFile,
    inboxes: InboxSettings,
    roots: list[str],
    workspace: Workspace,
    executor: Executor | None,
) -> int:
    from dashboard.app import make_server, new_loop, refuse_open_address
    from dashboard.commands.inbox_options import (
        add_from_of,
        import_limits_of,
        on_plate_of,
    )
    from dashboard.commands.local import local_start
    from dashboard.commands.sign_in import sign_in_of, signing_in
    from dashboard.compose import compose
    from dashboard.ending import Ending, leave
    from dashboard.garbage import Garbage
    from dashboard.logs import log_uncaught
    from dashboard.options import Options

    sign_in = sign_in_of(options, settings_file)
    refuse_open_address(options.address, signs_in=bool(sign_in))
    loop = new_loop()
    limits = {
        "preview_disk_bytes": options.preview_disk,
        "preview_bytes": options.preview_memory,
        "cache_bytes": options.plane_memory,
    }
    service = compose(
        roots,
        workspace,
        Options(
            read_only=options.read_only,
            database=database_of(options),
            executor=executor,
            workers=options.workers,
            measure=not options.no_measure,
            imports=True,
            inbox=inboxes,
            import_limits=import_limits_of(options, settings_file),
            add_from=add_from_of(options, settings_file),
            on_plate=on_plate_of(options, settings_file),
            **{name: size for name, size in limits.items() if size is not None},
        ),
    )
    try:
        settings = _settings(options)
        with (
            signing_in(service, settings, sign_in)
            if sign_in
            else local_start(service, settings, no_token=options.no_token)
        ) as start:
            server = make_server(service, settings, start.entrance)
            lines = (*_welcome(service, workspace), *start.lines())
            # Who reads that it can be stopped may do so at once.
            Ending(loop, service.sessions.end).on_signals()
            greet(lines, form=options.log_format)
            log_uncaught()
            server.start()
            sys.setswitchinterval(_SWITCH_SECONDS)
            garbage = Garbage()
            garbage.follow(loop)
            loop.start()
            garbage.end()
            server.stop()
    finally:
        service.close()
    # Threads that hang on a file or a share would keep Python from ending.
    if any(not thread.daemon for thread in threading.enumerate()[1:]):
        leave()
    return 0


def _settings(options: argparse.Namespace) -> ServerSettings:
    """Return how the server is reached."""
    from dashboard.app import ServerSettings, free_port
    from dashboard.commands.sign_in import ANY_ADDRESS, in_address
    from dashboard.web.admission import Capacity
    from dashboard.web.origins import LOOPBACK
    from dashboard.web.unix_socket import MODES, UnixSocket

    by_socket = options.socket is not None
    address = options.address
    port = options.port if by_socket else free_port(address, options.port)
    origins = list(options.origin)
    if address not in LOOPBACK:
        host = platform.node() if address in ANY_ADDRESS else address
        origins.append(f"{in_address(host)}:{port}")
    most = {
        "pages": options.max_pages,
        "person_pages": options.max_pages_person,
        "connections": options.max_connections,
    }
    return ServerSettings(
        port=port,
        address=address,
        prefix=options.prefix,
        socket=UnixSocket(path=options.socket, mode=MODES[options.socket_mode])
        if by_socket
        else None,
        origins=tuple(origins),
        metrics=options.metrics,
        design=options.design,
        capacity=Capacity(
            **{name: count for name, count in most.items() if count is not None}
        ),
    )


def _welcome(service: Service, workspace: Workspace) -> Iterator[str]:
    from dashboard.workspace import network_filesystem

    entries = service.plates.entries()
    good = [entry for entry in entries if entry.error is None]
    names = ", ".join(entry.key for entry in good[:3]) + (", ..." * (len(good) > 3))
    yield f"hcs-dashboard {__version__}"
    yield f"  plates     {len(good)}  {names}"
    for entry in entries:
        if entry.error is not None:
            yield f"  not shown  {entry.key}: {entry.error}"
    whose = "  (your own; others do not see it)" if workspace.private else ""
    yield f"  workspace  {workspace.path}{whose}"
    shared = {network_filesystem(entry.location) for entry in good} - {None}
    if workspace.private and shared:
        kinds = ", ".join(map(str, shared))
        yield (
            f"  note       plates lie on a network folder ({kinds}), but the workspace "
            f"is private: give --workspace to share it."
        )
    if workspace.closed:
        yield f"  note       {workspace.closed}"
    for folder in service.inbox.folders:
        yield f"  inbox      {folder.folder}, into {folder.into}"
    for root in service.adding.roots():
        away = "" if Path(root.name).is_dir() else "  (not there now)"
        yield f"  add from   {root.name}{away}"
    if service.read_only:
        yield "  read-only  nothing can be written"


def _demo_plate(workspace: Workspace, form: str) -> Path:
    from dashboard.accounts.private_file import alone_with
    from hcs.demo import make_demo_plate

    path = workspace.path / "demo" / "demo.ome.zarr"
    path.parent.mkdir(exist_ok=True)
    with alone_with(path, "demo plate"):
        # The truth about it is written last: without it, the making was cut short.
        if not path.with_name("demo.truth.json").exists():
            greet(["Making the demo plate ..."], form=form)
            shutil.rmtree(path, ignore_errors=True)
            make_demo_plate(path)
    return path
