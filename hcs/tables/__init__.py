"""Tables: plate maps and measurements by well, and tables of results."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hcs.tables.joining import Sources as Sources
    from hcs.tables.joining import measurements_table as measurements_table
    from hcs.tables.joining import parts_with_wells as parts_with_wells
    from hcs.tables.joining import plate_map_table as plate_map_table
    from hcs.tables.platemap import WellConditions as WellConditions
    from hcs.tables.platemap import map_plates as map_plates
    from hcs.tables.platemap import typed_roles as typed_roles
    from hcs.tables.reading import SUFFIXES as SUFFIXES
    from hcs.tables.reading import names_wells as names_wells
    from hcs.tables.reading import read_parts as read_parts
    from hcs.tables.reading import read_table as read_table
    from hcs.tables.results import Cell as Cell
    from hcs.tables.results import Feature as Feature
    from hcs.tables.results import ResultTable as ResultTable
    from hcs.tables.results import check_target as check_target
    from hcs.tables.results import joined as joined
    from hcs.tables.results import result_table as result_table
    from hcs.tables.results import safe_cell as safe_cell
    from hcs.tables.stored import StoredTable as StoredTable
    from hcs.tables.stored import StoredTables as StoredTables
    from hcs.tables.table import Table as Table
    from hcs.tables.table import TableFile as TableFile
else:
    from hcs.public import public_names

    __all__, __getattr__, __dir__ = public_names(
        __name__,
        {
            "platemap": "WellConditions map_plates typed_roles",
            "results": (
                "Cell Feature ResultTable check_target joined result_table safe_cell"
            ),
            "stored": "StoredTable StoredTables",
            "joining": "Sources measurements_table parts_with_wells plate_map_table",
            "reading": "SUFFIXES names_wells read_parts read_table",
            "table": "Table TableFile",
        },
    )
