"""The images of a well that were opened, as many as are kept."""

from __future__ import annotations

from operator import attrgetter
from typing import TYPE_CHECKING, Any

from hcs.cache import LRUCache
from hcs.errors import NotFoundError, StaleVersionError
from hcs.images.image_group import ATTEMPTS
from hcs.images.opened import OpenedImage
from hcs.ngff.names import join

if TYPE_CHECKING:
    from collections.abc import Callable

    from hcs.plates.well import HCSWell


class WellImages(LRUCache[str, OpenedImage]):
    """Opened images by their path in the well, those that were used last.

    Parameters
    ----------
    max_size
        Most images to keep.

    Notes
    -----
    Thread safety: as `LRUCache`. A copy in another process is empty.
    """

    def __init__(self, max_size: int | None) -> None:
        super().__init__(max_size, None, attrgetter("nbytes"))

    def __reduce__(self) -> tuple[Any, ...]:
        return WellImages, (self.max_size,)

    def open(
        self, well: HCSWell, path: str, find: Callable[[], str | None]
    ) -> tuple[OpenedImage, bool]:
        """Return the image at a path, or where `find` says that it has moved to.

        Another thread may have read the well document anew at any moment, so that only
        what it says now counts.

        Parameters
        ----------
        well
            Whose images these are; it is refreshed where an image has moved.
        path
            Of the image, below the well.
        find
            Returns the path that the well lists it at now, None for no longer.

        Returns
        -------
            The image, and whether it was read just now.

        Raises
        ------
        NotFoundError, MetadataError
            If the image is listed, but missing or broken.
        StaleVersionError
            If it is listed no longer.
        """
        for _ in range(ATTEMPTS):
            image = self.get(path)
            if image is not None:
                return image, False
            try:
                image = OpenedImage.open(
                    well.store, join(well.path, path), well.format_version
                )
            except NotFoundError:
                # A settled correction has moved: the well document has its new path.
                well.refresh()
                new_path = find()
                if new_path is None:
                    break
                if new_path == path:
                    raise
                path = new_path
            else:
                return self.setdefault(path, image), True
        raise StaleVersionError(
            f"Well {well.path!r} no longer lists a field that it had, or moves it all "
            f"the time. Call refresh() on the plate and look again."
        )
