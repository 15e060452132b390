"""Where the files of an export are: a folder, or a zip that is read in place.

Names of files are for matching and for messages. Those of a zip are never used as
paths, and nothing of it is unpacked to the disk.
"""

from __future__ import annotations

import zipfile
from typing import TYPE_CHECKING

from hcs.errors import SourceError
from hcs.ingest.sources.archive import ZipSource as ZipSource
from hcs.ingest.sources.files import ExportFile as ExportFile
from hcs.ingest.sources.files import ExportSource as ExportSource  # noqa: TC001
from hcs.ingest.sources.files import is_image_name as is_image_name
from hcs.ingest.sources.files import is_of_system as is_of_system
from hcs.ingest.sources.folder import FolderSource
from hcs.stores.location import possible_path

if TYPE_CHECKING:
    from pathlib import Path


def open_source(path: str | Path, *, links_out: bool = True) -> ExportSource:
    """Return the files of a folder or of a zip.

    Parameters
    ----------
    path
        Where it is.
    links_out
        Whether links to files are followed that lead out of the folder.

    Raises
    ------
    SourceError
        If nothing is there, or what is there is neither, is damaged, or holds
        more than two million files, or far more than its size as a zip lets expect.
    StoreError
        If it is no path that can be looked at, or its share goes away meanwhile.
    """
    path = possible_path(path)
    if path.is_dir():
        return FolderSource(path, links_out=links_out)
    if not path.exists():
        raise SourceError(f"Nothing is at {path}; give a folder or a zip of images.")
    try:
        if path.is_file() and zipfile.is_zipfile(path):
            return ZipSource(path)
    except OSError as error:
        raise SourceError(f"{path} cannot be read: {error.strerror}.") from error
    raise SourceError(f"{path} is neither a folder nor a zip of images.")
