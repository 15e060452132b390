"""How many actions a plate takes from opening to sign-off, counted in the page.

A click, a key, a text that is typed, and a file that is picked are an action each. A
person needs a second for each of them, and what the page takes.
"""

from __future__ import annotations

import re
import time
import zipfile
from typing import TYPE_CHECKING

from playwright.sync_api import expect

from tests import plates
from tests.browser.serving import at_rest, compared, well
from tests.browser.test_review import ready, suspects, toast

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from playwright.sync_api import Page

_COUNT = """{
  let actions = Number(sessionStorage.getItem("actions") || 0)
  let box = null // that is being typed into: a text is one action
  const act = () => sessionStorage.setItem("actions", String(actions += 1))
  addEventListener("pointerdown", () => { box = null; act() }, true)
  addEventListener("keydown", (event) => {
    const { key, repeat } = event
    if (repeat || ["Shift", "Control", "Alt", "Meta"].includes(key)) return
    const inner = event.composedPath()[0]
    const text = inner.matches?.("input[type=text], input:not([type]), textarea")
    const typed = text && key.length === 1 && !event.ctrlKey
    if (typed && box === inner) return
    box = typed ? inner : null
    act()
  }, true)
}"""


class Walk:
    """A person at the page; what they do is counted by the page itself."""

    def __init__(self, page: Page, record: Callable[[str, object], None]) -> None:
        self.page = page
        self._record = record
        self._picked = 0
        # From the start: a dialog that opens before the driver asks for it is lost.
        page.on("filechooser", lambda _: None)
        self._start = time.monotonic()

    @property
    def actions(self) -> int:
        """What was done so far."""
        done = self.page.evaluate("Number(sessionStorage.getItem('actions') || 0)")
        return int(done) + self._picked

    def name(self, name: str) -> None:
        self.page.locator(".hcs-reviewer").click()
        self.page.keyboard.type(name)

    def press(self, key: str) -> None:
        self.page.keyboard.press(key)

    def pick(self, key: str, path: Path) -> None:
        """Press the key that asks for a file, and pick one."""
        with self.page.expect_file_chooser() as chooser:
            self.press(key)
        chooser.value.set_files(path)
        self._picked += 1

    def pass_the_rest(self) -> None:
        """Look at some of the rest drawn at random, then pass all of it."""
        page = self.page
        page.locator(".hcs-pass-rest").click()
        page.locator(".hcs-rest-montage").click()
        expect(page.locator("dialog.rest img").first).to_be_visible()
        page.locator("dialog.rest button.primary").click()
        expect(page.locator(".hcs-pass-rest")).to_be_hidden()

    def sign_off(self) -> None:
        page = self.page
        page.locator(".hcs-sign-off").click()
        page.get_by_role("button", name="Sign off as").click()
        expect(page.locator(".hcs-signoff")).to_contain_text("Signed off by")

    def done(self) -> int:
        """Return the actions, and keep them and the seconds with the test's report."""
        actions = self.actions
        seconds = actions + time.monotonic() - self._start
        self._record("actions", actions)
        self._record("seconds", round(seconds))
        print(f"{actions} actions, {seconds:.0f} s")  # noqa: T201 - what is measured
        return actions


def test_the_demo_plate_is_signed_off_within_23_actions(
    demo_plate: Path,
    demo_measured: Path,
    serve: Callable,
    visit: Callable,
    record_property: Callable,
) -> None:
    page = visit(serve(demo_plate, measured=demo_measured), before=_COUNT)
    count = suspects(page)
    assert count == 13
    walk = Walk(page, record_property)
    walk.name("Ada")
    walk.press("Enter")
    walk.press("j")
    for _ in range(count):
        label = page.locator(".verdicts .standing b").inner_text()
        ready(page, label)
        walk.press("f")
        toast(page, f"{label} fail")
    walk.press("Escape")
    walk.pass_the_rest()
    walk.sign_off()
    assert walk.done() <= 23


def test_a_plate_with_a_correction_is_signed_off_within_18_actions(
    sbs_plate: Path,
    shared_data: Path,
    tmp_path: Path,
    serve: Callable,
    visit: Callable,
    record_property: Callable,
) -> None:
    images = shared_data / "sbs_translocation_96well" / "ExampleSBSImages_tif.zip"
    with zipfile.ZipFile(images) as archive:
        image = archive.extract("Channel1-44-D-08.tif", tmp_path)
    page = visit(serve(sbs_plate, "--no-measure"), before=_COUNT)
    expect(well(page, "D07")).to_contain_text("1 field")
    walk = Walk(page, record_property)
    walk.name("Ada")
    well(page, "D07").click()
    ready(page, "D07")
    expect(page.get_by_text("Correct D07", exact=True)).to_be_visible()
    expect(page.locator(".hcs-upload")).to_be_enabled()
    at_rest(page)
    walk.pick("e", tmp_path / image)
    expect(page.locator(".hcs-compare")).to_be_visible()
    compared(page)
    for box in page.locator(".differences input[type=checkbox]").all():
        box.click()
        expect(box).to_be_checked()
    page.locator(".hcs-reason").click()
    page.keyboard.type("wells were swapped")
    page.locator(".hcs-commit").click()
    expect(page.locator(".hcs-history li")).to_have_count(2)
    ready(page, "D07")
    walk.press("p")
    toast(page, "D07 pass")
    walk.press("Home")
    walk.pass_the_rest()
    walk.sign_off()
    assert walk.done() <= 18


def test_a_folder_of_five_plates_is_signed_off_within_60_actions(
    tmp_path: Path, serve: Callable, visit: Callable, record_property: Callable
) -> None:
    folder = tmp_path / "plates"
    folder.mkdir()
    names = [f"plate-{number}" for number in range(1, 6)]
    for name in names:
        plates.make(folder / f"{name}.ome.zarr", name=name, fields=2, pixels="gradient")
    page = visit(serve(folder, "--no-measure"), before=_COUNT)
    walk = Walk(page, record_property)
    walk.name("Ada")
    walk.press("Enter")
    for name in names:
        # From one plate to the next by its name, without the list between them.
        walk.press("Control+k")
        page.keyboard.type(name)
        expect(page.locator(".hcs-palette [role=option]").first).to_contain_text(name)
        walk.press("Enter")
        expect(page).to_have_url(re.compile(name))
        expect(page.locator(".verdicts .progress")).to_contain_text("0 of 6")
        walk.press("j")
        ready(page, "A1")
        walk.press("p")
        toast(page, "A1 pass")
        walk.press("Home")
        walk.pass_the_rest()
        walk.sign_off()
    assert walk.done() <= 60
