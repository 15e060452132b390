"""A plate as xarray knows it: a tree of rows, columns and fields."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hcs.images.data_array import load

if TYPE_CHECKING:
    from collections.abc import Mapping

    import xarray

    from hcs.plates.plate import HCSPlate


def data_tree(plate: HCSPlate, level: int = 0) -> xarray.DataTree:
    """Return the fields of a plate as ``row/column/field``; no pixels are read.

    Parameters
    ----------
    plate
        Wells and fields that are listed and not there are left out.
    level
        Which resolution, 0 being full size.

    Raises
    ------
    MissingExtraError
        If xarray or dask is not installed.
    ArgumentError
        If an image has no such resolution.
    NotFoundError, MetadataError
        If a well or an image is broken.
    """
    module = load()
    about = {"id": plate.id, "version": plate.version, "location": plate.location}
    nodes: dict[str, Any] = {"/": module.Dataset(attrs=_known(about))}
    conditions = plate.conditions
    for field in plate.fields(missing="skip"):
        if f"/{field.well}" not in nodes:
            nodes[f"/{field.well}"] = module.Dataset(
                attrs=_known(conditions.get(field.well, {}))
            )
        image = field.image().to_xarray(level).rename("image")
        attributes = _known({"label": field.label, "acquisition": field.acquisition})
        nodes[f"/{field.well}/{field.name}"] = module.Dataset(
            {"image": image}, attrs=attributes
        )
    tree: xarray.DataTree = module.DataTree.from_dict(nodes, name=plate.name)
    return tree


def _known(attributes: Mapping[str, Any]) -> dict[str, Any]:
    """Return what has a value; files have none for None."""
    return {name: value for name, value in attributes.items() if value is not None}
