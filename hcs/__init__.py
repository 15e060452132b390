"""Read, check and write high-content-screening plates in OME-Zarr.

Every name below is public; it is imported from its module when it is first used, so
that looking at a plate does not load what only writing or pixels need.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

__version__ = "0.2.0"
"""The version of both packages, as it is installed."""

if TYPE_CHECKING:
    from hcs.cache import LRUCache as LRUCache
    from hcs.demo.plate import make_demo_plate as make_demo_plate
    from hcs.errors import ArgumentError as ArgumentError
    from hcs.errors import ConflictError as ConflictError
    from hcs.errors import CorruptDataError as CorruptDataError
    from hcs.errors import HCSError as HCSError
    from hcs.errors import InvalidPathError as InvalidPathError
    from hcs.errors import MetadataError as MetadataError
    from hcs.errors import MissingExtraError as MissingExtraError
    from hcs.errors import NotFoundError as NotFoundError
    from hcs.errors import PlateNotFoundError as PlateNotFoundError
    from hcs.errors import ReadOnlyError as ReadOnlyError
    from hcs.errors import ShapeError as ShapeError
    from hcs.errors import SourceError as SourceError
    from hcs.errors import StaleVersionError as StaleVersionError
    from hcs.errors import StoreError as StoreError
    from hcs.errors import UnknownNamesError as UnknownNamesError
    from hcs.errors import UnsafeDataError as UnsafeDataError
    from hcs.errors import UnsupportedVersionError as UnsupportedVersionError
    from hcs.errors import WriterStateError as WriterStateError
    from hcs.images.image import Multiscales as Multiscales
    from hcs.images.lazy_array import LazyArray as LazyArray
    from hcs.images.levels import to_multiscales as to_multiscales
    from hcs.images.ngff_image import NgffImage as NgffImage
    from hcs.images.ngff_image import to_ngff_image as to_ngff_image
    from hcs.images.opening import from_ome_zarr as from_ome_zarr
    from hcs.ingest.formats.images import read_image_file as read_image_file
    from hcs.ingest.importing import import_plate as import_plate
    from hcs.ingest.matching.name_guess import describe_name as describe_name
    from hcs.layout import PlateFormat as PlateFormat
    from hcs.layout import parse_well as parse_well
    from hcs.layout import well_label as well_label
    from hcs.metadata import Axis as Axis
    from hcs.metadata import Channel as Channel
    from hcs.metadata import Dataset as Dataset
    from hcs.metadata import FieldVersion as FieldVersion
    from hcs.metadata import ImageMetadata as ImageMetadata
    from hcs.metadata import Plate as Plate
    from hcs.metadata import PlateAcquisition as PlateAcquisition
    from hcs.metadata import PlateColumn as PlateColumn
    from hcs.metadata import PlateRow as PlateRow
    from hcs.metadata import PlateWell as PlateWell
    from hcs.metadata import Well as Well
    from hcs.metadata import WellImage as WellImage
    from hcs.metadata import Who as Who
    from hcs.metadata import Window as Window
    from hcs.plates.field import Field as Field
    from hcs.plates.opening import from_hcs_zarr as from_hcs_zarr
    from hcs.plates.plate import HCSPlate as HCSPlate
    from hcs.plates.well import HCSWell as HCSWell
    from hcs.rules.problem import Problem as Problem
    from hcs.settings import config as config
    from hcs.stores.location import open_store as open_store
    from hcs.stores.store import PlateStore as PlateStore
    from hcs.tables.platemap import read_plate_map as read_plate_map
    from hcs.validation import validate as validate
    from hcs.writing.copying.convert import to_hcs_zarr as to_hcs_zarr
    from hcs.writing.pack import pack as pack
    from hcs.writing.pack import unpack as unpack
    from hcs.writing.person import login_name as login_name
    from hcs.writing.versions.labels import write_labels as write_labels
    from hcs.writing.versions.purge import purge as purge
    from hcs.writing.versions.recovery import recover as recover
    from hcs.writing.versions.revert import history as history
    from hcs.writing.versions.revert import revert as revert
    from hcs.writing.versions.staged_field import StagedField as StagedField
    from hcs.writing.versions.staging import stage_field as stage_field
    from hcs.writing.versions.tables import write_table as write_table
    from hcs.writing.versions.upkeep import settle as settle
    from hcs.writing.versions.upkeep import unsettled as unsettled
    from hcs.writing.well_image import write_hcs_well_image as write_hcs_well_image
    from hcs.writing.writer import HCSPlateWriter as HCSPlateWriter
else:
    from hcs.public import public_names

    __all__, __getattr__, __dir__ = public_names(
        __name__,
        {
            "cache": "LRUCache",
            "demo.plate": "make_demo_plate",
            "errors": (
                "ArgumentError ConflictError CorruptDataError HCSError "
                "InvalidPathError MetadataError MissingExtraError NotFoundError "
                "PlateNotFoundError ReadOnlyError ShapeError SourceError "
                "StaleVersionError StoreError UnsafeDataError "
                "UnknownNamesError UnsupportedVersionError WriterStateError"
            ),
            "images.image": "Multiscales",
            "images.opening": "from_ome_zarr",
            "images.levels": "to_multiscales",
            "images.ngff_image": "NgffImage to_ngff_image",
            "images.lazy_array": "LazyArray",
            "ingest.formats.images": "read_image_file",
            "ingest.importing": "import_plate",
            "ingest.matching.name_guess": "describe_name",
            "layout": "PlateFormat parse_well well_label",
            "metadata": (
                "Axis Channel Dataset FieldVersion ImageMetadata Plate "
                "PlateAcquisition PlateColumn PlateRow PlateWell Well WellImage Who "
                "Window"
            ),
            "plates.field": "Field",
            "plates.opening": "from_hcs_zarr",
            "plates.plate": "HCSPlate",
            "plates.well": "HCSWell",
            "rules.problem": "Problem",
            "settings": "config",
            "stores.location": "open_store",
            "stores.store": "PlateStore",
            "tables.platemap": "read_plate_map",
            "validation": "validate",
            "writing.copying.convert": "to_hcs_zarr",
            "writing.pack": "pack unpack",
            "writing.versions.labels": "write_labels",
            "writing.versions.purge": "purge",
            "writing.versions.recovery": "recover",
            "writing.versions.revert": "history revert",
            "writing.versions.tables": "write_table",
            "writing.versions.upkeep": "settle unsettled",
            "writing.versions.staged_field": "StagedField",
            "writing.versions.staging": "stage_field",
            "writing.person": "login_name",
            "writing.well_image": "write_hcs_well_image",
            "writing.writer": "HCSPlateWriter",
        },
        hints="hcs.absent_names",
    )
    __all__.append("__version__")
