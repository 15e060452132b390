"""What is kept of each measured plane: its digests, and how its light lies."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite

from dashboard.quality.metrics import FieldKey
from dashboard.storage.database import insert_all, measured_planes
from hcs.qc import Light, PlaneDigest

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from sqlalchemy import Engine

    from hcs.qc import PlaneResult


@dataclass(frozen=True, slots=True)
class PlaneKey:
    """One plane of a field version, of a channel that is known."""

    field: FieldKey
    t: int
    z: int


class PlaneStore:
    """Digests and light of all plates, by plate id and channel.

    Thread safety: the engine's own; every call is one transaction.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def save(
        self,
        plate: str,
        measured: Iterable[tuple[FieldKey, Iterable[PlaneResult]]],
    ) -> None:
        """Add planes; what is there already stays, as it can only be the same."""
        rows = [
            {
                "plate": plate,
                "channel": plane.channel_index,
                "well": key.well,
                "field": key.field,
                "version": key.version,
                "t": plane.t,
                "z": plane.z,
                "exact": plane.digest.exact,
                "coarse": plane.digest.coarse,
                "mean": None if plane.light is None else plane.light.mean,
                "light": None if plane.light is None else plane.light.shares,
            }
            for key, planes in measured
            for plane in planes
            if plane.digest is not None
        ]
        if not rows:
            return
        dialect = sqlite if self._engine.dialect.name == "sqlite" else postgresql
        statement = dialect.insert(measured_planes).on_conflict_do_nothing()
        insert_all(self._engine, statement, rows)

    def digests(
        self, plates: Collection[str], channel: int
    ) -> list[tuple[PlaneKey, PlaneDigest]]:
        """Return the digests of a channel, for `hcs.qc.find_same_pictures`.

        Parameters
        ----------
        plates
            Ids of one plate; see `MetricStore.ids`.
        channel
            Its index.

        Returns
        -------
            Of every version that was measured, also those that are not live.
        """
        table = measured_planes.c
        query = (
            select(
                table.well,
                table.field,
                table.version,
                table.t,
                table.z,
                table.exact,
                table.coarse,
            )
            .where(table.plate.in_(plates), table.channel == channel)
            .order_by(table.well, table.field, table.version, table.t, table.z)
        )
        with self._engine.connect() as connection:
            return [
                (
                    PlaneKey(FieldKey(well, field, version), t, z),
                    PlaneDigest(exact, coarse),
                )
                for well, field, version, t, z, exact, coarse in connection.execute(
                    query
                )
            ]

    def lights(
        self,
        plates: Collection[str],
        channel: int,
        fields: Collection[FieldKey] | None = None,
    ) -> list[tuple[FieldKey, Light]]:
        """Return how light lies over the planes of a channel, of any z and t.

        Parameters
        ----------
        plates
            Ids of one plate; see `MetricStore.ids`.
        channel
            Its index.
        fields
            Only these; the plate's where None.
        """
        table = measured_planes.c
        query = select(
            table.well, table.field, table.version, table.mean, table.light
        ).where(
            table.plate.in_(plates), table.channel == channel, table.light.is_not(None)
        )
        if fields is not None and len(fields) == 1:
            (key,) = fields
            query = query.where(
                table.well == key.well,
                table.field == key.field,
                table.version == key.version,
            )
        with self._engine.connect() as connection:
            rows = connection.execute(query)
            return [
                (key, Light(mean, shares))
                for well, field, version, mean, shares in rows
                for key in (FieldKey(well, field, version),)
                if fields is None or key in fields
            ]
