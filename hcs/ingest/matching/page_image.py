"""One page of a file whose pages an export places: a plane of some well and field."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from hcs.ingest.formats.image_file import ImageFile


def page_image(file: ImageFile, page: int) -> ImageFile:
    """Return one page of a file as an image of its own.

    Parameters
    ----------
    file
        Its axes are that of its pages, y and x.
    page
        Counted from 0.
    """
    return replace(
        file,
        name=f"{file.name} page {page + 1}",
        axes=("y", "x"),
        shape=file.shape[-2:],
        reader=_FilePage(file, page),
        channel_names=(),
        wavelengths=(),
        facts=tuple(fact for fact in file.facts if fact.code != "pages"),
        place=None,
        series=(),
    )


@dataclass(frozen=True, slots=True)
class _FilePage:
    file: ImageFile
    page: int

    def read(self, position: tuple[int, ...]) -> NDArray[Any]:
        """Return the page."""
        return self.file.reader.read((self.page, *position))

    def close(self) -> None:
        """Release the file."""
        self.file.close()
