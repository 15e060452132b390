"""What a sign-off says of wells that were seen, and of flagged ones."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from playwright.sync_api import expect

from tests.browser.late import LateMessages
from tests.browser.serving import well
from tests.browser.test_review import NAMED, ready, toast

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def test_wells_of_a_montage_count_as_looked_at_and_flagged_ones_are_told(
    small_plate: Path, serve: Callable, visit: Callable
) -> None:
    page = visit(serve(small_plate), "?well=A1", before=NAMED)
    ready(page, "A1")
    page.keyboard.press("l")
    toast(page, "A1 flag")
    page.goto(page.url.partition("?")[0])
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
    page.keyboard.press("Escape")
    expect(page.locator("dialog[open]")).to_have_count(0)


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
