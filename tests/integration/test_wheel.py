"""The built packages: what is in them, and the library alone, without any extra."""

from __future__ import annotations

import json
import re
import tarfile
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import tifffile
from packaging.metadata import Metadata
from PIL import Image

from tests.packages import (
    build,
    information,
    install_alone,
    metadata_of,
    run,
    run_alone,
    wheel_in,
)
from tests.unit.test_docs import blocks

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_ROOT = Path(__file__).parents[2]
_PACKAGE = "hcs-dashboard"


@pytest.fixture(scope="module")
def packages(once: Callable[[str, Callable[[Path], object]], Path]) -> Path:
    return once("packages", build)


@pytest.fixture(scope="module")
def wheel(packages: Path) -> Path:
    return wheel_in(packages)


@pytest.fixture(scope="module")
def metadata(wheel: Path) -> Metadata:
    return metadata_of(wheel)


@pytest.fixture(scope="module")
def site(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Install the library alone."""
    folder = tmp_path_factory.mktemp("alone") / "site"
    install_alone(folder, wheel)
    return folder


def _modules(package: str) -> Iterator[Path]:
    return (_ROOT / package).rglob("*.py")


def _files(folder: str) -> set[str]:
    return {
        path.relative_to(_ROOT).as_posix()
        for path in (_ROOT / folder).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }


def test_wheel_holds_the_packages_and_the_assets_and_no_tests(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = {name for name in archive.namelist() if ".dist-info/" not in name}
    assets = {f"dashboard/{name}" for name in _files("assets")}
    assert names == _files("hcs") | _files("dashboard") | assets
    assert "hcs/py.typed" in names


def test_wheel_carries_the_licence_and_both_commands(wheel: Path) -> None:
    licence, commands = "licenses/LICENSE", "entry_points.txt"
    texts = information(wheel, licence, commands)
    assert "MIT License" in texts[licence]
    assert "hcs = hcs.cli:main" in texts[commands]
    assert "hcs-dashboard = dashboard.cli:main" in texts[commands]


def test_source_distribution_is_the_repository_and_nothing_that_lay_about(
    packages: Path,
) -> None:
    if not (_ROOT / ".git").exists():
        pytest.skip("only a git work tree knows which files are its own")
    options = ["--cached", "--others", "--exclude-standard", "-z"]
    listing = run(["git", "ls-files", *options], cwd=_ROOT)
    files = {name for name in listing.split("\0") if (_ROOT / name).is_file()}
    (built,) = packages.glob("*.tar.gz")
    with tarfile.open(built) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    assert names == files | {"PKG-INFO"}


def test_metadata_is_what_a_package_index_takes(metadata: Metadata) -> None:
    assert metadata.name == _PACKAGE
    assert metadata.author == "the hcs-dashboard developers"
    assert metadata.license_expression == "MIT"
    assert str(metadata.requires_python) == ">=3.11"
    assert metadata.description_content_type == "text/markdown"
    assert all(url.startswith("https://") for url in metadata.project_urls.values())


def test_description_on_the_index_has_no_link_to_a_file_that_is_not_there(
    metadata: Metadata,
) -> None:
    links = [part.split(")")[0] for part in metadata.description.split("](")[1:]]
    assert [link for link in links if not link.startswith(("https://", "#"))] == []
    assert "pip install hcs-dashboard" in metadata.description


def test_core_asks_for_no_package_of_the_page(metadata: Metadata) -> None:
    core, extras = set[str](), set[str]()
    for requirement in metadata.requires_dist:
        (core if requirement.marker is None else extras).add(requirement.name)
    assert not core & extras
    assert {"panel", "tifffile", "imagecodecs", "pillow"} <= extras


def test_readme_lists_every_extra(metadata: Metadata) -> None:
    rows = [row for row in metadata.description.splitlines() if row.startswith("| `")]
    listed = {name for row in rows for name in row.split("|")[1].split("`")[1::2]}
    assert listed == set(metadata.provides_extra)


def test_extras_that_documents_and_messages_name_are_there(metadata: Metadata) -> None:
    pages = [_ROOT / "README.md", *(_ROOT / "docs").glob("*.md")]
    modules = [path for name in ("hcs", "dashboard") for path in _modules(name)]
    named = re.compile(r"hcs-dashboard\[([a-z,-]+)\]|\bextra\(\s*\"([\w-]+)\"")
    texts = [path.read_text(encoding="utf-8") for path in (*pages, *modules)]
    names = {
        name
        for text in texts
        for match in named.findall(text)
        for name in "".join(match).split(",")
    }
    assert {"page", "importing", "remote", "sign-in"} <= names
    assert names <= set(metadata.provides_extra or ())


def test_installed_page_finds_its_assets_beside_itself(site: Path) -> None:
    code = (
        "import hcs, dashboard.assets\n"
        "print(hcs.__file__)\n"
        "print(dashboard.assets.assets_folder())"
    )
    library, assets = map(Path, run_alone(site, site.parent, "-c", code))
    assert library == site / "hcs" / "__init__.py"
    assert assets == site / "dashboard" / "assets"


def test_version_is_said_once(wheel: Path, site: Path) -> None:
    (version,) = run_alone(
        site, site.parent, "-c", "import hcs; print(hcs.__version__)"
    )
    assert wheel.name.split("-")[1] == version


def test_library_alone_imports_every_module_and_every_public_name(site: Path) -> None:
    code = """
import importlib, pkgutil, sys, hcs
for module in pkgutil.walk_packages(hcs.__path__, "hcs."):
    if not module.name.endswith("__main__"):
        names = importlib.import_module(module.name)
        [getattr(names, name) for name in getattr(names, "__all__", ())]
exec("from hcs import *")
print(*sorted({name.partition(".")[0] for name in sys.modules} & set(sys.argv[1:])))
"""
    web = ("panel", "bokeh", "holoviews", "tornado", "sqlalchemy", "pandas", "PIL")
    assert run_alone(site, site.parent, "-c", code, *web) == [""]


def test_library_alone_runs_the_python_of_the_readme(
    site: Path, tmp_path: Path
) -> None:
    code = "".join(
        b.text for b in blocks(_ROOT / "README.md") if b.language == "python"
    )
    (tmp_path / "readme.py").write_text(code)
    run_alone(site, tmp_path, "readme.py")


_WALK = """
import contextlib, io, json, sys
from hcs import make_demo_plate
from hcs.cli import main, parser

make_demo_plate("p.ome.zarr", rows=1, columns=2, fields=1, shape=(64, 64))
ended = []
for line in json.loads(sys.argv[1]):
    errors = io.StringIO()
    with contextlib.redirect_stderr(errors), contextlib.redirect_stdout(io.StringIO()):
        code = main(line)
    ended.append((code, errors.getvalue()))
commands = parser()._subparsers._group_actions[0].choices
print(json.dumps({"ended": ended, "commands": [*commands]}))
"""
_PATTERN = ("--pattern", "{well}_{channel}.tif")
_WORK = (
    ("info", "p.ome.zarr"),
    ("validate", "p.ome.zarr"),
    ("measure", "p.ome.zarr", "-o", "p.csv"),
    ("pack", "p.ome.zarr", "p.ozx"),
    ("unpack", "p.ozx", "u.ome.zarr"),
    ("convert", "p.ome.zarr", "c.ome.zarr", "--version", "0.4"),
    ("history", "p.ome.zarr"),
    ("settle", "p.ome.zarr"),
    ("recover", "p.ome.zarr"),
    ("purge", "p.ome.zarr"),
    ("demo", "d.ozx", "--rows", "1", "--columns", "2", "--fields", "1"),
)
_LACK = {
    ("import", "exported", "i.ome.zarr", *_PATTERN): "importing",
    ("import", "png", "i.ome.zarr", "--pattern", "{well}_{channel}.png"): "importing",
    ("correct", "p.ome.zarr", "exported/A01_DNA.tif", "--reason", "r"): "importing",
    ("measure", "p.ome.zarr", "-o", "q.parquet"): "parquet",
    ("measure", "p.ome.zarr", "-o", "q.csv", "--scheduler", "tcp://[::1]:1"): "cluster",
    ("info", "https://[::1]:1/p.ome.zarr"): "remote",
    ("revert", "s3://bucket/p.ome.zarr", "A01", "0", "--reason", "r"): "remote",
}


def _lay_out(folder: Path) -> None:
    plane = np.zeros((32, 32), "u1")
    for name in ("exported", "png"):
        (folder / name).mkdir()
    tifffile.imwrite(folder / "exported" / "A01_DNA.tif", plane)
    Image.fromarray(plane).save(folder / "png" / "A01_DNA.png")


def test_each_command_of_the_library_alone_works_or_names_its_extra(
    site: Path, tmp_path: Path
) -> None:
    _lay_out(tmp_path)
    lines = [*_WORK, *_LACK]
    (text,) = run_alone(site, tmp_path, "-c", _WALK, json.dumps(lines))
    walked: dict[str, Any] = json.loads(text)
    assert {line[0] for line in lines} == set(walked["commands"])
    for line, (code, error) in zip(lines, walked["ended"], strict=True):
        if line in _LACK:
            assert code == 1, line
            assert f"pip install 'hcs-dashboard[{_LACK[line]}]'" in error
            assert error.count("\n") == 1, error
        else:
            assert (code, error) == (0, ""), line
    assert [path.name for path in tmp_path.glob("[iq].*")] == [], "half a result"


def test_functions_of_the_library_alone_name_their_extra(
    site: Path, tmp_path: Path
) -> None:
    _lay_out(tmp_path)
    with zipfile.ZipFile(tmp_path / "map.xlsx", "w") as workbook:
        workbook.writestr("xl/workbook.xml", "<workbook/>")
    code = """
import hcs, hcs.tables
hcs.make_demo_plate("p.ome.zarr", rows=1, columns=1, fields=1, shape=(64, 64))
plate = hcs.from_hcs_zarr("p.ome.zarr")
image = plate.get_well("A", "1").get_image(0)
for call in (
    lambda: hcs.read_image_file("exported/A01_DNA.tif"),
    lambda: hcs.read_image_file("png/A01_DNA.png"),
    lambda: hcs.read_image_file(b"\\xff\\xd8\\xff", name="a.jpg"),
    lambda: hcs.import_plate("exported", "i", pattern="{well}_{channel}.tif"),
    lambda: hcs.read_plate_map("map.xlsx"),
    lambda: hcs.from_hcs_zarr("https://[::1]:1/p.ome.zarr"),
    image.images[0].to_dask,
    image.to_xarray,
    plate.to_xarray,
    hcs.tables.result_table([{"Metadata_Well": "A01"}]).to_pandas,
    lambda: hcs.tables.check_target("t.parquet"),
):
    try:
        call()
    except hcs.MissingExtraError as error:
        print(error)
"""
    said = run_alone(site, tmp_path, "-c", code)
    named = [line.split("hcs-dashboard[")[1].split("]")[0] for line in said]
    tables = ["pandas", "parquet"]
    assert named == [*["importing"] * 4, "excel", "remote", *["xarray"] * 3, *tables]


def test_page_is_named_by_its_own_command_and_functions_where_it_is_missing(
    site: Path, tmp_path: Path
) -> None:
    script = site / "bin" / "hcs-dashboard"
    for line in ([], ["p.ome.zarr"], ["user", "list", "--users", "u"], ["--demo"]):
        (said,) = run_alone(site, tmp_path, script, *line, code=1)
        assert "pip install 'hcs-dashboard[page]'" in said
    assert list(tmp_path.iterdir()) == []
    assert "serve" in "".join(run_alone(site, tmp_path, script, "--help"))
    for code, subject in (
        ("import dashboard; dashboard.read_qc('p.ome.zarr')", "read_qc()"),
        ("import dashboard; dashboard.show('p.ome.zarr')", "dashboard.show"),
        ("import dashboard.plots", "dashboard.plots"),
        ("import dashboard.components", "dashboard.components"),
    ):
        said = run_alone(site, tmp_path, "-c", code, code=1)[-1]
        assert said.startswith(f"hcs.errors.MissingExtraError: {subject} needs the ")
