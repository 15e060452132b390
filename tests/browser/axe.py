"""axe-core, which looks for what keeps people out, in whatever a page shows."""

from __future__ import annotations

import functools
import subprocess
import sys
from typing import TYPE_CHECKING, Any

from tests.browser.serving import ROOT

if TYPE_CHECKING:
    from playwright.sync_api import Page

_TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
"""Rules of WCAG 2.0, 2.1 and 2.2 at the levels A and AA; none of them is left out."""

_RUN = """async (tags) => {
  const result = await axe.run(document, {
    runOnly: { type: "tag", values: tags },
    rules: { "target-size": { enabled: true } },
    resultTypes: ["violations"],
    preload: false,  // else it asks for style sheets anew
  })
  return result.violations.flatMap(({ id, nodes }) => nodes.map((node) => ({
    id, html: node.html, place: node.target.flat().join(" "), why: node.failureSummary,
  })))
}"""


@functools.cache
def _script() -> str:
    """Return axe-core as package-lock.json has it, installed where it is not yet."""
    install = [str(ROOT / "scripts" / "node"), sys.prefix, "tsc", "--version"]
    subprocess.run(install, check=True, capture_output=True)
    return (ROOT / "node_modules" / "axe-core" / "axe.min.js").read_text("utf-8")


def violations(page: Page) -> list[str]:
    """Return what breaks a rule on a page as it is now, a paragraph each.

    What fades in has its last colours only at the end, so nothing moves meanwhile.
    """
    page.emulate_media(reduced_motion="reduce")
    if page.evaluate("typeof axe") == "undefined":
        page.evaluate(_script())
    broken: list[dict[str, Any]] = page.evaluate(_RUN, _TAGS)
    return [
        f"{node['id']} at {node['place']}\n  {node['html'][:300]}\n  {node['why']}"
        for node in broken
    ]
