"""Which fields a server measures itself, and which its worker processes do."""

from __future__ import annotations

import pytest

from dashboard.plates.values import FieldState
from dashboard.quality.todo import Todo, is_little


def fields(count: int, *shape: int) -> list[Todo]:
    field = FieldState(
        name="0", label="0", acquisition=None, acquisition_name=None, version="v",
        shape=shape,
    )  # fmt: skip
    return [Todo(field, {"mean"}) for _ in range(count)]


@pytest.mark.parametrize(
    ("count", "shape", "here"),
    [
        (1, (4, 512, 512), True),
        (4, (2, 270, 270), True),
        (5, (1, 64, 64), False),
        (4, (4, 512, 512), False),
        (1, (4, 2160, 2160), False),
    ],
)
def test_a_server_measures_only_few_small_fields_by_itself(
    count: int, shape: tuple[int, ...], here: bool
) -> None:
    assert is_little(fields(count, *shape)) is here
