"""Measurements of a CellVoyager in small: the three documents, and blank images."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.exports import write_blanks

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

NAMESPACE = 'xmlns:bts="http://www.yokogawa.co.jp/BTS/BTSSchema/1.0"'


def record(text: str, *, kind: str = "IMG", **values: object) -> str:
    """Return one record of the list; B02, field 1 and channel 1 unless told."""
    given: dict[str, object] = {
        "Type": kind,
        "Column": 2,
        "Row": 2,
        "TimePoint": 1,
        "FieldIndex": 1,
        "TimelineIndex": 1,
    }
    if kind == "IMG":
        given |= {"ZIndex": 1, "ActionIndex": 1, "X": 0, "Y": 0, "Z": 0, "Ch": 1}
    given |= values
    attributes = " ".join(
        f'bts:{key}="{value}"' for key, value in given.items() if value is not None
    )
    return f"<bts:MeasurementRecord {attributes}>{text}</bts:MeasurementRecord>"


def name_of(well: str, field: int, channel: int, *, z: int = 1, t: int = 1) -> str:
    """Return the name of a plane's image."""
    return f"my_plate_{well}_T{t:04d}F{field:03d}L01A01Z{z:02d}C{channel:02d}.tif"


def write_list(folder: Path, records: Iterable[str]) -> None:
    """Write MeasurementData.mlf."""
    folder.mkdir(parents=True, exist_ok=True)
    text = f"<bts:MeasurementData {NAMESPACE}>{''.join(records)}</bts:MeasurementData>"
    (folder / "MeasurementData.mlf").write_text(text, "utf-8-sig")


def write_detail(folder: Path, *, channels: int = 1, **values: object) -> None:
    """Write MeasurementDetail.mrf; its operator must never come into a plate."""
    given = {
        "OperatorName": "Ada Operator",
        "Title": "run 7",
        "EndTime": "2025-01-01T00:00:00",
        "ColumnCount": 12,
        "RowCount": 8,
    } | values
    attributes = " ".join(f'bts:{key}="{value}"' for key, value in given.items())
    lines = "".join(
        f'<bts:MeasurementChannel bts:Ch="{number}" bts:InputBitDepth="16" '
        f'bts:HorizontalPixelDimension="0.5" bts:VerticalPixelDimension="0.5"/>'
        for number in range(1, channels + 1)
    )
    (folder / "MeasurementDetail.mrf").write_text(
        f"<bts:MeasurementDetail {attributes} {NAMESPACE}>"
        f'<bts:MeasurementSamplePlate bts:Name="my_plate"/>{lines}'
        f"</bts:MeasurementDetail>",
        "utf-8-sig",
    )


def write_protocol(folder: Path, timelines: str, channels: str = "") -> None:
    """Write an .mes file around the timelines and channels given."""
    (folder / "run.mes").write_text(
        f"<bts:MeasurementSetting {NAMESPACE}><bts:Timelapse>{timelines}"
        f"</bts:Timelapse><bts:LightSourceList>"
        f'<bts:LightSource bts:Name="488nm" bts:Type="Laser" bts:WaveLength="488"/>'
        f"</bts:LightSourceList><bts:ChannelList>{channels}</bts:ChannelList>"
        f"</bts:MeasurementSetting>",
        "utf-8-sig",
    )


def blanks(folder: Path, names: Iterable[str]) -> None:
    """Write small images of those names."""
    write_blanks(folder, names, (32, 40))
