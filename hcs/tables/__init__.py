"""Tables of others: plate maps and measurements by well."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hcs.tables.platemap import PlateMap as PlateMap
    from hcs.tables.platemap import map_plates as map_plates
    from hcs.tables.platemap import typed_roles as typed_roles
    from hcs.tables.table import Table as Table
    from hcs.tables.table import read_table as read_table
else:
    from hcs.public import public_names

    __all__, __getattr__, __dir__ = public_names(
        __name__,
        {
            "platemap": "PlateMap map_plates typed_roles",
            "table": "Table read_table",
        },
    )
