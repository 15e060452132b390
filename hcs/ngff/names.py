"""Names and paths inside a plate: which may be followed, and which may be written.

Everything that comes from a document is checked here before a store sees it. Reading
follows any single, harmless name; writing keeps to what the specification allows.
"""

from __future__ import annotations

import re

from hcs.errors import InvalidPathError

NAME_LIMIT = 200
"""Longest name in characters; file systems end at 255 bytes, and versions add some."""

SHELF = "hcs_versions"
"""Name of the array in a well below which superseded versions of its fields lie."""

_ALPHANUMERIC = re.compile(r"[A-Za-z0-9]+")
_IMAGE_NAME_06 = re.compile(r"(?!__)(?!\.+$)[A-Za-z0-9_.-]+")
_SAFE = re.compile(r"(?!\.+$)[^/\\\x00-\x1f\x7f:]+")
_DOCUMENT = re.compile(r"zarr\.json|\.z(?:attrs|array|group|metadata)", re.IGNORECASE)
_DEVICE = re.compile(r"(?:con|prn|aux|nul|com[0-9]|lpt[0-9])(?:\..*)?", re.IGNORECASE)


def is_safe_name(name: object) -> bool:
    """Whether a name from a document may be followed: one harmless path segment."""
    if not isinstance(name, str) or len(name) > NAME_LIMIT:
        return False
    return name.isalnum() or (
        _SAFE.fullmatch(name) is not None and _DOCUMENT.fullmatch(name) is None
    )


def is_version_path(path: object) -> bool:
    """Whether a path of a version may be followed: a name, or a name on the shelf."""
    if not isinstance(path, str):
        return False
    place, slash, name = path.rpartition("/")
    return is_safe_name(name) and (not slash or place == SHELF)


def on_shelf(path: str) -> bool:
    """Whether a path below a well leads to a version that was put away."""
    return path.startswith(f"{SHELF}/")


def well_of(path: str) -> str:
    """Return the path of the well of an image group, be it listed or put away."""
    place = path.rpartition("/")[0]
    well, _, last = place.rpartition("/")
    return well if last == SHELF else place


def check_name(name: object, what: str, where: str) -> str:
    """Return the name of a row or column that may be written.

    Raises
    ------
    InvalidPathError
        If it is not alphanumeric ASCII, too long, or a device name of Windows.
    """
    if (
        isinstance(name, str)
        and _ALPHANUMERIC.fullmatch(name)
        and len(name) <= NAME_LIMIT
        and not _DEVICE.fullmatch(name)
    ):
        return name
    raise InvalidPathError(
        f"{where}: the {what} name is {_shown(name)}; allowed are 1 to {NAME_LIMIT} "
        f"letters A-Z, a-z and digits 0-9, and no device name such as CON."
    )


def check_well_path(path: object, where: str, *, writing: bool = False) -> str:
    """Return a well's path, ``<row name>/<column name>``.

    Parameters
    ----------
    path
        As found in a document or made from names.
    where
        Location for the error message.
    writing
        Also hold both names to the specification: ASCII letters and digits.

    Raises
    ------
    InvalidPathError
        If it is not two harmless names with one slash between them.
    """
    parts = path.split("/") if isinstance(path, str) else []
    if len(parts) != 2 or not all(map(is_safe_name, parts)):
        raise InvalidPathError(
            f"{where}: the well path is {_shown(path)}; expected a row name, one "
            f"slash and a column name, such as 'A/1'."
        )
    if writing:
        check_name(parts[0], "row", where)
        check_name(parts[1], "column", where)
    return str(path)


def check_image_path(
    path: object, where: str, *, writing: bool = False, version: str = "0.5"
) -> str:
    """Return the path of an image group below its well.

    Parameters
    ----------
    path, where, writing
        As for `check_well_path`.
    version
        NGFF version whose rule holds when writing; 0.6 also allows ``_``, ``.``, ``-``.

    Raises
    ------
    InvalidPathError
        If it is not one harmless name, or not one that may be written.
    """
    if not is_safe_name(path):
        raise InvalidPathError(
            f"{where}: the image path is {_shown(path)}; expected one name below the "
            f"well, such as '0'."
        )
    rule = _IMAGE_NAME_06 if version == "0.6" else _ALPHANUMERIC
    if writing and (not rule.fullmatch(str(path)) or _DEVICE.fullmatch(str(path))):
        raise InvalidPathError(
            f"{where}: the image path is {_shown(path)}; NGFF {version} allows "
            f"letters and digits{', _ . and -' if version == '0.6' else ''} only."
        )
    return str(path)


def check_array_path(path: object, where: str) -> str:
    """Return the path of an array below its image group: harmless names and slashes.

    Raises
    ------
    InvalidPathError
        If it is empty, absolute, or climbs.
    """
    parts = path.split("/") if isinstance(path, str) else []
    if not parts or len(parts) > 10 or not all(map(is_safe_name, parts)):
        raise InvalidPathError(
            f"{where}: the path of a level is {_shown(path)}; expected names below "
            f"the image, such as '0' or 'scale0/image'."
        )
    return str(path)


def _shown(value: object) -> str:
    text = (
        repr(value) if isinstance(value, str) else f"{type(value).__name__} {value!r}"
    )
    return text if len(text) <= 80 else f"{text[:76]}...'"


def join(*parts: str) -> str:
    """Return a key of parts, of which some may be empty."""
    return "/".join(filter(None, parts))
