"""A notebook in JupyterLab: what values show, components and their kernel, the link.

JupyterLab is large and nothing else needs it, so it has an environment of its own,
which ``make test-full`` makes.
"""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests import plates
from tests.browser.serving import ROOT, announcing

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.full

PYTHON = Path(os.environ.get("VENV_NOTEBOOK", ROOT / ".venv-notebook")) / "bin/python"

CELLS = (
    "from hcs import from_hcs_zarr\nplate = from_hcs_zarr({path!r})\nplate",
    "plate.well('A1')",
    "import panel as pn\npn.extension(inline=True)",
    """
from dashboard.components import FieldView, PlateMap
plate_map = PlateMap(plate, "compound")
view = FieldView(plate.well("A1").get_image())

def follow(event):
    if event.new == ["A3"]:
        plate_map.selected = ["b1", "B/2"]
    elif event.new:
        view.image = plate.well(event.new[0]).get_image()

plate_map.param.watch(follow, "selected")
plate_map
""",
    "view",
    "import dashboard\ndashboard.show(plate, workspace={workspace!r})",
)


def notebook(*sources: str) -> str:
    """Return a notebook as JSON."""
    cells = [
        {
            "cell_type": "code",
            "id": f"cell-{number}",
            "source": source.strip(),
            "metadata": {},
            "outputs": [],
            "execution_count": None,
        }
        for number, source in enumerate(sources)
    ]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    return json.dumps(
        {
            "cells": cells,
            "metadata": {"kernelspec": kernel},
            "nbformat": 4,
            "nbformat_minor": 5,
        }
    )


@pytest.fixture(scope="module", params=["JupyterLab Light", "JupyterLab Dark"])
def lab(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[SimpleNamespace]:
    """Serve a folder with one notebook by JupyterLab, in either theme."""
    if not PYTHON.exists():
        pytest.skip(f"no JupyterLab at {PYTHON}; `make test-full` installs it")
    folder = tmp_path_factory.mktemp("lab")
    path = plates.make(
        folder / "p.zarr",
        pixels="gradient",
        annotations={
            "conditions": {"columns": ["compound"], "wells": {"A/1": ["<b>DMSO</b>"]}}
        },
    )
    given = {"path": str(path), "workspace": str(folder / "workspace")}
    sources = [source.format(**given) for source in CELLS]
    (folder / "plate.ipynb").write_text(notebook(*sources))
    theme = folder / "settings" / "@jupyterlab" / "apputils-extension"
    theme.mkdir(parents=True)
    (theme / "themes.jupyterlab-settings").write_text(
        json.dumps({"theme": request.param})
    )
    places = {
        f"JUPYTER_{name}_DIR": str(folder / name.lower())
        for name in ("CONFIG", "DATA", "RUNTIME")
    }
    command = (
        *(PYTHON, "-m", "jupyterlab", "--no-browser", "--allow-root"),
        *("--ServerApp.ip=127.0.0.1", "--ServerApp.port=0"),
        *("--IdentityProvider.token=notebook", f"--ServerApp.root_dir={folder}"),
    )
    environment = {
        **os.environ,
        **places,
        "HOME": str(folder),
        "JUPYTERLAB_SETTINGS_DIR": str(folder / "settings"),
        "PYTHONPATH": str(ROOT),
        "NO_PROXY": "127.0.0.1",
    }
    address = r"(http://(127\.0\.0\.1:\d+)/)lab\?token"
    with announcing(command, address, env=environment) as running:
        yield SimpleNamespace(
            url=f"{running[1]}lab/tree/plate.ipynb?token=notebook",
            host=running[2],
            let_in=lambda context: None,
            dark=request.param.endswith("Dark"),
        )


def test_a_notebook_shows_plates_talks_to_the_kernel_and_links_to_the_page(
    lab, visit, picture
):
    page = visit(lab, dark=lab.dark, width=1200, height=1500, expected=("404", "/api/"))
    expect(page.locator(".jp-Cell").last).to_be_visible()
    expect(page.get_by_text("Python 3 (ipykernel) | Idle")).to_be_visible()
    page.locator(".jp-Cell .jp-InputArea-editor").first.click()
    for _ in CELLS:
        page.keyboard.press("Shift+Enter")

    # A plate and a well show themselves.
    outputs = page.locator(".jp-RenderedHTMLCommon")
    expect(outputs.locator("svg[aria-label='Map of 6 wells']")).to_be_visible()
    expect(outputs.locator("img[alt]").first).to_be_visible()

    link = page.get_by_role("link", name="Open it in a new tab")
    expect(link).to_be_visible()

    # Clicked in the browser, the kernel knows; set in the kernel, the browser shows it.
    wells = page.locator(".hcs-plate-map")
    field = page.locator(".hcs-field-viewer")
    expect(field).to_have_attribute("aria-label", re.compile("Field A/1/0"))
    wells.locator('td[data-well="A2"]').click()
    expect(field).to_have_attribute("aria-label", re.compile("Field A/2/0"))
    page.keyboard.press("ArrowRight")
    for well in ("B1", "B2"):
        chosen = wells.locator(f'td[data-well="{well}"]')
        expect(chosen).to_have_attribute("aria-selected", "true")
    expect(field).to_have_attribute("aria-label", re.compile("Field B/1/0"))
    expect(page.get_by_text("<b>DMSO</b>").last).to_be_visible()
    expect(page.locator("[data-theme=dark]")).to_have_count(2 if lab.dark else 0)
    picture(page, f"notebook-{'dark' if lab.dark else 'light'}")

    # The whole page opens in a tab of its own.
    with page.context.expect_page() as opened:
        link.click()
    expect(opened.value.locator('td[data-well="A1"]')).to_be_visible()
