"""The root of a store: find out what it holds, and ask the rules for that."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from hcs.errors import HCSError, UnsupportedVersionError
from hcs.ngff.document import parse_json
from hcs.ngff.envelope import VERSIONS, known_version, named_version
from hcs.rules.problem import Problem, show
from hcs.validation.documents import DocumentReader, unreadable
from hcs.wording import some

if TYPE_CHECKING:
    from collections.abc import Callable

    from hcs.stores.store import PlateStore

_ZARR_FORMATS = {"zarr.json": 3, ".zattrs": 2}
_KEYS = ("plate", "well", "multiscales", "labels")
_VERSION = re.compile(r"\d+\.\d+")


def validate_store(
    store: PlateStore, pixels: bool, progress: Callable[[int, int], None] | None
) -> list[Problem]:
    """Return everything that is wrong with an open store; see `hcs.validate`."""
    problems: list[Problem] = []
    attributes, zarr_format = _root(store, problems)
    version = None
    if attributes is not None and zarr_format is not None:
        version = _version(attributes, zarr_format, problems)
    problems += _archive(store, version)
    if version is not None:
        documents = DocumentReader(store, version, pixels=pixels)
        problems += _hierarchy(documents, attributes, progress)
    return problems


def _root(store: PlateStore, problems: list[Problem]) -> tuple[Any, int | None]:
    """Return the attributes of the root and the Zarr format that it is written in."""
    candidates: list[tuple[Any, int]] = []
    for name, zarr_format in _ZARR_FORMATS.items():
        try:
            data = store.read(name)
            if data is not None:
                document = parse_json(data, name)
                inside = (
                    document if zarr_format == 2 else document.get("attributes", {})
                )
                candidates.append((inside, zarr_format))
        except HCSError as error:
            problems.append(unreadable(name, error))
            return None, None
    if not candidates:
        _nothing(store, problems)
        return None, None
    # As the reader does: the one with NGFF keys, the newer where both have them.
    chosen = next(
        (candidate for candidate in candidates if _has_ngff(candidate[0])),
        candidates[0],
    )
    if len(candidates) > 1:
        text = (
            f"Both zarr.json and .zattrs are there; what was judged is that of Zarr "
            f"v{chosen[1]}."
        )
        problems.append(
            Problem("store-mixed-formats", "error", "", text, "Zarr metadata")
        )
    return chosen


def _has_ngff(attributes: Any) -> bool:
    keys = attributes if isinstance(attributes, dict) else {}
    return "ome" in keys or any(key in keys for key in _KEYS)


def _nothing(store: PlateStore, problems: list[Problem]) -> None:
    text = (
        f"Neither zarr.json nor .zattrs is there; {store.location} holds no OME-Zarr, "
        f"or it begins in a folder below."
    )
    problems.append(Problem("store-empty", "error", "", text, "Zarr metadata"))


def _version(attributes: Any, zarr_format: int, problems: list[Problem]) -> str | None:
    """Return the version to judge by; report where none that is known is stated."""
    stated = named_version(attributes) if isinstance(attributes, dict) else None
    guess = "0.4" if zarr_format == 2 else _guess(attributes)
    if stated is None:
        return guess
    clause = f"NGFF {guess} metadata"
    try:
        version = known_version(stated, "")
    except UnsupportedVersionError:
        other = isinstance(stated, str) and _VERSION.match(stated) is not None
        then = "what it says is not judged" if other else f"judged as {guess}"
        text = f"Found version {show(stated)}; known are {some(VERSIONS)}; {then}."
        problems.append(Problem("version-unknown", "error", "", text, clause))
        return None if other else guess
    if (version == "0.4") == (zarr_format == 2):
        return version
    text = (
        f"Version {stated!r} in Zarr v{zarr_format}; 0.4 must be Zarr v2, later ones "
        f"Zarr v3."
    )
    problems.append(Problem("version-zarr-format", "error", "", text, clause))
    return guess


def _guess(attributes: Any) -> str:
    # A MUST is broken, which the rules say; only 0.6 has coordinate systems.
    return "0.6" if "'coordinateSystems'" in repr(attributes) else "0.5"


def _archive(store: PlateStore, version: str | None) -> list[Problem]:
    from hcs.rules.archive import archive_problems
    from hcs.validation.listing import listing

    archive = listing(store)
    return [] if archive is None else archive_problems(archive, version)


def _hierarchy(
    documents: DocumentReader,
    attributes: Any,
    progress: Callable[[int, int], None] | None,
) -> list[Problem]:
    """Ask for what the keys of the root announce."""
    from hcs.validation import image, plate

    holder = attributes
    if documents.version != "0.4" and isinstance(attributes, dict):
        holder = attributes.get("ome", attributes)
    keys = holder if isinstance(holder, dict) else {}
    if "multiscales" in keys and "plate" not in keys:
        return image.lone_image_problems(documents, attributes)
    problems = documents.groups([""])[0].problems
    if "plate" in keys:
        return problems + plate.plate_problems(documents, attributes, progress)
    if "bioformats2raw.layout" in keys:
        return problems + image.collection_problems(documents, keys)
    if "well" in keys:
        return problems + plate.lone_well_problems(documents, attributes)
    if "labels" in keys:
        return problems + image.labels_only_problems(documents, attributes)
    text = (
        "Found none of 'plate', 'well', 'multiscales', 'labels'; one must be there"
        f"{_misplaced(attributes, documents.version)}."
    )
    section = f"NGFF {documents.version} metadata"
    return [*problems, Problem("store-not-ngff", "error", "", text, section)]


def _misplaced(attributes: Any, version: str) -> str:
    """Return the end of a sentence where a key stands at another version's place."""
    if not isinstance(attributes, dict):
        return ""
    where, expected = attributes.get("ome"), "at the top"
    if version != "0.4":
        where, expected = attributes, "under 'ome'"
    misplaced = [key for key in _KEYS if isinstance(where, dict) and key in where]
    return f" {expected} (found {misplaced[0]!r} elsewhere)" if misplaced else ""
