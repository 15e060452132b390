"""Tables that ngio and Fractal's tools keep inside plates: read, and put to use."""

from __future__ import annotations

import csv
import io
import json
import threading
import warnings
import zipfile
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import zarr

from hcs import from_hcs_zarr
from hcs.errors import CorruptDataError, NotFoundError, UnsafeDataError
from hcs.plates import (
    feature_tables,
    field_features,
    field_regions,
    field_tables,
    plate_tables,
)
from hcs.stores.directory import DirectoryStore
from hcs.tables.text_cells import read_text
from tests import plates
from tests.integration.serving import service, surveyed, wait_for

if TYPE_CHECKING:
    from pathlib import Path

FORMATS = {"0.4": 2, "0.5": 3}
every_format = pytest.mark.parametrize("version", FORMATS)
every_backend = pytest.mark.parametrize("backend", ["anndata", "csv", "parquet"])

AREAS = {"label": [1, 2, 3], "area": [10.0, 30.0, 20.0], "mean": [1.5, np.nan, 2.5]}
CONDITIONS = {
    "row": ["A", "A"],
    "column": [1, 2],
    "drug": ["none", "taxol"],
    "dose": [0.0, 2.5],
}


def add_table(
    group: Path, version: str, name: str, kind: str, index: str, columns, backend: str
) -> None:
    """Write a table as ngio does: AnnData's layout, or a file in a group."""
    form = FORMATS[version]
    tables = zarr.open_group(str(group / "tables"), mode="a", zarr_format=form)
    tables.attrs["tables"] = [*tables.attrs.get("tables", []), name]
    root = tables.create_group(name)
    root.attrs.update(
        {"type": kind, "table_version": "1", "backend": backend, "index_key": index}
    )
    if backend == "csv":
        text = io.StringIO()
        writer = csv.writer(text)
        writer.writerow(columns)
        for row in zip(*columns.values(), strict=True):
            writer.writerow(["" if cell != cell else cell for cell in row])
        (group / "tables" / name / "table.csv").write_text(text.getvalue())
    elif backend == "parquet":
        import pyarrow
        from pyarrow import parquet

        parquet.write_table(
            pyarrow.table(columns), group / "tables" / name / "table.parquet"
        )
    else:
        _add_anndata(root, index, columns)


def _add_anndata(root: zarr.Group, index: str, columns) -> None:
    root.attrs.update({"encoding-type": "anndata", "encoding-version": "0.1.0"})
    rows = [str(cell) for cell in columns.get(index, range(2))]
    others = {name: cells for name, cells in columns.items() if name != index}
    texts = {n: c for n, c in others.items() if isinstance(c[0], str)}
    numbers = {n: c for n, c in others.items() if n not in texts}
    matrix = np.array(list(numbers.values()), float).T
    root.create_array("X", data=matrix)
    for name, names, cells in (("obs", rows, texts), ("var", list(numbers), {})):
        frame = root.create_group(name)
        frame.attrs.update(
            {
                "encoding-type": "dataframe",
                "_index": index if name == "obs" else "_index",
                "column-order": list(cells),
            }
        )
        _add_text(frame, index if name == "obs" else "_index", names)
        for column, values in cells.items():
            # As pandas keeps what repeats.
            kinds = sorted(set(values))
            group = frame.create_group(column)
            group.attrs.update({"encoding-type": "categorical", "ordered": False})
            _add_text(group, "categories", kinds)
            codes = np.array([kinds.index(value) for value in values], "i1")
            group.create_array("codes", data=codes)


def _add_text(group: zarr.Group, name: str, values: list[str]) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        array = group.create_array(name, shape=(len(values),), dtype=str)
        array[...] = np.array(values, dtype=np.dtypes.StringDType())


def make(folder: Path, version: str, backend: str = "anndata") -> Path:
    path = plates.make(folder / "p.ome.zarr", rows=1, columns=2, version=version)
    feature = ("nuclei", "feature_table", "label", AREAS, backend)
    for well in ("A/1", "A/2"):
        add_table(path / well / "0", version, *feature)
    conditions = ("conditions", "condition_table", "index", CONDITIONS, backend)
    add_table(path, version, *conditions)
    return path


@every_format
@every_backend
def test_a_table_is_read_from_every_back_end(
    tmp_path: Path, version: str, backend: str
) -> None:
    with from_hcs_zarr(make(tmp_path, version, backend)) as plate:
        (field,) = plate.well("A1").fields
        tables = field_tables(field)
        assert list(tables) == ["nuclei"]
        table = tables["nuclei"]
        assert (table.kind, table.index, len(table)) == ("feature_table", "label", 3)
        assert [float(str(cell)) for cell in table.columns["label"]] == [1, 2, 3]
        assert list(table.columns["area"]) == [10.0, 30.0, 20.0]
        assert list(table.columns["mean"]) == [1.5, None, 2.5]
        assert [plate_tables(plate).kind(name) for name in plate_tables(plate)] == [
            "condition_table"
        ]
        with pytest.raises(NotFoundError, match="it lists nuclei"):
            tables["cells"]


@pytest.mark.parametrize("dtype", ["text", "<U5", "S3"])
@pytest.mark.parametrize(
    ("version", "shards"), [("0.4", False), ("0.5", False), ("0.5", True)]
)
def test_text_is_read_however_it_is_stored(
    tmp_path: Path, version: str, dtype: str, *, shards: bool
) -> None:
    words = ["a", "", "größe", "d", "e"] if dtype != "S3" else ["a", "", "b", "d", "e"]
    group = zarr.open_group(str(tmp_path), mode="w", zarr_format=FORMATS[version])
    kind = str if dtype == "text" else np.dtype(dtype)
    sizes = {"chunks": (2,), "shards": (4,)} if shards else {"chunks": (2,)}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        array = group.create_array("names", shape=(5,), dtype=kind, **sizes)
        array[...] = np.array(words, np.dtypes.StringDType() if kind is str else kind)
    name = ".zarray" if version == "0.4" else "zarr.json"
    document = json.loads((tmp_path / "names" / name).read_text())
    with DirectoryStore(tmp_path) as store:
        assert read_text(store, "names", document) == words


@every_format
@every_backend
def test_condition_tables_are_the_conditions_of_wells(
    tmp_path: Path, version: str, backend: str
) -> None:
    path = make(tmp_path, version, backend)
    with from_hcs_zarr(path) as plate:
        assert plate.conditions == {
            "A/1": {"drug": "none", "dose": 0.0},
            "A/2": {"drug": "taxol", "dose": 2.5},
        }
    with service(tmp_path / "w", path, measure=False) as made:
        overview = surveyed(made, path.name)
        assert set(overview.condition_names) == {"drug", "dose"}
        assert dict(overview.well("A2").conditions) == {"drug": "taxol", "dose": "2.5"}


class Slow(DirectoryStore):
    """A folder whose list of tables comes when somebody says so."""

    readers = 0
    go: threading.Event

    def read(self, key: str, *args: Any, **options: Any) -> bytes | None:
        if key == "tables/zarr.json":
            self.readers += 1
            assert self.go.wait(60)
        return super().read(key, *args, **options)


def test_who_asks_for_conditions_while_they_are_read_gets_them_too(
    tmp_path: Path,
) -> None:
    store = Slow(make(tmp_path, "0.5", "csv"))
    store.go = threading.Event()
    with from_hcs_zarr(store) as plate, ThreadPoolExecutor(2) as threads:
        first = threads.submit(lambda: plate.conditions)
        wait_for(lambda: store.readers == 1)
        second = threads.submit(lambda: plate.conditions)
        wait_for(lambda: second.done() or store.readers == 2)
        store.go.set()
        assert set(first.result()) == {"A/1", "A/2"}
        assert second.result() == first.result()


def test_what_an_import_wrote_of_wells_comes_before_tables(tmp_path: Path) -> None:
    own = {"columns": ["drug"], "wells": {"A/1": ["ours"]}}
    path = plates.make(
        tmp_path / "p.ome.zarr", rows=1, columns=2, annotations={"conditions": own}
    )
    table = ("conditions", "condition_table", "index", CONDITIONS, "csv")
    add_table(path, "0.5", *table)
    with from_hcs_zarr(path) as plate:
        assert plate.conditions == {"A/1": {"drug": "ours"}}


def test_our_own_verdicts_inside_a_plate_are_no_conditions(tmp_path: Path) -> None:
    from dashboard.exports.anndata_table import write_tables

    path = plates.make(tmp_path / "p.ome.zarr", rows=1, columns=2)
    with service(tmp_path / "w", path) as made:
        made.quality.measure(path.name)
        write_tables(made, path.name)
    with from_hcs_zarr(path) as plate:
        table = plate_tables(plate)["qc"]
        assert list(table.columns["Metadata_Well"]) == ["A01", "A02"]
        assert list(table.columns["ImageQuality_Mean_DNA"]) == [
            plates.value(column=column) for column in (0, 1)
        ]
        assert plate.conditions == {}


@every_format
def test_feature_tables_become_metrics_as_imported_ones_do(
    tmp_path: Path, version: str
) -> None:
    path = make(tmp_path, version)
    with from_hcs_zarr(path) as plate:
        assert feature_tables(plate) == ("nuclei",)
        assert field_features(plate, "nuclei").records()[0] == {
            "Metadata_Well": "A1",
            "Metadata_Site": "0",
            "nuclei_count": 3,
            "nuclei_area": 20.0,
            "nuclei_mean": 2.0,
        }
    key = path.name
    with service(tmp_path / "w", path) as made:
        surveyed(made, key)
        assert made.imports.tables_inside(key) == ("nuclei",)
        data = made.imports.read_inside(key, "nuclei")
        preview = made.imports.preview(key, data, "nuclei")
        assert (preview.wells, preview.missing) == (2, 0)
        columns = {column[0] for column in preview.columns}
        assert columns == {"nuclei_count", "nuclei_area", "nuclei_mean"}
        made.imports.take(key, data, "nuclei", columns, "Ada")
        values = made.quality.values(key, "imported:nuclei_area").wells
        assert {label: well.value for label, well in values.items()} == {
            "A1": 20.0,
            "A2": 20.0,
        }


REGIONS = {
    "FieldIndex": ["FOV_1"],
    "x_micrometer": [0.0],
    "y_micrometer": [0.0],
    "len_x_micrometer": [20.0],
    "len_y_micrometer": [16.0],
    "x_micrometer_original": [-100.0],
    "y_micrometer_original": [50.0],
}


@every_format
def test_tables_of_regions_say_where_fields_lie(tmp_path: Path, version: str) -> None:
    path = plates.make(
        tmp_path / "p.ome.zarr", rows=1, columns=1, fields=2, version=version
    )
    for name, shift in (("0", 0.0), ("1", 20.0)):
        regions = {**REGIONS, "x_micrometer_original": [shift - 100.0]}
        table = ("FOV_ROI_table", "roi_table", "FieldIndex", regions, "anndata")
        add_table(path / "A/1" / name, version, *table)
        drop_translations(path / "A/1" / name)
    with from_hcs_zarr(path) as plate:
        well = plate.well("A1")
        (region,) = field_regions(well.fields[1])
        assert (region.name, region.size) == ("FOV_1", (16.0, 20.0))
        assert region.stage == (50.0, -80.0)
        mosaic = well.mosaic()
        assert mosaic.translation == {"y": 50.0, "x": -100.0}
        scale = well.fields[0].image().images[0].scale["x"]
        pixel = np.asarray(mosaic.data)[0, round(20.0 / scale)]
        assert pixel == plates.value(field=1)
    with service(tmp_path / "w", path, measure=False) as made:
        surveyed(made, path.name)
        fields = made.plates.well(path.name, "A1").fields
        assert [field.translation[-2:] for field in fields] == [
            (50.0, -100.0),
            (50.0, -80.0),
        ]


def drop_translations(image: Path) -> None:
    for name in (".zattrs", "zarr.json"):
        if (image / name).is_file():
            document = json.loads((image / name).read_text())
            attributes = document.get("attributes", document)
            (scales,) = attributes.get("ome", attributes)["multiscales"]
            for dataset in scales["datasets"]:
                changes = dataset["coordinateTransformations"]
                dataset["coordinateTransformations"] = [
                    change for change in changes if change["type"] == "scale"
                ]
            (image / name).write_text(json.dumps(document))


def test_a_broken_or_unsafe_table_is_named_and_takes_nothing_down(
    tmp_path: Path,
) -> None:
    path = make(tmp_path, "0.4")
    group = path / "A/1/0/tables/nuclei"
    document = json.loads((group / "obs/label/.zarray").read_text())
    pickled = {**document, "filters": [{"id": "pickle"}]}
    (group / "obs/label/.zarray").write_text(json.dumps(pickled))
    (path / "tables/conditions/X/.zarray").write_text("{")
    with from_hcs_zarr(path) as plate:
        (field,) = plate.well("A1").fields
        with pytest.raises(UnsafeDataError, match="only booleans"):
            field_tables(field)["nuclei"]
        assert plate.conditions == {}
        assert len(field_features(plate, "nuclei").rows) == 1
        attributes = json.loads((group / ".zattrs").read_text())
        (group / ".zattrs").write_text(json.dumps({**attributes, "backend": "xml"}))
        (group / ".zattrs").write_text(
            json.dumps({**attributes, "encoding-type": "other", "backend": "xml"})
        )
        with pytest.raises(CorruptDataError, match="anndata, csv and parquet"):
            field_tables(field)["nuclei"]


def test_a_plate_of_fractals_tools_has_its_regions_read(
    tmp_path: Path, shared_data: Path
) -> None:
    source = shared_data / "fractal_plate_2D_labels_tables_v04" / "hcs_ngff_2D.zarr.zip"
    with zipfile.ZipFile(source) as archive:
        archive.extractall(tmp_path)
    with from_hcs_zarr(tmp_path / "hcs_ngff_2D.zarr") as plate:
        for field in plate.fields():
            assert set(field_tables(field)) == {"FOV_ROI_table", "well_ROI_table"}
            regions = field_regions(field)
            assert regions
            assert all(min(region.size) > 0 for region in regions)
