"""Uploads on the page: resumed after broken lines, reloads and killed servers."""

from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING

import numpy as np
import pytest
import tifffile
from playwright.sync_api import expect

from tests.browser.serving import GONE, compared, well
from tests.integration.serving import wait_for

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from playwright.sync_api import Page, Request, Route

    from tests.browser.serving import Server

PIECE = 8 * 1024 * 1024
AWAY = ("/uploads", *GONE)


def picture_file(folder: Path, name: str, mebibytes: int = 0) -> Path:
    """Write a TIFF of the plate's size; what follows the picture makes it larger."""
    stream = io.BytesIO()
    tifffile.imwrite(stream, np.full((32, 40), 300, "uint16"))
    path = folder / name
    path.write_bytes(stream.getvalue() + bytes(mebibytes << 20))
    return path


@pytest.fixture
def large(tmp_path: Path) -> Path:
    return picture_file(tmp_path, "A2_s1_w1.tif", 20)


class Line:
    """What goes over the line to uploads: counted, and cut when a test says so."""

    def __init__(self, page: Page) -> None:
        self.offsets: list[int] = []
        self.cut_after: int | None = None
        """PATCH requests that pass; those that come later are cut."""

        page.route(re.compile(r"/uploads/"), self._pass)

    def _pass(self, route: Route) -> None:
        request: Request = route.request
        if request.method == "PATCH":
            if self.cut_after is not None and len(self.offsets) >= self.cut_after:
                route.abort("connectionreset")
                return
            self.offsets.append(int(request.headers["upload-offset"]))
        route.continue_()


def test_a_lost_connection_is_said_and_the_upload_goes_on_by_itself(
    serve: Callable, small_plate: Path, visit: Callable, large: Path, picture: Callable
) -> None:
    server: Server = serve(small_plate, "--no-measure")
    page = visit(server, "?well=A2&field=0", expected=AWAY)
    line = Line(page)
    line.cut_after = 1
    page.locator(".hcs-upload").set_input_files(large)
    uploads = page.locator(".hcs-uploads")
    expect(uploads).to_contain_text("1 waits for the connection")
    uploads.locator("summary").click()
    expect(uploads).to_contain_text("It goes on from 8.39 MB as soon as it can.")
    picture(page, "1-broken")
    uploads.get_by_role("button", name="Go on now").click()
    line.cut_after = None
    expect(page.locator(".hcs-compare")).to_be_visible()
    assert line.offsets == [0, PIECE, 2 * PIECE]


def test_a_page_that_is_loaded_again_goes_on_with_the_file_that_is_chosen_again(
    serve: Callable, small_plate: Path, visit: Callable, large: Path, picture: Callable
) -> None:
    server: Server = serve(small_plate, "--no-measure")
    page = visit(server, "?well=A2&field=0", expected=AWAY)
    line = Line(page)
    line.cut_after = 1
    page.locator(".hcs-upload").set_input_files(large)
    expect(page.locator(".hcs-uploads")).to_contain_text("1 waits for the connection")
    page.reload()
    uploads = page.locator(".hcs-uploads")
    expect(uploads).to_contain_text("1 upload of yours is unfinished")
    expect(uploads).to_contain_text("choose it again")
    picture(page, "2-left")
    line.cut_after = None
    other = picture_file(large.parent, "other.tif")
    page.locator(".hcs-resume").set_input_files([large, other])
    # The other is a file of its own and begins at its beginning.
    expect(page.locator(".hcs-uploads")).not_to_contain_text("unfinished")
    # Asking the page lets the line answer its requests meanwhile.
    wait_for(lambda: page.title() and len(line.offsets) == 4, "for all pieces")
    assert sorted(line.offsets) == [0, 0, PIECE, 2 * PIECE]


def test_an_unfinished_upload_is_discarded_for_good(
    serve: Callable, small_plate: Path, visit: Callable, large: Path
) -> None:
    server: Server = serve(small_plate, "--no-measure")
    page = visit(server, "?well=A2&field=0", expected=AWAY)
    Line(page).cut_after = 1
    page.locator(".hcs-upload").set_input_files(large)
    expect(page.locator(".hcs-uploads")).to_contain_text("1 waits for the connection")
    page.reload()
    uploads = page.locator(".hcs-uploads")
    expect(uploads).to_contain_text("1 upload unfinished")
    # It covers nothing of a page on which nobody has asked for it.
    expect(uploads.locator(".sheet")).to_be_hidden()
    uploads.locator("summary").click()
    page.keyboard.press("Escape")
    expect(uploads.locator(".sheet")).to_be_hidden()
    page.keyboard.press("Enter")
    uploads.get_by_role("button", name="Discard 1 file").click()
    expect(uploads).to_be_hidden()
    wait_for(lambda: page.evaluate(LIST) == [], "for the server to discard it")
    page.reload()
    expect(well(page, "A1")).to_be_visible()
    assert page.evaluate(LIST) == []


def test_a_killed_server_and_its_successor_cost_no_acknowledged_byte(
    serve: Callable, small_plate: Path, visit: Callable, large: Path, picture: Callable
) -> None:
    server: Server = serve(small_plate, "--no-measure")
    page = visit(server, "?well=A2&field=0", expected=AWAY)
    line = Line(page)
    line.cut_after = 1
    page.locator(".hcs-upload").set_input_files(large)
    uploads = page.locator(".hcs-uploads")
    expect(uploads).to_contain_text("1 waits for the connection")
    server.kill()
    alarm = page.locator("#connection")
    expect(alarm).to_contain_text("stays until its uploads are done")
    line.cut_after = None
    picture(page, "3-killed")
    serve(small_plate, "--no-measure", after=server)
    # The page goes on, and is loaded again once it has lost nothing by that.
    expect(uploads).to_contain_text("1 file uploaded")
    expect(page.locator("#connection")).to_be_hidden()
    assert line.offsets == [0, PIECE, 2 * PIECE]
    uploads.locator("summary").click()
    uploads.get_by_role("button", name="Use them").click()
    expect(page.locator(".hcs-compare")).to_be_visible()
    page.locator(".hcs-reviewer").fill("Ada")
    page.locator(".hcs-reason").fill("was out of focus")
    for box in page.locator(".differences input[type=checkbox]").all():
        box.check()
    thumb = page.locator('.hcs-thumb[data-well="A2"][data-field="0"]')
    before = thumb.get_attribute("data-version")
    compared(page)
    page.locator(".hcs-commit").click()
    expect(thumb).not_to_have_attribute("data-version", before or "")


DROP = """async ([names, selector]) => {
  const find = (root, selector) => {
    const hit = root.querySelector(selector)
    if (hit) return hit
    for (const each of root.querySelectorAll("*")) {
      const inside = each.shadowRoot && find(each.shadowRoot, selector)
      if (inside) return inside
    }
    return null
  }
  const transfer = new DataTransfer()
  for (const name of names) transfer.items.add(new File(["no picture"], name))
  const target = find(document, selector)
  const event = (kind) => new DragEvent(kind, {
    dataTransfer: transfer, bubbles: true, composed: true, cancelable: true,
  })
  target.dispatchEvent(event("dragover"))
  const veil = find(document, ".veil")
  const said = veil.hidden ? "" : veil.textContent
  target.dispatchEvent(event("drop"))
  return [said, veil.hidden]
}"""


LIST = "fetch('/uploads').then((a) => a.json()).then((j) => j.uploads)"


@pytest.mark.parametrize(
    ("query", "selector", "said"),
    [
        ("?plate=plate.ome.zarr", '[data-well="B3"]', "Drop the files for well B3"),
        ("?plate=plate.ome.zarr", "main", "Drop the files to upload them"),
        ("?", "main", "Drop the files to upload them"),
    ],
    ids=["on a well", "on the plate page", "on the plate list"],
)
def test_files_that_are_dropped_anywhere_are_uploaded_for_what_is_there(
    serve: Callable,
    small_plate: Path,
    visit: Callable,
    query: str,
    selector: str,
    said: str,
) -> None:
    server: Server = serve(small_plate.parent, "--no-measure")
    page = visit(server, query, expected=AWAY)
    expect(page.locator(".hcs-where")).to_be_visible()
    page.locator(".veil").wait_for(state="attached")
    on_well = selector != "main"
    Line(page).cut_after = 0  # that they stay announced
    names = ["file 1.tif", "file 2.tif"][: 1 if on_well else 2]
    assert page.evaluate(DROP, [names, selector]) == [said, True]
    wait_for(lambda: len(page.evaluate(LIST)) == len(names), "for the files")
    uploads = page.evaluate(LIST)
    assert sorted(upload["name"] for upload in uploads) == names
    assert {upload["well"] for upload in uploads} == {"B3" if on_well else ""}
    assert {upload["purpose"] for upload in uploads} == {"correction"}


def test_a_file_that_cannot_be_used_keeps_no_other_from_being_compared(
    serve: Callable, small_plate: Path, visit: Callable, tmp_path: Path
) -> None:
    server: Server = serve(small_plate, "--no-measure")
    page = visit(server, "?well=A2&field=0")
    good = picture_file(tmp_path, "A2_s1_w1.tif")
    bad = tmp_path / "A2_s1_w2.tif"
    bad.write_bytes(b"no picture")
    page.locator(".hcs-upload").set_input_files([good, bad])
    expect(page.locator(".hcs-compare")).to_be_visible()
    expect(page.locator(".files .notice.bad")).to_contain_text("A2_s1_w2.tif")


def test_files_that_come_disturb_neither_what_is_there_nor_the_focus(
    serve: Callable, small_plate: Path, visit: Callable, tmp_path: Path, large: Path
) -> None:
    server: Server = serve(small_plate, "--no-measure")
    page = visit(server, "?well=A2&field=0", expected=AWAY)
    page.locator(".hcs-upload").set_input_files(picture_file(tmp_path, "A2_w1.tif"))
    expect(page.locator(".hcs-compare")).to_be_visible()
    page.locator(".hcs-reason").fill("was out of focus")

    Line(page).cut_after = 0
    there = page.locator(".files li[data-upload]")
    there.evaluate("(element) => { element.dataset.seen = '' }")
    page.locator(".hcs-upload").set_input_files(large)
    uploads = page.locator(".hcs-uploads")
    expect(uploads).to_contain_text("1 waits for the connection")
    expect(page.locator(".files li[data-seen]")).to_have_count(1)
    uploads.locator("summary").click()
    cancel = uploads.get_by_role("button", name=f"Cancel {large.name}")
    cancel.focus()
    uploads.locator("li").evaluate("(element) => { element.dataset.seen = '' }")
    expect(uploads.locator("li[data-seen]")).to_have_count(0)
    expect(cancel).to_be_focused()
    cancel.press("Enter")
    expect(uploads.locator("li")).to_have_count(0)

    # The same correction for another channel has the same reason.
    channel = there.get_by_label("Channel of A2_w1.tif")
    channel.select_option(label=channel.locator("option").last.inner_text())
    expect(page.locator(".files li[data-seen]")).to_have_count(0)
    expect(page.locator(".hcs-compare")).to_be_visible()
    expect(page.locator(".hcs-reason")).to_have_value("was out of focus")


def test_a_row_that_comes_back_leaves_what_is_typed_in_its_next_box(
    serve: Callable, small_plate: Path, visit: Callable, tmp_path: Path
) -> None:
    page = visit(serve(small_plate, "--no-measure"), "?task=correct")
    page.locator(".hcs-upload-many").set_input_files(picture_file(tmp_path, "odd.tif"))
    row = page.locator(".hcs-match-table [data-row]")
    well = row.locator(".hcs-match-well")
    well.fill("A2")
    well.press("Tab")
    page.keyboard.type("s9")
    expect(well).to_have_class(re.compile(r"\bsaid\b"))
    expect(row.locator(".hcs-match-field")).to_have_value("s9")
