"""What a picture of a field needs: its plane, its size, and that of its pixels."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dashboard.text import plain_text

if TYPE_CHECKING:
    from dashboard.plates.values import FieldState
    from dashboard.state import ViewState


def shown_plane(field: FieldState | None, state: ViewState) -> tuple[int, int]:
    """Return the z and t that are shown: those of the state, within the field."""
    if field is None:
        return 0, 0
    z = field.size("z") // 2 if state.z is None else state.z
    return min(z, field.size("z") - 1), min(state.t or 0, field.size("t") - 1)


def address_plane(field: FieldState, state: ViewState) -> tuple[int | None, int | None]:
    """Return z and t for the address of a picture of any field of the well.

    They are within the field, and None where they are what None means, so that a
    plane has one address however the person came to it.
    """
    z, t = shown_plane(field, state)
    return (None if z == field.size("z") // 2 else z), (t or None)


def picture_content(field: FieldState) -> dict[str, Any]:
    """Return what a pane needs of a field, addresses apart."""
    plane = [field.axes.index(axis) for axis in "yx" if axis in field.axes]
    error = field.error
    if error is None and len(plane) != 2:
        error = (
            f"It has the axes {', '.join(field.axes) or 'none'}; y and x are needed."
        )
    if error is not None:
        return {**blank(field.name, field.words), "error": plain_text(error)}
    y, x = plane
    unit = field.units[x] if x < len(field.units) else None
    return {
        **blank(field.name, field.words),
        "version": field.version,
        "width": field.shape[x],
        "height": field.shape[y],
        "dtype": field.dtype,
        "channels": field.size("c"),
        "levels": [(level.shape[x], level.shape[y]) for level in field.levels]
        or [(field.shape[x], field.shape[y])],
        "pixel": _pair(field.scale, x, y, 1.0),
        "start": _pair(field.translation, x, y, 0.0),
        "unit": plain_text(unit, 20) if unit else "",
        "sizes": {"z": field.size("z"), "t": field.size("t")},
        "corrected": field.corrected,
        "settling": field.settling,
    }


def extent(field: FieldState) -> tuple[float, str]:
    """Return the length of a field's longer side and its unit; 0 where not known."""
    content = picture_content(field)
    if not content["unit"] or content["error"]:
        return 0.0, ""
    size = (
        content["width"] * content["pixel"][0],
        content["height"] * content["pixel"][1],
    )
    return (max(size), content["unit"]) if min(size) > 0 else (0.0, "")


def _pair(values: tuple[float, ...], x: int, y: int, default: float) -> list[float]:
    return [values[at] if at < len(values) else default for at in (x, y)]


def blank(name: str, label: str) -> dict[str, Any]:
    """Return the content of a field of which nothing is known but its name."""
    return {
        "name": name,
        "label": plain_text(label, 60),
        "version": "",
        "acquisition": "",
        "width": 1,
        "height": 1,
        "dtype": "",
        "channels": 0,
        "levels": [(1, 1)],
        "pixel": [1.0, 1.0],
        "start": [0.0, 0.0],
        "unit": "",
        "sizes": {"z": 1, "t": 1},
        "corrected": False,
        "settling": False,
        "error": "",
    }
