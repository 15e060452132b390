"""Fixtures that every kind of test may use."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests import plates

ROOT = Path(__file__).resolve().parent.parent

# Stores on a shared machine are slow at times; a slow example is no failure.
settings.register_profile(
    "hcs", deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("hcs")


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Return the folder of real microscope files that lies beside the repository."""
    folder = ROOT.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip(f"no real microscope files at {folder}")
    return folder


@pytest.fixture
def plate_path(tmp_path: Path) -> Path:
    """Return a plate of its own for the test: 2 x 3 wells, 2 fields, 2 channels."""
    return plates.make(tmp_path / "plate.ome.zarr", fields=2)
