"""Names of microscopes of which no export was at hand: proposed, and never by `auto`.

The patterns come from what users of the microscopes write about the names, not from
files.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Unverified:
    """How a microscope is said to name its images."""

    maker: str
    typical: re.Pattern[str]
    """Found in names of this maker, and hardly in others."""

    pattern: str


_MOMENT = r"\d{2}d\d{2}h\d{2}m|\d{4}y\d{2}m\d{2}d_\d{2}h\d{2}m"
_GEN5, _INCUCYTE, _JOBS = "Agilent Cytation (Gen5)", "Sartorius Incucyte", "Nikon JOBS"
_OF_GEN5 = re.compile(
    r"(?:^|/)[A-P]\d{1,2}_-?\d+_(?:\d+_\d+(?:Z\d+)?|SP)[^/]*_T?\d{3}\."
)
_OF_INCUCYTE = re.compile(rf"_[A-P]\d{{1,2}}_\d+_(?:{_MOMENT})\.")
_OF_JOBS = re.compile(r"Well[A-P]\d{1,2}_[^/]*Channel[^/]*_Seq\d{4}")

UNVERIFIED: Final = (
    # Well, step of the protocol, number of the channel, picture in the well, channel,
    # read: A1_01_1_4_Phase Contrast_001.tif.
    Unverified(_GEN5, _OF_GEN5, "{well}_{*}_{*}_{field}_{channel}_{t}.tif"),
    Unverified(_GEN5, _OF_GEN5, "{well}_{*}_{*}_{field}Z{z}_{channel}_{t}.tif"),
    Unverified(_GEN5, _OF_GEN5, "{well}_{*}_SP{field}Z{z}_C{*}_{channel}_T{t}.tif"),
    # VID1630_A1_1_00d00h00m.tif, and VID9955_Phase_B3_1_00d00h00m.tif.
    Unverified(_INCUCYTE, _OF_INCUCYTE, "{plate}_{channel}_{well}_{field}_{t}.tif"),
    Unverified(_INCUCYTE, _OF_INCUCYTE, "{plate}_{well}_{field}_{t}.tif"),
    # The instrument's own folders: ScanData/2505/16/1200/644/A1-1-C1.tif, of year and
    # month, day, hour and minute, and vessel.
    Unverified(
        _INCUCYTE,
        re.compile(r"(?:^|/)\d{4}/\d{2}/\d{4}/\d+/[A-P]\d{1,2}-\d+-\w+\."),
        r"(?P<t>\d{4}/\d{2}/\d{4})/(?P<plate>\d+)/(?P<well>[A-P]\d{1,2})-"
        r"(?P<field>\d+)-(?P<channel>\w+)\.tif",
    ),
    # WellB02_PointB02_0000_ChannelFITC_Seq0000, saved as TIFF.
    Unverified(
        _JOBS, _OF_JOBS, "{*}Well{well}_Point{*}_{field}_Channel{channel}_Seq{*}.tif"
    ),
    Unverified(
        _JOBS, _OF_JOBS, "{*}Well{well}_Channel{*}_Seq{*}xy{field}c{channel}.tif"
    ),
    Unverified(_JOBS, _OF_JOBS, "{*}Well{well}_Channel{channel}_Seq{*}.tif"),
)
