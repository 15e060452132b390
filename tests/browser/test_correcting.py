"""Forty re-imaged files in one go, some of them not what their names say."""

from __future__ import annotations

import re
import zipfile
from typing import TYPE_CHECKING

import numpy as np
import pytest
import tifffile
from playwright.sync_api import expect

from hcs import from_hcs_zarr, stage_field
from tests import plates
from tests.browser.serving import at_rest, open_panel

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from numpy.typing import NDArray
    from playwright.sync_api import Locator, Page

SIDE = 48
ROWS, COLUMNS = 4, 6


@pytest.fixture
def plate(tmp_path: Path) -> Path:
    return plates.make(
        tmp_path / "p.ome.zarr",
        rows=ROWS,
        columns=COLUMNS,
        pixels="random",
        shape=(SIDE, SIDE),
    )


def pixels_of(plate: Path, well: str, field: str) -> NDArray[np.uint16]:
    """Return the channels of a field as they are live."""
    return np.array(from_hcs_zarr(plate).well(well).field(field).image().images[0].data)


def again(seed: int) -> NDArray[np.uint16]:
    """Return what was imaged again."""
    rng = np.random.default_rng(seed)
    return rng.integers(0, 256, (SIDE, SIDE)).astype("uint16")


class Files:
    """Forty files as they come back from a microscope, some of them not right."""

    def __init__(self, folder: Path, plate: Path) -> None:
        folder.mkdir()
        self.folder = folder
        names = [f"{row}{column:02}" for row in "ABCD" for column in range(1, 7)]
        self.wells = names[:19]
        for number, well in enumerate(self.wells):
            for channel in (1, 2):
                if (well, channel) == ("A03", 2):
                    continue  # a missing channel
                self.write(
                    f"run2_{well}_s1_w{channel}.tif", again(10 * number + channel)
                )
        (folder / "run2_A02_s1_w2.tif").write_bytes(b"damaged")
        # Pixels of another well's field, under the name of B01.
        self.write("run2_B01_s1_w1.tif", pixels_of(plate, "D6", "0")[0])
        self.write("copy of run2_A01_s1_w1.tif", again(1))  # the same file twice
        self.write("IMG_0042.tif", again(999))  # a name that says nothing
        (folder / "notes.txt").write_text("re-imaged on Monday")
        self.paths = sorted(folder.iterdir())

    def write(self, name: str, pixels: NDArray[np.uint16]) -> None:
        tifffile.imwrite(self.folder / name, pixels, photometric="minisblack")


def line(page: Page, name: str) -> Locator:
    """Return the row of a file."""
    return page.locator(f'[data-row]:has([title="{name}"])')


def state_of(page: Page, name: str) -> Locator:
    """Return what became of the correction that a file is part of."""
    return line(page, name).locator("[data-state]").first


def test_forty_files_are_matched_mended_prepared_committed_and_undone(
    plate: Path, tmp_path: Path, serve: Callable, visit: Callable, picture: Callable
) -> None:
    files = Files(tmp_path / "again", plate)
    before = {well: pixels_of(plate, well, "0") for well in files.wells}
    server = serve(plate, "--no-measure")
    page = visit(server, expected=("/uploads",))
    open_panel(page, "many")
    page.locator(".hcs-correct-many").click()
    expect(page).to_have_url(re.compile("task=correct"))

    # All are in one table; what cannot be used is named, and nothing is staged.
    page.locator(".hcs-upload-many").set_input_files(files.paths)
    rows = page.locator(".hcs-match-table [data-row]")
    expect(rows).to_have_count(38)
    table = page.locator(".hcs-corrections")
    expect(table).to_contain_text("run2_A02_s1_w2.tif")
    expect(table).to_contain_text("notes.txt")
    at_rest(page)
    picture(page, "1-table")
    expect(page.locator(".hcs-corrections [data-state]")).to_have_count(0)

    # A name that says nothing: its well is typed, in the row that the keys stand at.
    odd = line(page, "IMG_0042.tif")
    expect(odd).to_contain_text("choose the well")
    odd.click(position={"x": 200, "y": 40})
    page.keyboard.press("d")
    page.keyboard.type("5")
    page.keyboard.press("Enter")
    expect(odd.get_by_label("Well", exact=True)).to_have_value("D5")
    expect(odd).to_be_focused()
    page.keyboard.press("2")
    expect(odd.get_by_label("Channel", exact=True)).to_have_value("1")
    expect(odd).to_contain_text("sure")

    # A second file for one channel is left out by its key.
    copy = line(page, "copy of run2_A01_s1_w1.tif")
    copy.click(position={"x": 200, "y": 40})
    page.keyboard.press("Delete")
    expect(copy).to_contain_text("left out")
    picture(page, "2-mended")

    page.locator(".hcs-stage-all").click()
    expect(state_of(page, "run2_D01_s1_w1.tif")).to_have_attribute(
        "data-state", "staged"
    )
    at_rest(page)
    picture(page, "3-prepared")
    page.set_viewport_size({"width": 1920, "height": 1080})
    page.emulate_media(color_scheme="dark")
    at_rest(page)
    picture(page, "3-prepared-large-dark")
    page.set_viewport_size({"width": 1280, "height": 800})

    # Each is compared with what is there; the keys go on to the next, and back.
    line(page, "run2_A02_s1_w1.tif").click(position={"x": 200, "y": 40})
    page.keyboard.press("Enter")
    walk = page.locator(".hcs-compare .walk")
    expect(walk).to_contain_text("Correction 2 of 20")
    for pane in page.locator(".hcs-compare .half .pane").all():
        expect(pane).to_have_attribute("data-drawn", re.compile("@0$"))
    expect(page.locator(".hcs-compare .verdicts")).not_to_contain_text("Measuring")
    at_rest(page)
    picture(page, "3-compared")
    page.keyboard.press("s")
    expect(walk).to_contain_text("Correction 3 of 20")
    page.keyboard.press("Escape")
    expect(page.locator(".hcs-corrections")).to_be_visible()

    # All but the one whose pixels are another well's are committed with one reason.
    for channel in (1, 2):
        line(page, f"run2_B01_s1_w{channel}.tif").locator(".hcs-leave-out").click()
    expect(page.locator(".hcs-commit-all")).to_have_text("Commit all 19")
    expect(page.locator(".hcs-commit-all")).to_be_disabled()
    page.locator(".hcs-reviewer").fill("Ada")
    page.locator(".hcs-batch-reason").fill("re-imaged")
    page.locator(".hcs-commit-all").click()
    expect(page.locator(".hcs-batch-result")).to_contain_text(
        "19 corrections committed"
    )
    expect(rows).to_have_count(3)  # what was left out
    at_rest(page)
    picture(page, "4-committed")
    for number, well in enumerate(files.wells):
        there = pixels_of(plate, well, "0")
        for channel in (0, 1):
            name = f"run2_{well}_s1_w{channel + 1}.tif"
            as_before = well == "B01" or name == "run2_A02_s1_w2.tif"
            missing = name == "run2_A03_s1_w2.tif"
            expected = (
                before[well][channel]
                if as_before or missing
                else again(10 * number + channel + 1)
            )
            assert np.array_equal(there[channel], expected), name
    assert np.array_equal(pixels_of(plate, "D5", "0")[1], again(999))

    # A page that is opened anew knows the batch, and what was not used.
    page.reload()
    batches = page.locator(".earlier li")
    expect(page.locator(".earlier")).to_contain_text("Batches of this plate: 1")
    page.locator(".earlier summary").click()
    expect(batches).to_contain_text("Ada: 19 of 19 committed")
    page.locator(".hcs-use-uploads").click()
    expect(rows).to_have_count(3)

    # One field is corrected again by somebody else; the batch goes back without it.
    other = plates.field_array(3, 5, 0, shape=(SIDE, SIDE))
    live = from_hcs_zarr(plate).well("A6").field("0").version
    staged = stage_field(plate, "A6", "0", plates.multiscales(data=other), base=live)
    staged.commit(who="Ben", reason="imaged once more")
    batches.get_by_role("button", name="Undo").click()
    page.locator(".hcs-undo-reason").fill("the wrong plate")
    page.locator(".hcs-undo-confirm").click()
    undone = page.locator(".hcs-undone")
    expect(undone).to_contain_text("18 fields went back")
    expect(undone).to_contain_text("A6 field")  # its only one
    expect(undone).to_contain_text("Ben")
    picture(page, "5-undone")
    for well in files.wells:
        if well != "A06":
            assert np.array_equal(pixels_of(plate, well, "0"), before[well]), well
    assert np.array_equal(pixels_of(plate, "A6", "0"), other)


def test_corrections_of_a_plate_that_cannot_be_written_wait_beside_its_pictures(
    tmp_path: Path, serve: Callable, visit: Callable, picture: Callable
) -> None:
    packed = plates.make(
        tmp_path / "p.ozx", rows=2, columns=2, pixels="random", shape=(SIDE, SIDE)
    )
    before = packed.read_bytes()
    names = [
        f"{well}_s1_w{channel}.tif" for well in ("A01", "B02") for channel in (1, 2)
    ]
    for seed, name in enumerate(names):
        tifffile.imwrite(tmp_path / name, again(seed), photometric="minisblack")
    server = serve(packed, "--no-measure")
    page = visit(server)
    page.locator(".hcs-reviewer").fill("Ada")
    open_panel(page, "many")
    page.locator(".hcs-correct-many").click()
    page.locator(".hcs-upload-many").set_input_files(
        [tmp_path / name for name in names]
    )
    page.locator(".hcs-stage-all").click()
    page.locator(".hcs-batch-reason").fill("re-imaged")
    keep = page.locator(".hcs-commit-all")
    expect(keep).to_have_text("Keep 2 corrections as pending")
    keep.click()
    expect(page.locator(".hcs-kept")).to_contain_text("2 corrections kept as pending")
    page.locator(".hcs-table-leave").click()

    # They are marked, beside what is there, and leave as a file.
    pending = page.locator(".hcs-pending")
    pending.scroll_into_view_if_needed()
    expect(pending.locator("li .tag")).to_have_text(["pending", "pending"])
    expect(pending.locator("li").first.get_by_role("img")).to_have_count(2)
    at_rest(page)
    picture(page, "6-pending")
    with page.expect_download() as download:
        pending.locator(".hcs-pending-export").click()
    zipped = tmp_path / "corrections.zip"
    download.value.save_as(zipped)
    assert zipfile.is_zipfile(zipped)
    assert packed.read_bytes() == before
    discard = pending.locator(".hcs-pending-discard").first
    discard.click()
    expect(discard).to_have_text("Discard for good")
    discard.click()
    expect(pending.locator("li .tag")).to_have_count(1)
