"""Names of ngff-zarr that this library has not, and what to use in their place."""

from __future__ import annotations

_INSTEAD = {
    "AxesType": "Axis.type",
    "AxisUnit": "Axis.unit",
    "Units": "Axis.unit",
    "from_ngff_zarr": "from_ome_zarr",
    "NgffMultiscales": "Multiscales",
    "Metadata": "ImageMetadata",
    "Omero": "Channel, with the channels in ImageMetadata.channels",
    "OmeroChannel": "Channel",
    "OmeroWindow": "Window",
    "Scale": "Dataset.scale",
    "Translation": "Dataset.translation",
    "Methods": 'to_multiscales(method="mean"), the one method that there is',
    "ScaleStrategy": 'to_multiscales(method="mean"), the one method that there is',
    "ValidationError": "MetadataError, with all findings in its `problems`",
    "validate_plate": "validate",
    "validate_well": "validate",
    "validate_structural": "validate",
    "write_store_to_zip": "pack",
    "upgrade_ome_zarr": "to_hcs_zarr(plate, path, version=...), or `hcs convert`",
    "to_ngff_zarr": "HCSPlateWriter or write_hcs_well_image",
    "to_ome_zarr": "HCSPlateWriter or write_hcs_well_image",
    "lif_to_hcs_plate": "import_plate",
    "tiff_file_to_ngff_images": "read_image_file",
    "codec_from_name": "the keyword `codec` of write_well_image",
    "get_available_codecs": "the keyword `codec` of write_well_image",
    "codecs": "the keyword `codec` of write_well_image",
    "SUPPORTED_VERSIONS": '"0.4", "0.5" and "0.6"',
    "v04": "hcs itself: all names of zarr_metadata are in it",
}

_WITHOUT = {
    "AnatomicalOrientation",
    "LPS",
    "RAS",
    "CoordinateSystem",
    "Coordinates",
    "Displacements",
    "NgffScene",
    "Transform",
    "cli_input_to_ngff_image",
    "compute_omero_from_multiscales",
    "compute_omero_from_ngff_image",
    "detect_cli_io_backend",
    "itk_image_to_ngff_image",
    "itk_transform_to_ngff_transform",
    "lif_file_to_ngff_images",
    "lif_to_ngff_image",
    "memory_usage",
    "ngff_image_to_itk_image",
    "ngff_transform_to_itk_transform",
    "nibabel_image_to_ngff_image",
    "open_array",
    "resample",
    "resample_bounding_box",
    "task_count",
    "update_root_attributes",
}
"""What has no counterpart, being about single images or other formats."""


def hint(name: str) -> str:
    """Return what to use instead of a name of ngff-zarr, ``""`` for other names."""
    if name in _INSTEAD:
        return f" ngff-zarr's {name} is here: {_INSTEAD[name]}."
    if name in _WITHOUT:
        return (
            f" hcs is for plates; use ngff_zarr.{name} beside it: HCSPlateWriter and "
            f"write_hcs_well_image take the images of both."
        )
    return ""
