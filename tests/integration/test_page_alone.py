"""The page with no other extra: whatever needs one names it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.packages import build, install_alone, run_alone, wheel_in

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

pytestmark = pytest.mark.full

_LACK = {
    ("user", "add", "u", "--users", "u.json"): "sign-in",
    (
        *("serve", "p.ome.zarr", "--origin", "x.example"),
        *("--oidc-issuer", "https://x.example", "--oidc-client-id", "c"),
    ): "sign-in",
    ("wells", "p.ome.zarr", "-o", "w.parquet"): "parquet",
    ("measure", "p.ome.zarr", "--scheduler", "tcp://[::1]:1"): "cluster",
    (
        *("measure", "p.ome.zarr"),
        *("--database", "postgresql+psycopg://localhost/x"),
    ): "postgres",
}
_PASSED_OVER = (
    "dashboard.__main__",
    "dashboard.storage.postgres_connection",  # imported for the extra `postgres` only
)
_WALK = """
import contextlib, io, json, sys
from hcs import make_demo_plate
from dashboard.cli import main

make_demo_plate("p.ome.zarr", rows=1, columns=1, fields=1, shape=(64, 64))
told = []
for line in json.loads(sys.argv[1]):
    errors = io.StringIO()
    sys.stdin = io.StringIO("a long password\\n")
    if line[0] != "user":
        line += ["--workspace", "w"]
    with contextlib.redirect_stderr(errors), contextlib.redirect_stdout(io.StringIO()):
        code = main(line)
    told.append((code, errors.getvalue()))
print(json.dumps(told))
"""


@pytest.fixture(scope="module")
def site(
    once: Callable[[str, Callable[[Path], object]], Path],
    tmp_path_factory: pytest.TempPathFactory,
) -> Path:
    folder = tmp_path_factory.mktemp("page") / "site"
    install_alone(folder, wheel_in(once("packages", build)), "page")
    return folder


def test_page_alone_imports_every_module(site: Path) -> None:
    code = """
import importlib, pkgutil, sys, dashboard
for module in pkgutil.walk_packages(dashboard.__path__, "dashboard."):
    if module.name not in sys.argv and ".migrations." not in module.name:
        importlib.import_module(module.name)
"""
    assert run_alone(site, site.parent, "-c", code, *_PASSED_OVER) == []


def test_each_command_of_the_page_alone_names_the_extra_that_it_lacks(
    site: Path, tmp_path: Path
) -> None:
    lines = json.dumps([*_LACK])
    (text,) = run_alone(site, tmp_path, "-c", _WALK, lines)
    for (line, extra), (code, error) in zip(
        _LACK.items(), json.loads(text), strict=True
    ):
        assert code == 1, (line, error)
        assert f"pip install 'hcs-dashboard[{extra}]'" in error
        assert error.count("\n") == 1, error
    assert not [*tmp_path.glob("*.parquet"), *tmp_path.glob("u.json")]
