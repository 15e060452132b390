"""What is typed belongs to the well, plate, person and server that it is about."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests import plates
from tests.browser.serving import GONE, Server, at_rest, open_panel, well
from tests.browser.test_review import NAMED, ready, table, toast

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from playwright.sync_api import Page

ASKED = "Enter your name first"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    served = tmp_path_factory.mktemp("typed")
    for name in ("notes", "reasons", "other", "boxes", "tabs", "strict/demand"):
        path = served / f"{name}.ome.zarr"
        plates.make(path, fields=2, pixels="gradient", name=path.stem)
    return served


@pytest.fixture(scope="module")
def desk(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    server = Server(folder, workspace=tmp_path_factory.mktemp("workspace"))
    yield server
    server.stop()


def on(plate: str, place: str = "") -> str:
    return f"?plate={plate}.ome.zarr" + (f"&well={place}" if place else "")


def write(page: Page, text: str) -> None:
    page.keyboard.press("n")
    expect(page.locator(".hcs-note")).to_be_focused()
    page.keyboard.type(text)
    page.keyboard.press("Enter")
    expect(page.locator(".hcs-note")).not_to_be_focused()


def notes(rows: dict[str, dict[str, str]]) -> dict[str, str]:
    """Return the notes of exported wells that have one."""
    noted = {label: row["Metadata_Note"] for label, row in rows.items()}
    return {label: note for label, note in noted.items() if note}


def noted(page: Page, text: str) -> None:
    expect(page.locator(".hcs-note")).to_have_value(text)


def another_tab(page: Page, query: str, server: Server) -> Page:
    """Open another tab of the same browser."""
    other = page.context.new_page()
    other.goto(server.url + query)
    return other


def test_a_note_after_the_verdict_is_saved_to_it_and_to_no_other_well(
    desk: Server, visit: Callable
) -> None:
    page = visit(desk, on("notes"), before=NAMED)
    before = notes(table(page))  # other tests have written to the same plate
    page.goto(desk.url + on("notes", "A1"))
    ready(page, "A1")
    page.keyboard.press("f")
    toast(page, "A1 fail")
    well(page, "A1").click()
    ready(page, "A1")
    write(page, "a fibre")
    toast(page, "Saved to A1 fail: note “a fibre”")
    expect(page.locator(".verdicts .standing")).to_contain_text("“a fibre”")
    well(page, "A3").click()
    ready(page, "A3")
    noted(page, "")
    page.keyboard.press("p")
    toast(page, "A3 pass")
    page.goto(desk.url + on("other", "A1"))
    ready(page, "A1")
    noted(page, "")
    page.keyboard.press("p")
    toast(page, "A1 pass")
    page.goto(desk.url + on("other"))
    assert notes(table(page)) == {}
    page.goto(desk.url + on("notes"))
    rows = table(page)
    assert notes(rows) == {**before, "A01": "a fibre"}
    assert rows["A01"]["Metadata_AmendedBy"] == rows["A01"]["Metadata_Reviewer"]


def test_a_draft_waits_at_its_well_and_goes_with_its_verdict_alone(
    desk: Server, visit: Callable
) -> None:
    page = visit(desk, on("notes", "B1"), before=NAMED)
    ready(page, "B1")
    write(page, "dim")
    well(page, "B2").click()
    ready(page, "B2")
    noted(page, "")
    page.reload()
    ready(page, "B2")
    well(page, "B1").click()
    ready(page, "B1")
    noted(page, "dim")
    page.keyboard.press("Enter")  # the field that is open has notes of its own
    expect(page.locator(".verdicts .standing b")).to_have_text("B1")
    page.locator(".judge button", has_text="Only").click()
    expect(page.locator(".hcs-note")).to_have_value("")
    page.locator(".judge button", has_text="Only").click()
    expect(page.locator(".hcs-note")).to_have_value("dim")
    page.keyboard.press("Escape")
    # Until it is closed, the bar is ready for the field.
    expect(page.locator(".judge button", has_text="Only")).to_be_hidden()
    ready(page, "B1")
    page.keyboard.press("l")
    toast(page, "B1 flag")
    page.goto(desk.url + on("notes"))
    labels = [label for label, note in notes(table(page)).items() if note == "dim"]
    assert labels == ["B01"]


def test_what_is_typed_at_a_verdict_says_that_it_is_not_saved(
    desk: Server, visit: Callable
) -> None:
    page = visit(desk, on("notes", "B3"), before=NAMED)
    ready(page, "B3")
    page.keyboard.press("p")
    toast(page, "B3 pass")
    well(page, "B3").click()
    ready(page, "B3")
    page.keyboard.press("n")
    page.keyboard.type("no cells?")
    expect(page.locator(".hcs-note-unsaved")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator(".hcs-note")).not_to_be_focused()
    expect(page.locator(".hcs-note-unsaved")).to_be_visible()
    write(page, "")
    toast(page, "Saved to B3 pass")
    expect(page.locator(".hcs-note-unsaved")).to_be_hidden()


def test_a_reason_after_the_verdict_is_saved_to_it(
    desk: Server, visit: Callable
) -> None:
    page = visit(desk, on("reasons", "A1"), before=NAMED)
    ready(page, "A1")
    page.keyboard.press("f")
    toast(page, "A1 fail")
    well(page, "A1").click()
    ready(page, "A1")
    page.locator(".hcs-verdict-reason").select_option("debris")
    toast(page, "Saved to A1 fail: reason debris or fibre")
    expect(page.locator(".verdicts .standing")).to_contain_text("fail, debris or fibre")
    # By keys many are passed over, and Enter takes the one that is meant.
    page.keyboard.press("r")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    expect(page.locator(".hcs-note-unsaved")).to_be_visible()
    page.keyboard.press("Enter")
    toast(page, "Saved to A1 fail: reason bubble")
    page.keyboard.press("r")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Escape")
    expect(page.locator(".hcs-verdict-reason")).to_have_value("bubble")
    page.keyboard.press("u")
    toast(page, "Undone: A1 fail: reason bubble")
    page.keyboard.press("Escape")
    assert table(page)["A01"]["Metadata_Reason"] == "debris"


def test_a_project_that_demands_a_reason_for_fail_says_so_and_waits_for_it(
    desk: Server, visit: Callable
) -> None:
    # A folder of its own: what is demanded of a project holds for all its plates.
    page = visit(desk, on("strict/demand"), before=NAMED)
    demand = page.locator(".hcs-demand-reason")
    demand.check()
    expect(demand).to_be_enabled()
    expect(demand).to_be_checked()
    well(page, "B1").click()
    ready(page, "B1")
    page.keyboard.press("f")
    toast(page, "demands a reason with each fail")
    expect(page.locator(".hcs-verdict-reason")).to_be_focused()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    toast(page, "B1 fail, out of focus")
    page.keyboard.press("Escape")
    expect(demand).to_be_checked()
    demand.uncheck()
    expect(demand).to_be_enabled()
    expect(demand).not_to_be_checked()
    assert table(page)["B01"]["Metadata_Reason"] == "focus"


def test_a_confirmed_name_gives_the_verdict_that_was_refused_for_it(
    desk: Server, visit: Callable
) -> None:
    page = visit(desk, on("boxes", "A1"))
    ready(page, "A1")
    page.keyboard.press("f")
    toast(page, ASKED)
    name = page.locator(".hcs-reviewer")
    expect(name).to_be_focused()
    page.keyboard.type("Fu")
    page.keyboard.press("Escape")  # confirms nothing
    expect(name).not_to_be_focused()
    expect(name).to_have_value("")
    page.keyboard.press("f")
    expect(name).to_be_focused()
    page.keyboard.type("Ada")
    page.keyboard.press("Enter")
    expect(name).not_to_be_focused()
    toast(page, "A1 fail")
    expect(well(page, "A1")).to_contain_text("fail")
    ready(page, "A2")
    page.keyboard.press("p")
    toast(page, "A2 pass")
    expect(name).to_have_value("Ada")


def test_every_box_of_the_page_is_left_by_escape_and_by_enter(
    desk: Server, visit: Callable
) -> None:
    page = visit(desk, on("boxes", "B1"), before=NAMED)
    ready(page, "B1")
    page.keyboard.press("Enter")
    expect(page.locator(".hcs-field-viewer")).to_be_visible()
    # Nothing is drawn anew meanwhile, for that would put other boxes in their places.
    expect(page.locator(".hcs-metric-select select")).to_have_value("suspicion")
    at_rest(page)
    page.locator("details").evaluate_all("all => all.forEach(one => one.open = true)")
    focused = "box => box.getRootNode().activeElement === box"
    no_text = ("checkbox", "radio", "range", "file", "color")
    tried = 0
    for box in page.locator("input, textarea, select").element_handles():
        usable = box.is_visible() and box.is_enabled()
        usable = usable and box.get_attribute("aria-hidden") != "true"
        if not usable or box.get_attribute("type") in no_text:
            continue
        # Of a box with a list, Enter opens the list.
        listed = box.get_attribute("role") == "combobox"
        for key in ("Escape",) if listed else ("Escape", "Enter"):
            box.evaluate("box => box.focus()")
            assert box.evaluate(focused)
            page.keyboard.press(key)
            assert not box.evaluate(focused), (
                key,
                box.evaluate("box => box.outerHTML"),
            )
        tried += 1
    assert tried >= 5


def test_enter_keeps_typed_controls_and_escape_keeps_none(
    desk: Server, visit: Callable
) -> None:
    page = visit(desk, on("boxes"), before=NAMED)
    open_panel(page, "setup")
    parts = page.locator(".hcs-setup details").filter(has_text="Plate map")
    parts.locator("summary").click()
    positive = parts.get_by_label("positive")
    positive.fill("A01")
    page.keyboard.press("Escape")
    expect(positive).to_have_value("")
    positive.fill("A01")
    page.keyboard.press("Enter")
    expect(positive).not_to_be_focused()
    expect(page.locator(".hcs-typed-keep")).to_be_disabled()
    expect(parts.locator("summary")).to_contain_text("1 column")
    page.reload()
    expect(parts.locator("summary")).to_contain_text("1 column")
    open_panel(page, "setup")
    parts.locator("summary").click()
    expect(positive).to_have_value("A01")


def test_a_limit_that_is_being_typed_stays_when_another_is_kept(
    desk: Server, visit: Callable
) -> None:
    page = visit(desk, on("boxes"), before=NAMED)
    open_panel(page, "setup")
    limits = page.locator(".hcs-setup details").filter(has_text="Limits")
    limits.locator("summary").click()
    first, second = limits.locator("input").nth(0), limits.locator("input").nth(1)
    first.fill("7")
    first.press("Tab")
    expect(second).to_be_focused()
    page.keyboard.type("0.")
    expect(limits.locator("summary")).to_contain_text("1 set for this project")
    page.keyboard.type("3")
    page.keyboard.press("Enter")
    expect(limits.locator("summary")).to_contain_text("2 set for this project")
    expect(second).to_have_value("0.3")


def test_control_wells_that_are_typed_stay_when_refused_and_go_with_their_plate(
    desk: Server, visit: Callable
) -> None:
    page = visit(desk, on("boxes"), before=NAMED)
    open_panel(page, "setup")
    parts = page.locator(".hcs-setup details").filter(has_text="Plate map")
    parts.locator("summary").click()
    positive, keep = parts.get_by_label("positive"), page.locator(".hcs-typed-keep")
    positive.fill("B02")
    parts.get_by_label("negative").fill("B02")
    page.keyboard.press("Enter")
    expect(parts.locator(".notice.bad")).to_contain_text("cannot be both")
    expect(positive).to_have_value("B02")
    expect(keep).to_be_enabled()
    page.keyboard.press("Shift+J")
    expect(keep).to_be_disabled()
    expect(positive).not_to_have_value("B02")


def test_two_tabs_keep_their_names_and_share_the_draft_of_one_well(
    desk: Server, visit: Callable
) -> None:
    page = visit(desk, on("tabs", "A1"))
    ready(page, "A1")
    page.locator(".hcs-reviewer").fill("Ada")
    page.keyboard.press("Enter")
    other = another_tab(page, on("tabs", "A1"), desk)
    ready(other, "A1")
    expect(other.locator(".hcs-reviewer")).to_have_value("Ada")
    other.locator(".hcs-reviewer").fill("Ben")
    other.keyboard.press("Enter")
    page.reload()
    ready(page, "A1")
    expect(page.locator(".hcs-reviewer")).to_have_value("Ada")
    # One well has one draft, whichever tab it is typed in; another plate has none.
    write(page, "dim")
    expect(other.locator(".hcs-note")).to_have_value("dim")
    third = another_tab(page, on("other", "A1"), desk)
    ready(third, "A1")
    noted(third, "")
    page.keyboard.press("f")
    toast(page, "A1 fail")
    expect(other.locator(".verdicts .standing")).to_contain_text("Ada")
    expect(other.locator(".hcs-note")).to_have_value("dim")  # now the verdict's
    # A tab that waits for an answer is no page that was closed.
    expect(other.locator(".verdicts .problem")).to_be_hidden()
    # Light or dark is one person's, wherever they look.
    page.keyboard.press("d")
    chosen = page.evaluate("document.documentElement.dataset.theme")
    expect(other.locator("html")).to_have_attribute("data-theme", chosen)


def test_two_servers_of_one_host_share_no_draft(
    folder: Path, serve: Callable, visit: Callable
) -> None:
    first, second = serve(folder), serve(folder)
    page = visit(first, on("tabs", "B1"), before=NAMED)
    ready(page, "B1")
    write(page, "of the first")
    second.let_in(page.context)
    other = page.context.new_page()
    other.goto(second.url + on("tabs", "B1"))
    ready(other, "B1")
    noted(other, "")
    assert re.search(r":\d+", first.url) != re.search(r":\d+", second.url)


def test_another_workspace_at_the_same_address_gets_no_draft_and_no_verdict(
    folder: Path, visit: Callable, tmp_path: Path
) -> None:
    first = Server(folder, workspace=tmp_path / "first")
    page = visit(first, on("tabs", "B2"), before=NAMED, expected=GONE)
    ready(page, "B2")
    well(page, "B3").click()
    ready(page, "B3")
    write(page, "of the first")
    well(page, "B2").click()
    ready(page, "B2")
    first.pause()
    page.locator(".hcs-verdict-fail").click()  # nobody confirms it
    context = page.context
    page.close()
    first.kill()
    first.stop()
    second = Server(folder, workspace=tmp_path / "second", port=first.port)
    try:
        second.let_in(context)
        page = context.new_page()
        page.goto(second.url + on("tabs", "B3"))
        ready(page, "B3")
        noted(page, "")
        page.keyboard.press("p")
        toast(page, "B3 pass")
        expect(page.locator(".verdicts .problem")).to_be_hidden()
    finally:
        second.stop()


def test_a_browser_that_keeps_nothing_can_judge_all_the_same(
    desk: Server, visit: Callable
) -> None:
    forbidden = (
        "for (const name of ['localStorage', 'sessionStorage']) "
        "Object.defineProperty(window, name, "
        "{ get() { throw new DOMException('no', 'SecurityError') } })"
    )
    page = visit(desk, on("other", "B1"), before=forbidden)
    ready(page, "B1")
    page.keyboard.press("f")
    page.keyboard.type("Ada")
    page.keyboard.press("Enter")
    toast(page, "B1 fail")
    well(page, "B1").click()
    ready(page, "B1")
    write(page, "a fibre")
    toast(page, "Saved to B1 fail: note “a fibre”")
