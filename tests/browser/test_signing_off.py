"""What a sign-off says of wells that were seen, and of flagged ones."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from playwright.sync_api import expect

from tests import plates
from tests.browser.late import LateMessages
from tests.browser.serving import at_rest, well
from tests.browser.test_review import NAMED, ready, toast

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def test_a_sign_off_states_what_was_seen_and_flagged_as_it_is_and_on_its_plate_alone(
    small_plate: Path, serve: Callable, visit: Callable
) -> None:
    twin = plates.make(small_plate.with_name("twin.ome.zarr"))
    server, place = serve(small_plate, twin), f"?plate={small_plate.name}"
    page = visit(server, f"{place}&well=A1", before=NAMED)
    ready(page, "A1")
    page.keyboard.press("l")
    toast(page, "A1 flag")
    page.goto(server.url + place)
    signoff = page.locator(".hcs-signoff")
    expect(signoff).to_contain_text("5 wells not viewed yet")
    page.locator(".hcs-pass-rest").click()
    page.locator(".hcs-rest-montage").click()
    expect(page.locator("dialog.rest img")).to_have_count(5)
    # They are seen before they are judged.
    expect(signoff).not_to_contain_text("not viewed yet")
    page.locator("dialog.rest button.primary").click()
    expect(page.locator(".verdicts .progress")).to_contain_text("6 of 6")
    expect(signoff).to_contain_text("5 after a look in a montage")
    expect(well(page, "B3")).not_to_contain_text("not looked at")
    page.locator(".hcs-sign-off").click()
    question = page.locator(".hcs-signoff ~ dialog[open]")
    expect(question).to_contain_text("1 well is flagged")
    expect(question).not_to_contain_text("not viewed yet")
    # What others decide meanwhile is stated, too, and is not signed unread.
    other = visit(server, f"{place}&well=A2", before=NAMED)
    ready(other, "A2")
    other.keyboard.press("l")
    toast(other, "A2 flag")
    expect(question).to_contain_text("2 wells are flagged")
    expect(question.get_by_role("alert")).to_contain_text("read it again")
    page.keyboard.press("Escape")
    expect(page.locator("dialog[open]")).to_have_count(0)

    page.keyboard.press("Control+k")
    page.keyboard.type("twin")
    expect(page.locator(".hcs-palette [role=option]").first).to_contain_text("twin")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("plate=twin"))
    expect(signoff).to_contain_text("No well is judged")
    page.locator(".hcs-sign-off").click()
    expect(question).to_contain_text("No well is judged")
    page.go_back()
    expect(page).to_have_url(re.compile(f"plate={small_plate.name}"))
    expect(signoff).to_contain_text("2 flag")
    expect(question).to_have_count(0)


def test_a_button_that_is_pressed_while_its_part_changes_is_clicked(
    small_plate: Path, serve: Callable, visit: Callable
) -> None:
    server = serve(small_plate, "--no-measure")
    page = visit(server, "health", before=NAMED)
    late = LateMessages(page)
    page.goto(server.url)
    blind = page.locator(".hcs-blind")
    at_rest(page)
    late.hold("signoff__content")
    other = visit(server, "?well=A1", before=NAMED)
    ready(other, "A1")
    other.keyboard.press("l")
    toast(other, "A1 flag")
    late.wait('flag\\":1')
    page.locator(".hcs-metric-select").focus()  # a press takes it from there
    blind.hover()
    page.mouse.down()
    late.let_go()
    expect(blind).to_be_visible()
    page.mouse.up()
    expect(page.get_by_role("dialog", name="Blind review by two")).to_be_visible()
    # What has come is shown then.
    expect(page.locator(".hcs-signoff")).to_contain_text("1 flag")


def test_a_limit_that_is_being_typed_stays_with_its_plate(
    small_plate: Path, serve: Callable, visit: Callable
) -> None:
    twin = plates.make(small_plate.with_name("twin.ome.zarr"))
    page = visit(serve(small_plate, twin), f"?plate={twin.name}", before=NAMED)
    signoff = page.locator(".hcs-signoff")
    limit = signoff.get_by_label(re.compile("use with care")).first
    rules = page.locator(".hcs-use-rules summary")
    rules.click()
    before = limit.input_value()
    page.keyboard.press("Shift+K")
    expect(page).to_have_url(re.compile(f"plate={small_plate.name}"))
    at_rest(page)
    limit.fill("77")
    page.go_back()
    expect(page).to_have_url(re.compile(f"plate={twin.name}"))
    at_rest(page)
    expect(limit).to_have_value(before)
    page.reload()
    rules.click()
    expect(limit).to_have_value(before)


def without_answers(message: str) -> str:
    """Return a message without answers about a sign-off: only what anybody sees."""
    if '"signoff__content"' not in message:
        return message
    content = json.loads(message)
    for event in content.get("events", ()):
        if event.get("attr") == "signoff__content":
            shown = json.loads(event["new"])
            others = [each for each in shown["results"] if each["type"] == "demand"]
            event["new"] = json.dumps({**shown, "results": others})
    return json.dumps(content)


def test_a_dialog_of_the_sign_off_is_closed_by_its_own_answer_or_by_what_is_seen(
    small_plate: Path, serve: Callable, visit: Callable
) -> None:
    server = serve(small_plate, "--no-measure")
    page = visit(server, "health", before=NAMED)
    answers = LateMessages(page, without_answers)
    answers.hold('type\\":\\"demand')
    page.goto(server.url)
    dialog = page.locator(".hcs-signoff ~ dialog[open]")
    demand = page.locator(".hcs-demand-reason")
    demand.check()
    expect(demand).to_be_disabled()
    page.locator(".hcs-sign-off").click()
    answers.wait()
    answers.let_go()
    expect(demand).to_be_enabled()
    expect(dialog).to_be_visible()
    # Its own answer may come later than what everybody sees.
    page.get_by_role("button", name="Sign off as").click()
    expect(page.locator(".hcs-signoff")).to_contain_text("Signed off by")
    expect(dialog).to_have_count(0)
    page.locator(".hcs-reopen").click()
    page.get_by_role("button", name="Reopen as").click()
    expect(page.locator(".hcs-sign-off")).to_be_visible()
    expect(dialog).to_have_count(0)
