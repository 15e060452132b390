"""What whoever keeps a server asks of it: is it alive, ready, and what does it do."""

from __future__ import annotations

import json
import logging
import os
import re
import subprocess
import sys
import threading
import time
import urllib.request
from logging.handlers import TimedRotatingFileHandler

import pytest

from dashboard.accounts import Role
from dashboard.app import ServerSettings, free_port, new_loop
from dashboard.logs import begin_log, keep_log
from dashboard.monitoring import Monitoring
from dashboard.readiness import ReadinessChecks
from dashboard.reviews.acts import Subject
from dashboard.reviews.values import Decision
from dashboard.storage.database import begin_alone
from hcs.metadata import Who
from tests import plates
from tests.integration.serving import Served, by_role_header, service, wait_for


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    """Return a server that tells people by the role in a header, and its plate."""
    folder = tmp_path_factory.mktemp("operation")
    plate = plates.make(folder / "plates" / "one.ome.zarr")
    port = free_port("127.0.0.1", 0)
    settings = ServerSettings(port=0, metrics=("127.0.0.1", port))
    with (
        service(folder / "workspace", folder / "plates", measure=False) as made,
        Served(made, settings, by_role_header) as running,
    ):
        yield running, plate, port


def test_alive_and_ready_are_two_questions(served):
    running, plate, _ = served
    assert running.get("/health").json["status"] == "ok"
    ready = running.get("/ready")
    assert (ready.status, ready.json) == (200, {"ready": True})
    away = plate.parent.with_name("away")
    plate.parent.rename(away)
    try:
        absent = running.get("/ready")
        assert (absent.status, absent.json) == (503, {"ready": False})
        problems = running.get("/ready", X_Role="admin").json["problems"]
        assert "cannot be reached" in problems["roots"]
        assert not problems["database"]
        assert running.get("/health").status == 200
    finally:
        away.rename(plate.parent)
    assert running.get("/ready").status == 200


def locked(running):
    """Hold the database's writing lock, as a program that hangs would."""
    engine = running.service.storage.engine
    connection = engine.connect()
    begin_alone(connection, 0)
    return connection.close


def full(running):
    """Take a workspace's room for new files away."""
    workspace = running.service.workspace.path
    limit = workspace.with_name("away")
    workspace.rename(limit)
    return lambda: limit.rename(workspace)


def ended(running):
    """End what looks after plates."""
    watcher = threading.Thread(name="watcher")
    watcher.start()
    watcher.join()
    service = running.service
    object.__setattr__(service, "background", (*service.background, watcher))
    return lambda: object.__setattr__(service, "background", service.background[:-1])


def busy(running):
    """Keep all threads that pages wait for at work."""
    free = threading.Event()
    for _ in range(16):
        running.service.threads.submit(free.wait)
    return free.set


def replaced(running):
    """Take Python from where it was when the server began, as an upgrade may."""
    del running
    program, sys.executable = sys.executable, f"{sys.executable}-of-before"
    return lambda: setattr(sys, "executable", program)


@pytest.mark.parametrize(
    ("break_it", "name", "words"),
    [
        (locked, "database", "no answer within 2 s"),
        (full, "disk", "No such file"),
        (ended, "threads", "ended, and start again with the server: watcher"),
        (busy, "threads", "at work for longer"),
        (replaced, "workers", "none can be started"),
    ],
)
def test_each_thing_that_a_server_needs_makes_it_not_ready_and_comes_back(
    served, break_it, name, words
):
    running, _, _ = served
    mend = break_it(running)
    try:
        answer = running.get("/ready", X_Role="admin")
        assert answer.status == 503
        assert words in answer.json["problems"][name]
        assert running.get("/health").status == 200
    finally:
        mend()
    wait_for(lambda: running.get("/ready").status == 200, "until it is ready again")


def test_a_root_that_is_there_and_cannot_be_listed_is_not_ready(served, monkeypatch):
    running, plate, _ = served

    def refused(path):
        raise PermissionError(13, "Permission denied", str(path))

    # Root may list everything; others may not.
    monkeypatch.setattr("dashboard.readiness.os.scandir", refused)
    problem = running.get("/ready", X_Role="admin").json["problems"]["roots"]
    assert problem == f"cannot be reached: {plate.parent} (Permission denied)"


def test_a_look_that_hangs_is_said_and_not_begun_again(served):
    running, _, _ = served
    looks = ReadinessChecks(running.service)
    hang, begun = threading.Event(), []

    def hanging() -> str:
        begun.append(1)
        hang.wait(60)
        return ""

    looks._roots_there = hanging  # a share that does not answer
    try:
        for _ in range(2):
            assert "no answer within" in looks.look().problems["roots"]
        assert begun == [1]
    finally:
        hang.set()


def test_all_who_ask_meanwhile_are_answered_by_one_look(served):
    running, _, _ = served
    looks = ReadinessChecks(running.service)
    hang = threading.Event()
    looks._roots_there = lambda: "" if hang.wait(60) else "it hangs"
    try:
        first, *others = [looks.asked() for _ in range(20)]
        assert all(look is first for look in others)
    finally:
        hang.set()
    assert first.result(60).ready
    assert looks.asked() is not first


def test_counts_are_for_admins_or_at_an_address_of_their_own(served):
    running, plate, port = served
    running.get("/pixels/secret-name/B02/0/plate.jpg", X_Role="viewer")
    assert running.get("/metrics").status == 403
    assert running.get("/metrics", X_Role="curator").status == 403
    text = running.get("/metrics", X_Role="admin").body.decode()
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics") as answer:
        open_text = answer.read().decode()
    for counts in (text, open_text):
        assert re.search(r'hcs_requests_total\{kind="pixels",method="GET"', counts)
        assert "hcs_workspace_free_bytes" in counts
        for name in ("secret-name", plate.name, "one", "B02"):
            assert f'"{name}"' not in counts


def test_verdicts_and_problems_are_counted_by_kind_and_module(served, plain_log):
    running, plate, _ = served
    begin_log(verbose=False)

    def count(name: str) -> float:
        text = Monitoring(running.service).text().decode()
        line = re.search(rf"^{re.escape(name)} (\S+)$", text, re.M)
        return float(line[1]) if line else 0.0

    verdicts, problems = (
        'hcs_acts_total{kind="verdict"}',
        'hcs_problems_total{level="warning",logger="dashboard.test"}',
    )
    before = count(verdicts), count(problems)
    well = Decision(Subject("A/1"), "thumbnails")
    running.service.decisions.judge(plate.name, [well], "pass", Who("Ada", "typed"))
    logging.getLogger("dashboard.test").warning("Nobody can read %s", plate.name)
    assert (count(verdicts), count(problems)) == (before[0] + 1, before[1] + 1)
    assert count("process_resident_memory_bytes") > 1e6
    mend = busy(running)
    try:
        assert count('hcs_work_waiting{kind="work"}') > 0
        assert count('hcs_work_waiting{kind="acts"}') == 0
    finally:
        mend()


def test_an_event_loop_that_was_held_up_is_counted_as_late(served):
    running, _, _ = served
    monitoring = Monitoring(running.service)
    loop = new_loop()
    monitoring.follow(loop)
    # The loop is held beyond the time of its next look, and ends after that.
    loop.add_callback(time.sleep, 1.5)
    loop.call_later(1.6, loop.stop)
    loop.start()
    loop.close()
    late = re.search(
        r"^hcs_event_loop_lag_seconds (\S+)", monitoring.text().decode(), re.M
    )
    assert late is not None
    assert float(late[1]) > 0.3


def test_an_error_bears_the_id_of_its_request_in_answer_log_and_headers(served, caplog):
    running, _, _ = served
    reviews = running.service.plates
    real = type(reviews).overview

    def broken(self, *arguments):
        raise ZeroDivisionError("on purpose")

    type(reviews).overview = broken
    try:
        with caplog.at_level(logging.ERROR):
            answer = running.get("/export/one/wells.csv", X_Role="viewer")
    finally:
        type(reviews).overview = real
    number = answer.headers["X-Request-Id"]
    assert re.fullmatch("[0-9a-f]{8}", number)
    assert answer.status == 500
    assert f"error {number}" in answer.json["error"]
    assert f"Error {number}" in caplog.text
    assert running.get("/health").headers["X-Request-Id"] != number


def test_a_server_whose_log_is_json_says_nothing_else_when_it_starts(tmp_path):
    plate = plates.make(tmp_path / "p.ome.zarr", fields=1, shape=(16, 16))
    command = [sys.executable, "-m", "dashboard", "serve", str(plate), "--port", "0"]
    command += ["--workspace", str(tmp_path / "workspace"), "--log-format", "json"]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as server:
        messages = []
        for line in server.stderr:
            messages.append(json.loads(line)["message"])
            if messages[-1].startswith("Stop with"):
                server.terminate()
        assert server.stdout.read() == ""
    assert messages[0].startswith("hcs-dashboard ")
    (address,) = (text for text in messages if text.startswith("Open http://"))
    logged = "".join(p.read_text() for p in (tmp_path / "workspace/logs").iterdir())
    assert address.partition("token=")[2] not in logged


def test_a_log_of_json_is_one_document_a_line_whatever_is_logged(tmp_path, plain_log):
    begin_log(verbose=True, form="json")
    assert keep_log(tmp_path / "logs", form="json", days=3) == ""
    logger = logging.getLogger("dashboard.test")
    logger.warning("line one\nline two \x1b[31m %s", "naïve")
    try:
        raise ValueError("no good")
    except ValueError:
        logger.exception("it failed")
    path = tmp_path / "logs" / "dashboard.log"
    first, second = map(json.loads, path.read_text(encoding="utf-8").splitlines())
    assert first["message"] == "line one\nline two \x1b[31m naïve"
    assert "ValueError: no good" in second["error"]
    assert path.stat().st_mode & 0o777 == 0o600


def test_the_log_keeps_its_days_and_stays_private(tmp_path, plain_log):
    folder = tmp_path / "logs"
    folder.mkdir()
    gone = folder / "4711-dashboard.log"
    new, other = folder / "4712-dashboard.log", folder / "notes.txt"
    days = [folder / f"dashboard.log.2025-11-{day:02}" for day in range(1, 6)]
    for path in (gone, new, other, *days):
        path.touch()
    for path in (gone, other):
        os.utime(path, (0, 0))
    begin_log(verbose=False)
    assert keep_log(folder, days=3) == ""
    assert not gone.exists()
    (handler,) = [
        handler
        for handler in logging.getLogger().handlers
        if isinstance(handler, TimedRotatingFileHandler)
        and handler.baseFilename.startswith(str(folder))
    ]
    logging.getLogger("dashboard.test").warning("before midnight")
    handler.doRollover()
    logging.getLogger("dashboard.test").warning("after midnight")
    today = folder / "dashboard.log"
    assert "after" in today.read_text()
    assert today.stat().st_mode & 0o777 == 0o600
    assert len(list(folder.glob("dashboard.log.2*"))) == 3
    assert new.exists()
    assert other.exists()


def test_each_answer_is_a_line_of_the_log_without_queries_and_names(
    served, tmp_path, plain_log
):
    running, _, _ = served
    begin_log(verbose=True, form="json")
    assert keep_log(tmp_path / "logs", form="json", days=1) == ""
    path = "/pixels/my-plate/B02/0/1/thumb.jpg?token=s3cret"
    answers = [
        running.get(path, X_Role="viewer"),
        running.get("/visitor.json?code=s3cret"),
        running.get("/my-plate/?code=s3cret"),
        running.send("BREW", "/health?s3cret", None),
    ]
    path = tmp_path / "logs" / "dashboard.log"
    numbers = [answer.headers["X-Request-Id"] for answer in answers]

    def lines() -> dict[str, dict]:
        documents = map(json.loads, path.read_text(encoding="utf-8").splitlines())
        by_id = {line.get("request"): line for line in documents if "what" in line}
        return by_id if set(numbers) <= by_id.keys() else {}

    # Who asks may read an answer before its line is written.
    by_id = wait_for(lines, "for the log")
    said = [by_id[number] for number in numbers]
    assert [line["what"] for line in said] == [
        "/pixels/.../thumb.jpg", "/visitor.json", "other", "/health",
    ]  # fmt: skip
    assert [line["status"] for line in said] == [answer.status for answer in answers]
    assert said[-1]["method"] == "-"
    assert "s3cret" not in path.read_text(encoding="utf-8")
    assert all("my-plate" not in json.dumps(line) for line in said)


def test_what_a_handler_did_not_expect_is_told_with_the_id_of_the_log(
    served, caplog, monkeypatch
):
    from dashboard.web.pages import HealthHandler

    running, _, _ = served

    def broken(self):
        raise ZeroDivisionError("on purpose")

    monkeypatch.setattr(HealthHandler, "get", broken)
    with caplog.at_level(logging.INFO):
        answer = running.get("/health?code=s3cret")
    number = answer.headers["X-Request-Id"]
    assert (answer.status, answer.json) == (
        500, {"error": f"The server failed (error {number} in its log)."},
    )  # fmt: skip
    assert f"Error {number} at /health" in caplog.text
    assert "ZeroDivisionError: on purpose" in caplog.text
    assert "s3cret" not in caplog.text


def test_a_line_of_text_is_one_line_and_moves_no_cursor(tmp_path, plain_log):
    begin_log(verbose=True)
    assert keep_log(tmp_path / "logs", days=1) == ""
    logging.getLogger("dashboard.test").warning("a\nb \x1b[2J %s", "c\rd")
    (path,) = (tmp_path / "logs").glob("*dashboard.log")
    # Servers of other tests may still end, and say so.
    lines = path.read_text(encoding="utf-8").splitlines()
    (line,) = [line for line in lines if "dashboard.test" in line]
    assert line.endswith("a\\nb \ufffd[2J c\\rd")


def test_who_may_ask_for_counts_is_who_may_see_people():
    from dashboard.access import ROLE_FOR
    from dashboard.web.pages import MetricsHandler

    assert ROLE_FOR[MetricsHandler.asks] is Role.ADMIN
