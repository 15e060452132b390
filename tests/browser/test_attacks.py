"""Other sites attack a browser whose person is in: nothing is read, nothing is done.

The attackers are a site of another name and a program at another port of this host,
whose requests bear the person's cookie, for cookies ignore ports.
"""

from __future__ import annotations

import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests import plates
from tests.browser.serving import ROOT, Server, well

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from playwright.sync_api import BrowserContext, Page

    from tests.browser.chromium import Chromium

KEY = "p.ome.zarr"
LINK = (sys.executable, "-m", "dashboard.cli", "link")
ON = f"?plate={KEY}&well=A1"

TRY = """async (target) => {
  const tried = {}
  const read = async (name, path, options) => {
    try {
      const answer = await fetch(target + path, { credentials: "include", ...options })
      tried[name] = (await answer.text()).length
    } catch { tried[name] = "" }
  }
  await read("fetch", "export/p.ome.zarr/wells.csv?partial=yes")
  await read("fetch without looking", "", { mode: "no-cors" })
  await read("post", "upload", { method: "POST", body: "x" })
  const load = (name, tag, path) => new Promise((done) => {
    const element = document.createElement(tag)
    element.onload = () => { tried[name] = "loaded"; done() }
    element.onerror = () => { tried[name] = ""; done() }
    element[tag === "link" ? "href" : "src"] = target + path
    if (tag === "link") element.rel = "stylesheet"
    document.body.append(element)
  })
  await load("img", "img", "pixels/p.ome.zarr/plate.jpg?size=64")
  await load("icon", "img", "assets/icon.svg")
  await load("script", "script", "static/js/bokeh.min.js")
  await load("autoload", "script", "autoload.js?bokeh-autoload-element=x")
  await load("style", "link", "assets/core/page.css")
  await new Promise((done) => {
    const socket = new WebSocket(target.replace("http", "ws") + "ws", ["bokeh", "x.y"])
    socket.onopen = () => { tried.socket = "open"; done() }
    socket.onerror = () => { tried.socket = ""; done() }
  })
  return tried
}"""


class Attacker(BaseHTTPRequestHandler):
    """A page of somebody else: empty, framing, linking or posting to a target."""

    def do_GET(self) -> None:
        what, _, target = self.path.strip("/").partition("=")
        body = {
            "frame": f'<iframe src="{target}" onload="document.title = 1"></iframe>',
            "link": f'<a href="{target}">look</a>',
            "form": f'<form method="post" action="{target}"><button>go</button></form>',
        }.get(what, "")
        page = f"<!DOCTYPE html><link rel=icon href=data:,><body>{body}</body>".encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(page)))
        self.end_headers()
        self.wfile.write(page)

    def log_message(self, format: str, *args: object) -> None:
        """Keep quiet."""


@pytest.fixture(params=["attacker.example", "127.0.0.1"], ids=["site", "port"])
def attacker(request: pytest.FixtureRequest) -> Iterator[str]:
    """Yield the address of pages of somebody else."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Attacker)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    yield f"http://{request.param}:{server.server_address[1]}/"
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Serve a plate with two servers' worth of nothing else."""
    folder = tmp_path_factory.mktemp("served")
    path = plates.make(folder / KEY, columns=2, fields=1)
    server = Server(path, "--no-measure", workspace=tmp_path_factory.mktemp("w"))
    yield server
    server.stop()


@pytest.fixture
def person(desk: Server, chromium: Chromium) -> Iterator[BrowserContext]:
    """Return a browser whose person is in at the desk."""
    context = chromium.new_context()
    desk.let_in(context)
    yield context
    context.close()


def test_case_42_a_foreign_name_that_points_here_shows_nothing(
    desk: Server, person: BrowserContext
) -> None:
    page = person.new_page()
    answer = page.goto(f"http://evil.example:{desk.port}/{ON}")
    assert answer is not None
    assert answer.status == 421
    assert page.get_by_role("gridcell").count() == 0


def test_case_43_a_page_of_another_site_reads_nothing_and_sends_nothing(
    desk: Server, person: BrowserContext, attacker: str
) -> None:
    page = person.new_page()
    page.goto(attacker)
    tried = page.evaluate(TRY, desk.url)
    # What may not be read arrives as nothing; a request that tells nothing may end.
    assert {name: text for name, text in tried.items() if text} == {}


def test_case_43_a_form_of_another_site_is_refused(
    desk: Server, person: BrowserContext, attacker: str
) -> None:
    page = person.new_page()
    for path in ("leave", "upload"):
        page.goto(f"{attacker}form={desk.url}{path}")
        with page.expect_navigation() as arrived:
            page.get_by_role("button").click()
        assert arrived.value.status == 403


def test_no_page_of_another_site_frames_ours(
    desk: Server, person: BrowserContext, attacker: str
) -> None:
    page = person.new_page()
    page.goto(f"{attacker}frame={desk.url}{ON}")
    expect(page).to_have_title("1")
    assert not any(frame.url.startswith(desk.url) for frame in page.frames)
    assert page.frame_locator("iframe").get_by_role("gridcell").count() == 0


def test_a_link_of_another_site_still_leads_to_the_page(
    desk: Server, person: BrowserContext, attacker: str
) -> None:
    page = person.new_page()
    page.goto(f"{attacker}link={desk.url}{ON}")
    page.get_by_role("link").click()
    expect(well(page, "A1")).to_be_visible()


def test_nobody_chooses_the_session_of_a_page_by_a_link(
    desk: Server, person: BrowserContext
) -> None:
    answer = person.new_page().goto(f"{desk.url}?bokeh-session-id=FIXED123")
    assert answer is not None
    assert answer.status == 400


def test_markup_that_came_onto_the_page_would_not_run(
    desk: Server, visit: Callable[..., Page]
) -> None:
    """The second wall, where text was once not escaped."""
    page = visit(desk, ON, expected=("Content Security Policy", "/nothing"))
    expect(well(page, "A1")).to_be_visible()
    ran = page.evaluate(
        """async () => {
          const image = new Image()
          image.setAttribute("onerror", "window.hacked = 1")
          const failed = new Promise((done) => image.addEventListener("error", done))
          image.src = "nothing.png"
          document.body.append(image)
          const script = document.createElement("script")
          script.textContent = "window.hacked = 2"
          document.body.append(script)
          await failed
          return window.hacked ?? 0
        }"""
    )
    assert ran == 0


def test_whoever_started_the_server_comes_in_by_its_line_and_others_by_a_new_one(
    chromium: Chromium, tmp_path: Path
) -> None:
    path = plates.make(tmp_path / KEY, columns=2, fields=1)
    server = Server(path, "--no-measure", workspace=tmp_path / "w")
    first, second = chromium.new_context(), chromium.new_context()
    try:
        page = first.new_page()
        page.goto(f"{server.line}&plate={KEY}&well=A2")
        expect(well(page, "A2")).to_be_visible()
        assert "token" not in page.url
        assert f"plate={KEY}" in page.url
        assert page.evaluate("document.cookie") == ""
        other = second.new_page()
        other.goto(server.line)
        expect(other.get_by_role("alert")).to_contain_text("used before")
        other.goto(server.url)
        expect(other.get_by_text("hcs-dashboard link")).to_be_visible()
        line = subprocess.run(
            [*LINK, "--workspace", str(tmp_path / "w")],
            cwd=ROOT,
            check=True,
            capture_output=True,
            text=True,
        ).stdout
        other.goto(line.removeprefix("Open ").strip())
        expect(well(other, "A1")).to_be_visible()
    finally:
        first.close()
        second.close()
        server.stop()
