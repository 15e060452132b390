"""For who sees little, hears the page or has no mouse: WCAG 2.2 AA, and keys."""

from __future__ import annotations

import os
import re
import signal
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
import tifffile
from playwright.sync_api import expect

from dashboard.assets import assets_folder
from tests import plates
from tests.browser.axe import violations
from tests.browser.serving import Server, at_rest, open_panel, well, workers_of
from tests.browser.test_review import NAMED, ready, toast
from tests.integration.people import password_of, write_people
from tests.integration.serving import wait_for

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from playwright.sync_api import Page, Route


_CLASSES = """() => [...document.querySelectorAll("[data-theme]")].map((theme) =>
  [...new Set([...theme.shadowRoot.querySelectorAll("[class]")]
    .flatMap((element) => [...element.classList]))])"""

_OVERLAPS = """() => [...document.querySelectorAll("[data-theme]")].flatMap((theme) => {
  const text = ".body > *, .row > *, header > *, footer > *, li > *, .toast > *"
  const boxes = [...theme.shadowRoot.querySelectorAll(text)]
    .filter((element) => element.checkVisibility() && !element.matches(".sr"))
    .map((element) => [element, element.getBoundingClientRect()])
  const apart = (a, b) => a.right <= b.left + 0.5 || b.right <= a.left + 0.5
    || a.bottom <= b.top + 0.5 || b.bottom <= a.top + 0.5
  return boxes.flatMap(([first, a], i) => boxes.slice(i + 1)
    .filter(([second, b]) => !first.contains(second) && !second.contains(first)
      && !apart(a, b))
    .map(([second]) => `${first.outerHTML} and ${second.outerHTML}`))
})"""

_FOCUS = """() => {
  let element = document.activeElement
  const parts = [element]
  while (element?.shadowRoot?.activeElement)
    parts.push(element = element.shadowRoot.activeElement)
  const { outlineStyle, outlineWidth } = getComputedStyle(element)
  return {
    html: element.outerHTML.slice(0, 200),
    lost: element === document.body || !element.checkVisibility(),
    seen: element.matches(":focus-visible")
      // A range shows it at its thumb.
      && (element.type === "range"
        || outlineStyle !== "none" && parseFloat(outlineWidth) > 0),
    dialog: Boolean(element.closest("dialog")),
    classes: [...element.classList],
    plate: element.closest("[data-plate]")?.dataset.plate ?? "",
  }
}"""

_MANY = 200
"""Controls on a page; who presses Tab more often goes round."""


class Looked:
    """What was found, by state; a test asks at its end, and so hears of all."""

    def __init__(self) -> None:
        self.states: dict[str, list[str]] = {}

    def at(self, page: Page, state: str) -> None:
        for text in violations(page):
            self.states.setdefault(text, []).append(state)

    def assert_none(self) -> None:
        assert not self.states, "\n".join(
            f"{', '.join(states)}: {text}" for text, states in self.states.items()
        )


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Serve plates that are written to, one that cannot be read, and all components."""
    folder = tmp_path_factory.mktemp("own")
    (folder / "exports").mkdir()
    for name in ("a", "b"):
        plates.make(folder / "plates" / f"{name}.ome.zarr", fields=2, pixels="gradient")
    odd = plates.make(folder / "plates" / "odd.ome.zarr", fields=2)
    (odd / "A" / "2" / "zarr.json").write_text("{ not json")
    sparse = folder / "plates" / "sparse.ome.zarr"
    plates.make(sparse, rows=16, columns=24, wells=[(0, 0), (1, 1)])
    (odd / "B" / "1" / "1" / "zarr.json").unlink()
    server = Server(
        folder / "plates",
        "--add-from",
        folder / "exports",
        "--design",
        workspace=folder / "workspace",
    )
    yield server
    server.stop()


def uploading(page: Page, looked: Looked, folder: Path) -> None:
    """Look at the page while the network holds a file back, and give the file up."""
    held: list[Route] = []
    page.route(
        "**/uploads/*",
        lambda route: (
            held.append(route) if route.request.method == "PATCH" else route.continue_()
        ),
    )
    file = folder / "A1_s2_w1.tif"
    tifffile.imwrite(file, np.zeros((32, 32), "uint16"))
    page.locator(".hcs-upload").set_input_files(file)
    uploads = page.locator(".hcs-uploads")
    expect(uploads).to_contain_text("Uploading 1 file")
    uploads.locator("summary").click()
    looked.at(page, "uploading")
    uploads.get_by_role("button", name="Cancel A1_s2_w1.tif").click()
    expect(uploads).to_be_hidden()
    for route in held:
        route.abort()
    page.unroute("**/uploads/*")


def staged(page: Page, folder: Path) -> None:
    """Choose a corrected file for the field that is open, and see it compared."""
    file = folder / "again.tif"
    noise = np.random.default_rng(0).poisson(500, (32, 32))
    tifffile.imwrite(file, noise.astype("uint16"))
    page.locator(".hcs-upload").set_input_files(file)
    expect(page.locator(".hcs-compare .new .pane[data-drawn]")).to_be_visible()


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_a_plate_can_be_judged_by_whoever_looks_at_it(
    dark: bool, looking: Server, visit: Callable[..., Page]
) -> None:
    looked = Looked()
    page = visit(looking, "?plate=demo.ome.zarr", dark=dark, before=NAMED)
    expect(page.locator(".hcs-plate-map")).to_be_visible()
    at_rest(page)
    looked.at(page, "overview")
    page.get_by_role("button", name="Pictures", exact=True).click()
    expect(page.locator(".plate-canvas")).to_have_attribute("data-busy", "false")
    at_rest(page)
    looked.at(page, "overview as pictures")
    page.keyboard.press(",")  # back to the values
    well(page, "C05").click()
    expect(page.locator('.hcs-thumb[data-well="C05"] img').last).to_have_js_property(
        "complete", True
    )
    at_rest(page)
    looked.at(page, "well")
    page.locator(".hcs-thumb").first.click()
    pane = page.locator(".hcs-field-viewer .pane")
    expect(pane).to_have_attribute("data-drawn", re.compile("."))
    at_rest(page)
    looked.at(page, "field")
    if not dark:
        more_of_a_plate(page, looked)
        page.goto(looking.url + "?plate=empty.ome.zarr")
        expect(page.locator(".hcs-plate-list .notice.bad")).to_be_visible()
        looked.at(page, "a plate that cannot be opened")
    looked.assert_none()


def more_of_a_plate(page: Page, looked: Looked) -> None:
    """Look at what a field is compared with, and at what is a step away."""
    page.keyboard.press("c")
    page.keyboard.press("Shift+C")
    expect(page.locator(".hcs-beside img").first).to_be_visible()
    at_rest(page)
    looked.at(page, "compared with controls")
    page.get_by_role("link", name="demo", exact=True).click()
    views = page.locator(".hcs-views:visible")
    views.get_by_role("button", name="Controls", exact=True).click()
    expect(page.locator(".hcs-montage img").first).to_be_visible()
    at_rest(page)
    looked.at(page, "controls")
    page.get_by_role("tab", name="Statistics").click()
    open_panel(page, "setup")
    expect(page.locator(".hcs-setup")).to_be_visible()
    page.get_by_role("combobox", name="Metric").click()
    expect(page.get_by_role("option", name="Completeness")).to_be_visible()
    looked.at(page, "statistics, assay setup and metrics")
    page.keyboard.press("Escape")


def test_dialogs_and_corrections_can_be_used_by_everybody(
    own: Server, visit: Callable[..., Page], tmp_path: Path
) -> None:
    looked = Looked()
    page = visit(own, "?plate=a.ome.zarr", before=NAMED)
    at_rest(page)
    for opener, name in (
        (".hcs-sign-off", "sign-off"),
        (".hcs-blind", "blind review"),
    ):
        page.locator(opener).click()
        expect(page.locator("dialog[open]")).to_be_visible()
        looked.at(page, name)
        page.keyboard.press("Escape")
        expect(page.locator("dialog[open]")).to_have_count(0)
    for key, name in (("i", "keys"), ("g", "go to a well"), ("Control+k", "palette")):
        page.keyboard.press(key)
        expect(page.locator("dialog[open]")).to_be_visible()
        looked.at(page, name)
        page.keyboard.press("Escape")
    page.locator(".hcs-pass-rest").click()
    page.locator(".hcs-rest-montage").click()
    expect(page.locator("dialog.rest img").first).to_be_visible()
    looked.at(page, "pass the rest")
    page.keyboard.press("Escape")
    well(page, "A1").click()
    ready(page, "A1")
    page.keyboard.press("Enter")
    expect(page.locator(".hcs-field-viewer")).to_be_visible()
    ready(page, "A1")
    page.keyboard.press("f")
    toast(page, "A1 fail")
    looked.at(page, "judged")
    uploading(page, looked, tmp_path)
    staged(page, tmp_path)
    at_rest(page)
    looked.at(page, "compare")
    page.locator(".hcs-discard").click()
    expect(page.locator(".hcs-compare")).to_be_hidden()
    page.goto(own.url + "?plate=sparse.ome.zarr")
    at_rest(page)
    page.locator(".hcs-blind").click()
    page.get_by_label("Second reviewer").fill("Ben")
    page.get_by_role("button", name="Begin").click()
    expect(page.locator(".hcs-blind-done")).to_be_visible()
    looked.at(page, "blind round on a sparse plate")
    looked.assert_none()


def test_lists_tables_and_what_is_wrong_can_be_read_by_everybody(
    own: Server, visit: Callable[..., Page], tmp_path: Path
) -> None:
    looked = Looked()
    page = visit(own)
    expect(page.locator(".hcs-plate-list")).to_be_visible()
    at_rest(page)
    looked.at(page, "list of plates")
    page.locator(".hcs-add").click()
    expect(page.locator(".hcs-add-plate")).to_be_visible()
    looked.at(page, "add a plate")
    page.goto(own.url + "?plate=odd.ome.zarr&well=A2")
    at_rest(page)
    looked.at(page, "a well that cannot be read")
    page.goto(own.url + "?plate=a.ome.zarr")
    at_rest(page)
    files = [tmp_path / f"A{number:02}_s1_w1.tif" for number in (1, 2, 3)]
    for number, file in enumerate(files):
        noise = np.random.default_rng(number).poisson(500, (32, 32 + number // 2))
        tifffile.imwrite(file, noise.astype("uint16"))
    open_panel(page, "many")
    page.locator(".hcs-correct-many").click()
    page.locator(".hcs-corrections input[type=file]").set_input_files(files)
    expect(page.locator(".hcs-corrections")).to_be_visible()
    at_rest(page)
    looked.at(page, "several corrections")
    address = own.url + "export/a.ome.zarr/report.html"
    wait_for(lambda: page.request.get(address).status == 200, "for the measurements")
    report = page.request.get(address).text()
    page.goto("about:blank")
    page.set_content(report)
    looked.at(page, "report")
    looked.assert_none()


def test_who_may_only_look_is_shown_what_can_be_read(
    locked: Server, visit: Callable[..., Page]
) -> None:
    looked = Looked()
    page = visit(locked, "?well=A1")
    at_rest(page)
    looked.at(page, "read-only")
    # What is for who develops the page was not asked for here.
    assert page.request.get(locked.url + "design").status == 404
    looked.assert_none()


def test_sign_in_administration_and_an_empty_folder_can_be_used_by_everybody(
    serve: Callable[..., Server], visit: Callable[..., Page], tmp_path: Path
) -> None:
    looked = Looked()
    (tmp_path / "nothing").mkdir()
    users = write_people(tmp_path / "users.json")
    server = serve(tmp_path / "nothing", "--users", users)
    page = visit(server)
    looked.at(page, "sign-in")
    signed_in(page, "admin")
    # What is said is said once, and there is nothing to search.
    expect(page.get_by_text("No plate").filter(visible=True)).to_have_count(1)
    expect(page.locator(".hcs-plate-list input:visible")).to_have_count(0)
    looked.at(page, "empty folder")
    page.goto(server.url + "admin")
    looked.at(page, "administration")
    looked.assert_none()


def signed_in(page: Page, name: str) -> None:
    """Sign in as somebody, and see the page."""
    page.get_by_label("Name").fill(name)
    page.get_by_label("Password").fill(password_of(name))
    page.get_by_role("button", name="Sign in").click()
    expect(page.locator(".hcs-person")).to_contain_text(name)
    at_rest(page)


def test_what_is_measured_or_gone_can_be_read_by_who_may_only_look(
    serve: Callable[..., Server], visit: Callable[..., Page], tmp_path: Path
) -> None:
    looked = Looked()
    folder = tmp_path / "plates"
    gone = plates.make(folder / "gone.ome.zarr", fields=2)
    # One worker measures it for many times as long as its page takes.
    large = {"rows": 4, "columns": 6, "fields": 4, "shape": (600, 640)}
    plates.make(folder / "large.ome.zarr", pixels="gradient", **large)
    users = write_people(tmp_path / "users.json")
    server = serve(folder, "--users", users, "--workers", "1")
    page = visit(server, "?plate=large.ome.zarr")
    signed_in(page, "viewer")
    expect(page.locator(".hcs-progress")).to_be_visible()
    # It has been seen to work, and would take a core from now on.
    for worker in wait_for(lambda: workers_of(server), "for a worker"):
        os.kill(worker, signal.SIGSTOP)
    looked.at(page, "a viewer while a plate is measured")
    page.goto(server.url + "?plate=gone.ome.zarr&well=A1")
    at_rest(page)
    looked.at(page, "a viewer at a well")
    gone.rename(tmp_path / "gone")
    expect(page.locator(".hcs-absence")).to_contain_text("cannot be reached")
    looked.at(page, "a plate that has gone")
    looked.assert_none()


def test_every_component_is_shown_whole_and_can_be_used_by_everybody(
    own: Server, visit: Callable[..., Page], picture: Callable[[Page, str], None]
) -> None:
    page = visit(own, "design", height=1700)
    expect(page.get_by_role("dialog")).to_have_count(2)
    picture(page, "components")
    assert page.evaluate(_OVERLAPS) == []
    assert violations(page) == []
    css = (assets_folder() / "core" / "parts.css").read_text("utf-8")
    rules = re.sub(r"/\*.*?\*/|\{[^{}]*\}", "", css, flags=re.S)
    classes = set(re.findall(r"\.([a-z][\w-]*)", rules))
    assert classes
    for shown in page.evaluate(_CLASSES):
        assert classes - set(shown) == set()


class Hands:
    """Press keys, and look each time where the focus is."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def focus(self) -> dict:
        return self.page.evaluate(_FOCUS)

    def act(self, key: str, *, then: Callable[[], object] | None = None) -> None:
        """Press a key, and find the focus after what it does."""
        self.page.keyboard.press(key)
        if then:
            then()
        self.page.wait_for_function(f"() => !({_FOCUS})().lost")

    def go(self, reached: Callable[[dict], object], key: str = "Tab") -> None:
        """Press Tab until something has the focus; it is seen all the way."""
        for _ in range(_MANY):
            self.page.keyboard.press(key)
            focus = self.focus()
            assert focus["lost"] or focus["seen"], focus["html"]
            if reached(focus):
                return
        raise AssertionError("Tab never came there")


def test_a_plate_is_judged_and_signed_off_without_a_mouse(
    own: Server, visit: Callable[..., Page]
) -> None:
    page = visit(own, "?plate=b.ome.zarr", before=NAMED)
    hands = Hands(page)
    expect(page.locator(".hcs-signoff")).to_be_visible()
    at_rest(page)

    # A dialog holds the focus, and gives it back.
    # From the end, for the map opens the well that gets the focus.
    hands.go(lambda focus: "hcs-sign-off" in focus["classes"], "Shift+Tab")
    dialog = page.locator("dialog[open]")
    hands.act("Enter", then=lambda: expect(dialog).to_be_visible())
    for _ in range(6):
        page.keyboard.press("Tab")
        focus = hands.focus()
        assert focus["dialog"] or focus["lost"], focus["html"]
    hands.act("Escape", then=lambda: expect(dialog).to_have_count(0))
    assert "hcs-sign-off" in hands.focus()["classes"]

    hands.act("g", then=lambda: expect(dialog).to_be_visible())
    page.keyboard.type("a1")
    hands.act("Enter", then=lambda: ready(page, "A1"))
    at_rest(page)
    hands.act("f", then=lambda: toast(page, "A1 fail"))
    hands.act("u", then=lambda: toast(page, "Undone: A1 fail"))
    hands.act("n")
    assert "hcs-note" in hands.focus()["classes"]
    page.keyboard.type("a fibre")
    hands.act("Enter")
    hands.act("j")
    expect(page.locator(".verdicts .standing b")).not_to_have_text("A1")
    at_rest(page)
    viewer = page.locator(".hcs-field-viewer")
    hands.act("Enter", then=lambda: expect(viewer).to_be_visible())
    hands.act("Escape", then=lambda: expect(viewer).to_be_hidden())
    gallery = page.locator(".hcs-gallery")
    hands.act("Escape", then=lambda: expect(gallery).to_be_hidden())


def test_a_plate_is_found_reported_and_left_again_without_a_mouse(
    own: Server, visit: Callable[..., Page]
) -> None:
    page = visit(own)
    expect(page.locator(".hcs-plate-list")).to_be_visible()
    at_rest(page)
    hands = Hands(page)
    hands.go(lambda focus: focus["plate"])
    hands.act("x")
    assert "find" in hands.focus()["classes"]
    page.keyboard.type("b.ome.zarr")
    expect(page.locator("tr[data-plate]:visible")).to_have_count(1)
    hands.go(lambda focus: focus["plate"] == "b.ome.zarr", "ArrowDown")
    shown = page.locator(".hcs-signoff")
    hands.act("Enter", then=lambda: expect(shown).to_be_visible())
    at_rest(page)
    hands.go(lambda focus: "hcs-report" in focus["classes"])
    address = own.url + "export/b.ome.zarr/report.html"
    wait_for(lambda: page.request.get(address).status == 200, "for the measurements")
    with page.expect_download() as saved:
        hands.act("Enter")
    place = page.url
    report = saved.value.path().read_text("utf-8")
    page.goto("about:blank")
    page.set_content(report)
    hands.go(lambda focus: "<summary" in focus["html"])
    inside = page.locator("details > :not(summary)").first
    expect(inside).to_be_hidden()
    hands.act("Enter", then=lambda: expect(inside).to_be_visible())
    assert hands.focus()["seen"]
    page.goto(place)
    at_rest(page)
    hands.act("Tab")
    plates_shown = page.locator(".hcs-plate-list")
    hands.act("Escape", then=lambda: expect(plates_shown).to_be_visible())
    hands.go(lambda focus: focus["plate"])
