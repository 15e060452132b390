"""pycytominer, which profiles are made with, takes our tables as they are."""

from __future__ import annotations

import io
import warnings
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

import dashboard
from hcs import make_demo_plate
from hcs.cli import main

if TYPE_CHECKING:
    from pathlib import Path
    from types import ModuleType

# Of pandas 3, about an option that pycytominer sets when it is imported.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


@pytest.fixture(scope="module")
def cytominer() -> ModuleType:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import pycytominer
    return pycytominer


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("demo") / "demo.ome.zarr"
    make_demo_plate(path, rows=4, columns=6, fields=2, shape=(160, 160))
    return path


@pytest.fixture(scope="module")
def measured(demo: Path) -> pd.DataFrame:
    out = demo.parent / "measured.csv"
    # With a well that is listed and was not imaged, which is no failure.
    assert main(["measure", str(demo), "-o", str(out)]) == 0
    return pd.read_csv(out)


def test_fields_are_aggregated_to_wells_by_the_features_it_infers(
    measured: pd.DataFrame, cytominer: ModuleType
) -> None:
    wells = cytominer.aggregate(measured, image_features=True, operation="median")
    features = [name for name in measured if name.startswith("ImageQuality_")]
    assert set(features) <= set(wells)
    well = measured[measured["Metadata_Well"] == "A01"]
    name = "ImageQuality_Mean_DNA"
    means = wells.set_index("Metadata_Well")[name]
    assert means["A01"] == pytest.approx(np.median(well[name]))


def test_a_plate_map_is_joined_by_the_wells_names(
    measured: pd.DataFrame, cytominer: ModuleType
) -> None:
    wells = cytominer.aggregate(measured, image_features=True)
    platemap = pd.DataFrame({"well_position": ["A01", "B02"], "drug": ["x", "y"]})
    annotated = cytominer.annotate(
        wells,
        platemap,
        join_on=["Metadata_well_position", "Metadata_Well"],
        clean_cellprofiler=False,
    )
    drugs = annotated.set_index("Metadata_Well")["Metadata_drug"]
    assert dict(drugs) == {"A01": "x", "B02": "y"}


def test_wells_are_normalised_to_a_condition_and_keep_their_verdicts(
    demo: Path, cytominer: ModuleType
) -> None:
    qc = dashboard.read_qc(demo, workspace=demo.parent / "work", workers=0)
    wells = pd.read_csv(io.StringIO(qc.wells.csv()))
    roles = sorted(wells["Metadata_role"].dropna().unique())
    scaled = cytominer.normalize(
        wells,
        features="infer",
        image_features=True,
        samples=f"Metadata_role == '{roles[0]}' and Metadata_QCExclude == 0",
        method="mad_robustize",
    )
    controls = scaled[scaled["Metadata_role"] == roles[0]]["ImageQuality_Mean_DNA"]
    assert abs(np.nanmedian(controls)) < 1e-6
    assert {"Metadata_Verdict", "Metadata_role", "Metadata_Suspicion"} <= set(scaled)
    selected = cytominer.feature_select(
        scaled,
        features="infer",
        image_features=True,
        operation=["variance_threshold", "drop_na_columns", "correlation_threshold"],
    )
    left = [name for name in selected if name.startswith("ImageQuality_")]
    assert 0 < len(left) < len(qc.wells.features)
