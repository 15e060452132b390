"""Every component of the page in each of its states: for who develops it."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING

from dashboard.access import Act
from dashboard.assets import assets_version
from dashboard.theme import SIZES, Palette, component_css, css
from dashboard.web.handler import Handler

if TYPE_CHECKING:
    from pathlib import Path

    from dashboard.accounts import Identify
    from dashboard.service import Service

DESIGN = "/design"

_POLICY = (
    "default-src 'none'; style-src 'self' 'unsafe-inline'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'"
)

_PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Components</title>
<style>{tokens}
html {{ font-size: 90%; }}
body {{ margin: 0; background: var(--hcs-ground); color: var(--hcs-ink);
  font: 400 var(--hcs-text)/1.45 var(--hcs-font); }}
h1 {{ margin: var(--hcs-space-3); font-size: var(--hcs-heading); }}
</style>
</head>
<body>
<main>
<h1>Components of the page</h1>
{themes}
</main>
</body>
</html>
"""

_THEME = """<div data-theme="{theme}"><template shadowrootmode="open">
<style>{tokens}</style>
<link rel="stylesheet" href="assets/{version}/core/parts.css">
{components}
</template></div>
"""


class DesignHandler(Handler):
    """Shows the components, in light and in dark."""

    asks = Act.LOOK

    def initialize(  # type: ignore[override]
        self, service: Service, identify: Identify, folder: Path
    ) -> None:
        """Take also the folder of scripts and styles."""
        super().initialize(service, identify)
        self.folder = folder

    def plate_key(self) -> str:
        """Return none: components are of no plate."""
        return ""

    def get(self) -> None:
        """Answer with the page."""
        self.set_header("Content-Security-Policy", _POLICY)
        self.set_header("Content-Type", "text/html; charset=utf-8")
        self.set_header("Cache-Control", "no-store")
        self.finish(design_page(self.folder))


def design_page(folder: Path) -> str:
    """Return the page; its components are those of ``core/design.html``."""
    components = (folder / "core" / "design.html").read_text(encoding="utf-8")
    components = components.replace("{tokens}", _swatches())
    themes = (
        _THEME.format(
            theme=theme,
            tokens=component_css(),
            version=assets_version(folder),
            components=components,
        )
        for theme in ("light", "dark")
    )
    return _PAGE.format(tokens=css(), themes="".join(themes))


def _swatches() -> str:
    """Return a sample of every colour, and of every step of space, by token."""
    names = [colour.name.replace("_", "-") for colour in fields(Palette)]
    names += [name for name, text in SIZES.items() if text.startswith("#")]
    steps = [name for name in SIZES if name.startswith("space-")]
    return _samples("swatches", names) + _samples("swatches steps", steps)


def _samples(kind: str, names: list[str]) -> str:
    items = "".join(
        f'<li><i style="--of:var(--hcs-{name})"></i>{name}</li>' for name in names
    )
    return f'<ul class="{kind}">{items}</ul>'
