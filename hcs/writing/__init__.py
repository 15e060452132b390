"""Writing plates: staged, committed by one document, settled, kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hcs.writing.encoding.anndata import anndata_files as anndata_files
    from hcs.writing.targets.lock import locked as locked
else:
    from hcs.public import public_names

    __all__, __getattr__, __dir__ = public_names(
        __name__,
        {
            "encoding.anndata": "anndata_files",
            "targets.lock": "locked",
        },
    )
