"""What each cell of the tables is expected to be where it is not "ok", and why.

A cell that no longer is as it is written here fails as well: what a library has learnt
should be known.
"""

from __future__ import annotations

_VERSION = "the library does not know this version of the specification"
_ARCHIVE = "the library opens no .ozx files"
_MOVED = (
    "until a correction is settled, both versions are groups of the well (decision 6)"
)
_FIRST = (
    "the reader takes the path of the first well's first field for all wells, and that "
    "is another until the correction of that field is settled (decision 6)"
)
_NAMELESS = "the library writes no names of channels"

_OURS = {
    ("0.6", "iohub"): ("refuses: ValidationError", _VERSION),
    ("0.6", "ngio"): ("refuses: NgioValidationError", _VERSION),
    ("0.6", "yaozarrs"): ("refuses: NotImplementedError", _VERSION),
    (".ozx", "zarr groups"): (
        "refuses: GroupNotFoundError",
        "zarr opens archives by a ZipStore only",
    ),
    (".ozx", "ngio"): ("refuses: NgioFileNotFoundError", _ARCHIVE),
    (".ozx", "ome-zarr wells"): ("refuses: AttributeError", _ARCHIVE),
    (".ozx", "ome-zarr plate"): ("refuses: AssertionError", _ARCHIVE),
    (".ozx", "napari plate"): ("refuses: AssertionError", _ARCHIVE),
    (".ozx", "models"): ("refuses: GroupNotFoundError", _ARCHIVE),
    (".ozx", "yaozarrs"): ("refuses: FileNotFoundError", _ARCHIVE),
    (".ozx", "ome-zarr-io"): ("refuses: ValidationError", _ARCHIVE),
}

_THEIRS = {
    ("ome-zarr", "read"): ("channels ('Channel 0', 'Channel 1')", _NAMELESS),
    ("ngff-zarr", "read"): ("channels ('Channel 0', 'Channel 1')", _NAMELESS),
}


def of_ours(plate: str, library: str) -> tuple[str, str]:
    """Return how a cell begins, and why; for "ok" there is no reason."""
    if library == "ome-zarr-io" and not plate.endswith(("0.5", ".ozx")):
        return "refuses: ValidationError", "ome-zarr-io reads version 0.5 only"
    if plate.startswith("unsettled"):
        if library in ("zarr groups", "iohub"):
            return "10 positions of 8", _MOVED
        if library in ("ome-zarr plate", "napari plate"):
            return "zeros in A/2/0", _FIRST
    form = plate.rpartition(" ")[2]
    return _OURS.get((form, library), ("ok", ""))


def of_theirs(plate: str, act: str) -> tuple[str, str]:
    """Return the same for a plate of another library, called ``library-version``."""
    return _THEIRS.get((plate.rpartition("-")[0], act), ("ok", ""))
