"""Images of a field: levels, geometry, lazy pixels."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hcs.images.companions import covers_same_ground as covers_same_ground
    from hcs.images.companions import extent as extent
    from hcs.images.pyramid import level_factors as level_factors
    from hcs.images.pyramid import level_shapes as level_shapes
    from hcs.images.pyramid import levels_of as levels_of
else:
    from hcs.public import public_names

    __all__, __getattr__, __dir__ = public_names(
        __name__,
        {
            "companions": "covers_same_ground extent",
            "pyramid": "level_factors level_shapes levels_of",
        },
    )
