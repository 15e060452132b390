"""Who may do what: every message of every part, with each role and with none.

Case 45 of the reliability cases: a role reads or does what it may not.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest
from sqlalchemy import MetaData, select

from dashboard.access import ROLE_FOR, Act
from dashboard.accounts import Role
from dashboard.addresses import PAGE_HEADER
from dashboard.app import ServerSettings
from dashboard.corrections.values import SourceFile
from dashboard.errors import NotServedError
from dashboard.inbox.values import JobChoices
from dashboard.reviews.acts import new_batch
from hcs.metadata import Who
from tests import plates
from tests.integration.judged import A1, B2, KEY, correct, judge, picture
from tests.integration.serving import (
    Served,
    by_role_header,
    person,
    send,
    service,
    surveyed,
    tiff,
    wait_for,
)
from tests.integration.visits import Visit

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tornado.httputil import HTTPServerRequest

    from dashboard.accounts import Visitor
    from dashboard.service import Service

CUT = "power_log_log_slope.0"
WHOLE = f"plate={KEY}&metric={CUT}"
OPEN = f"plate={KEY}&well=A1&field=0&metric=mean.0"
MAP = base64.b64encode(b"well,role\nA1,positive\nA2,negative\n").decode()
TABLE = base64.b64encode(b"well,count\nA1,3\nA2,4\n").decode()


FILES = {
    "map": {"kind": "map", "files": [{"name": "t.csv", "data": MAP}]},
    "import": {"kind": "import", "files": [{"name": "t.csv", "data": TABLE}]},
}
"""What is chosen before these are kept."""

OF_A_FIELD = ("verdict", "correction", "history", "presence")
"""Parts that are shown where a field is open; the others, where a whole plate is."""

DONE = [
    ("inbox", "ignore"),
    ("verdict", "judge"),
    ("verdict", "undo"),
    ("verdict", "redo"),
    ("verdict", "amend"),
    ("verdict", "table"),
    ("setup", "nuclear"),
    ("setup", "clip"),
    ("setup", "limit"),
    ("setup", "typed"),
    ("setup", "map"),
    ("setup", "import"),
    ("statistics", "assay"),
    ("distribution", "cut"),
    ("signoff", "demand"),
    ("history", "revert"),
    ("signoff", "blind"),
    ("signoff", "end"),
    ("signoff", "sign-off"),
    ("signoff", "reopen"),
]
"""Messages that do something that lasts, in an order in which each can."""


def messages(made: Service) -> dict[tuple[str, str], dict[str, Any]]:
    """Return a message of each kind that is more than looking, as a page sends it."""
    history = made.corrections.history(KEY, "A1", "0")
    held = made.reviews.read(KEY).verdicts[A1].act
    (failed,) = made.inbox.jobs()
    return {
        ("verdict", "judge"): {"wells": ["A2"], "verdict": "pass"},
        ("verdict", "amend"): {"wells": ["A1"], "target": held.batch, "note": "new"},
        ("verdict", "rest"): {"verdict": "pass"},
        ("verdict", "undo"): {"target": held.batch},
        ("verdict", "redo"): {"target": held.batch},
        ("verdict", "table"): {},
        ("signoff", "blind"): {"first": "Ada", "second": "Ben"},
        ("signoff", "done"): {},
        ("signoff", "end"): {},
        ("signoff", "demand"): {"reason": True},
        ("signoff", "sign-off"): {},
        ("signoff", "limits"): {"rule": "failed", "care": 5, "refuse": 10},
        ("plates", "assay"): {"metric": "mean.0"},
        ("signoff", "reopen"): {},
        ("setup", "nuclear"): {"channel": 0},
        ("setup", "clip"): {"channel": 0, "level": 4000},
        ("setup", "limit"): {"metric": "percent_saturated", "limit": 0.5},
        ("setup", "file"): {
            "kind": "map",
            "files": [{"name": "map.csv", "data": MAP}],
        },
        ("setup", "barcode"): {"barcode": ""},
        ("setup", "map"): {"role": "role", "values": {"positive": "positive"}},
        ("setup", "forget-map"): {},
        ("setup", "typed"): {"patterns": {"negative": "A1"}},
        ("setup", "inside"): {"name": ""},
        ("setup", "sheet"): {"sheet": "second"},
        ("setup", "import"): {"columns": ["count"]},
        ("setup", "remove-import"): {"column": "count"},
        ("statistics", "roles"): {"role": "", "values": {}},
        ("statistics", "assay"): {"metric": "mean.0"},
        ("distribution", "cut"): {"metric": CUT, "low": -2.0, "high": None},
        ("suspects", "anew"): {},
        ("measuring", "hold"): {},
        ("measuring", "resume"): {},
        ("suspects", "measure"): {},
        ("plate_canvas", "previews"): {"act": "stop"},
        ("presence", "deciding"): {"on": True},
        ("correction", "uploaded"): {"upload": "x"},
        ("correction", "target"): {"target": "add"},
        ("correction", "assign"): {"upload": "x", "channel": "0"},
        ("correction", "pages"): {"upload": "x", "pages": "z"},
        ("correction", "remove"): {"upload": "x"},
        ("correction", "confirm"): {"kind": "shape", "confirmed": True},
        ("correction", "commit"): {"staged": "x", "reason": "better"},
        ("inbox", "again"): {"id": failed.id},
        ("inbox", "pattern"): {"id": failed.id, "pattern": "{well}.tif"},
        ("inbox", "ignore"): {"id": failed.id},
        ("inbox", "stop"): {"id": failed.id},
        ("pending", "discard"): {"pending": "x"},
        ("add_plate", "list"): {"id": made.adding.roots()[0].id},
        ("add_plate", "pick"): {"id": made.adding.roots()[0].id},
        ("add_plate", "upload"): {"id": "x"},
        ("add_plate", "ask"): {"pattern": "{well}.tif"},
        ("add_plate", "tables"): {"files": [{"name": "map.csv", "data": MAP}]},
        ("add_plate", "no-tables"): {},
        ("add_plate", "name"): {"name": "P9"},
        ("add_plate", "again"): {},
        ("add_plate", "stop"): {},
        ("add_plate", "back"): {},
        ("add_plate", "import"): {},
        ("corrections", "uploaded"): {"uploads": ["x"]},
        ("corrections", "change"): {"rows": ["x"], "what": "well", "value": "A2"},
        ("corrections", "remove"): {"rows": ["x"]},
        ("corrections", "stage"): {},
        ("corrections", "confirm"): {"fields": ["A1/0"], "kind": "well"},
        ("corrections", "commit"): {"fields": ["A1/0"], "reason": "better"},
        ("corrections", "stop"): {},
        ("corrections", "undo"): {"reason": "the first was right"},
        ("history", "revert"): {
            "version": history[-1].id,
            "well": "A1",
            "field": "0",
            "reason": "the first was right",
        },
    }


def stored(made: Service, plate: Path) -> tuple[str, dict[str, list[tuple[Any, ...]]]]:
    """Return what would be other if anything had been done: plate and database."""
    digest = hashlib.sha256()
    # What is being written may go while it is listed; `rglob` would stop there.
    folders = os.walk(plate)
    for file in sorted(Path(at, name) for at, _, names in folders for name in names):
        if file.suffix == ".hcs-part":  # being written
            continue
        with contextlib.suppress(FileNotFoundError):  # it was, when it was listed
            digest.update(str(file.relative_to(plate)).encode() + file.read_bytes())
    tables = MetaData()
    tables.reflect(made.storage.engine)
    with made.storage.engine.connect() as connection:
        rows = {
            name: sorted(map(tuple, connection.execute(select(table))), key=repr)
            for name, table in tables.tables.items()
            if name not in ("presence", "account_acts")
        }
    return digest.hexdigest(), rows


class World(NamedTuple):
    """A served plate that is measured, judged and corrected."""

    service: Service
    plate: Path
    messages: dict[tuple[str, str], dict[str, Any]]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("served")
    plate = plates.make(folder / KEY, columns=3, fields=2, pixels="random")
    workspace = tmp_path_factory.mktemp("workspace")
    exports = (str(tmp_path_factory.mktemp("exports")),)
    with service(workspace, plate, settle_after=3600.0, add_from=exports) as made:
        surveyed(made, KEY)
        made.quality.measure(KEY)
        judge(made, A1, "fail", reason="focus")
        correct(made, "A1", "0", 77)
        empty = tmp_path_factory.mktemp("export")
        made.inbox.add(empty, folder, JobChoices(), Who("Ada", "typed"))
        wait_for(lambda: made.inbox.jobs()[0].state == "failed")
        wait_for(lambda: made.quality.judgement(KEY).ready)
        yield World(made, plate, messages(made))


def kinds(visit: Visit) -> dict[tuple[str, str], Act]:
    """Return every kind of message that a page takes, and what it asks for."""
    return {
        (name, kind): act
        for name, part in visit.parts.items()
        for kind, act in part.component.asks.items()
    }


def test_there_is_a_message_for_every_kind_that_is_more_than_looking(
    world: World,
) -> None:
    visit = Visit(world.service, OPEN)
    asked = {
        key for key, act in kinds(visit).items() if act not in (Act.LOOK, Act.EXPORT)
    }
    visit.close()
    assert asked == world.messages.keys()


@pytest.mark.parametrize("role", [Role.VIEWER, Role.REVIEWER, Role.CURATOR])
def test_case_45_a_role_does_nothing_that_it_may_not(world: World, role: Role) -> None:
    visits = [Visit(world.service, at, visitor=person(role)) for at in (WHOLE, OPEN)]
    refused = {key: a for key, a in kinds(visits[0]).items() if ROLE_FOR[a] > role}
    assert refused
    before = stored(world.service, world.plate)
    for (part, kind), act in refused.items():
        visit = visits[part in OF_A_FIELD]
        content = {"batch": new_batch(), **world.messages[part, kind]}
        visit.send(part, type=kind, plate=KEY, **content)
        reason = f"ask for the role {ROLE_FOR[act].label}"
        if part in ("correction", "corrections"):
            visit.rest()
        # A part that is hidden, as measuring is when it is done, has no control either.
        content = visit.content(part)
        if part != "presence" and content.get("shown", bool(content)):
            assert reason in content["barred"][kind], (part, kind)
            assert part == "plate_canvas" or reason in said(visit, part), (part, kind)
    for visit in visits:
        visit.rest()
        visit.close()
    assert stored(world.service, world.plate) == before


@pytest.mark.parametrize("place", [WHOLE, OPEN])
def test_who_was_signed_out_does_and_learns_nothing(world: World, place: str) -> None:
    visit = Visit(world.service, place, visitor=person(Role.ADMIN))
    visit.visitor = None
    visit.look()
    assert "signed out" in visit.content("header", "ended")["text"]
    before = stored(world.service, world.plate)
    shown = visit.texts()
    for part, kind in kinds(visit):
        content = {"well": "A2", **world.messages.get((part, kind), {})}
        visit.send(part, type=kind, plate=KEY, batch=new_batch(), **content)
    judge(world.service, B2, "pass")
    judged = stored(world.service, world.plate)
    visit.look()
    visit.rest()
    assert visit.texts() == shown
    assert stored(world.service, world.plate) == judged != before


def test_a_role_that_changes_is_known_at_the_next_look(world: World) -> None:
    visit = Visit(world.service, OPEN, visitor=person(Role.VIEWER, "Eve"))
    assert "ask for the role reviewer" in visit.content("verdict")["locked"]
    assert visit.content("header")["visitor"]["role"] == "viewer"
    visit.visitor = person(Role.CURATOR, "Eve")
    visit.look()
    visit.rest()
    assert visit.content("verdict")["locked"] == ""
    assert visit.content("header")["visitor"]["role"] == "curator"
    visit.visitor = person(Role.CURATOR, "Mallory")
    visit.look()
    assert visit.session.closed


def test_a_role_holds_in_its_projects_alone(world: World) -> None:
    folder = world.plate.parent
    for name in (folder.name, f"{folder.parent.name}/{folder.name}"):
        everywhere_else = person(Role.VIEWER, project_roles={name: Role.CURATOR})
        visit = Visit(world.service, OPEN, visitor=everywhere_else)
        assert visit.content("verdict")["locked"] == ""
        assert visit.content("header")["visitor"]["role"] == "curator"
        visit.close()
    here = person(Role.ADMIN, project_roles={folder.name: Role.VIEWER})
    visit = Visit(world.service, OPEN, visitor=here)
    assert "ask for the role reviewer" in visit.content("verdict")["locked"]
    visit.close()


def test_who_may_is_let_through_and_what_they_do_is_done(world: World) -> None:
    """The messages that are refused to others are ones that would do something."""
    made, admin = world.service, person(Role.ADMIN)
    whole, opened = (Visit(made, place, visitor=admin) for place in (WHOLE, OPEN))
    done = set()
    for part, kind in DONE:
        visit = opened if part in OF_A_FIELD else whole
        visit.look()
        visit.rest()
        before = stored(made, world.plate)
        content = {"batch": new_batch(), **world.messages[part, kind]}
        if kind in ("undo", "redo"):
            content["target"] = visit.content("verdict")[kind]["batch"]
        if kind in FILES:
            visit.act("setup", type="file", plate=KEY, **FILES[kind])
            wait_for(lambda: visit.rest() or visit.content("setup")[kind])  # noqa: B023
        visit.send(part, type=kind, plate=KEY, **content)
        wait_for(lambda: stored(made, world.plate) != before, f"for {part} {kind}")  # noqa: B023
        done.add(kinds(visit)[part, kind])
    lasting = {act for act in Act if ROLE_FOR[act] > Role.VIEWER}
    passing = {Act.UPLOAD, Act.STAGE, Act.COMMIT, Act.MEASURE, Act.PICTURES, Act.PEOPLE}
    assert done == lasting - passing
    for visit in (whole, opened):
        visit.close()


def said(visit: Visit, part: str) -> str:
    """Return what a part says after a message, without what it always shows."""
    if part == "verdict":
        return json.dumps(visit.content(part, "answers"))
    content = visit.content(part)
    content.pop("barred", None)
    return json.dumps(content)


SAMPLES = [
    "/",
    "/ws",
    "/favicon.ico",
    "/metadata",
    "/autoload.js?bokeh-autoload-element=x",
    "/static/js/bokeh.min.js",
    "/static/extensions/panel/panel.min.js",
    "/components/x/y/z",
    "/assets/core/page.js",
    "/health",
    "/ready",
    "/metrics",
    f"/pixels/{KEY}/wells.json?well=A1",
    f"/pixels/{KEY}/previews.json",
    "/pixels/staged/x/plane.bin",
    f"/pixels/{KEY}/plate.jpg?size=32",
    f"/pixels/{KEY}/A1/sprite.jpg?size=32",
    f"/pixels/{KEY}/A1/0/v/thumb.jpg",
    f"/pixels/{KEY}/A1/0/v/field.png",
    f"/pixels/{KEY}/pending/x/plane.bin",
    f"/export/{KEY}/report.html?partial=yes",
    f"/export/{KEY}/pending.zip",
    "/visitor.json",
    "/admin",
    "POST /admin/end-session",
    "POST /leave",
    "POST /uploads",
    "PATCH /uploads/x",
]
"""An address of each route, those of Bokeh and Panel too."""


def test_case_45_every_route_asks_for_a_role(world: World) -> None:
    settings = ServerSettings(port=0)
    with Served(world.service, settings, by_role_header) as served:
        rules = served.server._tornado.wildcard_router.rules
        paths = []
        for sample in SAMPLES:
            method, _, address = sample.rpartition(" ")
            path = address.partition("?")[0]
            paths.append(path)
            rule = next((r for r in rules if r.matcher.regex.fullmatch(path)), None)
            if rule is None:
                continue  # a route of Bokeh's that this server does not have
            act = getattr(rule.target, "asks", None)
            for role in (None, *Role):
                headers = {"X_Role": role.label} if role else {}
                if path == "/ws":
                    headers |= UPGRADE
                body = b"" if method else None
                answer = served.send(method or "GET", address, body, **headers)
                text = answer.body.decode("latin-1")
                if role is None:
                    assert answer.status != 101, sample
                    assert KEY not in text, sample
                    assert answer.status in (401, 403) or act is None, sample
                elif act is not None and ROLE_FOR[act] > role:
                    assert answer.status == 403, sample
                    assert f"ask for the role {ROLE_FOR[act].label}" in text, sample
                else:
                    assert "ask for the role" not in text or path == "/", sample
    for rule in rules:
        assert any(map(rule.matcher.regex.fullmatch, paths)), rule.matcher.regex


def test_an_upload_needs_the_role_for_the_plate_that_it_is_for(world: World) -> None:
    made, project = world.service, world.plate.parent.name
    people = {
        "Here": person(Role.VIEWER, "Here", {project: Role.REVIEWER}),
        "There": person(Role.CURATOR, "There", {project: Role.VIEWER}),
        "Thief": person(Role.CURATOR, "Thief"),
    }

    def identify(request: HTTPServerRequest) -> Visitor | None:
        return people.get(request.headers.get("X-Name", ""))

    with Served(made, ServerSettings(port=0), identify) as served:

        def upload(name: str, token: str, plate: str = KEY) -> int:
            headers = {PAGE_HEADER: token, "X_Name": name, "plate": plate}
            return served.upload("/uploads", tiff(picture(9)), **headers).status

        tokens = {
            name: made.sessions.open(people[name].subject) for name in ("Here", "There")
        }
        assert upload("There", tokens["There"]) == 403
        assert upload("Thief", tokens["Here"]) == 200
        assert len(made.uploads.owned_by("user:Thief")) == 1
        assert upload("Here", tokens["Here"], "") == 403
        assert made.uploads.owned_by("user:Here") == ()
        assert upload("Here", tokens["Here"]) == 200
        assert len(made.uploads.owned_by("user:Here")) == 1
        for token in tokens.values():
            made.sessions.close(token).result()


UPGRADE = {
    "Upgrade": "websocket",
    "Connection": "Upgrade",
    "Sec_WebSocket_Version": "13",
    "Sec_WebSocket_Key": base64.b64encode(bytes(16)).decode(),
}


def test_what_somebody_staged_is_not_there_for_others(world: World) -> None:
    made = world.service
    token = made.sessions.open("user:Rob")
    upload = send(made, token, tiff(picture(9)), "x.tif", "user:Rob")
    source = SourceFile(upload=upload.id, channel=1)
    staged = made.corrections.stage(token, KEY, "B1", "0", [source]).id
    before = stored(made, world.plate)
    who = Who("Ben", "sign-in")
    for owner in ("user:Ben", "local"):
        for act in (
            lambda: made.corrections.staged(staged, owner),  # noqa: B023
            lambda: made.corrections.confirm(staged, "shape", owner=owner),  # noqa: B023
            lambda: made.corrections.commit(staged, who, "mine", owner),  # noqa: B023
        ):
            with pytest.raises(NotServedError, match="no such staged"):
                act()
        made.corrections.discard(staged, owner)
    assert made.corrections.staged(staged, "user:Rob").id == staged
    assert stored(made, world.plate) == before
    made.sessions.close(token).result()
