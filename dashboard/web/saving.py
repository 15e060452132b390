"""HTTP for single fields as files: a PNG with its scale bar, planes as TIFF."""

from __future__ import annotations

from dashboard.access import Act
from dashboard.pictures.saving import FieldPlane
from dashboard.web.pictures import PictureHandler


class SavingHandler(PictureHandler):
    """Sends a field as a file, drawn as its address says or with its bare pixels.

    The query holds ``channels``, ``z``, ``t`` and ``projection`` as pictures have them,
    for the caption ``source`` and ``origin`` of the contrast, and in ``outlines`` the
    label image whose outlines are drawn into a PNG.
    """

    asks = Act.EXPORT
    slow = True

    async def get(
        self, plate: str, well: str, field: str, version: str, what: str
    ) -> None:
        """Answer with a file that the browser keeps."""
        plane = FieldPlane(
            plate=plate,
            well=well,
            field=field,
            version=version,
            request=self.plane_request(),
        )
        channels = self.channels()
        source = self.get_query_argument("source", "")[:20]
        origin = self.get_query_argument("origin", "")[:80]
        outlines = self.get_query_argument("outlines", "")[:500]
        saving = self.service.saving
        png = what == "field.png"
        file = await self.made(
            (lambda: saving.png(plane, channels, source, origin, outlines))
            if png
            else (lambda: saving.tiff(plane, channels))
        )
        if file is None:
            return
        self.set_header("Content-Type", "image/png" if png else "image/tiff")
        self.set_header("Content-Disposition", f'attachment; filename="{file.name}"')
        self.set_header("Cache-Control", "no-store")
        await self.finish(file.data)
