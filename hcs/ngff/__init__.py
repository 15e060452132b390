"""NGFF documents as values, and back: no store, no zarr."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hcs.ngff.document import group_document as group_document
    from hcs.ngff.history import FieldRecord as FieldRecord
    from hcs.ngff.history import read_records as read_records
else:
    from hcs.public import public_names

    __all__, __getattr__, __dir__ = public_names(
        __name__,
        {
            "document": "group_document",
            "history": "FieldRecord read_records",
        },
    )
