"""Which fields a server measures itself, and which its worker processes do."""

from __future__ import annotations

import pytest

from dashboard.plates.values import FieldView
from dashboard.quality.todo import Todo, is_little


def fields(count: int, *shape: int) -> list[Todo]:
    field = FieldView(
        name="0", label="0", acquisition=None, acquisition_name=None, version="v",
        shape=shape,
    )  # fmt: skip
    return [Todo(field, {"mean"}) for _ in range(count)]


@pytest.mark.parametrize(
    ("todo", "here"),
    [
        (fields(1, 4, 512, 512), True),
        (fields(4, 2, 270, 270), True),
        (fields(5, 1, 64, 64), False),
        (fields(4, 4, 512, 512), False),
        (fields(1, 4, 2160, 2160), False),
    ],
    ids=str,
)
def test_a_server_measures_only_few_small_fields_by_itself(
    todo: list[Todo], here: bool
) -> None:
    assert is_little(todo) is here
