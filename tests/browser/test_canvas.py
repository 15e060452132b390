"""The plate as pictures: from all wells to pixels, and what is odd in its place."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from playwright.sync_api import expect

from dashboard.addresses import decode_channels
from dashboard.pictures.rendering import composite
from hcs import from_hcs_zarr
from tests import plates
from tests.browser.serving import MEASURING, Server, at_rest, is_picture, well

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Locator, Page

INSET = 0.03

READ = """(canvas, box) => {
  const scaled = box.map((value) => value * window.devicePixelRatio)
  return [...canvas.getContext("2d").getImageData(...scaled).data]
}"""

PREVIEWED = """async (address) => {
  const found = await (await fetch(address)).json()
  return found.total > 0 && !found.running && found.done + found.failed >= found.total
}"""

POINTER = """
const note = (event) => { window.pointer = [event.clientX, event.clientY] }
addEventListener("pointermove", note, true)
"""


def painted(canvas: Locator, *box: float) -> np.ndarray:
    """Return what a box of the canvas shows, pixel by pixel."""
    return np.array(canvas.evaluate(READ, box)).reshape(-1, 4)[:, :3]


def settled(page: Page) -> Locator:
    """Return the canvas once all that it wants is drawn, in its last place.

    Parts that come with the connection take room from it, and its wells move.
    """
    expect(page.locator("html[data-connected]")).to_have_count(1)
    at_rest(page)
    canvas = page.locator(".plate-canvas")
    expect(canvas).to_have_attribute("data-busy", "false")
    return canvas


def place(canvas: Locator, rows: int, columns: int, label: str) -> tuple[float, ...]:
    """Return left, top and side of a well on the fitted canvas, inside its margin."""
    box = canvas.bounding_box()
    assert box is not None
    side = min((box["width"] - 12) / columns, (box["height"] - 12) / rows)
    row, column = ord(label[0]) - ord("A"), int(label[1:]) - 1
    left = (box["width"] - side * columns) / 2 + side * (column + INSET)
    top = (box["height"] - side * rows) / 2 + side * (row + INSET)
    return left, top, side * (1 - 2 * INSET)


def zoom_into(page: Page, canvas: Locator, spot: tuple[float, ...], steps: int) -> None:
    """Turn the wheel over the middle of a well."""
    box = canvas.bounding_box()
    assert box is not None
    left, top, side = spot
    # Not its very middle, where two fields may meet.
    page.mouse.move(box["x"] + left + side * 0.3, box["y"] + top + side * 0.5)
    for _ in range(steps):
        page.mouse.wheel(0, -240)
    settled(page)


def check_pixel(page: Page, canvas: Locator, path: Path) -> None:
    """Hold what the canvas says and paints under the pointer against the array."""
    status = page.locator(".plate-canvas-panel .status")
    expect(status).to_have_text(re.compile(r"x \d+, y \d+ · "))
    label, _, *rest = status.inner_text().split(" · ")
    position = re.fullmatch(r"x (\d+), y (\d+)", rest[0])
    assert position is not None
    x, y = map(int, position.groups())
    pixels = np.asarray(
        from_hcs_zarr(path).well(label).fields[0].image().images[0].data
    )
    values = [int(pixel[y, x]) for pixel in pixels]
    # Each channel is said as soon as its pixels are there.
    said = " · ".join(rf"[^·]+ {value:,}" for value in values)
    expect(status).to_have_text(re.compile(rf"· x {x}, y {y} · {said}$"))
    settings = decode_channels(str(canvas.get_attribute("data-channels")))
    drawn = composite([np.array([[value]], pixels.dtype) for value in values], settings)
    box, spot = canvas.bounding_box(), page.evaluate("window.pointer")
    assert box is not None
    colour = painted(canvas, spot[0] - box["x"], spot[1] - box["y"], 1, 1)[0]
    assert np.abs(colour - drawn[0, 0]).max() <= 1


def test_from_the_whole_demo_plate_to_a_pixel_and_back(
    looking: Server, demo_master: Path, visit: Callable, picture: Callable
) -> None:
    page = visit(looking, "?plate=demo.ome.zarr&wells=pictures", before=POINTER)
    settled(page)
    picture(page, "demo-1-plate")

    # Once its pictures are made, the overview is a handful of requests.
    address = f"{looking.url}pixels/demo.ome.zarr/previews.json"
    page.wait_for_function(PREVIEWED, arg=address, polling=500, timeout=MEASURING)
    answers = []
    page.on(
        "response",
        lambda response: is_picture(response.url) and answers.append(response),
    )
    page.reload()
    canvas = settled(page)
    assert len(answers) <= 6
    assert sum(len(answer.body()) for answer in answers) < 1_500_000
    assert not any(
        f"/{label}/" in answer.url for answer in answers for label in ("A01", "C03")
    )

    # Down to the pixels of a field, which are those of the array.
    spot = place(canvas, 8, 12, "C03")
    zoom_into(page, canvas, spot, 3)
    picture(page, "demo-2-wells")
    zoom_into(page, canvas, spot, 9)
    check_pixel(page, canvas, demo_master)
    picture(page, "demo-3-pixels")

    # Escape shows the plate again; a click chooses, Enter and a double click open.
    page.keyboard.press("Escape")
    settled(page)
    status = page.locator(".plate-canvas-panel .status")
    expect(status).to_have_text(re.compile("^C03"))
    box = canvas.bounding_box()
    assert box is not None
    centre = box["x"] + spot[0] + spot[2] / 2, box["y"] + spot[1] + spot[2] / 2
    page.mouse.click(*centre)
    expect(page).to_have_url(re.compile("well=C03.*look=pictures"))
    expect(well(page, "C03")).to_have_attribute("aria-selected", "true")
    page.mouse.dblclick(*centre)
    expect(page.locator('.hcs-thumb[data-well="C03"]')).to_have_count(2)
    expect(page).not_to_have_url(re.compile("look="))

    # Back by its key, on by keys alone: the plus sign goes to the chosen well.
    page.keyboard.press(",")
    expect(canvas).to_be_visible()  # what is hidden takes no focus
    canvas = settled(page)
    page.mouse.move(5, 5)
    canvas.focus()
    for _ in range(7):
        page.keyboard.press("+")
    page.keyboard.press("ArrowLeft")
    settled(page)
    expect(status).to_have_text(re.compile("^C03 · s1"))
    page.keyboard.press("Enter")
    expect(page.locator(".hcs-field-viewer")).to_be_visible()
    expect(page).to_have_url(re.compile("well=C03&field=0"))
    page.keyboard.press("Escape")
    expect(canvas).to_be_visible()


@pytest.mark.parametrize(
    "dtype",
    [
        "float64",
        *(pytest.param(name, marks=pytest.mark.full) for name in ("uint64", "int64")),
    ],
)
def test_planes_of_64_bits_are_drawn_down_to_their_pixels(
    dtype: str, tmp_path: Path, serve: Callable, visit: Callable
) -> None:
    path = plates.make(tmp_path / "wide.ome.zarr", dtype=dtype, pixels="gradient")
    page = visit(serve(path, "--no-measure"), "?wells=pictures", before=POINTER)
    canvas = settled(page)
    zoom_into(page, canvas, place(canvas, 2, 3, "B2"), 12)
    check_pixel(page, canvas, path)


def test_the_room_of_previews_stays_open_and_is_asked_once_for_each_opening(
    looking: Server, visit: Callable
) -> None:
    page = visit(looking, "?plate=gradient.ome.zarr&wells=pictures")
    settled(page)
    room = page.locator(".plate-canvas-panel .job details")
    made = room.element_handle()
    assert made is not None
    for clicks in (1, 2):
        for _ in range(clicks - 1):
            room.locator("summary").click()
        with page.expect_response("**/previews.json"):
            room.locator("summary").click()
    expect(room).to_have_js_property("open", True)
    assert made.evaluate("room => room.isConnected"), "it was made anew"


def test_wells_that_are_missing_or_broken_show_so_in_their_place(
    looking: Server, visit: Callable, picture: Callable
) -> None:
    page = visit(looking, "?plate=odd.ome.zarr&wells=pictures")
    canvas = settled(page)
    box = canvas.bounding_box()
    assert box is not None
    status = page.locator(".plate-canvas-panel .status")
    expected = {"A01": "", "A02": "cannot be read", "A03": "nothing is there"}
    for label, words in {**expected, "B03": "not acquired"}.items():
        # A plate of two rows and three columns has labels without zeros.
        left, top, side = place(canvas, 2, 3, label.replace("0", ""))
        page.mouse.move(box["x"] + left + side * 0.4, box["y"] + top + side * 0.4)
        expect(status).to_contain_text(words)
        expect(status).to_have_text(re.compile(f"^{label[0]}0?{label[2]}"))
        red, green, _ = painted(canvas, left, top, side, side).T
        hatched = np.mean((red > 120) & (red > 1.3 * green))
        assert (hatched > 0.01) == (label in ("A02", "A03"))
    picture(page, "odd-1-plate")
    # A field that cannot be read is crossed out in its own place, its neighbour is not.
    zoom_into(page, canvas, place(canvas, 2, 3, "B1"), 2)
    picture(page, "odd-2-field")
    assert page.evaluate("window.hacked") is None


def test_a_real_plate_costs_few_requests_and_shows_its_pixels(
    sbs_master: Path, serve: Callable, visit: Callable, picture: Callable
) -> None:
    path = sbs_master
    server = serve(path, "--read-only", "--no-measure")
    page = visit(server, "?wells=pictures", before=POINTER)
    settled(page)
    # Or the page would ask for them below, as often as it takes.
    address = f"{server.url}pixels/{path.name}/previews.json"
    page.wait_for_function(PREVIEWED, arg=address, polling=500, timeout=MEASURING)
    page.goto("about:blank")  # no answer of that visit is still on its way
    answers = []
    page.on(
        "response",
        lambda response: is_picture(response.url) and answers.append(response),
    )
    page.goto(f"{server.url}?wells=pictures")
    canvas = settled(page)
    assert len(answers) <= 6
    assert sum(len(answer.body()) for answer in answers) < 1_500_000
    picture(page, "sbs-1-plate")
    zoom_into(page, canvas, place(canvas, 8, 12, "D07"), 12)
    check_pixel(page, canvas, path)
    picture(page, "sbs-2-pixels")


def test_the_canvas_frames_wells_in_the_colours_of_the_map(
    looking: Server, visit: Callable
) -> None:
    page = visit(looking, "?plate=demo.ome.zarr&metric=laplacian_variance.0")
    expect(page.locator("html[data-connected]")).to_have_count(1)
    log = page.locator(".hcs-log")
    expect(log).to_have_attribute("aria-pressed", "true")
    canvas = page.locator(".plate-canvas")
    seen = []
    for pressed in ("true", "false"):
        if log.get_attribute("aria-pressed") != pressed:
            log.click()
        expect(log).to_have_attribute("aria-pressed", pressed)
        at_rest(page)
        colours = [page.evaluate(COLOUR, label) for label in SAMPLES]
        # One plate at a time: its pictures take the place of its values.
        page.keyboard.press(",")
        expect(page.locator(".hcs-plate-map")).to_be_hidden()
        settled(page)
        overlay = page.get_by_role("button", name="Metric", exact=True)
        if overlay.get_attribute("aria-pressed") != "true":
            overlay.click()
        settled(page)
        page.wait_for_function(FRAMED, arg=framed(canvas, colours))
        seen.append(colours)
        page.keyboard.press(",")
        expect(page.locator(".hcs-plate-map")).to_be_visible()
    # Either way of colouring is one for both.
    assert seen[0] != seen[1]


SAMPLES = ("C05", "D08", "E03", "F10", "G07")


def framed(
    canvas: Locator, colours: list[list[int]]
) -> list[tuple[list[float], list[int]]]:
    """Return where wells have their frames on the canvas, and the colours of these."""
    places = [place(canvas, 8, 12, label) for label in SAMPLES]
    boxes = [[left + 1, top + side / 2, 1, 1] for left, top, side in places]
    return list(zip(boxes, colours, strict=True))


DEEP = """const deep = (root, test) => {
    const inside = [...root.querySelectorAll("*")].flatMap((each) => (
      each.shadowRoot ? deep(each.shadowRoot, test) : []))
    return [...root.querySelectorAll(test), ...inside]
  }
  const at = (from, box) => {
    const scaled = box.map((value) => value * window.devicePixelRatio)
    return [...from.getContext("2d").getImageData(...scaled).data.slice(0, 3)]
  }"""

COLOUR = f"""async (label) => {{
  {DEEP}
  // What is pressed says so at once, and is painted in the frame that follows.
  const frame = () => new Promise(requestAnimationFrame)
  await frame()
  await frame()
  const [map] = deep(document, ".hcs-plate-map canvas")
  const cell = deep(document, `td[data-well="${{label}}"]`)[0].getBoundingClientRect()
  const {{ left, top }} = map.getBoundingClientRect()
  const [x, y] = [cell.x + cell.width / 2 - left, cell.y + cell.height * 0.7 - top]
  return at(map, [x, y, 1, 1])
}}"""

FRAMED = f"""(wells) => {{
  {DEEP}
  const [canvas] = deep(document, ".plate-canvas")
  return wells.every(([box, colour]) => String(at(canvas, box)) === String(colour))
}}"""
