"""What one session looks at, and its spelling in the page's address.

Handlers change the state; what depends on it watches it by name. No Panel here: the
app connects the state with the browser's address.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import parse_qs, urlencode

import param

from dashboard.addresses import decode_channels, encode_channels
from dashboard.pictures.projection import PROJECTIONS, Projection

if TYPE_CHECKING:
    from collections.abc import Callable

    from dashboard.plates.values import ChannelSetting

_Text = TypeVar("_Text", bound=str)

SCORES = ("", "z", "b")
"""Ways to show a metric."""

ORDERS = ("", "worst")
"""Ways to sort the fields of a well."""

MONTAGES = ("", "random", "controls")
"""What the pictures of a plate may be: all wells, some by chance, its controls."""

LOOKS = ("", "pictures")
"""What the middle of the page shows while a well is chosen: it, or the plate."""

WELLS = ("", "pictures")
"""What wells show on the plate while none is chosen: values, or pictures."""

TASKS = ("", "correct")
"""What a person does with the whole plate: looks at it, or corrects many fields."""

_PLACES = {"acquisition": "all", "z": "middle", "t": "first"}
"""What the address says where nobody has chosen."""

_TEXTS = (
    "plate", "well", "field", "acquisition", "z", "t", "projection", "metric", "way",
    "score",
    "order", "outlines", "contrast", "control", "wells", "montage", "seed", "look",
    "task",
)  # fmt: skip
"""The order in which an address says it."""

_MAX_TEXT = 500
_MAX_INDEX = 1 << 31


@dataclass(frozen=True, slots=True, kw_only=True)
class ViewState:
    """Where a person is; the address of the page says all of it."""

    plate: str = ""
    """Key of the plate; "" where none is chosen."""

    well: str = ""
    """Label of the well, ``"B02"``."""

    field: str = ""
    """Name of the field; "" shows the well."""

    acquisition: int | None = None
    """None shows all; 0 is an acquisition."""

    metric: str = ""
    way: str = ""
    """How fields become wells: "" is the metric's own way; see `quality.wells`."""

    score: str = ""
    """How the metric is shown: "" as it is, ``"z"`` robust z, ``"b"`` B-score."""

    z: int | None = None
    """None is the middle plane."""

    t: int | None = None
    """None is the first time point."""

    projection: Projection = ""
    """``"max"`` or ``"mean"`` over all z; "" shows one plane."""

    outlines: str = ""
    """Label image that is drawn over the field: "" is its first, ``"-"`` none."""

    order: str = ""
    """How fields of a well are sorted: "" by position, ``"worst"`` first."""

    contrast: str = ""
    """The one field that the contrast comes from, in words; "" where it does not."""

    wells: str = ""
    """What wells show on the plate: "" values, ``"pictures"`` their pictures."""

    control: str = ""
    """Label of the well whose same field is shown beside the open one; "" none."""

    montage: str = ""
    """What the plate's pictures are: "" all wells, else one of `MONTAGES`."""

    seed: int = 0
    """Which random montage."""

    look: str = ""
    """``"pictures"`` keeps the plate in the middle while wells are chosen."""

    task: str = ""
    """``"correct"`` shows the table of files that correct fields."""

    channels: tuple[ChannelSetting, ...] = ()
    """Channels that are on, with their contrast; empty means as the plate has them."""

    hidden: bool = False
    """True where every channel was switched off, which empty `channels` cannot say."""

    @property
    def values_key(self) -> tuple[object, ...]:
        """What the values of the plate's wells are of."""
        return self.plate, self.metric, self.acquisition, self.way

    @property
    def field_key(self) -> tuple[str, str, str]:
        """Which plate, well and field are open."""
        return self.plate, self.well, self.field


def encode(state: ViewState) -> str:
    """Return the state as the query of an address, without its question mark.

    What was not chosen is left out. Where one is on a plate is said in full, also what
    nobody has changed (``acquisition=all&z=middle&t=first``), so that a link means the
    same next year.
    """
    query: dict[str, str] = {}
    for name in _TEXTS:
        value = getattr(state, name)
        if value not in (None, "", 0) or (value == 0 and name in _PLACES):
            query[name] = str(value)
        elif state.plate and name in _PLACES:
            query[name] = _PLACES[name]
    if state.channels:
        query["channels"] = encode_channels(state.channels)
    if state.hidden:
        query["hidden"] = "1"
    return urlencode(query, safe=":;,/")


def decode(query: str) -> ViewState:
    """Read an address's query; what is malformed or unknown counts as not given.

    Names are not cleaned: they are only compared with names that exist, and escaped
    where they are shown.

    Parameters
    ----------
    query
        With or without its question mark, from anywhere.
    """
    try:
        values_by_name = parse_qs(query.removeprefix("?"), max_num_fields=50)
    except ValueError:
        return ViewState()
    first = {name: values[0] for name, values in values_by_name.items()}
    return ViewState(
        plate=first.get("plate", "")[:_MAX_TEXT],
        well=first.get("well", "")[:_MAX_TEXT],
        field=first.get("field", "")[:_MAX_TEXT],
        acquisition=_index(first.get("acquisition", "")),
        metric=first.get("metric", "")[:_MAX_TEXT],
        way=first.get("way", "")[:_MAX_TEXT],
        score=_choice(SCORES, first.get("score", "")),
        z=_index(first.get("z", "")),
        t=_index(first.get("t", "")),
        projection=_choice(PROJECTIONS, first.get("projection", "")),
        outlines=first.get("outlines", "")[:_MAX_TEXT],
        order=_choice(ORDERS, first.get("order", "")),
        contrast=first.get("contrast", "")[:_MAX_TEXT],
        wells=_choice(WELLS, first.get("wells", "")),
        control=first.get("control", "")[:_MAX_TEXT],
        montage=_choice(MONTAGES, first.get("montage", "")),
        seed=_index(first.get("seed", "")) or 0,
        look=_choice(LOOKS, first.get("look", "")),
        task=_choice(TASKS, first.get("task", "")),
        channels=_channels(first.get("channels", "")),
        hidden=first.get("hidden") == "1",
    )


def _index(text: str) -> int | None:
    # int() alone would take "1_0", " 1" and digits of other scripts.
    if not (text.isascii() and text.isdigit() and len(text) <= 10):
        return None
    number = int(text)
    return number if number < _MAX_INDEX else None


def _choice(allowed: tuple[_Text, ...], text: str) -> _Text:
    """Return the text where it is allowed, else the first that is."""
    return next((word for word in allowed if word == text), allowed[0])


def _channels(text: str) -> tuple[ChannelSetting, ...]:
    try:
        return decode_channels(text)
    except ValueError:
        return ()


class SessionState(param.Parameterized):
    """The state of one session, as parameters that can be watched by name.

    `update` changes several at once and notifies once. Never share one between
    sessions.
    """

    plate = param.String(default="")
    well = param.String(default="")
    field = param.String(default="")
    acquisition = param.Integer(default=None, allow_None=True)
    metric = param.String(default="")
    way = param.String(default="")
    score = param.String(default="")
    z = param.Integer(default=None, allow_None=True)
    t = param.Integer(default=None, allow_None=True)
    projection = param.String(default="")
    outlines = param.String(default="")
    order = param.String(default="")
    contrast = param.String(default="")
    wells = param.String(default="")
    control = param.String(default="")
    montage = param.String(default="")
    seed = param.Integer(default=0)
    look = param.String(default="")
    task = param.String(default="")
    channels = param.Parameter(default=())  # a tuple of ChannelSetting
    hidden = param.Boolean(default=False)
    chosen = param.Parameter(default=())
    """Labels of the wells that were chosen together. No part of the address: watch it
    by ``state.param.watch(callback, "chosen")``."""

    NAMES = tuple(field.name for field in fields(ViewState))

    def __init__(self) -> None:
        super().__init__()
        self._view: ViewState | None = None
        # The first to hear of a change, so that all who do see what is.
        self.param.watch(self._changed, list(self.NAMES))

    def _changed(self, *_: object) -> None:
        self._view = None

    def view(self) -> ViewState:
        """Return the present state as a frozen value, the same until it changes."""
        if self._view is None:
            values = {name: getattr(self, name) for name in self.NAMES}
            self._view = ViewState(**values)
        return self._view

    def show(self, view: ViewState) -> None:
        """Take over a whole state; who watches hears of what differs."""
        present = self.view()
        values = {name: getattr(view, name) for name in self.NAMES}
        self.param.update(
            **{
                name: value
                for name, value in values.items()
                if value != getattr(present, name)
            }
        )

    def update(self, **changes: Any) -> ViewState:
        """Change some of it, notify watchers once, and return the new state."""
        new = replace(self.view(), **changes)
        self.show(new)
        return new

    def query(self) -> str:
        """Return the present state as an address's query, without question mark."""
        return encode(self.view())

    def on_change(self, callback: Callable[[ViewState], object], *names: str) -> None:
        """Call `callback` with the state after one of the names has changed.

        Parameters
        ----------
        callback
            Must belong to this session.
        names
            Names of state attributes; all where none is given.
        """
        self.param.watch(lambda *_: callback(self.view()), list(names or self.NAMES))
