"""Pictures of the page's main states in both themes, kept to be looked at."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
import tifffile
from playwright.sync_api import expect

from tests.browser.serving import at_rest, well

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.browser.serving import Server


# What they show is claimed by the tests of looking and of corrections.
@pytest.mark.full
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("size", [(1280, 800), (1920, 1080)], ids=["usual", "wide"])
def test_main_states_are_drawn(
    size: tuple[int, int],
    dark: bool,
    tmp_path: Path,
    looking: Server,
    visit: Callable,
    picture: Callable,
) -> None:
    name = f"{size[0]}-{'dark' if dark else 'light'}"
    page = visit(
        looking,
        "?plate=demo.ome.zarr&wells=pictures",
        width=size[0],
        height=size[1],
        dark=dark,
    )
    expect(page.locator(".plate-canvas")).to_have_attribute("data-busy", "false")
    picture(page, f"{name}-1-pictures")
    page.keyboard.press(",")
    # The metric that a person would look at first, once it is measured.
    page.locator(".hcs-metric-select").select_option("mean.0")
    expect(well(page, "C05")).to_contain_text(re.compile(r"intensity, DNA \d"))
    picture(page, f"{name}-1-overview")
    well(page, "C05").click()
    expect(page.locator('.hcs-thumb[data-well="C05"] img').last).to_have_js_property(
        "complete", True
    )
    at_rest(page)
    picture(page, f"{name}-2-well")
    page.locator(".hcs-thumb").first.click()
    pane = page.locator(".hcs-field-viewer .pane")
    expect(pane).to_have_attribute("data-drawn", re.compile("."))
    at_rest(page)
    picture(page, f"{name}-3-field")
    file = tmp_path / "C05_s1_w1.tif"
    noise = np.random.default_rng(0).poisson(500, (512, 512))
    tifffile.imwrite(file, noise.astype("uint16"))
    page.locator(".hcs-upload").set_input_files(file)
    expect(page.locator(".hcs-compare .new .pane")).to_have_attribute(
        "data-drawn", re.compile(".")
    )
    at_rest(page)
    picture(page, f"{name}-4-compare")
    page.locator(".hcs-discard").click()
    expect(page.locator(".hcs-compare")).to_be_hidden()
