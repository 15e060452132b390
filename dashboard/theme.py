"""The looks of the page in one place: colours, type, spacing, in light and dark.

The page gets them as CSS custom properties (`css`), plots get them as values
(`LIGHT`, `DARK`). A component of ours names a token and never a colour of its own,
except for data colours (channel colours, the colours of a metric), which belong to
the data.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

from dashboard.colour_scales import ramp_css
from dashboard.reviews.verdict_table import STALE_COLOUR, VERDICT_LOOKS


@dataclass(frozen=True, slots=True, kw_only=True)
class Palette:
    """The colours of one theme, each as ``#rrggbb``.

    Text colours keep a contrast of at least 4.5 to 1 on `ground`, `surface` and
    `sunken` (a test computes it), so that small print can be read.
    """

    ground: str
    """Behind everything."""

    surface: str
    """Panels."""

    sunken: str
    """Inputs, rows under the pointer, wells that hold nothing."""

    line: str
    """Hairlines between panels."""

    edge: str
    """Borders of controls; 3 to 1 against `surface`, as WCAG asks of controls."""

    ink: str
    """Text."""

    soft: str
    """Text that steps back: units, captions."""

    accent: str
    """What can be acted on, what is selected, the focus ring."""

    on_accent: str
    """Text on `accent`."""

    good: str
    warn: str
    bad: str
    good_wash: str
    warn_wash: str
    bad_wash: str
    accent_wash: str


LIGHT = Palette(
    ground="#eff1f4",
    surface="#ffffff",
    sunken="#f4f5f7",
    line="#dfe3e8",
    edge="#858e99",
    ink="#14181d",
    soft="#565f6a",
    accent="#1a5fb4",
    on_accent="#ffffff",
    good="#00674f",
    warn="#8a4b00",
    bad="#b3261e",
    good_wash="#e3f3ee",
    warn_wash="#fdf1e1",
    bad_wash="#fcebea",
    accent_wash="#e4eefa",
)

DARK = Palette(
    ground="#0e1114",
    surface="#171b20",
    sunken="#1f252b",
    line="#2b323a",
    edge="#6b7682",
    ink="#e8ebef",
    soft="#a3adb8",
    accent="#7db4ff",
    on_accent="#08182c",
    good="#4fd1a5",
    warn="#f2b366",
    bad="#ff9a92",
    good_wash="#12312a",
    warn_wash="#352711",
    bad_wash="#3b1d1c",
    accent_wash="#172a43",
)

SIZES: dict[str, str] = {
    "font": (
        "system-ui, -apple-system, 'Segoe UI', 'Noto Sans', 'DejaVu Sans', Arial, "
        "sans-serif"
    ),
    "mono": "ui-monospace, 'SF Mono', 'Noto Sans Mono', 'DejaVu Sans Mono', monospace",
    "text": "0.8125rem",
    "small": "0.75rem",
    "tiny": "0.72rem",
    "title": "0.8125rem",
    "heading": "1rem",
    "control": "1.75rem",
    "control-small": "max(1.5rem, 24px)",
    "space-0": "0.125rem",
    "space-1": "0.25rem",
    "space-2": "0.5rem",
    "space-3": "0.75rem",
    "space-4": "1rem",
    "round": "6px",
    "round-small": "4px",
    "round-large": "10px",
    "pill": "999px",
    "shadow": "0 4px 16px rgb(0 0 0 / .22)",
    "shadow-dialog": "0 16px 48px rgb(0 0 0 / .35)",
    "backdrop": "rgb(0 0 0 / .4)",
    "stage": "#07090b",
    "on-stage": "#e8ebef",
    "on-stage-soft": "#a9b2bc",
    "stage-accent": "#7db4ff",
    "stage-mark": "#ffd400",
    "stage-warn": "#ffb4ab",
    "stage-veil": "rgb(8 10 12 / .78)",
}
"""Lengths, fonts and shadows, and the dark stage that pictures stand on in either
theme: what surrounds a fluorescence picture must not outshine it.

`space-0` to `space-4` part things, `tiny` to `heading` are sizes of type. No control is
lower than `control-small`: 24 CSS pixels are the least that WCAG 2.2 lets people aim
at (2.5.8), however small the type of a screen is.
"""


VERDICTS = {
    **{word: look.colour for word, look in VERDICT_LOOKS.items()},
    "stale": STALE_COLOUR,
}
"""Colours of verdicts, the same in both themes."""


def css() -> str:
    """Return the style sheet that defines every token, for ``<head>``.

    The system's wish decides until the person chooses, which sets ``data-theme`` on
    the root element.
    """
    return (
        f":root{{color-scheme:light;{_colors(LIGHT)}{_sizes()}}}"
        f"@media (prefers-color-scheme:dark){{"
        f":root:not([data-theme=light]){{color-scheme:dark;{_colors(DARK)}}}}}"
        f":root[data-theme=dark]{{color-scheme:dark;{_colors(DARK)}}}"
    )


def component_css() -> str:
    """Return the same for a component on a page that is not ours.

    The component sets ``data-theme`` on its host, by what it stands on.
    """
    return (
        f":host{{color-scheme:light;{_colors(LIGHT)}{_sizes()}}}"
        f":host([data-theme=dark]){{color-scheme:dark;{_colors(DARK)}}}"
    )


def _sizes() -> str:
    lengths = "".join(f"--hcs-{name}:{value};" for name, value in SIZES.items())
    verdicts = "".join(
        f"--hcs-verdict-{word}:{colour};" for word, colour in VERDICTS.items()
    )
    return lengths + verdicts + ramp_css("dark", "stage-")


def _colors(palette: Palette) -> str:
    tokens = "".join(
        f"--hcs-{colour.name.replace('_', '-')}:{getattr(palette, colour.name)};"
        for colour in fields(palette)
    )
    return tokens + ramp_css("dark" if palette is DARK else "light")
