"""Plates, wells and fields: navigation, identity and history."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hcs.plates.identity import plate_fingerprint as plate_fingerprint
    from hcs.plates.stored_tables import Region as Region
    from hcs.plates.stored_tables import feature_tables as feature_tables
    from hcs.plates.stored_tables import field_features as field_features
    from hcs.plates.stored_tables import field_regions as field_regions
    from hcs.plates.stored_tables import field_tables as field_tables
    from hcs.plates.stored_tables import plate_tables as plate_tables
    from hcs.plates.stored_tables import stage_position as stage_position
else:
    from hcs.public import public_names

    __all__, __getattr__, __dir__ = public_names(
        __name__,
        {
            "identity": "plate_fingerprint",
            "stored_tables": (
                "Region feature_tables field_features field_regions field_tables "
                "plate_tables stage_position"
            ),
        },
    )
