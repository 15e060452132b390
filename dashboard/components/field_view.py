"""A field as a component of Panel: its channels with their contrast."""

from __future__ import annotations

import json
import re
from numbers import Real
from typing import TYPE_CHECKING, Any, ClassVar, cast

import numpy as np
import param
from panel.custom import JSComponent

from dashboard.components.field_planes import FieldPlanes, read_planes, sizes_of
from dashboard.components.script import script
from dashboard.components.spelled_list import SpelledList
from dashboard.plates.contrast import plate_channels
from dashboard.text import plain_text
from hcs import Multiscales
from hcs.errors import ArgumentError
from hcs.wording import some

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

_SIDE = 1024

_COLOR = re.compile("#?[0-9A-Fa-f]{6}")

_SETTINGS = ("name", "color", "low", "high", "active")


class FieldView(JSComponent):
    """An image with its channels: colour, black and white point, on or off.

    It is zoomed by wheel (once it has the focus) and by the keys plus, minus and 0, and
    moved by dragging and the arrow keys; what is under the pointer is read out.

    Parameters
    ----------
    image
        What `HCSWell.get_image` and `Field.image` return, or any image with axes y
        and x.
    z, t
        Focal plane and time point that are shown, from zero. They can be set and
        watched.
    channels
        How channels are drawn, a `dict` each: ``name``, ``color`` (``RRGGBB``), ``low``
        and ``high`` (grey values that are drawn black and in the full colour) and
        ``active``. It can be set, in part as well: ``[{"low": 100}]`` changes the first
        channel only; and it follows what is set in the browser. The contrast at the
        start is the document's where that says something of the pixels, else robust
        limits over this plane.
    most_pixels
        Most pixels of a side that are sent, 1024 by default; larger images come by a
        coarser level, or by every so many-th pixel. At most 8 channels and 16 MiB.

    Raises
    ------
    ArgumentError
        If `z`, `t` or `channels` do not fit the image.
    ShapeError
        If the image has no axes y and x.
    HCSError
        If pixels cannot be read.

    Examples
    --------
    >>> from hcs import from_hcs_zarr
    >>> well = from_hcs_zarr("demo.ome.zarr").well("B2")
    >>> view = FieldView(well.get_image())
    >>> view.channels = [{"low": 100}, {"active": False}]
    """

    image = param.ClassSelector(
        class_=Multiscales,
        allow_None=False,
        allow_refs=False,
        doc="The image that is shown.",
    )
    z = param.Integer(default=0, bounds=(0, None), doc="Focal plane, from zero.")
    t = param.Integer(default=0, bounds=(0, None), doc="Time point, from zero.")
    channels = SpelledList(default=[], item_type=dict, doc="How channels are drawn.")
    most_pixels = param.Integer(
        default=_SIDE, bounds=(16, 4096), constant=True, doc="Of a side, at most."
    )
    picture_text = param.String(default="", doc="What is shown; not to be set.")
    planes = param.Bytes(default=b"", doc="As `picture_text`.")
    sent = param.Integer(default=0, doc="Times that the browser has set `channels`.")
    received = param.Integer(default=0, doc="How many of these have arrived.")

    _rename: ClassVar[dict[str, str | None]] = {"image": None, "most_pixels": None}
    _esm = script(
        "components/field_view.js",
        "pixels/field_viewer.css",
        "components/field_view.css",
    )

    def __init__(self, image: Multiscales, **params: Any) -> None:
        settings = params.pop("channels", [])
        if "sizing_mode" not in params:
            params = {"width": 520, **params}
        self._looks: list[dict[str, Any]] = []
        super().__init__(image=image, **params)
        self._show_image()
        self.channels = settings
        self._drawn = self._place()
        self.param.watch(self._show, ["image", "z", "t"])
        # What the browser got before this, Python had said without knowing of those.
        self.param.watch(lambda event: self.param.update(received=event.new), "sent")

    def _place(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in ("image", "z", "t")}

    def _show(self, *_events: Any) -> None:
        if all(value is self._drawn[name] for name, value in self._place().items()):
            return  # what was refused has been taken back, or is drawn
        try:
            if self.image is not self._drawn["image"]:
                self._show_image()
            else:
                self._put(read_planes(self._shown, self.z, self.t, self.most_pixels))
        except Exception:
            self.param.update(**self._drawn)
            raise
        self._drawn = self._place()

    def _show_image(self) -> None:
        if self.image is None:  # a parameter without a default takes it
            raise ArgumentError("image is None; expected what get_image() returns.")
        sizes = sizes_of(self._shown)
        place = {dim: min(getattr(self, dim), sizes.get(dim, 1) - 1) for dim in "zt"}
        planes = read_planes(self._shown, **place, side=self.most_pixels)
        self._looks = _looks(self._shown, planes)
        self._put(planes, channels=self._looks, **place)

    @property
    def _shown(self) -> Multiscales:
        return cast("Multiscales", self.image)

    def _put(self, planes: FieldPlanes, **changes: Any) -> None:
        parts, dtype = planes.encoded()
        text = json.dumps(_content(self._shown, planes, dtype))
        self.param.update(planes=b"".join(parts), picture_text=text, **changes)

    def spelled(self, name: str, values: Any) -> Any:
        """Return channels with what was not set of them, for `SpelledList`.

        Parameters
        ----------
        name
            Of the parameter that is set; others than ``"channels"`` come back as they
            are.
        values
            Settings by name, one mapping a channel, in the image's order; fewer leave
            the further channels as they are.

        Raises
        ------
        ArgumentError
            If there are more settings than channels, or one is none.
        """
        is_settings = isinstance(values, list) and all(
            isinstance(value, dict) for value in values
        )
        if name != "channels" or not is_settings:
            return values  # which the parameter's own check refuses
        names = [
            [look["name"] for look in looks] for looks in (self.channels, self._looks)
        ]
        same = names[0] == names[1]  # else another image is shown
        return _completed(values, self.channels if same else self._looks)


def _looks(image: Multiscales, planes: FieldPlanes) -> list[dict[str, Any]]:
    stored = image.channels[: len(planes.planes)]
    samples = [[plane] for plane in planes.planes]
    displays = plate_channels([stored], samples, np.dtype(image.images[0].data.dtype))
    return [
        {
            "name": plain_text(display.name, 60),
            "color": display.color,
            "low": display.low,
            "high": display.high,
            "active": display.active,
            **_ends(plane, display.low, display.high),
        }
        for display, plane in zip(displays, planes.planes, strict=True)
    ]


def _ends(plane: NDArray[Any], low: float, high: float) -> dict[str, float]:
    """Return where controls end: all values of the plane can be set, and no others."""
    finite = plane[np.isfinite(plane)] if plane.dtype.kind == "f" else plane
    least, most = (finite.min(), finite.max()) if finite.size else (low, high)
    return {"minimum": min(low, float(least)), "maximum": max(high, float(most))}


def _completed(
    settings: Sequence[dict[str, Any]], looks: Sequence[dict[str, Any]]
) -> list[dict[str, Any]]:
    """Return how channels are drawn after some settings.

    Raises
    ------
    ArgumentError
        If there are more settings than channels, or one is none.
    """
    if len(settings) > len(looks):
        raise ArgumentError(
            f"channels has {len(settings)} entries; the image has {len(looks)} "
            f"channels: {some([look['name'] for look in looks])}."
        )
    completed = [dict(look) for look in looks]
    for look, setting in zip(completed, settings, strict=False):
        allowed = (*_SETTINGS, "minimum", "maximum")
        unknown = [name for name in setting if name not in allowed]
        if unknown:
            raise ArgumentError(
                f"A channel has no setting {unknown[0]!r:.40}; those are "
                f"{some(_SETTINGS)}."
            )
        look |= {name: _plain(name, value) for name, value in setting.items()}
        if not look["low"] < look["high"]:
            raise ArgumentError(
                f"low is {look['low']} and high {look['high']}; low must be below high."
            )
    return completed


def _plain(name: str, value: Any) -> Any:
    """Return a setting as the browser takes it."""
    if name == "name":
        return plain_text(str(value), 60)
    if name == "active":
        if not isinstance(value, bool | np.bool_):
            raise ArgumentError(f"active is {value!r:.40}; expected True or False.")
        return bool(value)
    if name == "color":
        if not isinstance(value, str) or not _COLOR.fullmatch(value):
            raise ArgumentError(
                f"color is {value!r:.40}; expected RRGGBB, as '00ff00'."
            )
        return value.removeprefix("#")
    is_number = isinstance(value, Real | np.number) and not isinstance(value, bool)
    if not is_number or not np.isfinite(value):
        raise ArgumentError(f"{name} is {value!r:.40}; expected a finite number.")
    return value.item() if isinstance(value, np.number) else value


def _content(image: Multiscales, planes: FieldPlanes, dtype: str) -> dict[str, Any]:
    sizes = sizes_of(image)
    height, width = planes.planes[0].shape
    return {
        "title": plain_text(image.path or "image", 120),
        "count": len(planes.planes),
        "width": width,
        "height": height,
        "dtype": dtype,
        "size": list(planes.size),
        "level": planes.level,
        "step": planes.step,
        "pixel": image.pixel_size.get("x", 1.0),
        "unit": image.units.get("x") or "",
        "sizes": {"z": sizes.get("z", 1), "t": sizes.get("t", 1)},
        "left_out": max(0, sizes.get("c", 1) - len(planes.planes)),
    }
