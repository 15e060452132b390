"""A plate of an IN Cell Analyzer in small: its .xdce file, and blank images."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.exports import write_blanks

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

WAVES = (("UV", 405, "DAPI", 455), ("Blue", 488, "FITC", 525))


def image(
    name: str,
    *,
    label: str = "B - 2",
    field: int = 0,
    wave: int = 0,
    z: int = 0,
    time: int = 0,
) -> str:
    """Return the element of one image; numbers count from 0."""
    return (
        f'<Image filename="{name}"><Well label="{label}"><Row number="2"/>'
        f'<Column number="2"/></Well><OffsetFromWellCenter x="{field * 100}" y="50"/>'
        f'<Identifier field_index="{field}" wave_index="{wave}" z_index="{z}" '
        f'time_index="{time}"/></Image>'
    )


def write_stack(
    folder: Path,
    images: Iterable[str],
    *,
    mode: str = "2-D",
    slices: int = 1,
    excluded: Sequence[tuple[int, int]] = (),
    extra: str = "",
) -> None:
    """Write an .xdce file; its people and password must never come into a plate."""
    waves = "".join(
        f'<Wavelength index="{index}" imaging_mode="{mode}" z_slice="{slices}" '
        f'z_step="1.500"><ExcitationFilter name="{light}" wavelength="{excitation}"/>'
        f'<EmissionFilter name="{dye}" wavelength="{emission}"/>'
        f'<Exposure time="60.0000" unit="ms"/></Wavelength>'
        for index, (light, excitation, dye, emission) in enumerate(WAVES)
    )
    wells = "".join(
        f'<Exclude row="{row}" col="{column}"/>' for row, column in excluded
    )
    lines = list(images)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "run.xdce").write_text(
        '<?xml version="1.0" encoding="ISO-8859-1"?><ImageStack PlateID="plate 7">'
        '<UUID value="u-1"/><Operator login="Ada Operator"/><Computer name="ada-pc"/>'
        '<AutoLeadAcquisitionProtocol password="s3cret" name="µ"><ProjectInformation>'
        '<User name="Ada Operator"/></ProjectInformation>'
        '<ObjectiveCalibration pixel_height="0.5" pixel_width="0.5" unit="µm"/>'
        f'<Wavelengths>{waves}</Wavelengths><Plate columns="3" rows="2"/>'
        f"<PlateMap><AcquisitionMap>{wells}</AcquisitionMap>"
        f'<FieldOffsets number_of_fields="2"/>{extra}</PlateMap>'
        f'</AutoLeadAcquisitionProtocol><Images number="{len(lines):010d}" '
        f'path="D:\\Ada Operator\\run">{"".join(lines)}</Images></ImageStack>',
        "latin-1",
    )


def blanks(folder: Path, names: Iterable[str]) -> None:
    """Write small images of those names."""
    write_blanks(folder, names, (32, 40))
