"""Addresses of pictures, planes and uploads; both sides of their spelling.

Every pixel address holds a version id or a digest of version ids and all that decides
the bytes, so that an answer never changes and browsers may keep it for ever.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode

from dashboard.plates.values import ChannelSetting
from hcs.metadata import COLOR

if TYPE_CHECKING:
    from collections.abc import Iterable

MAX_CHANNELS = 64
"""More channels than this in one address are refused."""

_ORDER = (
    "size", "level", "channel", "v", "channels", "z", "t", "projection",
    "acquisition", "region", "label", "field", "soon",
)  # fmt: skip
"""Keys of a query as they stand in it: also those of ``pixels/addresses.js``."""

PAGE_HEADER = "X-Hcs-Page"
"""Holds the token of the page that sends something; addresses stand in logs."""

SPRITE_CELL = 128
"""Pixels of a field's cell in the sprite that the plate canvas draws a well from."""


def encode_channels(settings: Iterable[ChannelSetting]) -> str:
    """Return ``index:RRGGBB:low:high:gamma;...``, the shortest spelling of each number.

    >>> encode_channels([ChannelSetting(index=0, color="00ff00", low=1, high=250)])
    '0:00FF00:1:250:1'
    """
    return ";".join(
        f"{setting.index}:{setting.color.upper()}:{setting.low:.10g}:{setting.high:.10g}"
        f":{setting.gamma:.4g}"
        for setting in settings
    )


def decode_channels(text: str) -> tuple[ChannelSetting, ...]:
    """Read what `encode_channels` wrote.

    Raises
    ------
    ValueError
        If the text is not of that form, or a number is not finite.
    """
    parts = [part for part in text.split(";") if part]
    if len(parts) > MAX_CHANNELS:
        raise ValueError(f"{len(parts)} channels asked, at most {MAX_CHANNELS} allowed")
    return tuple(_decode_channel(part) for part in parts)


def _decode_channel(part: str) -> ChannelSetting:
    pieces = part.split(":")
    if len(pieces) not in (4, 5) or not COLOR.fullmatch(pieces[1]):
        raise ValueError(
            f"Channel {part[:60]!r} is not 'index:RRGGBB:low:high', perhaps with "
            f"':gamma' behind it"
        )
    index, low, high = int(pieces[0]), float(pieces[2]), float(pieces[3])
    gamma = float(pieces[4]) if len(pieces) == 5 else 1.0
    if not all(map(math.isfinite, (low, high, gamma))) or index < 0:
        raise ValueError(f"Channel {part[:60]!r} has a number out of range")
    if not 0.01 <= gamma <= 100:
        raise ValueError(f"Gamma {gamma} is outside 0.01 to 100")
    return ChannelSetting(
        index=index, color=pieces[1].upper(), low=low, high=high, gamma=gamma
    )


@dataclass(frozen=True, slots=True)
class Urls:
    """Makes addresses below the prefix that the server runs at.

    They start at the root of the host, so that they mean the same on a page with and
    without a slash at its end.
    """

    prefix: str = ""
    """``""`` or ``"/hcs"``."""

    def sign_out(self) -> str:
        """Return the address that a form is sent to for signing out."""
        return f"{self.prefix}/sign-out"

    def admin(self) -> str:
        """Return the address of the page of people, sessions and jobs."""
        return f"{self.prefix}/admin"

    def _field(self, plate: str, well: str, field: str, version: str) -> str:
        parts = "/".join(quote(part, safe="") for part in (plate, well, field, version))
        return f"{self.prefix}/pixels/{parts}"

    def _pending(self, key: str, pending: str) -> str:
        parts = "/".join(quote(part, safe="") for part in (key, "pending", pending))
        return f"{self.prefix}/pixels/{parts}"

    def _staged(self, staged_id: str) -> str:
        return f"{self.prefix}/pixels/staged/{quote(staged_id, safe='')}"

    def thumb(
        self,
        plate: str,
        well: str,
        field: str,
        version: str,
        *,
        size: int,
        channels: Iterable[ChannelSetting],
        z: int | None = None,
        t: int | None = None,
        projection: str = "",
    ) -> str:
        """Return the address of a small picture; its longer side has `size` pixels."""
        base = self._field(plate, well, field, version)
        query = _picture(channels, z, t, size=size, projection=projection or None)
        return f"{base}/thumb.jpg?{query}"

    def plane(
        self,
        plate: str,
        well: str,
        field: str,
        version: str,
        *,
        level: int,
        channel: int,
        z: int | None = None,
        t: int | None = None,
    ) -> str:
        """Return the address of raw pixels, row by row, little-endian.

        The answer has the headers ``X-Shape: <rows>,<columns>`` and ``X-Dtype``, a
        numpy name (``uint8``, ``uint16``, ``float32`` ...).
        """
        base = self._field(plate, well, field, version)
        return f"{base}/plane.bin?{_plane(level, channel, z, t)}"

    def label_plane(
        self,
        plate: str,
        well: str,
        field: str,
        version: str,
        *,
        label: str,
        level: int,
        z: int | None = None,
        t: int | None = None,
    ) -> str:
        """Return the address of an integer mask, spelled as `plane`'s answer."""
        base = self._field(plate, well, field, version)
        return f"{base}/label.bin?{_plane(level, 0, z, t, label=label)}"

    def picture(
        self,
        plate: str,
        well: str,
        field: str,
        version: str,
        *,
        level: int,
        channels: Iterable[ChannelSetting],
        z: int | None = None,
        t: int | None = None,
    ) -> str:
        """Return the address of a whole level, drawn by the server."""
        base = self._field(plate, well, field, version)
        return f"{base}/field.jpg?{_picture(channels, z, t, level=level)}"

    def saved(self, plate: str, well: str, field: str, version: str, what: str) -> str:
        """Return the start of a file's address: ``"field.png"`` or ``"planes.tif"``.

        Which plane and channels, and how they are drawn, go into its query; see
        `dashboard.web.saving`.
        """
        return f"{self._field(plate, well, field, version)}/{what}"

    def staged_plane(
        self,
        staged_id: str,
        *,
        level: int,
        channel: int,
        z: int | None = None,
        t: int | None = None,
    ) -> str:
        """Return the address of a plane of a staged correction."""
        return f"{self._staged(staged_id)}/plane.bin?{_plane(level, channel, z, t)}"

    def pending_thumb(
        self,
        key: str,
        pending: str,
        *,
        size: int,
        channels: Iterable[ChannelSetting],
    ) -> str:
        """Return the address of a small picture of a pending correction."""
        query = _picture(channels, None, None, size=size)
        return f"{self._pending(key, pending)}/thumb.jpg?{query}"

    def staged_thumb(
        self, staged_id: str, *, size: int, channels: Iterable[ChannelSetting]
    ) -> str:
        """Return the address of a small picture of an upload or staged correction."""
        query = _picture(channels, None, None, size=size)
        return f"{self._staged(staged_id)}/thumb.jpg?{query}"

    def staged_picture(
        self,
        staged_id: str,
        *,
        level: int,
        channels: Iterable[ChannelSetting],
        z: int | None = None,
        t: int | None = None,
    ) -> str:
        """Return the address of a staged correction, drawn by the server."""
        query = _picture(channels, z, t, level=level)
        return f"{self._staged(staged_id)}/field.jpg?{query}"

    def well_sprite(
        self,
        plate: str,
        well: str,
        digest: str,
        *,
        size: int,
        channels: Iterable[ChannelSetting],
        fields: Iterable[str] = (),
        z: int | None = None,
        t: int | None = None,
    ) -> str:
        """Return the address of one picture with all fields of a well.

        The cells of ``size`` x ``size`` pixels stand in `sprite_columns` columns, in
        the order of `WellView.fields` or of `fields`; a field that cannot be read is a
        dark cell with a cross.
        """
        parts = "/".join(quote(part, safe="") for part in (plate, well))
        query = _picture(channels, z, t, size=size, v=digest, field=tuple(fields))
        return f"{self.prefix}/pixels/{parts}/sprite.jpg?{query}"

    def plate_sprite(
        self,
        plate: str,
        digest: str,
        *,
        size: int,
        channels: Iterable[ChannelSetting],
        acquisition: int | None = None,
        z: int | None = None,
        t: int | None = None,
        projection: str = "",
        soon: bool = False,
    ) -> str:
        """Return the address of one picture with the first field of every well.

        Cells stand as the wells on the plate; a well without pictures is transparent
        black (#000). With `soon` it may be unfinished, and then says what is missing.
        """
        query = _picture(
            channels,
            z,
            t,
            size=size,
            v=digest,
            acquisition=acquisition,
            projection=projection or None,
            soon=1 if soon else None,
        )
        return f"{self.prefix}/pixels/{quote(plate, safe='')}/plate.jpg?{query}"

    def wells(self, plate: str) -> str:
        """Return the address that tells where fields stand, ``?well=B02&well=B03``."""
        return f"{self.prefix}/pixels/{quote(plate, safe='')}/wells.json"

    def previews(self, plate: str) -> str:
        """Return the address that tells how far previews are, and how full caches."""
        return f"{self.prefix}/pixels/{quote(plate, safe='')}/previews.json"

    def export(self, plate: str, name: str) -> str:
        """Return the address of what is exported of a plate: ``"wells.csv"`` ..."""
        return f"{self.prefix}/export/{quote(plate, safe='')}/{quote(name)}"

    def asset(self, name: str) -> str:
        """Return the address of a file of the ``assets`` folder."""
        return f"{self.prefix}/assets/{quote(name)}"

    def leave(self) -> str:
        """Return the address that a page tells, by its token, that it was left."""
        return f"{self.prefix}/leave"

    def uploads(self) -> str:
        """Return the address of uploads, by the tus protocol; see `web.uploads`.

        A page's token goes into the header `PAGE_HEADER`, never into an address.
        """
        return f"{self.prefix}/uploads"


def sprite_columns(count: int) -> int:
    """Return how many columns a sprite of `count` cells has.

    >>> [sprite_columns(count) for count in (0, 1, 2, 4, 5, 9, 10)]
    [1, 1, 2, 2, 3, 3, 4]
    """
    return max(1, math.ceil(math.sqrt(count)))


_Value = int | str | tuple[str, ...] | None


def _picture(
    channels: Iterable[ChannelSetting], z: int | None, t: int | None, **more: _Value
) -> str:
    return _query(channels=encode_channels(channels), z=z, t=t, **more)


def _plane(
    level: int, channel: int, z: int | None, t: int | None, **more: _Value
) -> str:
    return _query(level=level, channel=channel, z=z, t=t, **more)


def _query(**values: _Value) -> str:
    """Return a query; the same values always give the same one."""
    known = {name: values[name] for name in _ORDER if values.get(name) is not None}
    return urlencode(known, doseq=True, safe=":;,")
