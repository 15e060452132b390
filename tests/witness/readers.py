"""Each library reads a plate its own way, by well and in its own order of images."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np

from tests.witness.image import Image

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.witness.image import Reader, Wells


def by_hcs(path: Path) -> Wells:
    import hcs

    with hcs.from_hcs_zarr(path) as plate:
        return {
            well.path: [_of_hcs(field.image()) for field in well.fields]
            for well in plate
        }


def _of_hcs(image: Any) -> Image:
    pixels = np.asarray(image.images[0].data)
    return Image(pixels, tuple(image.dims), tuple(image.channel_names))


def by_ngio(path: Path) -> Wells:
    from ngio import open_ome_zarr_plate

    plate = open_ome_zarr_plate(path, mode="r")
    wells: dict[str, list[Image]] = {}
    for name, container in plate.get_images().items():
        image = container.get_image()
        pixels = np.asarray(image.get_as_numpy())
        axes, channels = tuple(image.axes), tuple(container.channel_labels)
        wells.setdefault(name.rpartition("/")[0], []).append(
            Image(pixels, axes, channels)
        )
    return wells


def by_iohub(path: Path) -> Wells:
    from iohub.ngff import open_ome_zarr

    wells: dict[str, list[Image]] = {}
    with open_ome_zarr(path, mode="r") as plate:
        for name, position in plate.positions():
            pixels = np.asarray(position["0"][...])
            axes, channels = tuple(position.axis_names), tuple(position.channel_names)
            wells.setdefault(name.rpartition("/")[0], []).append(
                Image(pixels, axes, channels)
            )
    return wells


def by_zarr_groups(path: Path) -> Wells:
    """Take every group below a well for an image, as those do who list groups."""
    import zarr

    wells: dict[str, list[Image]] = {}
    plate = zarr.open_group(path, mode="r")
    for row, row_group in plate.groups():
        for column, well in row_group.groups():
            names = sorted(well.group_keys())
            wells[f"{row}/{column}"] = [
                Image(np.asarray(well[name]["0"])) for name in names
            ]
    return wells


def by_ome_zarr_wells(path: Path) -> Wells:
    """Take the fields of each well out of its stitched picture."""
    from ome_zarr.io import parse_url
    from ome_zarr.reader import Reader

    wells = {}
    for well in _listed(path):
        node = next(iter(Reader(parse_url(str(path / well)))()))
        axes = tuple(axis["name"] for axis in node.metadata["axes"])
        left, right = np.split(np.asarray(node.data[0]), 2, axis=-1)
        wells[well] = [Image(left, axes), Image(right, axes)]
    return wells


def by_ome_zarr_plate(path: Path) -> Wells:
    """Take the first field of each well out of the stitched plate."""
    from ome_zarr.io import parse_url
    from ome_zarr.reader import Reader

    location = parse_url(str(path))
    assert location is not None, "parse_url finds nothing"
    node = next(iter(Reader(location)()))
    axes = tuple(axis["name"] for axis in node.metadata["axes"])
    return _tiles(np.asarray(node.data[0]), axes)


def by_napari(path: Path) -> Wells:
    from napari_ome_zarr import napari_get_reader

    reader = napari_get_reader(str(path))
    assert reader is not None, "there is no reader for it"
    layers = [layer for layer in reader(str(path)) if layer[2] == "image"]
    channels = tuple(layer[1]["name"].rpartition(": ")[2] for layer in layers)
    stitched = np.stack([np.asarray(data[0]) for data, _, _ in layers], axis=1)
    return _tiles(stitched, None, channels)


def by_models(path: Path) -> Wells:
    """Let ome-zarr-models judge all documents; it reads no pixels."""
    from ome_zarr_models import open_ome_zarr

    plate = open_ome_zarr(str(path)).ome_attributes.plate
    wells = {}
    for listed in plate.wells:
        well = open_ome_zarr(str(path / listed.path)).ome_attributes.well
        images = []
        for entry in well.images:
            image = open_ome_zarr(str(path / listed.path / entry.path)).ome_attributes
            axes = tuple(axis.name for axis in _axes_of_models(image))
            labels = tuple(
                _part(channel, "label") for channel in _part(image.omero, "channels")
            )
            images.append(Image(None, axes, labels))
        wells[listed.path] = images
    return wells


def _part(value: Any, name: str) -> Any:
    """Return a part of what is a model in 0.4 and a plain document later."""
    return value[name] if isinstance(value, dict) else getattr(value, name)


def _axes_of_models(image: Any) -> Any:
    multiscale = image.multiscales[0]
    systems = getattr(multiscale, "coordinateSystems", None)  # of 0.6
    return systems[0].axes if systems else multiscale.axes


def by_yaozarrs(path: Path) -> Wells:
    import yaozarrs

    plate = yaozarrs.open_group(path)
    yaozarrs.validate_zarr_store(path)
    wells = {}
    for listed in plate.ome_metadata().plate.wells:
        well = plate[listed.path]
        images = []
        for entry in well.ome_metadata().well.images:
            group = well[entry.path]
            document = group.ome_metadata()
            multiscale = document.multiscales[0]
            axes = tuple(axis.name for axis in multiscale.axes)
            array = group[multiscale.datasets[0].path].to_tensorstore().read().result()
            labels = tuple(channel.label for channel in document.omero.channels)
            images.append(Image(np.asarray(array), axes, labels))
        wells[listed.path] = images
    return wells


def by_ome_zarr_io(path: Path) -> Wells:
    from ome_zarr_io import Reader, validate

    validate(path).raise_if_invalid()
    wells = {}
    for well in _listed(path):
        document = json.loads((path / well / "zarr.json").read_text())
        images = []
        for entry in document["attributes"]["ome"]["well"]["images"]:
            reader = Reader(path / well / entry["path"])
            planes = [
                reader.get_channel(name, as_type="numpy")
                for name in reader.channel_names
            ]
            pixels = np.stack(planes, axis=reader.dims.index("c"))
            images.append(
                Image(pixels, tuple(reader.dims), tuple(reader.channel_names))
            )
        wells[well] = images
    return wells


def by_tensorstore(path: Path) -> Wells:
    """Open the arrays that the documents name; tensorstore knows no plates."""
    import tensorstore

    driver = "zarr" if (path / ".zgroup").exists() else "zarr3"
    archive = {"driver": "zip", "base": f"file://{path}"}
    wells = {}
    for well, paths in _arrays(path):
        images = []
        for name in paths:
            place = f"{path}/{name}/"
            store = (
                archive | {"path": f"{name}/"}
                if path.is_file()
                else {"driver": "file", "path": place}
            )
            array = tensorstore.open({"driver": driver, "kvstore": store}).result()
            images.append(Image(np.asarray(array.read().result())))
        wells[well] = images
    return wells


def by_ngff_zarr(path: Path) -> Wells:
    import ngff_zarr

    plate = ngff_zarr.from_hcs_zarr(str(path))
    wells = {}
    for listed in plate.wells:
        well = plate.get_well(*listed.path.split("/"))
        images = []
        for number in range(len(well.images)):
            multiscales = well.get_image(number)
            image = multiscales.images[0]
            omero = multiscales.metadata.omero
            channels = tuple(channel.label for channel in omero.channels)
            images.append(Image(np.asarray(image.data), tuple(image.dims), channels))
        wells[listed.path] = images
    return wells


# --- what documents say -------------------------------------------------------------


def _document(path: Path, key: str) -> dict[str, Any]:
    """Return the attributes of a group."""
    import zarr

    if path.is_file():
        store = zarr.storage.ZipStore(path, mode="r")
        attributes = dict(zarr.open_group(store, path=key, mode="r").attrs)
        store.close()
    else:
        attributes = dict(zarr.open_group(path / key, mode="r").attrs)
    return attributes.get("ome", attributes)  # type: ignore[no-any-return]


def _listed(path: Path) -> list[str]:
    return [well["path"] for well in _document(path, "")["plate"]["wells"]]


def _arrays(path: Path) -> Iterator[tuple[str, list[str]]]:
    for well in _listed(path):
        images = [
            f"{well}/{image['path']}"
            for image in _document(path, well)["well"]["images"]
        ]
        levels = [
            _document(path, image)["multiscales"][0]["datasets"][0]["path"]
            for image in images
        ]
        yield (
            well,
            [f"{image}/{level}" for image, level in zip(images, levels, strict=True)],
        )


def _tiles(
    stitched: np.ndarray,
    axes: tuple[str, ...] | None,
    channels: tuple[str, ...] | None = None,
) -> Wells:
    """Return the wells of a plate of two rows and columns, one image of each."""
    return {
        f"{row}/{column}": [Image(tile, axes, channels)]
        for row, band in zip("AB", np.split(stitched, 2, axis=-2), strict=True)
        for column, tile in enumerate(np.split(band, 2, axis=-1), start=1)
    }


READERS: dict[str, Reader] = {
    "hcs": by_hcs,
    "zarr groups": by_zarr_groups,
    "iohub": by_iohub,
    "ngio": by_ngio,
    "ome-zarr wells": by_ome_zarr_wells,
    "ome-zarr plate": by_ome_zarr_plate,
    "napari plate": by_napari,
    "models": by_models,
    "yaozarrs": by_yaozarrs,
    "ome-zarr-io": by_ome_zarr_io,
    "tensorstore": by_tensorstore,
    "ngff-zarr": by_ngff_zarr,
}

FIRST_FIELDS = {"ome-zarr plate", "napari plate"}
"""Readers that show the first field of each well."""
