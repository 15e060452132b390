"""What a sign-off says of wells that were seen, and of flagged ones."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from playwright.sync_api import expect

from tests.browser.serving import well
from tests.browser.test_review import NAMED, ready, toast
from tests.integration.serving import wait_for

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from playwright.sync_api import WebSocketRoute


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


class Answers:
    """Keeps answers about sign-offs from a page, but none of what it sees besides."""

    def __init__(self) -> None:
        self._page: WebSocketRoute | None = None
        self.late: list[str | bytes] = []
        """The answer to a demand, and all that came after it."""

        self._awaited = True

    def hold(self, page: WebSocketRoute) -> None:
        self._page = page
        page.connect_to_server().on_message(self._pass_on)

    def let_go(self) -> None:
        """Tell the page what the server has made of its demand."""
        assert self._page is not None
        self._awaited = False
        for message in self.late:
            self._page.send(message)

    def _pass_on(self, message: str | bytes) -> None:
        assert self._page is not None
        text = self._without(message)
        if self._awaited and (self.late or 'type\\": \\"demand' in str(text)):
            self.late.append(text)
        else:
            self._page.send(text)

    @staticmethod
    def _without(message: str | bytes) -> str | bytes:
        if not isinstance(message, str) or '"signoff__content"' not in message:
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
    page, answers = visit(server, "health", before=NAMED), Answers()
    page.route_web_socket(re.compile("/ws"), answers.hold)
    page.goto(server.url)
    dialog = page.locator(".hcs-signoff ~ dialog[open]")
    demand = page.locator(".hcs-demand-reason")
    demand.check()
    expect(demand).to_be_disabled()
    page.locator(".hcs-sign-off").click()
    # Asked in between, the driver tells of what has come.
    wait_for(lambda: page.evaluate("true") and answers.late, "for an answer")
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
