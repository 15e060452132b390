"""Rules of the plate document: grid, wells, acquisitions."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from hcs.rules.document import container, version_of
from hcs.rules.problem import Findings, is_integer, show
from hcs.wording import some

if TYPE_CHECKING:
    from hcs.rules.problem import Problem

_SECTION = "plate-md"
_NAME = re.compile(r"[A-Za-z0-9]+")
_PATH = re.compile(r"([A-Za-z0-9]+)/([A-Za-z0-9]+)")


def plate_problems(attributes: Any, version: str, where: str = "") -> list[Problem]:
    """Return everything that is wrong with the attributes of a plate group.

    Parameters
    ----------
    attributes
        The attributes of the group, of any JSON type;
        see `hcs.ngff.document.document_attributes`.
    version
        NGFF version of the hierarchy: ``"0.4"``, ``"0.5"`` or ``"0.6"``.
    where
        Path of the group, to say where; empty for the root.

    Notes
    -----
    Linear in wells. That every row and column of the physical plate is defined (a MUST)
    cannot be seen in a document.
    """
    findings = Findings(version, where)
    holder = container(attributes, "plate", findings)
    if holder is None:
        return findings.problems
    plate, at = holder["plate"], "plate" if version == "0.4" else "ome.plate"
    if findings.object(plate, "plate-type", at, _SECTION):
        _check_plate(plate, at, findings)
    return findings.problems


def _check_plate(plate: dict[str, Any], at: str, findings: Findings) -> None:
    rows = _lines(plate, "rows", at, findings)
    columns = _lines(plate, "columns", at, findings)
    _wells(plate, rows, columns, at, findings)
    if "acquisitions" in plate:
        _acquisitions(plate["acquisitions"], f"{at}.acquisitions", findings)
    _scalars(plate, at, findings)


def _scalars(plate: dict[str, Any], at: str, findings: Findings) -> None:
    if "field_count" not in plate:
        findings.lacking("plate-field-count-missing", at, "field_count", _SECTION)
    else:
        findings.integer(
            plate["field_count"],
            "plate-field-count",
            f"{at}.field_count",
            _SECTION,
            minimum=1,
        )
    if "name" not in plate:
        findings.lacking("plate-name-missing", at, "name", _SECTION)
    else:
        findings.string(plate["name"], "plate-name", f"{at}.name", _SECTION)
    if "version" in plate:
        version_of(plate["version"], at, findings, _SECTION, what="plate")
    elif findings.version in ("0.4", "0.5"):
        # A SHOULD of 0.4. The text of 0.5 says MUST, but its schema does not ask for
        # it, and `ome.version` says the same.
        findings.lacking("plate-version-missing", at, "version", _SECTION)


# -- rows and columns ------------------------------------------------------------------


def _lines(
    plate: dict[str, Any], key: str, at: str, findings: Findings
) -> dict[str, int] | None:
    """Check rows or columns; return the index of each name, None where unreadable."""
    what = key[:-1]
    lines = _filled_array(plate, key, at, findings)
    if lines is None:
        return None
    index: dict[str, int] = {}
    for position, line in enumerate(lines):
        here = f"{at}.{key}[{position}]"
        if not findings.object(line, f"plate-{what}-type", here, _SECTION):
            continue
        if "name" not in line:
            findings.missing(f"plate-{what}-name-missing", here, "name", _SECTION)
            continue
        name, here = line["name"], f"{here}.name"
        if not findings.string(name, f"plate-{what}-name", here, _SECTION):
            continue
        if _NAME.fullmatch(name) is None:
            text = f"Found {show(name)}; allowed are letters A-Z, a-z and digits only."
            findings.error(f"plate-{what}-name", here, text, _SECTION)
        if name in index:
            text = f"Found {show(name)} a second time; names must be unique."
            findings.error(f"plate-{what}-duplicate", here, text, _SECTION)
        index.setdefault(name, position)
    _collisions(index, what, f"{at}.{key}", findings)
    return index


def _filled_array(
    plate: dict[str, Any], key: str, at: str, findings: Findings
) -> list[Any] | None:
    if key not in plate:
        findings.missing(f"plate-{key}-missing", at, key, _SECTION)
        return None
    values = plate[key]
    if not findings.array(values, f"plate-{key}-type", f"{at}.{key}", _SECTION):
        return None
    if not values:
        text = "Found none; at least one must be there."
        findings.error(f"plate-{key}-empty", f"{at}.{key}", text, _SECTION)
    return values  # type: ignore[no-any-return]


def _collisions(index: dict[str, int], what: str, at: str, findings: Findings) -> None:
    folded: dict[str, list[str]] = {}
    for name in index:
        folded.setdefault(name.casefold(), []).append(name)
    if len(folded) == len(index):
        return
    for names in folded.values():
        if len(names) > 1:
            text = (
                f"{some(names)} are one name where the file system does not tell upper "
                f"from lower case; avoid that."
            )
            findings.warning(f"plate-{what}-case", at, text, _SECTION)


# -- wells -----------------------------------------------------------------------------


def _wells(
    plate: dict[str, Any],
    rows: dict[str, int] | None,
    columns: dict[str, int] | None,
    at: str,
    findings: Findings,
) -> None:
    wells = _filled_array(plate, "wells", at, findings)
    if wells is None:
        return
    exchanged = (
        rows is not None and columns is not None and _exchanged(wells, rows, columns)
    )
    if exchanged:
        text = (
            "Rows and columns are exchanged in all wells: the path must be the row's "
            "name, '/', the column's name, and rowIndex and columnIndex must point at "
            "the same two. A warning only, because examples that the specification "
            "calls valid do the same."
        )
        findings.warning("plate-wells-exchanged", f"{at}.wells", text, _SECTION)
    seen: dict[str, int] = {}
    for position, well in enumerate(wells):
        here = f"{at}.wells[{position}]"
        if not findings.object(well, "plate-well-type", here, _SECTION):
            continue
        path = _well_path(well, here, findings)
        row = _well_index(well, "rowIndex", plate.get("rows"), here, findings)
        column = _well_index(well, "columnIndex", plate.get("columns"), here, findings)
        if path is None:
            continue
        if path in seen:
            text = f"Found {show(path)} a second time (first: wells[{seen[path]}])."
            findings.error("plate-well-duplicate", f"{here}.path", text, _SECTION)
        seen.setdefault(path, position)
        if not exchanged:
            _well_names(path, (row, column), (rows, columns), here, findings)


def _well_path(well: dict[str, Any], at: str, findings: Findings) -> str | None:
    if "path" not in well:
        findings.missing("plate-well-path-missing", at, "path", _SECTION)
        return None
    path, at = well["path"], f"{at}.path"
    if not findings.string(path, "plate-well-path", at, _SECTION):
        return None
    if _PATH.fullmatch(path) is None:
        text = (
            f"Found {show(path)}; allowed is a row's name, '/' and a column's name, "
            f"with nothing before or after."
        )
        findings.error("plate-well-path", at, text, _SECTION)
        return None
    return str(path)


def _well_index(
    well: dict[str, Any], key: str, lines: Any, at: str, findings: Findings
) -> int | None:
    """Check rowIndex or columnIndex; return it where it points at a line."""
    rule = "plate-well-row-index" if key == "rowIndex" else "plate-well-column-index"
    if key not in well:
        findings.missing(f"{rule}-missing", at, key, _SECTION)
        return None
    value, at = well[key], f"{at}.{key}"
    if not findings.integer(value, rule, at, _SECTION, minimum=0):
        return None
    if isinstance(lines, list) and value >= len(lines):
        what = "rows" if key == "rowIndex" else "columns"
        text = f"Found {value}; the plate has {len(lines)} {what}, counted from 0."
        findings.error(rule, at, text, _SECTION)
        return None
    return int(value)


def _well_names(
    path: str,
    indices: tuple[int | None, int | None],
    lines: tuple[dict[str, int] | None, dict[str, int] | None],
    at: str,
    findings: Findings,
) -> None:
    """Check the names of a path against the grid, and the indices against them."""
    for name, index, names, key in zip(
        path.split("/"), indices, lines, ("row", "column"), strict=True
    ):
        if names is None:
            continue
        if name not in names:
            text = f"Found {show(path)}; the plate declares no {key} {name!r}."
            findings.error(f"plate-well-{key}-undeclared", f"{at}.path", text, _SECTION)
        elif index is not None and names[name] != index:
            text = (
                f"{key}Index is {index}, but {key} {name!r} of path {path!r} is number "
                f"{names[name]}; both must mean the same {key}."
            )
            findings.error(
                f"plate-well-{key}-index-mismatch", f"{at}.{key}Index", text, _SECTION
            )


def _exchanged(wells: list[Any], rows: dict[str, int], columns: dict[str, int]) -> bool:
    """Tell whether all wells exchange rows and columns, in one and the same way.

    Either the lists are exchanged (path "A/1" with a column "A" and a row "1"), or the
    indices are (path "A/2" with rowIndex 1 and columnIndex 0, in two wells at least).
    The first stands in the specification's own test suite, the second in a published
    collection of valid examples.
    """
    lists = indices = True
    off_diagonal = 0
    for well in wells:
        if not isinstance(well, dict):
            return False
        path, row, column = (well.get(k) for k in ("path", "rowIndex", "columnIndex"))
        if not (isinstance(path, str) and is_integer(row) and is_integer(column)):
            return False
        first, _, second = path.partition("/")
        lists = lists and (columns.get(first), rows.get(second)) == (column, row)
        indices = indices and (rows.get(first), columns.get(second)) == (column, row)
        if not (lists or indices):
            return False
        off_diagonal += row != column
    lettered = all(name.isalpha() for name in columns) and not any(
        name.isalpha() for name in rows
    )
    return (lists and lettered and bool(wells)) or (indices and off_diagonal > 1)


# -- acquisitions ----------------------------------------------------------------------


def _acquisitions(acquisitions: Any, at: str, findings: Findings) -> None:
    if not findings.array(acquisitions, "plate-acquisitions-type", at, _SECTION):
        return
    seen: set[int] = set()
    for position, acquisition in enumerate(acquisitions):
        here = f"{at}[{position}]"
        if not findings.object(acquisition, "acquisition-type", here, _SECTION):
            continue
        _acquisition_id(acquisition, seen, here, findings)
        _acquisition_texts(acquisition, here, findings)
        _acquisition_times(acquisition, here, findings)


def _acquisition_id(
    acquisition: dict[str, Any], seen: set[int], at: str, findings: Findings
) -> None:
    if "id" not in acquisition:
        findings.missing("acquisition-id-missing", at, "id", _SECTION)
        return
    identifier, at = acquisition["id"], f"{at}.id"
    if not findings.integer(identifier, "acquisition-id", at, _SECTION, minimum=0):
        return
    if identifier in seen:
        text = f"Found {identifier} a second time; ids must be unique in the plate."
        findings.error("acquisition-id-duplicate", at, text, _SECTION)
    seen.add(identifier)


def _acquisition_texts(
    acquisition: dict[str, Any], at: str, findings: Findings
) -> None:
    for key in ("name", "description"):
        if key in acquisition:
            rule = f"acquisition-{key}"
            findings.string(acquisition[key], rule, f"{at}.{key}", _SECTION)
    if "name" not in acquisition:
        findings.lacking("acquisition-name-missing", at, "name", _SECTION)
    key, rule = "maximumfieldcount", "acquisition-maximumfieldcount"
    if key in acquisition:
        findings.integer(acquisition[key], rule, f"{at}.{key}", _SECTION, minimum=1)
    else:
        findings.lacking(f"{rule}-missing", at, key, _SECTION)


def _acquisition_times(
    acquisition: dict[str, Any], at: str, findings: Findings
) -> None:
    sound = [
        findings.integer(
            acquisition[key], f"acquisition-{key}", f"{at}.{key}", _SECTION, minimum=0
        )
        for key in ("starttime", "endtime")
        if key in acquisition
    ]
    if len(sound) < 2 or not all(sound):
        return
    start, end = acquisition["starttime"], acquisition["endtime"]
    if end < start:
        text = f"endtime {end} is before starttime {start}."
        findings.error("acquisition-endtime", f"{at}.endtime", text, _SECTION)
