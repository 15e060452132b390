"""Settings of this process, to be changed by assignment."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class Config:
    """What bounds memory and trust; read each time that it matters."""

    hcs_well_cache_size: int = 500
    """Most wells that a plate keeps."""

    hcs_image_cache_size: int = 100
    """Most images that a well keeps; they hold metadata, never pixels."""

    hcs_cache_bytes: int = 64 << 20
    """Most bytes that the wells and images of one plate take in its cache."""

    max_read_bytes: int = 4 << 30
    """Most bytes of pixels that one read may return."""

    follow_links: bool = False
    """Whether links that lead out of a plate are followed; for plates of your own that
    are spread over several disks."""

    request_timeout: float = 30.0
    """Seconds after which a request to a remote store is given up."""

    settle_grace: float = 60.0
    """Seconds that a reader may hold on to the path of a field that it looked up: so
    long a corrected field waits before it is brought back to its first path."""


config = Config()
"""The settings that are read: a `Config`. Assign to its attributes."""
