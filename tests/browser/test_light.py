"""How light lies: the mean of a channel's fields, and a field divided by it."""

from __future__ import annotations

import hashlib
import json
import re
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests import plates
from tests.browser.serving import idle, open_panel

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from playwright.sync_api import Locator, Page

pytestmark = pytest.mark.browser

UNEVEN = "background_unevenness.1"


def stored(path: Path) -> str:
    """Return a digest of everything below a folder."""
    digest = hashlib.sha256()
    for file in sorted(path.rglob("*")):
        digest.update(str(file.relative_to(path)).encode())
        digest.update(file.read_bytes() if file.is_file() else b"")
    return digest.hexdigest()


def greys(canvas: Locator) -> list[list[int]]:
    """Return the grey values that a picture was drawn with, line by line."""
    return canvas.evaluate(
        """(canvas) => {
          const { width, height } = canvas
          const { data } = canvas.getContext("2d").getImageData(0, 0, width, height)
          return Array.from({ length: height }, (_, y) =>
            Array.from({ length: width }, (_, x) => data[4 * (y * width + x)]))
        }"""
    )


def spans(figure: Locator) -> dict[str, float]:
    """Return how far each line of a profile goes, in percent of its mean."""
    ranges = re.findall(
        r"(\w+): ([\d.]+) to ([\d.]+) %", figure.locator("p").inner_text()
    )
    return {name: float(high) - float(low) for name, low, high in ranges}


def test_the_mean_of_all_fields_is_shown_and_a_field_before_and_after_dividing(
    tmp_path: Path, serve: Callable[..., object], visit: Callable[..., Page]
) -> None:
    path = plates.make(
        tmp_path / "p.ome.zarr",
        rows=4,
        columns=6,
        shape=(192, 256),
        pixels="shaded",
    )
    before = stored(path)
    page = visit(serve(path))
    panel = page.locator(".hcs-light")
    metric = page.locator(".hcs-metric-select select")
    idle(page)
    expect(panel).to_be_hidden()

    metric.select_option(UNEVEN)
    open_panel(page, "light")
    expect(panel).to_contain_text("24 planes")
    expect(panel).to_contain_text("GFP")

    # The light falls off to the right, from 1.3 to 0.7, and not downwards.
    mean = panel.locator(".mean")
    lines = greys(mean.get_by_role("img", name="Mean of all fields"))
    assert (len(lines), len(lines[0])) == (32, 32)
    left, right = (sum(line[x] for line in lines) / 32 for x in (1, 30))
    assert left > right + 150
    across, down = mean.locator(".profiles figure").all()
    assert 50 < spans(across)["mean"] < 70
    assert spans(down)["mean"] < 10

    # No field is open: the plate's most uneven one is divided, as a preview.
    field = panel.locator(".field")
    expect(field).to_contain_text("divided by the mean of the others")
    expect(field).to_contain_text("stored pixels are never changed")
    across, _ = field.locator(".profiles figure").all()
    assert spans(across)["after"] < spans(across)["before"] / 3

    # Now a field is: its own pictures, before and after.
    page.goto(f"{page.url}&well=C4&field=0")
    expect(field).to_contain_text("C4, field, divided by the mean of the others")
    open_panel(page, "light")
    lines = greys(field.get_by_role("img", name="C4, field before"))
    darkening = sum(line[1] - line[30] for line in lines) / 32
    lines = greys(field.get_by_role("img", name="C4, field after"))
    assert abs(sum(line[1] - line[30] for line in lines) / 32) < darkening / 3

    # With another metric there is nothing to say about light.
    metric.select_option("power_log_log_slope.1")
    expect(panel).to_be_hidden()
    assert stored(path) == before


def test_the_profile_of_the_microscope_is_shown_beside_what_was_measured(
    tmp_path: Path, serve: Callable[..., object], visit: Callable[..., Page]
) -> None:
    path = plates.make(
        tmp_path / "p.ome.zarr", rows=2, columns=3, shape=(96, 128), pixels="shaded"
    )
    # As an import of Harmony keeps it: light that falls off downwards, by half.
    profile = {
        "coefficients": [[1.0], [0.0, -0.5]],
        "size": [128, 96],
        "origin": [63.5, 47.5],
        "scale": [1 / 128, 1 / 96],
    }
    document = json.loads((path / "zarr.json").read_bytes())
    document["attributes"].setdefault("hcs", {})["channels"] = [
        {"name": "<b>"},
        {"name": "GFP", "flat_field": {"foreground": profile, "background": "?"}},
    ]
    (path / "zarr.json").write_text(json.dumps(document))
    page = visit(serve(path))
    metric = page.locator(".hcs-metric-select select")
    metric.select_option(UNEVEN)
    open_panel(page, "light")
    expect(page.locator(".hcs-light")).to_contain_text("6 planes")
    mean = page.locator(".hcs-light div.mean")
    expect(mean).to_contain_text("Microscope, foreground")
    expect(mean).to_contain_text("foreground 48.4 %")
    expect(mean).not_to_contain_text("background")

    lines = greys(mean.get_by_role("img", name="Profile of the foreground"))
    assert (len(lines), len(lines[0])) == (32, 32)
    assert lines[1][5] > lines[30][5] + 150
    assert abs(lines[5][1] - lines[5][30]) < 10
    measured = greys(mean.get_by_role("img", name="Mean of all fields"))
    assert measured[5][1] > measured[5][30] + 150
    across, down = mean.locator(".profiles figure").all()
    assert spans(across)["mean"] > 40 > spans(across)["foreground"] == 0
    assert spans(down)["foreground"] > 40 > spans(down)["mean"]

    metric.select_option("background_unevenness.0")
    expect(page.locator(".hcs-light")).to_contain_text("DNA")
    expect(mean).not_to_contain_text("Microscope")
