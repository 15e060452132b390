"""Parts of NGFF documents that plates, wells and images share: lists, keys, wording.

Reading is strict where a mistake would lose wells or mix them up, and lenient where
only style is broken; `hcs.validate` reports the rest. Writing keeps every key that it
does not know.
"""

from __future__ import annotations

from operator import attrgetter, itemgetter
from typing import TYPE_CHECKING, Any

from hcs.errors import MetadataError
from hcs.wording import excerpt

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


def required_list(document: Mapping[str, Any], key: str, where: str) -> list[Any]:
    """Return the list under a key.

    Raises
    ------
    MetadataError
        If it is absent or no list.
    """
    value = document.get(key)
    if not isinstance(value, list):
        raise MetadataError(
            f"{where}: {key!r} is {'absent' if value is None else excerpt(value)}; "
            f"expected a list."
        )
    return value


def optional_value(
    document: Mapping[str, Any], key: str, expected: type, where: str
) -> Any:
    """Return the integer or text under a key, None where it is absent or null.

    Raises
    ------
    MetadataError
        If it is of another type.
    """
    value = document.get(key)
    if value is None or type(value) is expected:
        return value
    # Writers in languages with one number type say 2.0 where 2 is meant.
    if expected is int and type(value) is float and value.is_integer():
        return int(value)
    kind = "an integer" if expected is int else "a string"
    raise MetadataError(f"{where} has {key} {excerpt(value)}; expected {kind}.")


def check_unique(values: Iterable[Any], what: str, where: str) -> None:
    """Raise `MetadataError` where a value is given twice."""
    values = list(values)
    if len(set(values)) == len(values):
        return
    seen: set[Any] = set()
    for value in values:
        if value in seen:
            raise MetadataError(f"{where} gives the {what} {value!r} twice.")
        seen.add(value)


def with_unknown_keys(old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, Any]:
    """Return the entry `new` without its Nones, with the keys that only `old` has."""
    unknown = {key: value for key, value in old.items() if key not in new}
    return {key: value for key, value in new.items() if value is not None} | unknown


def merged_entries(
    old: Mapping[str, Any], key: str, values: Iterable[Any], name: str
) -> list[dict[str, Any]]:
    """Return the entries of `values`, each with the unknown keys of its old entry.

    Parameters
    ----------
    old
        The plate or well as the document has it so far.
    key
        Its list, such as ``"wells"``.
    values
        Records of one class, with slots named after the keys of an entry.
    name
        The key by which an entry is recognised.
    """
    values = list(values)
    if not values:
        return []
    old_list = old.get(key)
    old_entries = _entries_by(name, old_list if isinstance(old_list, list) else [])
    slots = values[0].__slots__
    slots_of, keys_of = attrgetter(*slots), itemgetter(*slots)
    entries = []
    for value in values:
        entry = old_entries.get(getattr(value, name), {})
        content = slots_of(value)
        try:
            same = keys_of(entry) == content
        except KeyError:
            same = False
        # Most entries of a large plate stay as they are.
        if not same:
            # A getter of a single slot returns the value itself, not a tuple.
            fields = content if len(slots) > 1 else (content,)
            entry = with_unknown_keys(entry, dict(zip(slots, fields, strict=True)))
        entries.append(entry)
    return entries


def _entries_by(name: str, entries: list[Any]) -> dict[Any, dict[str, Any]]:
    """Return entries of a list by their name, without those that have none."""
    return {
        entry[name]: entry
        for entry in entries
        if entry.__class__ is dict and entry.get(name).__class__ in (str, int)
    }


def type_name(value: object) -> str:
    """Return the type of a value for an error message."""
    return "null" if value is None else type(value).__name__
