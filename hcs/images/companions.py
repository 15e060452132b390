"""What lies in an image group beside its levels: label images and tables.

They were made from the pixels of one version of a field, so they stay with it when the
field is corrected. Tables of regions of interest describe where things are, not what
the pixels show: as long as the new version covers the same ground, they stay true.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hcs.errors import HCSError
from hcs.ngff.document import document_attributes, group_document, parse_json
from hcs.ngff.envelope import envelope
from hcs.ngff.names import is_safe_name, join
from hcs.wording import some

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from hcs.stores.store import PlateStore

LABELS, TABLES = "labels", "tables"
"""Names of the groups below an image. The second is not of NGFF, but of Fractal."""

ROI_TABLE = "roi_table"
"""``type`` of the tables of regions that depend on no pixel."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Companions:
    """Names of what lies beside the levels of an image."""

    labels: tuple[str, ...] = ()
    tables: tuple[str, ...] = ()
    """Tables of what was found in the pixels, or of any unknown kind."""

    rois: tuple[str, ...] = ()
    """Tables of regions, such as ``FOV_ROI_table``."""

    def notice(self, *, same_ground: bool) -> str:
        """Return a sentence on what a new version does not have, "" for nothing.

        Parameters
        ----------
        same_ground
            Whether the new version has the size and scale of this one.
        """
        tables = self.tables if same_ground else (*self.tables, *self.rois)
        staying = [
            f"the {kind}{'s' * (len(names) > 1)} {some(names)}"
            for kind, names in (("label image", self.labels), ("table", tables))
            if names
        ]
        if not staying:
            return ""
        verb = "stays" if len(self.labels) + len(tables) == 1 else "stay"
        sentence = (
            f"{' and '.join(staying)} {verb} with the version before, whose pixels "
            f"made them; make them anew where they are needed."
        )
        return sentence[0].upper() + sentence[1:]


def companions(store: PlateStore, path: str, format_version: str) -> Companions:
    """Return what lies beside the levels of the image group at a path.

    What is listed and cannot be read is named all the same.
    """
    labels = listed_names(store, join(path, LABELS), format_version, LABELS)
    tables = listed_names(store, join(path, TABLES), format_version, TABLES)
    rois = tuple(
        name
        for name in tables
        if _attributes(store, join(path, TABLES, name), format_version).get("type")
        == ROI_TABLE
    )
    others = tuple(name for name in tables if name not in rois)
    return Companions(labels=labels, tables=others, rois=rois)


def listed_names(
    store: PlateStore, path: str, format_version: str, key: str
) -> tuple[str, ...]:
    """Return the names that a group lists under a key; () where it lists none."""
    attributes = _attributes(store, path, format_version)
    names: Any = envelope(attributes).get(key, attributes.get(key))
    if not isinstance(names, list):
        return ()
    return tuple(dict.fromkeys(name for name in names if is_safe_name(name)))


def covers_same_ground(
    old: Mapping[str, tuple[int, float]], new: Mapping[str, tuple[int, float]]
) -> bool:
    """Whether two images have the same size and pixel size along z, y and x.

    Parameters
    ----------
    old, new
        Pixels along each axis, and the size of one in its unit.
    """
    return all(
        (old.get(axis) is None) == (new.get(axis) is None)
        and (axis not in old or _equal(old[axis], new[axis]))
        for axis in "zyx"
    )


def extent(
    dims: Sequence[str], shape: Sequence[int], scale: Sequence[float]
) -> dict[str, tuple[int, float]]:
    """Return what `covers_same_ground` compares.

    Parameters
    ----------
    dims
        Names of the axes, in their order.
    shape
        Pixels along each axis.
    scale
        Size of a pixel along each axis, in its unit.
    """
    pixels = zip(shape, scale, strict=True)
    return dict(zip(dims, pixels, strict=True))


_FILES_ROUND = 1e-6
"""Relative difference of pixel sizes that is none."""


def _equal(old: tuple[int, float], new: tuple[int, float]) -> bool:
    return old[0] == new[0] and abs(old[1] - new[1]) <= _FILES_ROUND * abs(old[1])


def _attributes(store: PlateStore, path: str, format_version: str) -> dict[str, Any]:
    key = join(path, group_document(format_version))
    try:
        data = store.read(key)
        return {} if data is None else document_attributes(parse_json(data, key), key)
    except HCSError:
        return {}
