"""What of a field's labels and tables comes along when the field is corrected."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hcs.images.companions import TABLES, companions, covers_same_ground, extent
from hcs.images.image import Multiscales
from hcs.ngff.document import group_json
from hcs.writing.targets import group, step

if TYPE_CHECKING:
    from hcs.metadata import ImageMetadata
    from hcs.writing.targets.target import Target


def carry_tables(
    target: Target,
    version: str,
    old: str,
    new: str,
    metadata: ImageMetadata,
    shape: tuple[int, ...],
) -> str:
    """Give a new version the tables of regions that stay true for it.

    Parameters
    ----------
    version
        NGFF version of the plate.
    old, new
        Keys of the image groups below the plate.
    metadata, shape
        Of the new version.

    Returns
    -------
        A sentence on what stays behind, "" where nothing does.
    """
    reader = target.reader()
    present = companions(reader, old, version)
    if not (present.labels or present.tables or present.rois):
        return ""
    before = Multiscales.open(reader, old, version)
    datasets = before.metadata.datasets[0], metadata.datasets[0]
    same_ground = covers_same_ground(
        extent(before.dims, before.images[0].data.shape, datasets[0].scale),
        extent(metadata.dims, shape, datasets[1].scale),
    )
    if same_ground and present.rois:
        listing = group.read_group_attributes(target, version, f"{old}/{TABLES}") or {}
        for name in present.rois:
            target.link_tree(f"{old}/{TABLES}/{name}", f"{new}/{TABLES}/{name}")
        step.reached("list tables")
        listed = {**listing, TABLES: list(present.rois)}
        for name, data in group_json(version, listed).items():
            target.put(f"{new}/{TABLES}/{name}", data)
    return present.notice(same_ground=same_ground)
