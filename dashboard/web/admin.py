"""The page of administration: people, sessions, jobs, disk, what accounts did."""

from __future__ import annotations

import datetime
import shutil
from html import escape
from typing import TYPE_CHECKING, Any

from dashboard.access import Act
from dashboard.text import safe_text
from dashboard.web.handler import Handler
from dashboard.web.plain_page import POLICY, plain_page
from hcs.wording import counted

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from dashboard.accounts import Entrance
    from dashboard.accounts.cookies import SignedIn
    from dashboard.progress import Progress
    from dashboard.service import Service

ADMIN = "/admin"
END_SESSION = "/admin/end-session"

_ACTS = 200
_PLATES = 500


class _AdminHandler(Handler):
    """What the page and its form share."""

    asks = Act.PEOPLE

    def initialize(  # type: ignore[override]
        self, service: Service, entrance: Entrance, prefix: str
    ) -> None:
        """Take the service, how people come in, and the server's prefix."""
        super().initialize(service, entrance.identify)
        self.entrance = entrance
        self.prefix = prefix

    def plate_key(self) -> str:
        """Return none: people are of all plates."""
        return ""


class AdminHandler(_AdminHandler):
    """Shows who may do what, who is here, and what the server is at."""

    async def get(self) -> None:
        """Answer with the page."""
        page = await self.made(
            lambda: admin_page(self.service, self.entrance, self.prefix)
        )
        if page is None:
            return
        self.set_header("Content-Security-Policy", POLICY)
        self.set_header("Content-Type", "text/html; charset=utf-8")
        self.set_header("Cache-Control", "no-store")
        await self.finish(page)


class EndSessionHandler(_AdminHandler):
    """Signs somebody out."""

    def post(self) -> None:
        """End a session; its pages close within seconds."""
        session = self.get_body_argument("session", "")
        cookies = self.entrance.cookies
        signed_in = cookies.find(session) if cookies else None
        if cookies and signed_in:
            cookies.close(session)
            self.service.audit.add(
                "session-ended",
                self.visitor,
                address=self.request.remote_ip or "",
                details=f"of {signed_in.visitor.name or signed_in.visitor.subject}",
            )
        self.set_status(303)
        self.set_header("Location", f"{self.prefix}{ADMIN}")
        self.finish()


def admin_page(service: Service, entrance: Entrance, prefix: str) -> str:
    """Return the page; what is in it is read now (seconds, in a thread)."""
    signed_in = entrance.cookies.all() if entrance.cookies else ()
    parts = [
        f'<p><a href="{prefix}/">To the plates</a></p>',
        "<h2>People</h2>",
        _table(
            ("Name", "Role", "In single projects"),
            [
                (
                    person.name,
                    person.role.label,
                    ", ".join(
                        f"{project}: {role.label}"
                        for project, role in person.project_roles.items()
                    ),
                )
                for person in entrance.people()
            ],
            "Whom the provider or proxy lets in is not listed before they come.",
        ),
        "<h2>Sessions</h2>",
        _sessions(signed_in, prefix),
        f"<p>Open now: {counted(len(service.sessions), 'page')}.</p>",
        "<h2>Jobs</h2>",
        _table(("Plate", "Job", "State"), list(_jobs(service)), "Nothing is at work."),
        "<h2>Disk</h2>",
        _table(("What", "Size"), _disk(service), ""),
        "<h2>Acts of accounts</h2>",
        _table(
            ("When (UTC)", "Act", "Who", "Known by", "From", "What"),
            [
                (act.at, act.act, act.who, act.known, act.address, act.details)
                for act in service.audit.recent(_ACTS)
            ],
            "None yet.",
        ),
    ]
    return plain_page("Administration", "\n".join(parts), wide=True)


def _sessions(signed_in: Sequence[SignedIn], prefix: str) -> str:
    rows = []
    for each in signed_in:
        visitor = each.visitor
        end = (
            f'<form class="inline" method="post" action="{prefix}{END_SESSION}">'
            f'<input type="hidden" name="session" value="{escape(each.id)}">'
            f'<button class="small">End</button></form>'
        )
        cells = (
            visitor.name or "started the server",
            visitor.role.label,
            each.by,
            _moment(each.since),
            _moment(each.until),
        )
        rows.append(
            "".join(f"<td>{safe_text(cell, 200)}</td>" for cell in cells)
            + f"<td>{end}</td>"
        )
    head = ("Who", "Role", "Came in by", "Since (UTC)", "Until (UTC)", "")
    return _framed(head, rows, "Nobody has come in by a cookie.")


def _moment(seconds: float) -> str:
    moment = datetime.datetime.fromtimestamp(seconds, datetime.UTC)
    return moment.strftime("%Y-%m-%d %H:%M")


def _jobs(service: Service) -> Iterable[tuple[Any, ...]]:
    for entry in service.plates.entries()[:_PLATES]:
        if entry.error is not None:
            yield entry.key, "", f"cannot be opened: {entry.error}"
            continue
        jobs = {
            "measuring": service.quality.progress(entry.key),
            "pictures": service.previews.progress(entry.key),
        }
        for job, progress in jobs.items():
            state = _state(progress)
            if state:
                yield entry.key, job, state


def _state(progress: Progress) -> str:
    """Return in words where a job is that is not at its end, "" for others."""
    words = f"{progress.done} of {progress.total}"
    if progress.failed:
        words += f", {progress.failed} failed"
    if progress.running:
        return f"{words}, running"
    if progress.waiting:
        return f"{words}, waits for other plates"
    if progress.held:
        return f"{words}, stopped by somebody"
    return f"{words}. {progress.message}" if progress.message else ""


def _disk(service: Service) -> list[tuple[str, str]]:
    workspace = service.workspace
    usage = shutil.disk_usage(workspace.path)
    database = workspace.path / "workspace.sqlite"
    rows = [
        ("Free where the workspace is", _size(usage.free)),
        ("Of", _size(usage.total)),
    ]
    if database.exists():
        rows.append(("Decisions and measurements", _size(database.stat().st_size)))
    staged = sum(
        path.stat().st_size for path in workspace.staging.rglob("*") if path.is_file()
    )
    rows.append(("Uploads that are not committed", _size(staged)))
    rows += [
        (f"Pictures, {fill.name}", _size(fill.nbytes))
        for fill in service.previews.caches()
    ]
    return rows


def _size(count: int) -> str:
    return f"{count / 2**20:,.1f} MB" if count < 2**30 else f"{count / 2**30:,.1f} GB"


def _table(head: Sequence[str], rows: Sequence[Sequence[object]], nothing: str) -> str:
    cells = [
        "".join(f"<td>{safe_text(cell, 500)}</td>" for cell in row) for row in rows
    ]
    return _framed(head, cells, nothing)


def _framed(head: Sequence[str], rows: Sequence[str], nothing: str) -> str:
    if not rows:
        return f'<p class="soft">{escape(nothing)}</p>'
    names = "".join(f"<th>{escape(name)}</th>" for name in head)
    body = "".join(f"<tr>{row}</tr>" for row in rows)
    return (
        f'<div class="scroll"><table><thead><tr>{names}</tr></thead>'
        f"<tbody>{body}</tbody></table></div>"
    )
