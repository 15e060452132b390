"""The design tokens: readable in both themes, and complete in the style sheet."""

from __future__ import annotations

import re
from dataclasses import fields

import pytest

from dashboard.theme import DARK, LIGHT, SIZES, Palette, component_css, css


def _luminance(color: str) -> float:
    parts = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
        for part in parts
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(first: str, second: str) -> float:
    """The contrast ratio of WCAG 2.2, 1 to 21."""
    bright, dim = sorted((_luminance(first), _luminance(second)), reverse=True)
    return (bright + 0.05) / (dim + 0.05)


def test_contrast_of_black_on_white_is_21():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)


@pytest.mark.parametrize("palette", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize("text", ["ink", "soft", "accent", "good", "warn", "bad"])
@pytest.mark.parametrize("ground", ["ground", "surface", "sunken"])
def test_text_can_be_read_on_every_ground(palette: Palette, text: str, ground: str):
    assert contrast(getattr(palette, text), getattr(palette, ground)) >= 4.5


@pytest.mark.parametrize("palette", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize("tone", ["good", "warn", "bad", "accent"])
def test_notices_can_be_read_on_their_wash(palette: Palette, tone: str):
    assert contrast(getattr(palette, tone), getattr(palette, f"{tone}_wash")) >= 4.5
    assert contrast(palette.ink, getattr(palette, f"{tone}_wash")) >= 7


@pytest.mark.parametrize("palette", [LIGHT, DARK], ids=["light", "dark"])
def test_controls_and_buttons_can_be_seen(palette: Palette):
    assert contrast(palette.edge, palette.surface) >= 3
    assert contrast(palette.on_accent, palette.accent) >= 4.5


def test_text_on_the_stage_can_be_read():
    assert contrast(SIZES["on-stage"], SIZES["stage"]) >= 7
    assert contrast(SIZES["on-stage-soft"], SIZES["stage"]) >= 4.5


def test_style_sheet_defines_every_token_once_a_theme():
    sheet = css()
    for each in fields(Palette):
        assert sheet.count(f"--hcs-{each.name.replace('_', '-')}:") == 3, each.name
    for name in SIZES:
        assert sheet.count(f"--hcs-{name}:") == 1, name


def test_style_sheet_asks_for_nothing():
    assert "url(" not in css()
    assert "@import" not in css()


def test_components_elsewhere_have_the_tokens_of_the_page_on_their_own_host():
    def tokens(sheet: str, start: str) -> dict[str, str]:
        block = sheet.partition(start)[2].partition("}")[0]
        return dict(re.findall(r"(--hcs-[\w-]+):([^;]+);", block))

    page, component = css(), component_css()
    assert tokens(component, ":host{") == tokens(page, ":root{")
    dark = tokens(component, ":host([data-theme=dark]){")
    assert dark == tokens(page, ":root[data-theme=dark]{")
    assert ":root" not in component
