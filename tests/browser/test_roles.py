"""What people of each role see and can do, in a browser, signed in."""

from __future__ import annotations

import contextlib
import re
from http.cookies import SimpleCookie
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import numpy as np
import pytest
import tifffile
from playwright.sync_api import Error, expect

from dashboard.accounts import Role
from dashboard.app import ServerSettings
from dashboard.reviews.acts import Subject
from hcs import from_hcs_zarr
from hcs.metadata import Who
from tests import plates
from tests.browser.conftest import PATIENCE
from tests.browser.serving import Faults, compared, open_panel, well
from tests.browser.test_review import ready
from tests.integration.judged import A1, A2, KEY, correct, judge
from tests.integration.serving import Served, person, service, surveyed, wait_for

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from playwright.sync_api import BrowserContext, Page, Response, WebSocket
    from tornado.httputil import HTTPServerRequest

    from dashboard.accounts import Visitor
    from tests.browser.chromium import Chromium

FIELD_OF_A1 = Subject("A/1", "1")
FIELD = "?well=A1&field=0"
SIZE = (32, 40)
FETCH = "async address => (await fetch(address)).text()"


class Office:
    """A server that knows people by a cookie, and who is signed in at this moment."""

    def __init__(self) -> None:
        self.people: dict[str, Visitor] = {}
        self.served: Served

    def identify(self, request: HTTPServerRequest) -> Visitor | None:
        morsel = SimpleCookie(request.headers.get("Cookie", "")).get("person")
        return None if morsel is None else self.people.get(morsel.value)

    def hire(self, name: str, role: Role) -> None:
        self.people[name] = person(role, name)


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    desk = Office()
    for name, role in (
        ("Vera", Role.VIEWER),
        ("Rob", Role.REVIEWER),
        ("Cara", Role.CURATOR),
        ("Ben", Role.REVIEWER),
    ):
        desk.hire(name, role)
    plate = plates.make(
        tmp_path / "served" / KEY,
        columns=3,
        fields=2,
        shape=SIZE,
        pixels="random",
        annotations={"conditions": CONDITIONS},
    )
    settings = ServerSettings(port=0, ask_again_seconds=0.2)
    with (
        service(tmp_path / "workspace", plate, settle_after=3600.0) as made,
        Served(made, settings, desk.identify) as desk.served,
    ):
        surveyed(made, KEY)
        made.quality.measure(KEY)
        judge(made, A1, "fail", reason="focus")
        correct(made, "A1", "0", 77)
        made.quality.measure(KEY)  # what was corrected, too: until then no report is
        yield desk


CONDITIONS = {
    "columns": ["role", "compound", "dose_uM"],
    "wells": {
        f"{row}/{column}": [role, f"compound-{column}", f"0.12{column}"]
        for row in "AB"
        for column, role in enumerate(("negative", "positive", "sample"), 1)
    },
}


@pytest.fixture
def enter(chromium: Chromium, office: Office) -> Iterator[Callable[..., Page]]:
    """Open a page as somebody who is signed in."""
    contexts: list[tuple[BrowserContext, Faults]] = []

    def open_page(name: str, query: str = "", *, follow: Any = None) -> Page:
        context = chromium.new_context(viewport={"width": 1280, "height": 800})
        context.set_default_timeout(PATIENCE)
        url = f"{office.served.url}/"
        context.add_cookies([{"name": "person", "value": name, "url": url}])
        page = context.new_page()
        faults = Faults(expected=("LoadData.csv",))  # not while a round is open
        faults.watch(page, urlsplit(url).netloc)
        contexts.append((context, faults))
        if follow is not None:
            follow(page)
        page.goto(url + query)
        return page

    yield open_page
    for context, _ in contexts:
        context.close()
    for _, faults in contexts:
        assert faults.foreign == []
        assert faults.scripts == []
        assert faults.failed == []


def drawn(page: Page) -> None:
    expect(page.locator(".hcs-field-viewer .pane")).to_have_attribute(
        "data-drawn", re.compile(".")
    )


def in_both_themes(page: Page, picture: Callable, name: str) -> None:
    for theme in ("light", "dark"):
        page.emulate_media(color_scheme=theme)  # type: ignore[arg-type]
        picture(page, f"{name}-{theme}")


def off(page: Page, control: str, role: str) -> None:
    """Expect a control to be there, off, and to say which role it needs."""
    locator = page.locator(control).first
    expect(locator).to_be_disabled()
    expect(locator).to_have_attribute("title", re.compile(f"ask for the role {role}"))


def test_a_viewer_looks_and_is_told_at_each_control_why_not_more(
    enter: Callable, office: Office, picture: Callable
) -> None:
    page = enter("Vera", FIELD)
    drawn(page)
    expect(page.locator(".hcs-role")).to_have_text("viewer")
    expect(page.locator(".hcs-person")).to_contain_text("Vera")
    expect(page.locator(".hcs-reviewer")).to_be_hidden()
    expect(page.locator(".lock")).to_contain_text("You look as viewer: to give")
    expect(page.locator(".hcs-verdict-pass")).to_be_hidden()
    expect(page.locator(".correction")).to_contain_text("ask for the role reviewer")
    expect(page.locator(".hcs-upload")).to_be_hidden()
    off(page, ".hcs-revert", "curator")
    toast = page.locator(".toast")
    for key in ("p", "u", "n", "r", "e"):
        toast.evaluate("toast => toast.replaceChildren()")  # each says it anew
        page.keyboard.press(key)
        expect(toast).to_contain_text("You look as viewer")
        page.evaluate("() => document.activeElement?.blur()")
    in_both_themes(page, picture, "viewer-field")

    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    expect(page.locator(".hcs-suspects")).to_be_visible()
    for control, role in (
        (".hcs-sign-off", "curator"),
        (".hcs-blind", "curator"),
        (".hcs-demand-reason", "admin"),
    ):
        off(page, control, role)
    open_panel(page, "setup")
    page.locator(".hcs-setup summary").first.click()
    off(page, ".hcs-nuclear", "curator")
    expect(page.locator(".hcs-report")).to_be_enabled()
    in_both_themes(page, picture, "viewer-plate")
    assert list(office.served.service.reviews.read(KEY).verdicts) == [A1]


def test_a_reviewer_judges_and_stages_and_leaves_the_commit_to_others(
    enter: Callable, office: Office, picture: Callable, tmp_path: Path
) -> None:
    page = enter("Rob", "?well=A2&field=0")
    drawn(page)
    expect(page.locator(".hcs-role")).to_have_text("reviewer")
    ready(page, "A2")
    page.keyboard.press("p")
    expect(page.locator(".toast")).to_contain_text("A2 pass")
    reviews = office.served.service.reviews
    held = reviews.read(KEY).verdicts[A2]
    assert (held.act.who, held.act.known) == ("Rob", "sign-in")
    well(page, "A2").click()
    page.locator('.hcs-thumb[data-well="A2"][data-field="0"]').click()
    file = tmp_path / "A2_w1.tif"
    tifffile.imwrite(file, np.full(SIZE, 900, "uint16"))
    page.locator(".hcs-upload").set_input_files(file)
    expect(page.locator(".hcs-compare")).to_be_visible()
    page.locator(".hcs-reason").fill("imaged again")
    off(page, ".hcs-commit", "curator")
    in_both_themes(page, picture, "reviewer-staged")
    # Its pixels are Rob's: to anybody else they are not there.
    (staged,) = office.served.service.corrections._staged._table
    for who, status in (("Rob", 200), ("Ben", 404), ("Cara", 404), ("Vera", 404)):
        answer = office.served.get(
            f"/pixels/staged/{staged}/plane.bin", Cookie=f"person={who}"
        )
        assert answer.status == status, who


def test_a_curator_takes_a_field_through_the_whole_loop(
    enter: Callable, office: Office, picture: Callable, tmp_path: Path
) -> None:
    page = enter("Cara", "?well=A2&field=0")
    drawn(page)
    file = tmp_path / "A2_w1.tif"
    pixels = np.full(SIZE, 900, "uint16")
    tifffile.imwrite(file, pixels)
    page.locator(".hcs-upload").set_input_files(file)
    expect(page.locator(".hcs-compare")).to_be_visible()
    page.locator(".hcs-reason").fill("imaged again")
    for box in page.locator(".differences input[type=checkbox]").all():
        box.check()
        expect(box).to_be_checked()
    compared(page)
    page.locator(".hcs-commit").click()
    expect(page.locator(".hcs-history li")).to_have_count(2)
    expect(page.locator(".hcs-history li").first).to_contain_text("Cara ·")
    plate = from_hcs_zarr(office.served.service.plates.overview(KEY).location)
    stored = plate.well("A2").field("0").image().images[0].data
    assert np.array_equal(np.asarray(stored)[0], pixels)
    page.locator(".hcs-revert").first.click()
    page.locator(".hcs-revert-reason").fill("the first was right")
    page.keyboard.press("Enter")
    expect(page.locator(".hcs-history li")).to_have_count(3)
    drawn(page)
    ready(page, "A2")
    page.keyboard.press("f")
    expect(page.locator(".toast")).to_contain_text("A2 fail")
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    # There is no report while what was corrected and taken back is being measured.
    office.served.service.quality.measure(KEY)
    with page.expect_download() as download:
        page.locator(".hcs-report").click()
    assert "Cara" in download.value.path().read_text()
    page.locator(".hcs-sign-off").click()
    page.locator("dialog[open] button.primary").click()
    expect(page.locator(".hcs-signoff")).to_contain_text("Signed off by Cara")
    off(page, ".hcs-reopen", "admin")
    picture(page, "curator-signed")


def test_a_page_ends_when_its_person_is_taken_away(
    enter: Callable, office: Office, picture: Callable
) -> None:
    sessions = office.served.service.sessions
    sockets: list[WebSocket] = []
    before = len(sessions)
    page = enter(
        "Rob",
        "?well=A2",
        follow=lambda page: page.on(
            "websocket", lambda websocket: sockets.append(websocket)
        ),
    )
    expect(page.locator(".hcs-verdict-pass")).to_be_visible()
    office.hire("Rob", Role.VIEWER)
    expect(page.locator(".lock")).to_contain_text("You look as viewer")
    office.hire("Rob", Role.CURATOR)
    expect(page.locator(".hcs-role")).to_have_text("curator")
    del office.people["Rob"]
    expect(page.locator("#connection")).to_contain_text("You were signed out")
    assert page.locator(".hcs-thumb").count() == 0
    picture(page, "signed-out")
    wait_for(lambda: len(sessions) == before, "for the page to end")
    for socket in sockets:
        if not socket.is_closed():
            socket.wait_for_event("close")


class Heard:
    """Every byte that a page was sent, apart from scripts that all pages share."""

    def __init__(self) -> None:
        self.frames: list[str | bytes] = []
        self.answers: list[Response] = []

    def follow(self, page: Page) -> None:
        page.on("websocket", lambda socket: socket.on("framereceived", self._frame))
        page.on("response", lambda answer: self.answers.append(answer))

    def _frame(self, payload: str | bytes) -> None:
        self.frames.append(payload)

    def everything(self) -> str:
        shared = re.compile("/(assets|static|components)/")
        answers = [a for a in self.answers if not shared.search(urlsplit(a.url).path)]
        texts = list(self.frames)
        for answer in answers:
            # What a page gave up, as pictures of the place before, has no bytes.
            with contextlib.suppress(Error):
                texts.append(answer.body())
        return "\n".join(
            text if isinstance(text, str) else text.decode("latin-1") for text in texts
        )


def walk(page: Page, *, dose: bool) -> None:
    """Look at all that a page offers, and take every file."""
    expect(well(page, "A2")).to_be_visible()
    for query in (
        "montage=random",
        "montage=controls",
        "metric=condition:compound",
        "metric=mean.0&score=b",
        "well=A2",
        "well=A1&field=0",
    ):
        page.evaluate(
            "query => { history.pushState({}, '', query); "
            "window.dispatchEvent(new PopStateEvent('popstate')) }",
            f"?plate={KEY}&{query}",
        )
        label = re.search("well=(..)", query)
        if label:
            expect(page.locator(".hcs-where")).to_contain_text(label[1])
        expect(page.locator("html[data-at-rest]")).to_be_attached()
    names = ["wells.csv", "fields.csv", "suspects.csv", "LoadData.csv", "report.html"]
    addresses = [f"export/{KEY}/{name}" for name in names]
    addresses += [f"pixels/{KEY}/wells.json?well=A1&well=A2"]
    for address in addresses:
        page.evaluate(FETCH, address)
    assert page.locator("body").get_by_text("dose_uM").count() == 0 or dose


def test_a_blind_and_an_open_page_are_sent_nothing_that_is_hidden_from_them(
    enter: Callable, office: Office
) -> None:
    """What pages share is made once, and is the same for nobody who may not have it."""
    made = office.served.service
    report = f"/export/{KEY}/report.html"
    wait_for(lambda: office.served.get(report, Cookie="person=Vera").status == 200)
    cara, rob, ben = (Who(name, "sign-in") for name in ("Cara", "Rob", "Ben"))
    conditions = ("compound-1", "compound-2", "dose_uM", "0.121", "0.122")
    before = Heard()
    walk(enter("Vera", follow=before.follow), dose=True)
    for hidden in conditions:
        assert hidden in before.everything()

    made.blind.begin(KEY, cara, ["Rob", "Ben"], hide_conditions=True)
    heard = {name: Heard() for name in ("Rob", "Vera", "Cara")}
    pages = {name: enter(name, follow=heard[name].follow) for name in heard}
    for who, said in ((rob, "rob saw this"), (ben, "ben saw that")):
        judge(made, A2, "fail", who, reason="bubble", note=said)
        judge(made, FIELD_OF_A1, "fail", who, reason="debris", note=said)
    for page in pages.values():
        walk(page, dose=False)
    sent = {name: each.everything() for name, each in heard.items()}
    for name, text in sent.items():
        assert KEY in text
        for hidden in (*conditions, "ben saw that"):
            assert hidden not in text, (name, hidden)
    assert "rob saw this" in sent["Rob"]
    for name in ("Vera", "Cara"):
        assert "rob saw this" not in sent[name], name
        assert not re.search(r"bubble|debris", _of_wells(sent[name])), name

    # Once it has ended, everybody is sent what they were not before.
    made.blind.end(KEY, cara)
    for name in heard:
        wait_for(lambda: _look_again(pages[name], heard[name]))  # noqa: B023


def _of_wells(text: str) -> str:
    """Return the tables that were sent: words of reasons stand on each page."""
    return "\n".join(re.findall(r"^.*\bA0?[12],.*$", text, re.MULTILINE))


def _look_again(page: Page, heard: Heard) -> bool:
    page.evaluate(FETCH, f"export/{KEY}/report.html")
    return "ben saw that" in heard.everything()
