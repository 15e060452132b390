"""A plate looked at and judged in Firefox, where it is installed."""

from __future__ import annotations

import base64
import shutil
from typing import TYPE_CHECKING

import pytest

from tests import plates
from tests.browser.firefox import Firefox

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.browser.serving import Server

pytestmark = pytest.mark.full

_ALL = """(name) => {
  const roots = [document]
  for (const root of roots)
    for (const element of root.querySelectorAll("*"))
      if (element.shadowRoot) roots.push(element.shadowRoot)
  return roots.flatMap((root) => [...root.querySelectorAll(name)])
    .filter((element) => element.checkVisibility())
}"""


def part(name: str) -> str:
    """Return the expression of the first element of a selector that is seen."""
    return f"(({_ALL})({name!r}))[0]"


@pytest.fixture
def firefox(tmp_path: Path) -> Iterator[Firefox]:
    """Start a Firefox."""
    program = shutil.which("firefox-esr") or shutil.which("firefox")
    if program is None:
        pytest.skip("no Firefox here: install firefox-esr")
    browser = Firefox(program, tmp_path / "profile")
    yield browser
    browser.close()


def test_a_plate_is_found_looked_at_and_judged_in_firefox(
    firefox: Firefox, serve: Callable[..., Server], tmp_path: Path
) -> None:
    for name in ("a", "b"):
        plates.make(
            tmp_path / "plates" / f"{name}.ome.zarr", fields=2, pixels="gradient"
        )
    server = serve(tmp_path / "plates")
    firefox.open(server.line)
    firefox.wait_for(part(".hcs-plate-list [data-plate='a.ome.zarr']"))
    firefox.run("localStorage.setItem('hcs-reviewer', 'Ada')")
    firefox.open(f"{server.url}?plate=a.ome.zarr&well=A1")
    thumb = f"{part('.hcs-thumb img')}?.naturalWidth > 0"
    firefox.wait_for(thumb)
    firefox.wait_for("document.documentElement.hasAttribute('data-at-rest')")
    firefox.click(part(".hcs-thumb"))
    firefox.wait_for(part(".hcs-field-viewer .pane[data-drawn]"))
    firefox.wait_for(f"!{part('.verdicts.waiting')}")
    firefox.press("f")
    firefox.wait_for(f"{part('.toast')}?.textContent.includes('A1 fail')")
    picture = tmp_path / "firefox.png"
    picture.write_bytes(base64.b64decode(firefox.screenshot()))
    assert firefox.errors == []
