"""The plate map as a component of Panel."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, ClassVar

import param
from panel.custom import JSComponent

from dashboard.components.script import script
from dashboard.components.spelled_list import SpelledList
from dashboard.components.well_values import WellLabels, values_content
from dashboard.plates.overview import PlateGrid, describe_plate
from dashboard.plates.plate_text import plate_content
from dashboard.plates.wells import known_well
from hcs import HCSPlate
from hcs.errors import ArgumentError

if TYPE_CHECKING:
    from dashboard.plates.values import PlateOverview

_SETTINGS = ("plate", "values", "title", "unit")


class PlateMap(JSComponent):
    """A plate as a map of its wells, which can be selected.

    Parameters
    ----------
    plate
        The plate. The documents of its wells are read once, when it is set.
    values
        What colours the wells: a mapping of wells, in any spelling, to numbers or to
        words, such as a `pandas.Series` by label; or the name of a column of the plate
        map. Numbers are coloured by Viridis between their 2nd and 98th percentile,
        words (and what is true or false) by colours that colour-blind eyes tell apart,
        at most 20. None and NaN are no value, among words too.
    title, unit
        What the numbers are; they label the colour bar.
    selected
        Labels of the selected wells. It can be set, in any spelling, and watched.

    Raises
    ------
    NotFoundError
        If `values` or `selected` name a well or a column that the plate has not.
    ArgumentError
        If `values` cannot colour wells: of another kind, numbers mixed with words, or
        two values for one well. What is refused changes nothing.

    Examples
    --------
    >>> from hcs import from_hcs_zarr
    >>> plate_map = PlateMap(from_hcs_zarr("demo.ome.zarr"), values="compound")
    >>> plate_map.selected = ["b02", "B3"]
    >>> plate_map.selected
    ['B2', 'B3']
    """

    plate = param.ClassSelector(
        class_=HCSPlate, allow_refs=False, doc="The plate that is shown."
    )
    values = param.Parameter(
        default=None, allow_refs=False, doc="Numbers or words of wells, or a column."
    )
    title = param.String(default="", doc="What the values are.")
    unit = param.String(default="", doc="Unit of the values.")
    selected = SpelledList(
        default=[], item_type=str, doc="Labels of the selected wells."
    )
    plate_text = param.String(default="", doc="What the script draws; not to be set.")
    values_text = param.String(default="null", doc="As `plate_text`.")

    _rename: ClassVar[dict[str, str | None]] = {
        "plate": None,
        "values": None,
        "title": None,
        "unit": None,
    }
    _esm = script("components/plate_map.js", "plate/map.css")

    def __init__(self, plate: HCSPlate, values: object = None, **params: Any) -> None:
        self._described = (plate, _overview(plate))
        text = json.dumps(plate_content(self._overview))
        if "sizing_mode" not in params:
            params = {"width": 520, **params}
        super().__init__(plate=plate, values=values, plate_text=text, **params)
        self._show_values()
        self._drawn = self._settings()
        self.param.watch(self._show, [*_SETTINGS, "selected"])

    @property
    def _overview(self) -> PlateOverview:
        plate = self.plate
        if plate is not None and plate is not self._described[0]:
            self._described = (plate, _overview(plate))
        return self._described[1]

    def _settings(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in (*_SETTINGS, "selected")}

    def _show(self, *events: Any) -> None:
        changed = {event.name for event in events}
        if all(getattr(self, name) is self._drawn[name] for name in changed):
            return  # what was refused has been taken back
        try:
            if "plate" in changed:
                self._show_plate(keep="selected" in changed)
            if changed & set(_SETTINGS):
                self._show_values()
        except Exception:
            self.param.update(**self._drawn)
            raise
        self._drawn = self._settings()

    def _show_plate(self, *, keep: bool) -> None:
        content = plate_content(self._overview)
        values_content(self.values, self._overview, title=self.title, unit=self.unit)
        if not keep:
            self.selected = []
        self.plate_text = json.dumps(content)

    def _show_values(self) -> None:
        content = values_content(
            self.values, self._overview, title=self.title, unit=self.unit
        )
        self.values_text = json.dumps(content)

    def spelled(self, name: str, values: Any) -> Any:
        """Return wells as the plate spells them, each once, for `SpelledList`.

        Parameters
        ----------
        name
            Of the parameter that is set; others than ``"selected"`` come back as they
            are.
        values
            Wells in any spelling: ``"B/2"``, ``"B2"``, ``"b02"``.

        Raises
        ------
        NotFoundError
            If one is not a well of the plate.
        """
        if name != "selected" or not isinstance(values, list):
            return values  # which the parameter's own check refuses
        find = WellLabels(self._overview).find
        return list(dict.fromkeys(find(well) for well in values))


def _overview(plate: HCSPlate) -> PlateOverview:
    if not isinstance(plate, HCSPlate):
        raise ArgumentError(
            f"plate is {plate!r:.80}; expected a plate, as from_hcs_zarr returns it."
        )
    grid = PlateGrid.of(plate)
    conditions = plate.conditions
    return describe_plate(
        plate,
        grid,
        {well.path: known_well(plate, well.path) for well in plate.wells},
        key=plate.name or "plate",
        writable=False,
        channels=(),
        surveyed=True,
        revision=0,
        conditions=conditions,
    )
