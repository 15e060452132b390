"""Composing the pixels of a correction in the workspace; no plate is touched."""

from __future__ import annotations

import secrets
from dataclasses import replace
from typing import TYPE_CHECKING

from dashboard.corrections.assembly import assemble
from dashboard.corrections.drafting import describe
from dashboard.corrections.staged import StagedCorrection
from dashboard.corrections.staged_pixels import levels

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dashboard.corrections.drafting import CorrectionTarget
    from dashboard.corrections.pixel_checks import PixelChecks
    from dashboard.corrections.uploads import DecodedUploads
    from dashboard.corrections.values import SourceFile


def stage_correction(
    token: str,
    target: CorrectionTarget,
    sources: Sequence[SourceFile],
    uploads: DecodedUploads,
    checks: PixelChecks,
    *,
    acquisition: int | None,
    label: str | None,
) -> StagedCorrection:
    """Return a correction whose pixels lie in the folder of a page.

    Parameters
    ----------
    token
        Of the page.
    target, sources
        Where it goes, and which file becomes which channel.
    uploads, checks
        Where the files are, and what is said of the pixels.
    acquisition, label
        Of a new field.
    """
    files = [uploads.get(token, source.upload) for source in sources]
    assembly = assemble(
        target, sources, files, lambda upload: uploads.planes(token, upload)
    )
    owner = uploads.owner(token)
    file = uploads.folder_of(token) / f"{secrets.token_hex(12)}.staged.npy"
    try:
        array = assembly.write(file)
        view = describe(
            target, assembly, array, files, acquisition=acquisition, label=label
        )
        warnings, traits = checks.warnings(target, assembly, array, owner)
        uploads.reserve(token, file.stat().st_size)
    except BaseException:
        file.unlink(missing_ok=True)
        raise
    return StagedCorrection(
        view=replace(view, differences=(*view.differences, *warnings)),
        token=token,
        owner=owner,
        plate=target.plate,
        path=target.path,
        file=file,
        images=levels(array, assembly.axes),
        assembly=assembly,
        uploads=tuple(
            upload for source in sources for upload in (source.upload, *source.more)
        ),
        label=label,
        traits=traits,
    )
