"""Read, check and write high-content-screening plates in OME-Zarr."""
