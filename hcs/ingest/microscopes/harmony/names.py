"""Names of images, folders and documents that Harmony and Columbus write."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from hcs.ingest.names import NamePart, NameParts, name_part
from hcs.spellings import named_well

if TYPE_CHECKING:
    from hcs.ingest.sources import ExportFile

INDICES: Final = (
    "index.idx.xml",
    "index.xml",
    "index.ref.xml",
    "imageindex.columbusidx.xml",
)
"""Names of the index in lower case; where several lie together, the first counts."""

_NAME = re.compile(
    r"(?:flex_)?r(?P<row>[0-9]{2})c(?P<column>[0-9]{2})f(?P<field>[0-9]{2,4})"
    r"p(?P<plane>[0-9]{2,4})(?:rc[0-9]+)?-ch(?P<channel>[0-9]{1,2})"
    r"(?:sk(?P<slow>[0-9]{1,5})fk(?P<fast>[0-9]{1,5})fl[0-9]{1,5}|t(?P<time>[0-9]{1,5}))"
    r"\.tiff?",
    re.IGNORECASE | re.ASCII,
)
_CORRECTED_FOLDER: Final = "flex"
_IMAGES_FOLDER: Final = "images"


def name_parts(base: str) -> NameParts | None:
    """Return what the name of an image says, or None where it is none of Harmony's.

    ``sk`` is the time point; where a fast series (``fk``) was taken it counts within.
    Harmony 5.1 and later write ``t`` in place of both into corrected images.
    """
    match = _NAME.fullmatch(base)
    if match is None or int(match["row"]) < 1 or int(match["column"]) < 1:
        return None
    return NameParts(
        well=(int(match["row"]) - 1, int(match["column"]) - 1),
        field=name_part(match["field"], f"f{match['field']}"),
        channel=name_part(match["channel"], f"ch{match['channel']}"),
        z=name_part(match["plane"], f"p{match['plane']}"),
        t=_time(match),
    )


def _time(match: re.Match[str]) -> NamePart:
    if match["time"]:
        return name_part(match["time"], f"t{match['time']}")
    slow, fast = int(match["slow"]), int(match["fast"])
    if fast > 1:
        return NamePart((0, slow, f"fk{fast:05d}"), f"sk{slow}fk{fast}")
    return name_part(match["slow"], f"sk{match['slow']}")


def is_index(file: ExportFile) -> bool:
    """Return whether a file is an index by its name."""
    return file.base.lower() in INDICES


def is_profile_document(file: ExportFile) -> bool:
    """Return whether a file holds flat-field profiles, as earlier exports have them."""
    folder = file.folder.rpartition("/")[2].lower()
    return folder == "ffc_profile" and file.base.lower().endswith(".xml")


def is_corrected(file: ExportFile) -> bool:
    """Return whether a file is of Harmony's flat-field corrected copies.

    Its export script puts them into a folder ``flex`` and their names begin with
    ``flex_`` unless that was switched off.
    """
    folder = file.folder.rpartition("/")[2].lower()
    return file.base.lower().startswith("flex_") or folder == _CORRECTED_FOLDER


def measurement_folder(folder: str, parts: NameParts | None) -> str:
    """Return the folder of a measurement, from that of an image or of an index.

    Within it are ``Images``, that of corrected copies, and that of a single well, which
    `parts` are to name.
    """
    parent, _, last = folder.rpartition("/")
    if last.lower() == _CORRECTED_FOLDER:
        return measurement_folder(parent, None)
    if _names_well(last, parts):
        folder = parent
    parent, _, last = folder.rpartition("/")
    return parent if last.lower() == _IMAGES_FOLDER else folder


def _names_well(text: str, parts: NameParts | None) -> bool:
    well = named_well(text)
    return well is not None and parts is not None and well == parts.well


def lies_within(file: ExportFile, folder: str) -> bool:
    """Return whether a document may be of the measurement in a folder.

    Its own folder (``Assaylayout``) is in that one, or in one around it.
    """
    parent = file.folder.rpartition("/")[0]
    return not parent or folder == parent or folder.startswith(f"{parent}/")


def plate_name(folder: str, images: str, name: str) -> str:
    """Return a plate's name from its folders: Harmony puts images into ``Images``.

    Parameters
    ----------
    folder, images
        Of the measurement, and of an image.
    name
        Of the source.
    """
    nested = images.removeprefix(f"{folder}/").lower().startswith(_IMAGES_FOLDER)
    return folder.rpartition("/")[2] if folder and nested else name
