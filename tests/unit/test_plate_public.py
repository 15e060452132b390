"""The public names, and what using them loads."""

from __future__ import annotations

import ast
import pkgutil
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

import hcs
from tests.benchmarks import bench_reading

PUBLIC = ("images", "ingest", "ngff", "plates", "qc", "tables", "writing")
PACKAGES = ("hcs", *(f"hcs.{name}" for name in PUBLIC))


@pytest.mark.parametrize("name", PACKAGES)
def test_every_public_name_is_there(name: str) -> None:
    package = import_module(name)
    for public in package.__all__:
        assert getattr(package, public) is not None, public
        assert public in dir(package)


@pytest.mark.parametrize("name", PACKAGES)
def test_type_checkers_see_the_public_names_that_programs_see(name: str) -> None:
    package = import_module(name)
    assert package.__file__
    typed = {
        (name.asname, node.module)
        for node in ast.walk(ast.parse(Path(package.__file__).read_text()))
        if isinstance(node, ast.ImportFrom)
        for name in node.names
        if name.asname
    }
    assert {public for public, _ in typed} == set(package.__all__) - {"__version__"}
    for public, module in typed:
        assert getattr(import_module(module or ""), public) is getattr(package, public)


def test_the_dashboard_asks_for_public_names_also_where_only_types_are_checked() -> (
    None
):
    below = [
        f"{path}:{node.lineno}: {node.module}"
        for path in (Path(hcs.__file__).parents[1] / "dashboard").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("hcs.")
        if (node.module or "").count(".") > 1
    ]
    assert below == []


def test_a_name_that_is_not_there_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="'nonsense'"):
        _ = hcs.nonsense


def test_no_module_hides_a_public_name() -> None:
    modules = {module.name for module in pkgutil.iter_modules(hcs.__path__)}
    assert not modules & set(hcs.__all__)


def modules_after(code: str) -> set[str]:
    """Return the modules that a fresh interpreter has loaded after some code."""
    program = f"import sys, hcs\n{code}\nprint(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", program],
        check=True,
        capture_output=True,
        text=True,
        cwd=Path(__file__).parents[2],
    )
    return set(done.stdout.split())


def test_looking_at_a_plate_loads_neither_zarr_nor_numpy(tmp_path: Path) -> None:
    path = bench_reading.make_documents(tmp_path / "p", 2, 3)
    code = (
        f"plate = hcs.from_hcs_zarr({str(path)!r})\n"
        "for well in plate:\n"
        "    for field in well.fields:\n"
        "        image = field.image()\n"
        "        assert image.dims and image.pixel_size and field.version\n"
    )
    loaded = modules_after(code)
    assert not loaded & {"zarr", "numpy", "numcodecs", "scipy", "asyncio", "obstore"}
    assert not loaded & {"http.client", "ssl"}


def test_the_documents_alone_load_no_store() -> None:
    loaded = modules_after(
        "import hcs.ngff.plate, hcs.ngff.multiscale, hcs.metadata, "
        "hcs.stores.array, hcs.cache"
    )
    assert not loaded & {
        "zarr",
        "numpy",
        "hcs.stores.store",
        "hcs.images.pixels",
        "hcs.images.lazy_array",
        "hcs.plates.plate",
    }


def test_the_grid_of_a_plate_is_told(tmp_path: Path) -> None:
    path = bench_reading.make_documents(tmp_path / "p", 8, 12)
    assert hcs.from_hcs_zarr(path).format.name == "96"
