"""What plates are known by, where no writer of ours gave them an id.

Digests are over the content of documents, not over their bytes or their places, so
that a copied, moved, remounted or packed plate keeps its identity.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from hcs.errors import HCSError
from hcs.images.digest import DIGITS, without_extension
from hcs.images.image_group import ImageGroup
from hcs.ngff.document import canonical
from hcs.ngff.names import join

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hcs.metadata import PlateWell
    from hcs.plates.plate import HCSPlate


def plate_fingerprint(plate: HCSPlate) -> str:
    """Return ``f`` and a digest of a plate's document and its first field's.

    Parameters
    ----------
    plate
        An open plate.
    """
    digest = hashlib.sha256(canonical(without_extension(plate.attributes)))
    for well in plate.wells:
        attributes = _first_field(plate, well)
        if attributes is not None:
            digest.update(canonical(without_extension(attributes)))
            break
    return f"f{digest.hexdigest()[:DIGITS]}"


def _first_field(plate: HCSPlate, listed: PlateWell) -> Mapping[str, Any] | None:
    if plate.store is None or plate.version is None:
        return None
    try:
        well = plate.open_well(listed)
        if not well.images:
            return None
        path = join(listed.path, well.images[0].path)
        return ImageGroup.open(plate.store, path, plate.version)[1]
    except HCSError:
        return None  # the first field is the first that can be read
