"""What programs write into a TIFF about its channels and the size of its pixels.

The resolution tags are not read: microscopes put the camera's pixels or 72 dpi there.
What a file does not say stays None.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hcs.errors import SourceError
from hcs.ingest.formats import markup
from hcs.ingest.formats.metaseries import PlaneRecord, read_plane_record
from hcs.ingest.formats.numbers import micrometres, positive
from hcs.ingest.formats.place import ImagePlace, ome_places, stage_label_place

if TYPE_CHECKING:
    from collections.abc import Mapping
    from xml.etree.ElementTree import Element

    import tifffile


@dataclass(frozen=True, slots=True, kw_only=True)
class TiffNames:
    """The descriptive part of a TIFF."""

    kind: str = "TIFF"
    channels: tuple[str | None, ...] = ()
    wavelengths: tuple[float | None, ...] = ()
    pixel_size: tuple[float, float] | None = None
    """Micrometres along y and x."""

    z_step: float | None = None
    """Micrometres."""

    bits: int | None = None
    """Bit depth of the camera."""

    record: PlaneRecord | None = None
    place: ImagePlace | None = None


def read_names(tiff: tifffile.TiffFile, name: str, image: int = 0) -> TiffNames:
    """Return what an open TIFF says of the channels and pixels of one of its images.

    Raises
    ------
    SourceError
        If OME-XML that the pixels depend on is broken.
    """
    if tiff.is_ome:
        return _of_ome(markup.parse(tiff.ome_metadata or "", name), image)
    if tiff.is_metaseries:
        return _of_metaseries(tiff.pages.first.description, name)
    if tiff.is_stk:
        return _of_stack(tiff.stk_metadata or {})
    if tiff.is_imagej:
        return _of_imagej(tiff.imagej_metadata or {}, tiff.pages.first)
    return TiffNames()


def _of_ome(root: Element, image: int) -> TiffNames:
    images = root.findall("./Image")
    pixels = images[image].find("Pixels") if image < len(images) else None
    place = ome_places(root).get(image)
    if pixels is None:
        return TiffNames(kind="OME-TIFF", place=place)
    channels = pixels.findall("Channel")
    return TiffNames(
        kind="OME-TIFF",
        channels=tuple(channel.get("Name") for channel in channels),
        wavelengths=tuple(
            _length(
                channel.get("EmissionWavelength"),
                channel.get("EmissionWavelengthUnit", "nm"),
                1e3,
            )
            for channel in channels
        ),
        pixel_size=_pair(_physical(pixels, "Y"), _physical(pixels, "X")),
        z_step=_physical(pixels, "Z"),
        place=place,
    )


def _physical(pixels: Element, axis: str) -> float | None:
    unit = pixels.get(f"PhysicalSize{axis}Unit", "µm")
    return _length(pixels.get(f"PhysicalSize{axis}"), unit)


def _of_metaseries(description: str, name: str) -> TiffNames:
    try:
        record = read_plane_record(description, name)
    except SourceError:
        # The pixels do not depend on it; what it would have said is absent.
        return TiffNames(kind="MetaSeries TIFF")
    return TiffNames(
        kind="MetaSeries TIFF",
        channels=(record.setting,) if record.setting else (),
        wavelengths=(record.wavelength,) if record.wavelength else (),
        pixel_size=record.pixel_size,
        bits=record.bits,
        record=record,
        place=stage_label_place(record.stage_label),
    )


def _of_stack(metadata: Mapping[str, Any]) -> TiffNames:
    unit = str(metadata.get("CalibrationUnits", ""))
    sizes = [_length(metadata.get(f"{axis}Calibration"), unit) for axis in "YX"]
    wavelength = positive(metadata.get("wavelength"))
    bits = positive(_property_of_stack(metadata, "Camera Bit Depth"))
    name = _property_of_stack(metadata, "_IllumSetting_")
    return TiffNames(
        kind="MetaMorph stack",
        channels=(name,) if isinstance(name, str) and name else (),
        wavelengths=() if wavelength is None else (wavelength,),
        pixel_size=_pair(*sizes) if metadata.get("SpatialCalibration") else None,
        bits=None if bits is None else int(bits),
    )


def _property_of_stack(metadata: Mapping[str, Any], name: str) -> Any:
    for prop in metadata.get("PlaneProperty") or ():
        if isinstance(prop, dict) and prop.get("name") == name:
            return prop.get("value")
    return None


def _of_imagej(metadata: Mapping[str, Any], page: tifffile.TiffPage) -> TiffNames:
    unit = str(metadata.get("unit", ""))
    sizes = []
    for name in ("YResolution", "XResolution"):
        tag = page.tags.get(name)
        count, length = tag.value if tag is not None else (0, 0)
        sizes.append(_length(length / count, unit) if count else None)
    return TiffNames(
        kind="ImageJ TIFF",
        pixel_size=_pair(*sizes),
        z_step=_length(metadata.get("spacing"), unit),
    )


def _length(value: object, unit: str, scale: float = 1.0) -> float | None:
    """Return a length in micrometres times `scale`, None where unit or value is not."""
    number, factor = positive(value), micrometres(unit)
    if number is None or factor is None:
        return None
    # Rounded so that 520 nm, taken by way of micrometres, is 520 again.
    return float(f"{number * factor * scale:.12g}")


def _pair(y: float | None, x: float | None) -> tuple[float, float] | None:
    return None if y is None or x is None else (y, x)
