"""The one table of who may do what, and roles by project."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from dashboard.access import MAY, ROLE_FOR, Act
from dashboard.accounts import Role, Visitor

DOCUMENT = Path(__file__).parents[2] / "docs" / "roles.md"


def test_the_table_in_the_documents_is_the_one_that_is_asked() -> None:
    rows = re.findall(r"^\| (.+) \| (\w+) \|$", DOCUMENT.read_text(), re.MULTILINE)
    assert rows == [(str(act), role.label) for act, role in ROLE_FOR.items()]
    assert ROLE_FOR.keys() == set(Act)
    assert MAY.keys() == set(Role)


@pytest.mark.parametrize(
    ("names", "role"),
    [
        ({}, Role.VIEWER),
        ({"screen-7": Role.CURATOR}, Role.CURATOR),
        ({"screen": Role.CURATOR, "7": Role.ADMIN}, Role.VIEWER),
        ({"lab-a/screen-7": Role.CURATOR}, Role.CURATOR),
        ({"lab-b/screen-7": Role.CURATOR}, Role.VIEWER),
        ({"screen-7": Role.CURATOR, "lab-a/screen-7": Role.REVIEWER}, Role.REVIEWER),
        ({"/data/lab-a/screen-7": Role.ADMIN, "screen-7": Role.VIEWER}, Role.ADMIN),
        ({"lab-a": Role.ADMIN, "": Role.ADMIN}, Role.VIEWER),
    ],
)
def test_the_longest_name_of_a_projects_folder_decides(
    names: dict[str, Role], role: Role
) -> None:
    visitor = Visitor(subject="user:eve", project_roles=names)
    assert visitor.role_in("/data/lab-a/screen-7") is role
