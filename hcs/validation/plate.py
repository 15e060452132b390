"""Plates: the wells that the plate lists, the fields that they list, and the rest."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeGuard

from hcs.ngff.names import is_safe_name, join
from hcs.rules.extension import (
    history_paths,
    is_incomplete,
    plate_notes,
    well_notes,
)
from hcs.rules.plate import plate_problems as document_problems
from hcs.rules.problem import OURS, Problem, is_integer
from hcs.rules.well import PlateContext, listed_fields, well_problems
from hcs.validation.documents import DocumentReader, Group
from hcs.validation.image import (
    ImageReport,
    check_images,
    collection_header_problems,
)
from hcs.wording import some

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

_BATCH = 64
"""Wells read in one round; bounds memory, and suits stores that answer slowly."""

_SECTION = "hcs-layout"


@dataclass(slots=True)
class _PlateWalk:
    """What is learned on the way through a plate."""

    documents: DocumentReader
    context: PlateContext
    plate: dict[str, Any]
    problems: list[Problem] = field(default_factory=list)
    present: list[str] = field(default_factory=list)
    """Wells whose document is there."""

    layouts: dict[str, tuple[object, ...]] = field(default_factory=dict)
    """Axes, shape and data type of each field that could be read, by its path."""

    largest: tuple[int, str] = (0, "")
    """Most fields that a well lists, and that well."""

    def add(
        self, rule: str, location: str, message: str, section: str = _SECTION
    ) -> None:
        clause = f"NGFF {self.documents.version} {section}"
        self.problems.append(Problem(rule, "error", location, message, clause))

    def warn(
        self, rule: str, location: str, message: str, section: str = _SECTION
    ) -> None:
        clause = section
        if section != OURS:
            clause = f"NGFF {self.documents.version} {section}"
        self.problems.append(Problem(rule, "warning", location, message, clause))


def plate_problems(
    documents: DocumentReader,
    attributes: Any,
    progress: Callable[[int, int], None] | None = None,
) -> list[Problem]:
    """Return what is wrong with a plate: its document, its wells, its fields."""
    keys = attributes
    if documents.version != "0.4":
        keys = attributes.get("ome", {})
    plate = keys.get("plate")
    plate = plate if isinstance(plate, dict) else {}
    walk = _PlateWalk(documents, PlateContext.of(plate), plate)
    walk.problems += document_problems(attributes, documents.version)
    if "bioformats2raw.layout" in keys:
        walk.problems += collection_header_problems(documents, keys)
    walk.problems += plate_notes(attributes)
    paths = _listed_wells(plate)
    for start in range(0, len(paths), _BATCH):
        _check_wells(walk, paths[start : start + _BATCH])
        if progress is not None:
            progress(min(start + _BATCH, len(paths)), len(paths))
    _check_rows(walk)
    _check_unlisted(walk, paths)
    _check_field_count(walk)
    _check_layouts(walk)
    return walk.problems


def lone_well_problems(documents: DocumentReader, attributes: Any) -> list[Problem]:
    """Return what is wrong with a store that holds one well."""
    walk = _PlateWalk(documents, PlateContext(), {})
    group = Group("", attributes, present=True)
    walk.problems += well_problems(attributes, documents.version)
    _check_fields(walk, [group])
    return walk.problems


def _listed_wells(plate: dict[str, Any]) -> list[str]:
    """Return the paths of wells that may be looked at, in order, each once."""
    wells = plate.get("wells")
    paths = [
        well.get("path")
        for well in (wells if isinstance(wells, list) else ())
        if isinstance(well, dict)
    ]
    return list(dict.fromkeys(path for path in paths if _is_well_path(path)))


def _is_well_path(path: object) -> TypeGuard[str]:
    if not isinstance(path, str):
        return False
    parts = path.split("/")
    return len(parts) == 2 and all(is_safe_name(part) for part in parts)


# -- wells and fields ------------------------------------------------------------------


def _check_wells(walk: _PlateWalk, paths: Sequence[str]) -> None:
    groups = walk.documents.groups(paths)
    for group in groups:
        if group.absent:
            _report_absent(walk, group.path)
            continue
        walk.problems += group.problems
        if group.present:
            walk.present.append(group.path)
            walk.problems += well_problems(
                group.attributes, walk.documents.version, group.path, walk.context
            )
            walk.problems += well_notes(
                group.attributes, walk.documents.version, group.path
            )
    _check_fields(walk, [group for group in groups if group.present])


def _report_absent(walk: _PlateWalk, path: str) -> None:
    version = walk.documents.version
    other = "zarr.json" if version == "0.4" else ".zattrs"
    if walk.documents.exists([join(path, other)])[0]:
        text = (
            f"There is {other}, of another Zarr format; version {version} is Zarr "
            f"v{2 if version == '0.4' else 3} throughout."
        )
        walk.add("well-zarr-format", path, text)
    elif any(is_safe_name(name) for name in walk.documents.children(path)):
        name = ".zattrs" if version == "0.4" else "zarr.json"
        text = f"Something is there, but no {name} that says which fields it has."
        walk.add("well-document-missing", path, text)
    else:
        # Plates are listed before they are filled, and copied in part; the text does
        # not say that a listed well must be there.
        text = "The plate lists this well, but no group is there."
        walk.warn("well-missing", path, text)


def _check_fields(walk: _PlateWalk, wells: Sequence[Group], tries: int = 3) -> None:
    version = walk.documents.version
    listed: dict[str, str] = {}
    for well in wells:
        fields = listed_fields(well.attributes, version)
        if len(fields) > walk.largest[0]:
            walk.largest = (len(fields), well.path)
        listed |= {join(well.path, name): well.path for name in fields}
    reports = check_images(walk.documents, list(listed))
    moved: dict[str, Group] = {}
    if tries > 1:
        doubtful = {listed[report.path] for report in reports if report.has_errors}
        moved = _moved(walk, [well for well in wells if well.path in doubtful])
    for well in wells:
        if well.path not in moved:
            fields = listed_fields(well.attributes, version)
            _check_unlisted_fields(walk, well, set(fields))
    for report in reports:
        if listed[report.path] not in moved:
            _collect(walk, report)
    if moved:
        _check_fields(walk, list(moved.values()), tries - 1)


def _moved(walk: _PlateWalk, wells: Sequence[Group]) -> dict[str, Group]:
    """Return those wells, read again, that have changed since they were read.

    While a field is corrected or settled, what an earlier document lists may be gone.
    """
    again = walk.documents.groups([well.path for well in wells]) if wells else []
    return {
        now.path: now
        for before, now in zip(wells, again, strict=True)
        if now.present and now.attributes != before.attributes
    }


def _collect(walk: _PlateWalk, report: ImageReport) -> None:
    if report.absent:
        text = "The well lists this field, but no image is there."
        walk.add("image-missing", report.path, text, "well-md")
    walk.problems += report.problems
    if report.layout is not None:
        walk.layouts[report.path] = report.layout


def _check_unlisted_fields(walk: _PlateWalk, well: Group, fields: set[str]) -> None:
    """Report groups in a well that neither its list nor its history knows."""
    known = fields | history_paths(well.attributes)
    extra = _unlisted_groups(walk.documents, well.path, known)
    if not extra:
        return
    groups = walk.documents.groups([join(well.path, name) for name in extra])
    staged = [
        name
        for name, group in zip(extra, groups, strict=True)
        if is_incomplete(group.attributes)
    ]
    if staged:
        text = (
            f"Found {some(staged)}, incomplete: being written or removed at this "
            f"moment, or left by an interruption; then `hcs recover` removes it."
        )
        walk.warn("hcs-incomplete", well.path, text, OURS)
    others = [name for name in extra if name not in staged]
    if others:
        text = f"Found {some(others)}, neither listed nor in the history of the well."
        walk.warn("well-image-unlisted", well.path, text, OURS)


def _unlisted_groups(
    documents: DocumentReader, path: str, known: set[str]
) -> list[str]:
    """Return the names below a path that hold attributes but are not known."""
    candidates = [
        name
        for name in documents.children(path)
        if name not in known and is_safe_name(name) and not name.startswith(".")
    ]
    if not candidates:
        return []
    name = "zarr.json" if documents.version != "0.4" else ".zattrs"
    present = documents.exists([join(path, f"{child}/{name}") for child in candidates])
    return [child for child, exists in zip(candidates, present, strict=True) if exists]


# -- the plate as a whole --------------------------------------------------------------


def _check_rows(walk: _PlateWalk) -> None:
    rows = list(dict.fromkeys(path.split("/")[0] for path in walk.present))
    marker = ".zgroup" if walk.documents.version == "0.4" else "zarr.json"
    there = walk.documents.exists([join(row, marker) for row in rows])
    for row, exists in zip(rows, there, strict=True):
        if not exists:
            text = f"There are wells below, but no {marker}; a row must be a group."
            walk.add("row-missing", row, text)


def _check_unlisted(walk: _PlateWalk, listed: Iterable[str]) -> None:
    """Report rows and wells that are there though the plate lists no such well."""
    documents = walk.documents
    by_row: dict[str, set[str]] = {}
    for path in listed:
        row, _, column = path.partition("/")
        by_row.setdefault(row, set()).add(column)
    rows = _names(walk.plate, "rows")
    for row in documents.children(""):
        if row in by_row:
            extra = _unlisted_groups(documents, row, by_row[row])
        elif row in rows:
            extra = _unlisted_groups(documents, row, set())
            if not extra and documents.exists([join(row, _marker(documents))])[0]:
                text = "A row without wells; its group should not be there."
                walk.warn("row-empty", row, text)
        else:
            continue
        for column in extra:
            _report_unlisted(walk, f"{row}/{column}")


def _marker(documents: DocumentReader) -> str:
    return ".zgroup" if documents.version == "0.4" else "zarr.json"


def _report_unlisted(walk: _PlateWalk, path: str) -> None:
    group = walk.documents.groups([path])[0]
    fields = listed_fields(group.attributes, walk.documents.version)
    if fields:
        text = (
            f"A well of {len(fields)} fields is there, but the plate does not list it."
        )
        walk.warn("well-unlisted", path, text, OURS)
    else:
        text = "A well without images; its group should not be there."
        walk.warn("well-empty", path, text)


def _names(plate: dict[str, Any], key: str) -> set[str]:
    lines = plate.get(key)
    return {
        line["name"]
        for line in (lines if isinstance(lines, list) else ())
        if isinstance(line, dict) and isinstance(line.get("name"), str)
    }


def _check_field_count(walk: _PlateWalk) -> None:
    stated, (largest, well) = walk.plate.get("field_count"), walk.largest
    if is_integer(stated) and 0 < stated < largest:
        stated = _field_count_now(walk)  # it is raised while fields are added
    if is_integer(stated) and 0 < stated < largest:
        text = f"field_count is {stated}, but well {well} lists {largest} fields."
        at = "plate.field_count"
        if walk.documents.version != "0.4":
            at = f"ome.{at}"
        walk.add("plate-field-count-exceeded", at, text, "plate-md")


def _field_count_now(walk: _PlateWalk) -> object:
    value: Any = walk.documents.groups([""])[0].attributes
    for key in ("plate",) if walk.documents.version == "0.4" else ("ome", "plate"):
        value = value.get(key) if isinstance(value, dict) else None
    return value.get("field_count") if isinstance(value, dict) else None


def _check_layouts(walk: _PlateWalk) -> None:
    """Report fields that are laid out unlike most others."""
    counts = Counter(walk.layouts.values())
    if len(counts) < 2:
        return
    usual, count = counts.most_common(1)[0]
    for path, layout in walk.layouts.items():
        for what, value, most in zip(
            ("axes", "shape", "dtype"), layout, usual, strict=True
        ):
            if value != most:
                text = f"Found {value}; {count} of {len(walk.layouts)} fields: {most}."
                walk.warn(f"fields-{what}-differ", path, text, OURS)
