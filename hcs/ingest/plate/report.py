"""What an import did, or would do: for people to read and for programs to keep."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from hcs.ingest.plate.gaps import MAX_GAPS
from hcs.layout import well_label
from hcs.wording import by_reason

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from hcs.gaps import Gap
    from hcs.ingest.plate.decoding import DamagedPlane
    from hcs.ingest.plate.gaps import Counts
    from hcs.ingest.plate.plan import Plan
    from hcs.layout import Position

_SHOWN = 12
"""Lines of a list in the text; the values hold all."""

MAX_LISTED: Final = 1000
"""Skipped files that the plate document names."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportReport:
    """The outcome of an import: every file used or skipped, every gap."""

    plan: Plan
    source: str
    """Name of the folder or archive."""

    target: str | None
    """Where the plate is; None of a dry run without a target."""

    dry_run: bool
    state: str
    """``"planned"``, ``"written"``, ``"resumed"`` or ``"unchanged"``."""

    damaged: tuple[tuple[str, str], ...] = ()
    """Files whose pixels could not be decoded: name and reason."""

    damaged_planes: tuple[DamagedPlane, ...] = ()
    """Planes that are missing because of that."""

    gaps: tuple[Gap, ...] = field(init=False)
    """What should be there and is not."""

    def __post_init__(self) -> None:
        """Compare what is there with what is expected, once."""
        object.__setattr__(
            self, "gaps", self.plan.gaps(self.damaged_planes, self.damaged)
        )

    @property
    def preset(self) -> str:
        """The reader that was used."""
        return self.plan.export.preset

    @property
    def found(self) -> Counts:
        """How many wells, fields, channels, z, t and planes there are."""
        return self.plan.found

    @property
    def expected(self) -> Counts:
        """How many there should be by the export's description, or by its evenness."""
        return self.plan.expected

    @property
    def used(self) -> tuple[str, ...]:
        """Names of the files whose pixels are in the plate, and of descriptions."""
        lost = set(self.damaged_planes)
        files = {
            plane.file
            for (well, field), planes in self.plan.grid.planes.items()
            for index, plane in planes.items()
            if (*well, field, *index) not in lost
        }
        return tuple(sorted(files.union(self.plan.export.documents)))

    @property
    def skipped(self) -> tuple[tuple[str, str], ...]:
        """Names of the files that are not, with the reason."""
        return tuple(sorted((*self.plan.skipped, *self.damaged)))

    @property
    def examples(self) -> tuple[tuple[str, str], ...]:
        """Some names that a person's pattern read, and as what; () without a pattern.

        From the first, the middle and the last file: a pattern that is wrong can give
        a plate that looks right.
        """
        export = self.plan.export
        if export.preset not in ("pattern", "regex"):
            return ()
        names = tuple(export.file_parts)
        places = sorted({0, len(names) // 2, len(names) - 1})
        return tuple((names[i], str(export.file_parts[names[i]])) for i in places)

    @property
    def channel_names(self) -> tuple[str, ...]:
        """Names of the channels in the plate."""
        return tuple(channel.name or "" for channel in self.plan.traits.channels)

    def __str__(self) -> str:
        return "\n".join(self.lines())

    def lines(self) -> Iterator[str]:
        """Yield the report as lines of text."""
        plan = self.plan
        export = plan.export
        yield f"{export.plate}: {export.preset}, because {export.reason}"
        if export.barcode:
            yield f"Barcode     {export.barcode}"
        yield f"Plate       {plan.format}, {plan.format_source}"
        height, width = plan.grid.size
        yield f"Found       {plan.found} of {width} x {height} {plan.grid.dtype}"
        for number, (name, text) in enumerate(self.examples):
            yield f"{'' if number else 'Read as':12}{name}: {text}"
        yield f"Expected    {plan.expected}"
        yield from self._gap_lines()
        yield f"Channels    {', '.join(self._channel_texts())}"
        yield f"Sizes       {', '.join(self._size_texts())}"
        yield from self._map_lines()
        yield f"Files       {len(self.used)} used, {len(self.skipped)} skipped"
        for text in by_reason(self.skipped):
            yield f"            {text}"
        for note in plan.notes:
            yield f"Note        {note}"
        yield f"Result      {_RESULTS[self.state].format(target=self.target)}"

    def _gap_lines(self) -> Iterator[str]:
        gaps = self.gaps
        yield f"Gaps        {len(gaps) or 'none'}"
        for gap in gaps[:_SHOWN]:
            yield f"            {gap}"
        if len(gaps) > _SHOWN:
            yield f"            and {len(gaps) - _SHOWN} more"

    def _channel_texts(self) -> Iterator[str]:
        for channel in self.plan.traits.channels:
            emission = channel.emission
            yield f"{channel.name}" + (f" ({emission:g} nm)" if emission else "")

    def _size_texts(self) -> Iterator[str]:
        traits, grid = self.plan.traits, self.plan.grid
        if traits.pixel_size is None:
            yield "pixel size not known"
        else:
            y, x = traits.pixel_size
            yield f"pixel {x:g} µm" if x == y else f"pixel {x:g} x {y:g} µm"
        if traits.projection:
            yield f"along z a projection: {traits.projection}"
        if len(grid.z) > 1:
            step = traits.z_step
            yield "z step not known" if step is None else f"z step {step:g} µm"
        if len(grid.t) > 1:
            step = traits.t_step
            yield "interval not known" if step is None else f"interval {step:g} s"

    def _map_lines(self) -> Iterator[str]:
        plate_map, grid = self.plan.plate_map, self.plan.grid
        if plate_map is None:
            return
        columns = ", ".join(plate_map.columns) or "no columns"
        yield f"Plate map   {len(plate_map.wells)} wells: {columns}"
        for problem in plate_map.problems[:_SHOWN]:
            yield f"            {problem.message}"
        for text, wells in (
            ("without images", plate_map.missing_from(grid.wells)),
            ("imaged but not in the map", plate_map.not_listing(grid.wells)),
        ):
            if wells:
                yield f"            {len(wells)} wells {text}: {self._labels(wells)}"

    def _labels(self, wells: Sequence[Position]) -> str:
        labels = [well_label(*well, self.plan.format.columns) for well in wells]
        more = f" and {len(wells) - _SHOWN} more" if len(wells) > _SHOWN else ""
        return ", ".join(labels[:_SHOWN]) + more

    def gap_entries(self) -> list[dict[str, Any]]:
        """Return the gaps as the plate document keeps them, at most `MAX_GAPS`.

        Returns
        -------
            As `HCSPlate.gaps` gives them.
        """
        return [gap.entry for gap in self.gaps[:MAX_GAPS]]

    def as_dict(self) -> dict[str, Any]:
        """Return the report as JSON values."""
        plan = self.plan
        return {
            "source": self.source,
            "target": self.target,
            "state": self.state,
            "preset": self.preset,
            "reason": plan.export.reason,
            "plate": plan.export.plate,
            "barcode": plan.export.barcode,
            "complete": plan.export.complete,
            "acquired": plan.traits.acquired,
            "format": plan.format.name,
            "format_source": plan.format_source,
            "examples": [list(example) for example in self.examples],
            "found": plan.found.as_dict(),
            "expected": plan.expected.as_dict(),
            "gaps": self.gap_entries(),
            "gap_count": len(self.gaps),
            "channels": list(self.channel_names),
            "pixel_size": plan.traits.pixel_size,
            "z_step": plan.traits.z_step,
            "t_step": plan.traits.t_step,
            "projection": plan.traits.projection,
            "used": list(self.used),
            "skipped": [list(entry) for entry in self.skipped],
            "notes": list(plan.notes),
            "plate_map": self.map_entry(),
        }

    def map_entry(self) -> dict[str, Any] | None:
        """Return what was found wrong with the plate map, None where none was given.

        Returns
        -------
            Its ``name`` and ``columns``, the ``problems`` in words, and labels of wells
            ``without_images`` and ``not_listed`` in it.
        """
        plate_map, grid = self.plan.plate_map, self.plan.grid
        if plate_map is None:
            return None
        label = self.plan.format.label
        return {
            "name": plate_map.name,
            "columns": list(plate_map.columns),
            "problems": [problem.message for problem in plate_map.problems],
            "without_images": [*map(label, plate_map.missing_from(grid.wells))],
            "not_listed": [*map(label, plate_map.not_listing(grid.wells))],
        }


_RESULTS = {
    "planned": "nothing was written (dry run)",
    "written": "written to {target}",
    "resumed": "completed at {target}",
    "unchanged": "{target} holds this import already; nothing was written",
}
