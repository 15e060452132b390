"""NGFF documents as values, and back: no store, no zarr."""
