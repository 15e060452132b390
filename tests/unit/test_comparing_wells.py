"""Which wells a field is compared with: the nearest controls, and its neighbours."""

from __future__ import annotations

from dashboard.plates.values import PlateOverview, WellState
from dashboard.projects.roles import RolesView
from dashboard.views.samples import nearest_controls, neighbour_wells
from hcs.qc import WellRole

ROWS, COLUMNS = "ABCD", range(1, 7)


def plate(missing: tuple[str, ...] = ()) -> PlateOverview:
    return PlateOverview(
        key="p",
        id="p",
        name="p",
        version="0.5",
        location="p",
        writable=True,
        rows=tuple(ROWS),
        columns=tuple(map(str, COLUMNS)),
        wells=tuple(
            WellState(
                label=f"{letter}0{column}",
                path=f"{letter}/{column}",
                row=row,
                column=column - 1,
                state="missing" if f"{letter}0{column}" in missing else "present",
            )
            for row, letter in enumerate(ROWS)
            for column in COLUMNS
        ),
    )


def roles(**by_label: str) -> RolesView:
    return RolesView(
        wells={label: WellRole(role=role) for label, role in by_label.items()}
    )


CONTROLS = roles(
    A01="negative", D01="negative", C06="negative", C03="positive", B02="untreated"
)


def labels(well: str, missing: tuple[str, ...] = ()) -> list[str]:
    return [label for label, _ in nearest_controls(plate(missing), CONTROLS, well)]


def test_the_nearest_negative_control_comes_first_and_others_follow() -> None:
    assert labels("B02") == ["A01", "D01", "C06", "C03"]
    assert labels("C05") == ["C06", "D01", "A01", "B02", "C03"]


def test_a_control_is_not_compared_with_itself_nor_with_what_is_not_there() -> None:
    assert labels("A01")[0] == "D01"
    assert labels("C05", missing=("C06",))[0] == "D01"


def test_without_controls_there_is_none() -> None:
    assert nearest_controls(plate(), roles(), "B02") == []


def test_neighbours_are_the_wells_around_one() -> None:
    def around(well: str) -> list[str]:
        return [request.well for request in neighbour_wells(plate(), well)]

    assert around("A01") == ["A02", "B01", "B02"]
    assert len(around("B03")) == 8
    assert around("Z99") == []
