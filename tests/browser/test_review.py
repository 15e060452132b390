"""A plate judged by keyboard alone, verdicts taken back, exported and read again."""

from __future__ import annotations

import csv
import io
import json
import re
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests import plates
from tests.browser.conftest import PATIENCE
from tests.browser.late import LateMessages
from tests.browser.serving import GONE, MEASURING, Server, open_panel, well
from tests.integration.serving import wait_for

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from playwright.sync_api import Page, Route

    from tests.browser.chromium import Chromium

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

NAMED = "localStorage.setItem('hcs-reviewer', 'Ada <b>Lovelace</b>')"


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Serve a small plate to each of the tests that judge one and need no other."""
    folder = tmp_path_factory.mktemp("desk")
    for name in ("undrawn", "held", "many", "blind", "late"):
        plates.make(folder / f"{name}.ome.zarr", fields=2, pixels="gradient")
    shutil.copytree(folder / "held.ome.zarr", folder / "twin.ome.zarr")
    server = Server(folder, workspace=tmp_path_factory.mktemp("workspace"))
    yield server
    server.stop()


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
    count = re.search(r"(\d+) suspect", page.locator(".hcs-queue").inner_text())
    assert count is not None
    return int(count[1])


def toast(page: Page, text: str) -> None:
    expect(page.locator(".toast")).to_contain_text(text)


def downloaded(page: Page, name: str) -> Path:
    # A plate that is being measured has no table yet; a page that asks gets an error.
    address = page.locator(name).evaluate("link => link.href")
    wait_for(lambda: page.request.get(address).status == 200, "for the table")
    with page.expect_download() as download:
        page.locator(name).click()
    return Path(download.value.path())


def table(page: Page, name: str = ".hcs-export-csv") -> dict[str, dict[str, str]]:
    """Return the exported wells by label."""
    text = downloaded(page, name).read_text(encoding="utf-8-sig")
    return {row["Metadata_Well"]: row for row in csv.DictReader(io.StringIO(text))}


def test_the_demo_plate_is_judged_by_keyboard_alone(
    demo_plate: Path,
    demo_master: Path,
    demo_measured: Path,
    serve: Callable,
    visit: Callable,
    picture: Callable,
    chromium: Chromium,
    tmp_path: Path,
) -> None:
    server = serve(demo_plate, measured=demo_measured)
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
    labels = {row["Metadata_WellPath"]: label for label, row in rows.items()}
    for defect in truth["defects"]:
        if defect["well"] is None:
            continue
        row = rows[labels[defect["well"]]]
        assert (row["Metadata_Verdict"], row["Metadata_Reason"]) == (
            "fail",
            REASONS[defect["kind"]],
        )
        assert (row["Metadata_QCExclude"], row["Metadata_VerdictSource"]) == (
            "1",
            "own",
        )
        assert row["Metadata_Reviewer"] == "Ada <b>Lovelace</b>"
    untouched = [row for label, row in rows.items() if label not in judged]
    assert {
        (row["Metadata_Verdict"], row["Metadata_Reviewed"], row["Metadata_QCExclude"])
        for row in untouched
    }
    assert {row["Metadata_Verdict"] for row in untouched} == {""}

    # Undo names what it takes back; redo brings it again; both are seen by others.
    last = judged[-1]
    keys.press("u")
    toast(page, f"Undone: {last} fail")
    expect(well(page, last)).not_to_contain_text("fail")
    expect(well(other, last)).not_to_contain_text("fail")
    keys.press("Shift+U")
    toast(page, f"Redone: {last} fail")
    expect(well(other, last)).to_contain_text("fail")

    # The report opens offline, asks for nothing, and holds each failed well's picture.
    report = tmp_path / "report.html"
    report.write_bytes(downloaded(page, ".hcs-report").read_bytes())
    context = chromium.new_context(offline=True, java_script_enabled=False)
    context.set_default_timeout(PATIENCE)
    offline = context.new_page()
    asked: list[str] = []
    offline.on("request", lambda request: asked.append(request.url))
    offline.goto(report.as_uri())
    for label in judged:
        article = offline.locator(f"article#{label}")
        expect(article).to_contain_text(f"{label}: fail")
        fields = int(rows[label]["Metadata_Fields"])
        expect(article.locator("img")).to_have_count(fields)
    widths = offline.locator("article img").evaluate_all(
        "images => images.map(image => image.naturalWidth)"
    )
    assert min(widths) > 0
    assert offline.locator("b", has_text="Lovelace").count() == 0
    assert [url for url in asked if not url.startswith(("file:", "data:"))] == []
    picture(offline, "4-report")
    # Two pages say it all; the details are printed where they are open.
    assert len(re.findall(rb"/Type\s*/Page\b", offline.pdf(format="A4"))) == 2
    expect(offline.locator(".statement strong")).to_have_text("Use with care")
    context.close()


def test_a_verdict_on_what_is_not_drawn_is_refused(
    desk: Server, visit: Callable
) -> None:
    page = visit(desk, "health", before=NAMED)
    # Pictures of the next well do not come: nothing may be decided about it.
    held = _hold(page, r"/A2")
    page.goto(f"{desk.url}?plate=undrawn.ome.zarr&well=A1")
    ready(page, "A1")
    page.keyboard.press("ArrowRight")
    expect(well(page, "A2")).to_have_attribute("aria-selected", "true")
    # The server knows of it: what it says of A2 cannot come once A1 is open again.
    expect(page.locator('.hcs-thumb[data-well="A2"]').first).to_be_attached()
    page.keyboard.press("f")
    toast(page, "A2 is not drawn yet: nothing was decided")
    page.keyboard.press("ArrowLeft")
    ready(page, "A1")
    page.keyboard.press("f")
    toast(page, "A1 fail")
    expect(well(page, "A1")).to_contain_text("fail")
    expect(well(page, "A2")).not_to_contain_text("fail")
    assert held
    _let_go(held)


def _hold(page: Page, pictures: str) -> list[Route]:
    """Hold pictures back from now on; return those that have been asked for."""
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route(re.compile(rf"{pictures}/.*(thumb|sprite)\.jpg"), hold)
    return held


def _let_go(held: list[Route]) -> None:
    """Answer what was held back, or Playwright would wait for it for ever."""
    for route in held:
        route.continue_()


def test_a_well_stays_judgeable_while_its_pictures_are_drawn_in_other_colours(
    desk: Server, visit: Callable
) -> None:
    page = visit(desk, "?plate=undrawn.ome.zarr&well=B1", before=NAMED)
    ready(page, "B1")
    # What was drawn stays on the screen until what is asked for is there. Addresses
    # change by themselves, too: when previews or the plate's contrast are ready.
    held = _hold(page, "/B1")
    page.keyboard.press("1")
    expect(page.locator(".hcs-channel-0")).to_have_attribute("aria-checked", "false")
    # The driver tells of what was asked for when it is asked something.
    wait_for(lambda: page.evaluate("true") and held, "for pictures to be asked for")
    expect(page.locator(".verdicts.waiting")).to_have_count(0)
    page.keyboard.press("p")
    toast(page, "B1 pass")
    _let_go(held)


def test_a_verdict_waits_until_the_bar_is_told_of_the_field_that_is_open(
    desk: Server, visit: Callable
) -> None:
    page = visit(desk, "health", before=NAMED)
    late = LateMessages(page)
    page.goto(f"{desk.url}?plate=undrawn.ome.zarr&well=B3")
    ready(page, "B3")
    expect(page.locator("html[data-connected]")).to_be_attached()
    late.hold('"verdict__content"')
    page.locator('.hcs-thumb[data-well="B3"]').first.click()
    expect(page.locator(".hcs-field-viewer")).to_be_visible()
    late.wait()
    # Nobody who asks to judge this field alone is to judge the whole well.
    page.keyboard.press("t")
    page.keyboard.press("f")
    toast(page, "B3 is not drawn yet: nothing was decided")
    page.keyboard.press("t")
    late.let_go()
    expect(page.locator(".verdicts .standing b")).to_have_text("B3 field 0")
    expect(page.locator(".verdicts.waiting")).to_have_count(0)
    page.keyboard.press("f")
    toast(page, "B3 field 0 fail")


def test_undo_redo_and_a_note_right_after_a_verdict_are_about_that_verdict(
    desk: Server, visit: Callable
) -> None:
    page = visit(desk, "health", before=NAMED)
    late = LateMessages(page)
    page.goto(f"{desk.url}?plate=late.ome.zarr&well=A1")
    page.locator('.hcs-thumb[data-well="A1"]').first.click()
    expect(page.get_by_title("Judge this field alone")).to_be_visible()
    page.keyboard.press("t")
    ready(page, "A1 field 0")
    # Whoever waits for an answer gets it before what it has changed.
    late.hold('"answered\\":1,')
    page.keyboard.press("p")
    toast(page, "A1 field 0 pass")
    late.wait()
    page.keyboard.press("u")
    page.keyboard.press("Shift+U")
    late.let_go()
    toast(page, "Redone: A1 field 0 pass")
    # A note is one to the verdict that was given, and not to that before it.
    late.hold('"answered\\":4,')
    page.keyboard.press("f")
    toast(page, "A1 field 0 fail")
    late.wait()
    page.keyboard.press("n")
    page.keyboard.type("a fibre")
    page.keyboard.press("Enter")
    late.let_go()
    toast(page, "Saved to")
    expect(page.locator(".standing")).to_contain_text("a fibre")
    # What is typed to a verdict stays there: the box has it before the page does.
    late.hold('"answered\\":6,')
    page.keyboard.press("n")
    page.keyboard.type(" and dust")
    page.keyboard.press("Escape")
    page.keyboard.press("f")
    toast(page, "A1 field 0 fail")
    late.wait()
    page.keyboard.press("n")
    page.keyboard.press("Enter")
    late.let_go()
    expect(page.locator(".standing")).to_contain_text("a fibre and dust")
    # Keys that come before any answer do what they say, too.
    late.hold("verdict__answers")
    page.keyboard.press("f")
    late.wait()
    page.keyboard.press("u")
    late.let_go()
    toast(page, "Undone: A1 field 0 fail")
    expect(page.locator(".standing")).to_contain_text("a fibre and dust")


def test_a_note_that_is_confirmed_before_its_verdict_is_known_is_saved_to_it(
    desk: Server, visit: Callable
) -> None:
    page = visit(desk, "health", before=NAMED)
    late = LateMessages(page)
    page.goto(f"{desk.url}?plate=late.ome.zarr&well=A2")
    ready(page, "A2")
    page.keyboard.press("p")
    toast(page, "A2 pass")
    well(page, "A1").click()
    ready(page, "A1")
    late.hold('"verdict__content"')
    well(page, "A2").click()
    page.keyboard.press("n")
    page.keyboard.type("a scratch")
    page.keyboard.press("Enter")
    expect(page.locator(".hcs-note-unsaved")).to_have_text("not saved yet")
    late.let_go()
    toast(page, "Saved to A2 pass: note “a scratch”")
    expect(page.locator(".hcs-note-unsaved")).to_be_hidden()


def test_pictures_of_another_plate_are_not_those_of_a_well_of_the_same_name(
    desk: Server, visit: Callable
) -> None:
    page = visit(desk, "?plate=held.ome.zarr&well=B2", before=NAMED)
    ready(page, "B2")
    thumb = page.locator('.hcs-thumb[data-well="B2"]').first
    version = thumb.get_attribute("data-version")
    held = _hold(page, r"/twin\.ome\.zarr")
    page.keyboard.press("Control+k")
    page.keyboard.type("twin")
    expect(page.locator(".hcs-palette [role=option]").first).to_contain_text("twin")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("twin"))
    well(page, "B2").click()
    expect(thumb.locator("img")).to_have_attribute("src", re.compile("twin"))
    assert thumb.get_attribute("data-version") == version
    page.keyboard.press("f")
    toast(page, "B2 is not drawn yet: nothing was decided")
    _let_go(held)


def test_a_held_key_decides_once_and_typing_decides_nothing(
    desk: Server, visit: Callable
) -> None:
    page = visit(desk, "?plate=held.ome.zarr&well=A1", before=NAMED)
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
    assert [label for label, row in rows.items() if row["Metadata_Verdict"]] == ["A01"]
    assert rows["A01"]["Metadata_Note"] == "pfl =SUM(A1)"
    fields = downloaded(page, ".hcs-export-fields").read_text(encoding="utf-8-sig")
    first = next(csv.DictReader(io.StringIO(fields)))
    assert (first["Metadata_Verdict"], first["Metadata_VerdictSource"]) == (
        "flag",
        "inherited",
    )


def test_many_wells_are_judged_at_once_and_taken_back_at_once(
    desk: Server, visit: Callable, picture: Callable
) -> None:
    page = visit(desk, "?plate=many.ome.zarr", before=NAMED)
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
    page.locator(".more summary").click()
    assert downloaded(page, "text=Wells Parquet").read_bytes().startswith(b"PAR1")
    page.locator(".hcs-table-beside").click()
    toast(page, "qc and qc_fields are in the plate now")


def test_a_table_that_would_lack_its_measurements_is_not_saved_but_offered(
    tmp_path: Path, serve: Callable, visit: Callable
) -> None:
    path = plates.make(tmp_path / "p.ome.zarr", rows=1, columns=2)
    page = visit(serve(path, "--no-measure"), before=NAMED, expected=("/export/",))
    saved: list[object] = []
    page.on("download", lambda file: saved.append(file))
    expect(page.locator(".hcs-measuring .status")).to_have_text("Not measured yet.")
    page.locator(".hcs-export-csv").click()
    offered = page.get_by_role("alert").filter(has_text="is not measured")
    expect(offered).to_be_visible()
    assert saved == []
    page.keyboard.press("u")
    toast(page, "You have nothing to undo")  # nothing else takes the offer away
    with page.expect_download() as download:
        offered.get_by_role("button", name="Save what there is").click()
    expect(offered).to_be_hidden()
    assert download.value.suggested_filename == "test-wells.csv"
    open_panel(page, "measuring")
    page.locator(".hcs-measuring .act").click()
    assert set(table(page)) == {"A01", "A02"}


@pytest.mark.parametrize(
    "dark",
    [
        pytest.param(False, id="light"),
        pytest.param(True, id="dark", marks=pytest.mark.full),
    ],
)
def test_a_read_only_server_shows_verdicts_and_takes_none(
    locked: Server, visit: Callable, *, dark: bool
) -> None:
    page = visit(locked, "?well=A1", before=NAMED, dark=dark)
    expect(page.locator(".verdicts .standing b")).to_have_text("A1")
    expect(page.locator(".hcs-verdict-fail")).to_be_hidden()
    page.keyboard.press("f")
    toast(page, "read-only")


def test_a_killed_server_loses_nothing_that_was_confirmed_or_typed(
    small_plate: Path, serve: Callable, visit: Callable, picture: Callable
) -> None:
    server = serve(small_plate)
    page = visit(server, "?well=A1", before=NAMED, expected=GONE)
    ready(page, "A1")
    page.keyboard.press("p")
    toast(page, "A1 pass")  # this one is confirmed
    ready(page, "A2")
    # The next one is on its way when the server dies; nothing has confirmed it.
    page.locator(".hcs-note").fill("a fibre, lower left")
    server.pause()
    page.locator(".hcs-verdict-fail").click()
    server.kill()
    alarm = page.locator("#connection")
    expect(alarm).to_contain_text("connection to the server was lost")
    serve(small_plate, after=server)
    # The page comes back by itself, and offers what it has kept.
    expect(page.locator(".verdicts .problem")).to_contain_text(
        "A2 fail (“a fibre, lower left”)"
    )
    expect(well(page, "A1")).to_contain_text("pass")
    expect(well(page, "A2")).not_to_contain_text("fail")
    picture(page, "6-offered")
    page.get_by_role("button", name="Try again").click()
    toast(page, "A2 fail")
    expect(well(page, "A2")).to_contain_text("fail")
    expect(page.locator(".verdicts .problem")).to_be_hidden()
    page.keyboard.press("Escape")
    rows = table(page)
    assert {
        label: row["Metadata_Verdict"]
        for label, row in rows.items()
        if row["Metadata_Verdict"]
    } == {
        "A01": "pass",
        "A02": "fail",
    }
    assert rows["A02"]["Metadata_Note"] == "a fibre, lower left"
    page.reload()  # and it is offered no more
    expect(page.locator(".verdicts .progress")).to_contain_text("2 of 6")
    expect(page.locator(".verdicts .problem")).to_be_hidden()


def test_a_server_that_is_restarted_says_so_and_its_page_comes_back_with_what_was_typed(
    small_plate: Path, serve: Callable, visit: Callable
) -> None:
    server = serve(small_plate)
    page = visit(server, "?well=A1", before=NAMED, expected=GONE)
    ready(page, "A1")
    page.locator(".hcs-note").fill("a fibre, lower left")
    server.stop()
    alarm = page.locator("#connection")
    expect(alarm).to_contain_text("The server is being restarted.")
    # Nobody hears it, which is no error of the page.
    for label in ("A2", "A1"):
        well(page, label).click()
        expect(well(page, label)).to_be_focused()
    serve(small_plate, after=server)
    expect(page.locator("#connection")).to_be_hidden()
    ready(page, "A1")
    expect(page.locator(".hcs-note")).to_have_value("a fibre, lower left")


@pytest.mark.full
def test_a_busy_database_keeps_what_was_typed_until_it_is_tried_again(
    small_plate: Path, serve: Callable, visit: Callable, tmp_path: Path
) -> None:
    page = visit(serve(small_plate), "?well=A1", before=NAMED)
    ready(page, "A1")
    page.locator(".hcs-note").fill("debris")
    with closing(sqlite3.connect(tmp_path / "workspace-0/workspace.sqlite")) as other:
        other.isolation_level = None
        other.execute("BEGIN IMMEDIATE")
        page.locator(".hcs-verdict-flag").click()
        expect(page.locator(".verdicts .problem")).to_contain_text(
            "A1 flag (“debris”) was not saved", timeout=MEASURING
        )
        other.execute("ROLLBACK")
    page.get_by_role("button", name="Try again").click()
    toast(page, "A1 flag")
    expect(well(page, "A1")).to_contain_text("flag")


def test_two_judge_blind_compare_and_one_signs_off(
    desk: Server, visit: Callable, picture: Callable
) -> None:
    place = "?plate=blind.ome.zarr"
    other = "localStorage.setItem('hcs-reviewer', 'Ben')"
    ada = visit(desk, place, before=NAMED)
    ben = visit(desk, place, before=other, dark=True)
    name = "Ada <b>Lovelace</b>"

    # Each sees where the other is, and that a verdict is being given.
    well(ben, "B2").click()
    expect(ada.locator(".hcs-presence")).to_contain_text("Ben: B2")
    well(ada, "B2").click()
    ready(ada, "B2")
    ben.keyboard.press("n")
    expect(ada.locator(".others")).to_have_text("Ben is about to judge B2 too")
    ben.keyboard.press("Escape")
    for page in (ada, ben):
        page.keyboard.press("Escape")

    # A blind round hides all of it.
    ada.locator(".hcs-blind").click()
    ada.get_by_label("Second reviewer").fill("Ben")
    ada.get_by_role("button", name="Begin").click()
    expect(ben.locator(".hcs-signoff")).to_contain_text("You do not see the other's")
    for page, key, word in ((ada, "p", "pass"), (ben, "f", "fail")):
        well(page, "A1").click()
        ready(page, "A1")
        expect(page.locator(".verdicts .standing")).to_contain_text("blind review")
        page.keyboard.press(key)
        expect(well(page, "A1")).to_contain_text(word)
        expect(page.locator(".hcs-presence")).to_be_hidden()
    expect(well(ada, "A1")).not_to_contain_text("fail")
    expect(well(ben, "A1")).not_to_contain_text("pass")
    picture(ben, "7-blind")
    for page in (ada, ben):
        page.keyboard.press("Escape")
        expect(page.locator(".verdicts .progress")).to_contain_text("1 of 6")
        page.locator(".hcs-blind-done").click()
        page.get_by_role("button", name="I am done", exact=True).click()
        expect(page.locator("dialog[open]")).to_have_count(0)

    # Both are done: everything is told, and the disagreement is settled by judging.
    expect(ada.locator(".agreement")).to_contain_text("raw agreement 0 %, n = 1")
    expect(ada.locator(".hcs-disagreements")).to_contain_text(
        "1 disagreement to settle"
    )
    picture(ada, "8-compared")
    ada.locator(".difference").click()
    ready(ada, "A1")
    ada.keyboard.press("l")
    toast(ada, "A1 flag")
    ada.keyboard.press("Escape")
    expect(ada.locator(".hcs-disagreements")).to_contain_text(
        "All disagreements are settled"
    )

    # A sign-off says what it is about, locks for everybody, and can be taken back.
    ada.locator(".hcs-sign-off").click()
    # It calls the plate by its name, as the page does, and not by its file.
    expect(ada).to_have_title("test · hcs")
    said = ada.get_by_role("dialog", name="Sign off test", exact=True)
    expect(said).to_contain_text("1 flag, 5 not judged")
    expect(said).to_contain_text("1 well is flagged")
    # She has opened B2, and perhaps the well that came after a verdict.
    expect(said).to_contain_text(re.compile("[34] wells of this plate not viewed yet"))
    picture(ada, "9-sign-off")
    said.get_by_role("button", name="Sign off as").click()
    for page in (ada, ben):
        expect(page.locator(".hcs-signoff")).to_contain_text(
            f"Signed off by {name} (not authenticated)"
        )
        expect(page.locator(".hcs-verdict-fail")).to_be_hidden()
    well(ben, "A2").click()
    expect(ben.locator(".verdicts .standing b")).to_have_text("A2")
    ben.keyboard.press("f")
    toast(ben, "signed off by")
    picture(ben, "10-signed")
    ben.locator(".hcs-reopen-here").click()
    ben.get_by_role("button", name="Reopen as Ben").click()
    expect(ada.locator(".hcs-verdict-fail")).to_be_visible()
    expect(ben.locator(".hcs-verdict-fail")).to_be_visible()
    expect(ben.locator("dialog[open]")).to_have_count(0)
    ready(ben, "A2")
    ben.keyboard.press("p")
    toast(ben, "A2 pass")
    expect(ada.locator(".hcs-presence")).to_contain_text("Ben")
    ben.close()
    expect(ada.locator(".hcs-presence")).to_be_hidden()
    assert ada.evaluate("window.hacked") is None


def test_wells_are_filtered_held_beside_others_and_keys_are_changed(
    demo_plate: Path, serve: Callable, visit: Callable, picture: Callable
) -> None:
    # Once it is measured, the plate is coloured and gone through another way.
    server = serve(demo_plate, "--no-measure")
    page = visit(server, "?well=B02&field=0", before=NAMED)
    ready(page, "B02")

    # A verdict on a field is a sign on its thumbnail, and none on the well.
    page.keyboard.press("t")
    page.keyboard.press("f")
    toast(page, "B02 s1 fail")
    thumb = page.locator('.hcs-thumb[data-well="B02"][data-field="0"]')
    expect(thumb).to_have_attribute("aria-description", "fail")
    expect(thumb.locator(".decided svg")).to_be_visible()
    expect(well(page, "B02")).to_contain_text("1 field failed")

    # The filter dims the others, and the queue passes over them.
    page.keyboard.press("x")
    page.locator('[data-part="column"]').select_option("role")
    page.locator('[data-part="condition"]').select_option("positive")
    expect(page.locator(".hcs-filters [role=status]")).to_have_text("8 of 96 wells")
    expect(well(page, "B02")).to_contain_text("filtered out")
    page.locator(".verdicts .standing").click()
    page.keyboard.press("j")
    expect(well(page, "B12")).to_have_attribute("aria-selected", "true")
    picture(page, "11-filtered")
    page.locator(".hcs-filter-clear").click()
    expect(well(page, "B02")).not_to_contain_text("filtered out")

    # The same field of the nearest control, of the next by the same key; Esc closes.
    page.locator(".verdicts .standing").click()
    page.keyboard.press("c")
    control = page.locator(".hcs-field-viewer .control")
    expect(control).to_have_attribute("data-well", "E12")
    expect(control.locator(".pane")).to_have_attribute("data-drawn", re.compile("E12/"))
    expect(page).to_have_url(re.compile("field=.*control=E12"))
    page.keyboard.press("c")
    expect(control).to_have_attribute("data-well", "F12")
    picture(page, "12-control")
    page.keyboard.press("Escape")
    expect(control).to_be_hidden()
    expect(page).to_have_url(re.compile("field=0"))

    # Other wells: controls, neighbours, random ones, best and worst; then none.
    page.keyboard.press("Shift+C")
    others = page.locator(".hcs-beside")
    expect(others.locator(".hcs-thumb")).to_have_count(6)
    expect(others).to_contain_text("negative")
    shown = others.locator("img").first.get_attribute("src") or ""
    own = page.locator(".hcs-gallery img").first.get_attribute("src") or ""
    assert "channels=" in shown
    assert re.findall("channels=[^&]+", shown) == re.findall("channels=[^&]+", own)
    page.keyboard.press("Shift+C")
    expect(others.locator("h2")).to_have_text("Neighbours")
    page.keyboard.press("Shift+C")
    expect(others.locator("h2")).to_have_text("Random wells")
    page.keyboard.press("Shift+C")
    expect(others.locator("h2")).to_have_text("Best and worst: Completeness")
    expect(others.locator('.hcs-thumb[data-well="H06"]')).to_contain_text("worst 50")
    picture(page, "12-beside")
    page.keyboard.press("Shift+C")
    expect(others).to_be_hidden()

    # A key is changed in the panel, shown, kept, and given back.
    page.keyboard.press("?")
    keys = page.get_by_role("dialog", name="Keys")
    keys.locator('[data-action="fail"]').click()
    page.keyboard.press("p")
    expect(keys).to_contain_text("“Pass” had that key; it is now F")
    picture(page, "13-keys")
    page.keyboard.press("Escape")
    page.reload()
    expect(page.locator(".hcs-verdict-fail kbd")).to_have_text("P")
    page.keyboard.press("i")
    keys.locator(".hcs-keys-default").click()
    page.keyboard.press("Escape")
    expect(page.locator(".hcs-verdict-fail kbd")).to_have_text("F")
