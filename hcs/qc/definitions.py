"""The one table of metrics: what is computed, documented, explained and exported.

A new metric is one function and one entry here. The entry's version is raised when
the function gives other numbers, so that stored values are known to be old.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, get_args

from hcs.errors import ArgumentError
from hcs.qc.fields import background, channels, focus, intensity, nuclei
from hcs.qc.fields.plane import SCALE

if TYPE_CHECKING:
    from collections.abc import Callable

Scope = Literal["plane", "pair", "nuclei", "nuclei pair"]
"""What a metric is computed from: one channel; a channel and the reference channel;
the nuclear channel; another channel and the nuclei."""

Direction = Literal["low", "high", "both", "none"]
Kind = Literal["technical", "treatment"]

Scale = Literal["deviation", "sequential", "diverging"]
"""How its numbers are to be seen: as a distance from where all is well, from little to
much, or on either side of zero."""

Question = Literal[
    "sharp", "bright", "even", "empty", "nuclei", "channels", "technical", "other"
]
"""What a person asks who looks for it: "technical" is about the files and not the
cells, "other" is for metrics of other packages that do not say."""

_ID = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*", re.ASCII)
"""Values are stored under ``<id>@<version>.<channel>``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Definition:
    """One metric of a field.

    One of your own is one function and one such entry: `hcs.qc.measure_plate` takes it
    as it is, and a package gives it to everybody by an entry point ``hcs.metrics``.

    Raises
    ------
    ArgumentError
        If the id, the scope or the version is none.
    """

    id: str
    version: int = 1
    title: str
    unit: str
    """``"counts"``, ``"%"``, ``"px"`` ...; ``""`` for a pure number."""

    low: float | None = None
    """Least value possible; None where there is no bound."""

    high: float | None = None
    """Greatest value possible; None where there is no bound."""

    bad: Direction = "none"
    """Which side speaks of a fault."""

    kind: Kind = "technical"
    """Whether only the instrument and the handling move it, or treatment too."""

    scale: Scale = "sequential"
    right: float = 0.0
    """Where all is well, of a deviation."""

    question: Question = "other"
    scope: Scope = "plane"
    log: bool = False
    """Skewed: shown and scored on a logarithmic scale."""

    meaning: str
    """What it measures, for the person at the plate."""

    misleads: str
    """When its value does not mean what it seems to."""

    cellprofiler: str | None = None
    """Name in CellProfiler's MeasureImageQuality, with ``{}`` for the image."""

    standard: bool = True
    """Part of the quick set; the others are measured on demand."""

    source: str = ""
    """Package that it is from, with its version; "" for ours."""

    compute: Callable[..., float]
    """Returns the value. It gets a `hcs.qc.Plane`; with the scope ``"pair"`` also that
    of the reference channel, with ``"nuclei"`` the nuclei in place of the plane, and
    with ``"nuclei pair"`` both. It raises `hcs.qc.NotComputableError` with the reason
    where there is no value."""

    def __post_init__(self) -> None:
        if not _ID.fullmatch(self.id):
            raise ArgumentError(
                f"A metric's id is {self.id!r}; use small letters, digits and _, and "
                f"begin with a letter: 'cell_count'."
            )
        if self.scope not in get_args(Scope):
            raise ArgumentError(
                f"The scope of {self.id} is {self.scope!r}; there are "
                f"{', '.join(get_args(Scope))}."
            )
        for name, allowed in (("scale", Scale), ("question", Question)):
            if getattr(self, name) not in get_args(allowed):
                raise ArgumentError(
                    f"The {name} of {self.id} is {getattr(self, name)!r}; there are "
                    f"{', '.join(get_args(allowed))}."
                )
        if self.version < 1 or not callable(self.compute):
            raise ArgumentError(
                f"The metric {self.id} needs a version from 1 on and a function."
            )

    @property
    def key(self) -> str:
        """Id and version: ``"mean@1"``; changes when the numbers do."""
        return f"{self.id}@{self.version}"

    def header(self, channel: str) -> str:
        """Return the column's name in all tables, for one channel by its name.

        CellProfiler's own where it has the metric, else one of the same form.

        Parameters
        ----------
        channel
            Name of the channel as it is to stand in the header.

        Returns
        -------
            Such as ``"ImageQuality_FocusScore_DNA"``.
        """
        words = "".join(word.capitalize() for word in self.id.split("_"))
        form = f"{words}_{{}}" if self.cellprofiler is None else self.cellprofiler
        return f"ImageQuality_{form.format(channel)}"


_FRACTION = "full scale"
_SCALE = (
    "Depends on the bit depth that was declared: divide by full scale as stored, and "
    "compare only plates with the same."
)
_MATERIAL = "More or brighter cells raise it too; compare like with like."

DEFINITIONS: tuple[Definition, ...] = (
    Definition(
        id="mean",
        title="Mean intensity",
        unit="counts",
        bad="both",
        kind="treatment",
        question="bright",
        meaning="Mean of all pixels.",
        misleads="Holds background and the camera's offset; moves with cell number.",
        compute=intensity.mean,
    ),
    Definition(
        id="p99",
        title="99th percentile intensity",
        unit="counts",
        bad="both",
        kind="treatment",
        question="bright",
        meaning="The level that 99 % of the pixels stay below: how bright cells are.",
        misleads="Where cells cover under 1 % of the field it shows the background.",
        compute=intensity.percentile_99,
    ),
    Definition(
        id="percent_saturated",
        title="Saturated pixels",
        unit="%",
        low=0,
        high=100,
        bad="high",
        log=True,
        scale="deviation",
        question="bright",
        meaning="Pixels at or above the level at which the camera clips.",
        misleads="Only as good as the clip level; without one there is no value.",
        compute=intensity.percent_saturated,
    ),
    Definition(
        id="power_log_log_slope",
        title="Focus (power slope)",
        unit="",
        bad="low",
        question="sharp",
        meaning=(
            "Slope of power over spatial frequency, log by log. More negative means "
            "blurrier; white noise alone gives about +1."
        ),
        misleads=(
            "Empty and noisy fields look sharp. Where treatment moves a stain from "
            "textured to smooth places it falls without any blur."
        ),
        cellprofiler="PowerLogLogSlope_{}",
        compute=focus.power_log_log_slope,
    ),
    Definition(
        id="laplacian_variance",
        title="Sharpness (variance of Laplacian)",
        unit="counts²",
        low=0,
        bad="low",
        log=True,
        question="sharp",
        meaning="Spread of the differences between a pixel and its four neighbours.",
        misleads="Pixel noise and brightness raise it; compare one channel's fields.",
        compute=focus.laplacian_variance,
    ),
    Definition(
        id="focus_score",
        title="Focus score",
        unit=_FRACTION,
        low=0,
        bad="low",
        kind="treatment",
        question="sharp",
        meaning="Variance over mean.",
        misleads=f"For one field at several heights only. {_MATERIAL} {_SCALE}",
        cellprofiler="FocusScore_{}",
        compute=focus.focus_score,
    ),
    Definition(
        id="local_focus_score",
        title=f"Local focus score ({SCALE} px)",
        unit=_FRACTION,
        low=0,
        bad="low",
        kind="treatment",
        question="sharp",
        meaning=(
            "How much variance over mean differs between blocks: variance over the "
            "blocks, divided by their median."
        ),
        misleads=(
            "CellProfiler's manual describes a mean; its program, and so we, compute "
            f"this. {_SCALE}"
        ),
        cellprofiler=f"LocalFocusScore_{{}}_{SCALE}",
        compute=focus.local_focus_score,
    ),
    Definition(
        id="correlation",
        title=f"Texture correlation ({SCALE} px)",
        unit="",
        low=-1,
        high=1,
        bad="high",
        kind="treatment",
        question="sharp",
        meaning="How alike pixels some columns apart are (Haralick); blur raises it.",
        misleads="Needs a distance below the size of the objects; looks along x only.",
        cellprofiler=f"Correlation_{{}}_{SCALE}",
        standard=False,
        compute=focus.correlation,
    ),
    Definition(
        id="percent_maximal",
        title="Pixels at the maximum",
        unit="%",
        low=0,
        high=100,
        bad="high",
        log=True,
        question="bright",
        meaning="Pixels that equal the brightest of their own image.",
        misleads=(
            "Never 0, and 100 for a constant image. One hot pixel above the clip level "
            "hides a saturated image: see Saturated pixels."
        ),
        cellprofiler="PercentMaximal_{}",
        compute=intensity.percent_maximal,
    ),
    Definition(
        id="percent_minimal",
        title="Pixels at the minimum",
        unit="%",
        low=0,
        high=100,
        bad="high",
        log=True,
        question="empty",
        meaning="Pixels that equal the darkest of their own image.",
        misleads="Never 0; an offset set too low raises it in every image.",
        cellprofiler="PercentMinimal_{}",
        compute=intensity.percent_minimal,
    ),
    *(
        Definition(
            id=id,
            title=title,
            unit=unit,
            low=0 if id in ("std_intensity", "mad_intensity", "total_area") else None,
            bad="none",
            kind="technical" if id == "total_area" else "treatment",
            question="technical" if id == "total_area" else "bright",
            meaning=meaning,
            misleads=misleads,
            cellprofiler=f"{feature}_{{}}",
            compute=compute,
        )
        for id, feature, title, unit, meaning, misleads, compute in (
            (
                "total_intensity",
                "TotalIntensity",
                "Total intensity",
                _FRACTION,
                "Sum of all pixels.",
                _SCALE,
                intensity.total_intensity,
            ),
            (
                "mean_intensity",
                "MeanIntensity",
                "Mean intensity (0 to 1)",
                _FRACTION,
                "Mean of all pixels.",
                _SCALE,
                intensity.mean_intensity,
            ),
            (
                "median_intensity",
                "MedianIntensity",
                "Median intensity (0 to 1)",
                _FRACTION,
                "Half of the pixels are below.",
                f"Where cells cover less than half it is the background. {_SCALE}",
                intensity.median_intensity,
            ),
            (
                "std_intensity",
                "StdIntensity",
                "Intensity SD (0 to 1)",
                _FRACTION,
                "Population standard deviation of the pixels.",
                f"{_MATERIAL} {_SCALE}",
                intensity.std_intensity,
            ),
            (
                "mad_intensity",
                "MADIntensity",
                "Intensity MAD (0 to 1)",
                _FRACTION,
                "Median distance from the median, not scaled to a standard deviation.",
                _SCALE,
                intensity.mad_intensity,
            ),
            (
                "min_intensity",
                "MinIntensity",
                "Minimum intensity (0 to 1)",
                _FRACTION,
                "The darkest pixel.",
                f"One dead pixel decides. {_SCALE}",
                intensity.min_intensity,
            ),
            (
                "max_intensity",
                "MaxIntensity",
                "Maximum intensity (0 to 1)",
                _FRACTION,
                "The brightest pixel.",
                f"One hot pixel decides. {_SCALE}",
                intensity.max_intensity,
            ),
            (
                "total_area",
                "TotalArea",
                "Pixels",
                "px",
                "Number of pixels of the field.",
                "Not the area of the cells.",
                intensity.total_area,
            ),
        )
    ),
    Definition(
        id="scaling",
        title="Full scale",
        unit="counts",
        low=0,
        question="technical",
        meaning="What fractions of full scale were divided by.",
        misleads="The top of the data type, not of the camera.",
        cellprofiler="Scaling_{}",
        compute=intensity.scaling,
    ),
    Definition(
        id="threshold_otsu",
        title="Otsu threshold (0 to 1)",
        unit=_FRACTION,
        low=0,
        bad="both",
        kind="treatment",
        question="bright",
        meaning="Level between dark and bright pixels; far off points to an artefact.",
        misleads=f"An empty field gets one too, amid its noise. {_SCALE}",
        cellprofiler="ThresholdOtsu_{}_2W",
        compute=intensity.threshold_otsu,
    ),
    Definition(
        id="background_level",
        title="Background",
        unit="counts",
        bad="both",
        question="even",
        meaning="10th percentile of means of blocks of 10 x 10 pixels.",
        misleads="Where cells cover nearly everything it shows their dimmest parts.",
        compute=background.background_level,
    ),
    Definition(
        id="background_unevenness",
        title="Uneven illumination",
        unit="%",
        low=0,
        bad="high",
        question="even",
        meaning=(
            "How much a smooth surface through the background varies over the field, "
            "as a share of the mean intensity."
        ),
        misleads=(
            "The camera's offset makes it look smaller; where cells leave no "
            "background free it shows how they lie."
        ),
        compute=background.background_unevenness,
    ),
    Definition(
        id="signal_to_background",
        title="Signal to background",
        unit="",
        low=0,
        bad="low",
        kind="treatment",
        question="bright",
        meaning="Mean of the bright pixels (Otsu) over the background.",
        misleads="The camera's offset counts as background; dirt counts as signal.",
        compute=background.signal_to_background,
    ),
    Definition(
        id="empty_tiles",
        title="Empty tiles",
        unit="%",
        low=0,
        high=100,
        bad="high",
        question="empty",
        meaning="Tiles (8 x 8 over the field) in which nothing stands out.",
        misleads="Toxic treatment empties tiles too; near 100 % the field is empty.",
        compute=background.empty_tiles,
    ),
    Definition(
        id="bright_debris",
        title="Bright debris",
        unit="%",
        low=0,
        high=100,
        bad="high",
        log=True,
        scale="deviation",
        question="empty",
        meaning="Area three times as bright as cells, both above the background.",
        misleads="Dead, dividing or a few very bright cells can look like dirt.",
        compute=background.bright_debris,
    ),
    Definition(
        id="channel_correlation",
        title="Correlation with the reference channel",
        unit="",
        low=-1,
        high=1,
        bad="none",
        kind="treatment",
        scope="pair",
        scale="diverging",
        question="channels",
        meaning="Pearson's correlation of the pixels of two channels.",
        misleads="Bleed-through and shared background raise it.",
        standard=False,
        compute=channels.channel_correlation,
    ),
    Definition(
        id="channel_shift",
        # 1 took a fit by chance for a shift, in 1 of 4000 fields; 2 compared 640 pixels
        # of each side.
        version=3,
        title="Shift against the reference channel",
        unit="px",
        low=0,
        bad="high",
        scope="pair",
        scale="deviation",
        question="channels",
        meaning="How far the edges of two channels lie apart, in whole pixels.",
        misleads="A pixel or two is usual; channels with nothing in common have none.",
        standard=False,
        compute=channels.channel_shift,
    ),
    Definition(
        id="nucleus_count",
        title="Nuclei",
        unit="nuclei",
        low=0,
        bad="low",
        kind="treatment",
        scope="nuclei",
        question="nuclei",
        meaning="Bright things in the nuclear channel (Otsu).",
        misleads="Nuclei that touch count as one; dirt counts too.",
        standard=False,
        compute=nuclei.count,
    ),
    Definition(
        id="nucleus_area",
        title="Mean nucleus area",
        unit="px²",
        low=0,
        bad="both",
        kind="treatment",
        scope="nuclei",
        question="nuclei",
        meaning="Mean area of the nuclei.",
        misleads="Blur and nuclei that touch make it larger.",
        standard=False,
        compute=nuclei.mean_area,
    ),
    Definition(
        id="nucleus_ring_ratio",
        title=f"Nucleus to ring ({nuclei.RING} px)",
        unit="",
        low=0,
        bad="none",
        kind="treatment",
        scope="nuclei pair",
        question="nuclei",
        meaning="Mean inside the nuclei over the mean in a ring around them.",
        misleads="Background and offset draw it towards 1; blur does too.",
        standard=False,
        compute=nuclei.nucleus_ring_ratio,
    ),
)
"""All metrics of a field, in the order in which they are shown."""

STANDARD: tuple[str, ...] = tuple(d.id for d in DEFINITIONS if d.standard)
"""Ids of the quick set."""

EVERY_METRIC: tuple[str, ...] = tuple(d.id for d in DEFINITIONS)
"""Ids of all metrics of ours."""
