"""A plate judged by keyboard alone, verdicts taken back, exported and read again."""

from __future__ import annotations

import csv
import io
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.browser.serving import well

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Browser, Page

REASONS = {
    "blurred": "focus",
    "saturated": "saturated",
    "empty": "empty",
    "debris": "debris",
    "uneven": "uneven",
    "shifted": "shift",
    "missing": "missing",
}
"""The reason code for each kind of planted defect."""

MEASURING = 400_000
"""Milliseconds in which a busy machine has measured 189 fields."""

NAMED = "localStorage.setItem('hcs-reviewer', 'Ada <b>Lovelace</b>')"


class Keyboard:
    """Presses keys and counts them."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.actions = 0

    def press(self, key: str) -> None:
        self.page.keyboard.press(key)
        self.actions += 1

    def judge(self, key: str, label: str) -> None:
        """Decide once the well's pictures are drawn, as a person would."""
        ready(self.page, label)
        self.press(key)


def ready(page: Page, label: str) -> None:
    """Wait until the bar is about this well and takes a verdict."""
    expect(page.locator(".verdicts .standing b")).to_have_text(label)
    expect(page.locator(".verdicts.waiting")).to_have_count(0)


def present(page: Page) -> str:
    return (
        page.locator('[role="gridcell"][aria-selected="true"]').get_attribute(
            "data-well"
        )
        or ""
    )


def suspects(page: Page) -> int:
    """Return how many suspects the queue still has, once measuring is done."""
    expect(page.locator(".hcs-queue")).to_contain_text("suspect", timeout=MEASURING)
    found = re.search(r"(\d+) suspect", page.locator(".hcs-queue").inner_text())
    assert found is not None
    return int(found[1])


def toast(page: Page, text: str) -> None:
    expect(page.locator(".toast")).to_contain_text(text)


def downloaded(page: Page, name: str) -> Path:
    with page.expect_download() as download:
        page.locator(name).click()
    return Path(download.value.path())


def table(page: Page, name: str = ".hcs-export-csv") -> dict[str, dict[str, str]]:
    """Return the exported wells by label."""
    text = downloaded(page, name).read_text(encoding="utf-8-sig")
    return {row["well"]: row for row in csv.DictReader(io.StringIO(text))}


def test_the_demo_plate_is_judged_by_keyboard_alone(
    demo_plate: Path,
    demo_master: Path,
    serve: Callable,
    visit: Callable,
    picture: Callable,
    chromium: Browser,
    tmp_path: Path,
) -> None:
    server = serve(demo_plate)
    page = visit(server, before=NAMED)
    other = visit(server, before="localStorage.setItem('hcs-reviewer', 'Ben')")
    keys = Keyboard(page)
    count = suspects(page)
    picture(page, "1-plate")

    # One key a suspect: the reason is proposed by what was measured.
    keys.press("j")
    judged = []
    for _ in range(count):
        label = present(page)
        judged.append(label)
        keys.judge("f", label)
        toast(page, f"{label} fail")
        if len(judged) == 2:
            picture(page, "2-judging")
        if len(judged) < count:
            expect(well(page, label)).to_have_attribute("aria-selected", "false")
    expect(page.locator(".hcs-queue")).to_contain_text("unreviewed")
    assert len(set(judged)) == count
    assert keys.actions <= 14 + 2 * count

    # The other browser shows it, and a held key decides nothing.
    expect(well(other, judged[0])).to_contain_text("fail")
    keys.press("Escape")
    picture(page, "3-judged")

    # Only now is the truth looked at: every planted defect has its reason.
    rows = table(page)
    truth = json.loads(demo_master.with_name("demo.truth.json").read_text())
    labels = {row["well_path"]: label for label, row in rows.items()}
    for defect in truth["defects"]:
        if defect["well"] is None:
            continue
        row = rows[labels[defect["well"]]]
        assert (row["verdict"], row["reason"]) == ("fail", REASONS[defect["kind"]])
        assert (row["qc_exclude"], row["verdict_source"]) == ("1", "own")
        assert row["reviewer"] == "Ada <b>Lovelace</b>"
    untouched = [row for label, row in rows.items() if label not in judged]
    assert {(row["verdict"], row["reviewed"], row["qc_exclude"]) for row in untouched}
    assert {row["verdict"] for row in untouched} == {""}

    # Undo names what it takes back; redo brings it again; both are seen by others.
    last = judged[-1]
    keys.press("u")
    toast(page, f"Taken back: {last} fail")
    expect(well(page, last)).not_to_contain_text("fail")
    expect(well(other, last)).not_to_contain_text("fail")
    keys.press("Shift+U")
    toast(page, f"Again: {last} fail")
    expect(well(other, last)).to_contain_text("fail")

    # The report opens offline, asks for nothing, and holds each failed well's picture.
    report = tmp_path / "report.html"
    report.write_bytes(downloaded(page, ".hcs-report").read_bytes())
    context = chromium.new_context(offline=True, java_script_enabled=False)
    offline = context.new_page()
    asked: list[str] = []
    offline.on("request", lambda request: asked.append(request.url))
    offline.goto(report.as_uri())
    for label in judged:
        article = offline.locator(f"article#{label}")
        expect(article).to_contain_text(f"{label}: fail")
        fields = int(rows[label]["fields"])
        expect(article.locator("img")).to_have_count(fields)
    widths = offline.locator("article img").evaluate_all(
        "images => images.map(image => image.naturalWidth)"
    )
    assert min(widths) > 0
    assert offline.locator("b", has_text="Lovelace").count() == 0
    assert [url for url in asked if not url.startswith(("file:", "data:"))] == []
    picture(offline, "4-report")
    context.close()


def test_a_verdict_on_what_is_not_drawn_is_refused(
    small_plate: Path, serve: Callable, visit: Callable
) -> None:
    server = serve(small_plate)
    page = visit(server, "?well=A1", before=NAMED)
    ready(page, "A1")
    # Pictures of the next well never come: nothing may be decided about it.
    page.route("**/thumb.jpg*", lambda route: None)
    page.keyboard.press("ArrowRight")
    expect(well(page, "A2")).to_have_attribute("aria-selected", "true")
    page.keyboard.press("f")
    toast(page, "A2 is not drawn yet: nothing was decided")
    page.keyboard.press("ArrowLeft")
    ready(page, "A1")
    page.keyboard.press("f")
    toast(page, "A1 fail")
    expect(well(page, "A1")).to_contain_text("fail")
    expect(well(page, "A2")).not_to_contain_text("fail")


def test_a_held_key_decides_once_and_typing_decides_nothing(
    small_plate: Path, serve: Callable, visit: Callable
) -> None:
    page = visit(serve(small_plate), "?well=A1", before=NAMED)
    ready(page, "A1")
    page.keyboard.press("n")
    page.keyboard.type("pfl =SUM(A1)")
    page.keyboard.press("Enter")
    expect(page.locator(".hcs-note")).not_to_be_focused()
    page.keyboard.down("l")
    for _ in range(5):
        page.keyboard.down("l")  # what a held key sends
    page.keyboard.up("l")
    toast(page, "A1 flag")
    ready(page, "A2")
    page.keyboard.press("Escape")
    rows = table(page)
    assert [label for label, row in rows.items() if row["verdict"]] == ["A1"]
    assert rows["A1"]["note"] == "pfl =SUM(A1)"
    fields = downloaded(page, ".hcs-export-fields").read_text(encoding="utf-8-sig")
    first = next(csv.DictReader(io.StringIO(fields)))
    assert (first["verdict"], first["verdict_source"]) == ("flag", "inherited")


def test_many_wells_are_judged_at_once_and_taken_back_at_once(
    small_plate: Path, serve: Callable, visit: Callable, picture: Callable
) -> None:
    page = visit(serve(small_plate), before=NAMED)
    expect(page.locator(".verdicts .progress")).to_contain_text("0 of 6")
    page.locator('[role="rowheader"]').first.click()
    expect(page.locator(".verdicts .standing b")).to_have_text("3 wells")
    page.keyboard.press("p")
    toast(page, "3 wells pass")
    expect(well(page, "A3")).to_contain_text("pass, not looked at")
    picture(page, "5-bulk")
    page.locator(".hcs-pass-rest").click()
    expect(page.locator("dialog.rest")).to_contain_text("3 wells, 3 never opened")
    page.locator("dialog.rest button.primary").click()
    expect(page.locator(".verdicts .progress")).to_contain_text("6 of 6")
    page.keyboard.press("u")
    expect(page.locator(".verdicts .progress")).to_contain_text("3 of 6")
    page.keyboard.press("u")
    expect(page.locator(".verdicts .progress")).to_contain_text("0 of 6")


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_a_read_only_server_shows_verdicts_and_takes_none(
    small_plate: Path, serve: Callable, visit: Callable, *, dark: bool
) -> None:
    page = visit(serve(small_plate, "--read-only"), "?well=A1", before=NAMED, dark=dark)
    expect(page.locator(".verdicts .standing b")).to_have_text("A1")
    expect(page.locator(".hcs-verdict-fail")).to_be_hidden()
    page.keyboard.press("f")
    toast(page, "read-only")
