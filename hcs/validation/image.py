"""Images of a hierarchy: their documents, levels and labels, in a few rounds."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from hcs.ngff.names import is_safe_name, join
from hcs.rules.label import label_problems, labels_problems
from hcs.rules.level import Level, Scheme, is_below, label_level_problems
from hcs.rules.problem import Problem
from hcs.validation.documents import DocumentReader, Group, LoadedDocument
from hcs.validation.judge import rebased
from hcs.wording import some

if TYPE_CHECKING:
    from collections.abc import Sequence

_LABELS = "labels"


@dataclass(slots=True)
class ImageReport:
    """One image: what is wrong with it, and what others are compared with."""

    path: str
    attributes: Any = None
    absent: bool = False
    problems: list[Problem] = field(default_factory=list)
    scheme: Scheme | None = None
    levels: list[Level] = field(default_factory=list)

    @property
    def has_errors(self) -> bool:
        """Whether it is absent or breaks what must be."""
        return self.absent or any(
            problem.severity == "error" for problem in self.problems
        )

    @property
    def layout(self) -> tuple[object, ...] | None:
        """Axes, shape and data type of the full size, None where unknown."""
        if self.scheme is None or not self.levels:
            return None
        first = self.levels[0]
        return self.scheme.axes, first.shape, first.dtype


def check_images(documents: DocumentReader, paths: Sequence[str]) -> list[ImageReport]:
    """Return a report on each of some images, with their labels."""
    groups = documents.groups([*paths, *(join(path, _LABELS) for path in paths)])
    reports = _check_groups(documents, groups[: len(paths)])
    by_path = dict(zip(paths, reports, strict=True))
    for labels in groups[len(paths) :]:
        if not labels.absent:
            owner = by_path[labels.path.removesuffix(_LABELS).rstrip("/")]
            owner.problems += _check_labels(documents, labels, owner)
    return reports


def _check_groups(
    documents: DocumentReader, groups: Sequence[Group]
) -> list[ImageReport]:
    """Check the documents of images, then the documents of all their levels."""
    reports = []
    for group in groups:
        report = ImageReport(group.path, group.attributes, absent=group.absent)
        report.problems += group.problems
        if group.present:
            problems, report.scheme = documents.judge.image(group.attributes)
            report.problems += rebased(problems, group.path)
        reports.append(report)
    _check_levels(documents, reports)
    return reports


def _check_levels(documents: DocumentReader, reports: Sequence[ImageReport]) -> None:
    levels = [
        (report, level)
        for report in reports
        if report.scheme is not None
        for level in dict.fromkeys(report.scheme.paths)
    ]
    arrays = documents.arrays([join(report.path, level) for report, level in levels])
    for (report, path), array in zip(levels, arrays, strict=True):
        _check_level(documents, report, path, array)
    for report in reports:
        if report.scheme is not None:
            problems = documents.judge.levels(report.scheme, report.levels)
            report.problems += rebased(problems, report.path)


def _check_level(
    documents: DocumentReader, report: ImageReport, path: str, array: LoadedDocument
) -> None:
    where = join(report.path, path)
    if array.problem is not None:
        report.problems.append(array.problem)
    elif array.document is None:
        text = "The image lists this level, but no array is there."
        clause = f"NGFF {documents.version} multiscale-md"
        report.problems.append(Problem("level-missing", "error", where, text, clause))
    else:
        answer = documents.judge.array(array.document)
        report.problems += rebased(answer.problems, where)
        if answer.level is not None:
            report.levels.append(replace(answer.level, path=path))
        if documents.pixels and answer.readable:
            from hcs.validation.pixels import level_pixel_problems

            report.problems += level_pixel_problems(
                documents.store, where, array.document
            )


# -- labels ----------------------------------------------------------------------------


def _check_labels(
    documents: DocumentReader, labels: Group, owner: ImageReport | None
) -> list[Problem]:
    """Check the group of labels of an image, and every label image it lists."""
    problems = list(labels.problems)
    if not labels.present:
        return problems
    version = documents.version
    problems += labels_problems(labels.attributes, version, labels.path)
    names = _listed(labels.attributes, version)
    problems += _unlisted(documents, labels.path, names)
    groups = documents.groups([join(labels.path, name) for name in names])
    for group, report in zip(groups, _check_groups(documents, groups), strict=True):
        if group.absent:
            text = "The group of labels lists it, but no group is there."
            clause = f"NGFF {version} labels-md"
            problems.append(Problem("label-missing", "error", group.path, text, clause))
            continue
        problems += check_label(documents, group, report, owner)
    return problems


def check_label(
    documents: DocumentReader,
    group: Group,
    report: ImageReport,
    owner: ImageReport | None,
) -> list[Problem]:
    """Check what makes an image a label image, in addition to its own report."""
    problems = list(report.problems)
    version = documents.version
    if group.present and _has_label(group.attributes, version):
        problems += label_problems(group.attributes, version, group.path)
    elif group.present:
        text = "'image-label' is missing; a label image should have it."
        problems.append(
            Problem(
                "image-label-missing",
                "warning",
                group.path,
                text,
                f"NGFF {version} labels-md",
            )
        )
    source = report.scheme if owner is None else owner.scheme
    if report.scheme is not None and source is not None:
        problems += label_level_problems(
            report.levels, source, report.scheme, version, group.path
        )
    return problems


def _holder(attributes: Any, version: str) -> dict[str, Any]:
    holder = attributes
    if version != "0.4" and isinstance(attributes, dict):
        holder = attributes.get("ome")
    return holder if isinstance(holder, dict) else {}


def _has_label(attributes: Any, version: str) -> bool:
    return "image-label" in _holder(attributes, version)


def _listed(attributes: Any, version: str) -> list[str]:
    labels = _holder(attributes, version).get("labels")
    if not isinstance(labels, list):
        return []
    sound = (name for name in labels if isinstance(name, str) and is_below(name))
    return list(dict.fromkeys(sound))


def _unlisted(
    documents: DocumentReader, path: str, names: Sequence[str]
) -> list[Problem]:
    """Report label images that are there but not listed; 0.4 allows them."""
    if documents.version == "0.4":
        return []
    tops = {name.partition("/")[0] for name in names}
    candidates = [
        name
        for name in documents.children(path)
        if is_safe_name(name) and name not in tops
    ]
    present = documents.exists([join(path, f"{name}/zarr.json") for name in candidates])
    extra = [name for name, exists in zip(candidates, present, strict=True) if exists]
    if not extra:
        return []
    text = f"{some(extra)} are there, but not listed; all labels should be."
    clause = f"NGFF {documents.version} labels-md"
    return [Problem("labels-unlisted", "warning", path, text, clause)]


# -- roots that are no plate -----------------------------------------------------------


def lone_image_problems(documents: DocumentReader, attributes: Any) -> list[Problem]:
    """Return what is wrong with a store that holds one image, or one label image."""
    report = check_images(documents, [""])[0]
    if _has_label(attributes, documents.version):
        group = Group("", attributes, present=True)
        return check_label(documents, group, report, None)
    return report.problems


def labels_only_problems(documents: DocumentReader, attributes: Any) -> list[Problem]:
    """Return what is wrong with a store that is the labels group of an image."""
    return _check_labels(documents, Group("", attributes, present=True), None)


def collection_problems(
    documents: DocumentReader, keys: dict[str, Any]
) -> list[Problem]:
    """Return what is wrong with the images of one file, as bioformats2raw lays them.

    The images are those that ``OME`` lists as ``series``, else 0, 1, 2 ... as far as
    they go.
    """
    clause = f"NGFF {documents.version} bf2raw"
    problems = collection_header_problems(documents, keys)
    ome = documents.groups(["OME"])[0]
    series = _holder(ome.attributes, documents.version).get("series")
    if series is not None and not (
        isinstance(series, list) and all(isinstance(path, str) for path in series)
    ):
        text = "'series' must be a list of paths."
        problems.append(
            Problem("collection-series", "error", "OME: series", text, clause)
        )
        series = None
    paths = series if series is not None else _numbered(documents)
    sound = [path for path in paths if is_below(path)]
    for report in check_images(documents, sound):
        if report.absent:
            text = "The collection lists this image, but no group is there."
            problems.append(
                Problem("image-missing", "error", report.path, text, clause)
            )
        problems += report.problems
    return problems


def collection_header_problems(
    documents: DocumentReader, keys: dict[str, Any]
) -> list[Problem]:
    """Return what is wrong with the mark that bioformats2raw leaves in a root."""
    clause = f"NGFF {documents.version} bf2raw"
    problems = []
    layout = keys["bioformats2raw.layout"]
    if isinstance(layout, bool) or layout != 3:
        text = f"Found {layout!r}; must be 3."
        problems.append(
            Problem("collection-layout", "error", "bioformats2raw.layout", text, clause)
        )
    if not documents.exists(["OME/METADATA.ome.xml"])[0]:
        text = "OME/METADATA.ome.xml is missing; it should be there."
        problems.append(Problem("collection-xml", "warning", "OME", text, clause))
    return problems


def _numbered(documents: DocumentReader) -> list[str]:
    paths: list[str] = []
    while not documents.groups([str(len(paths))])[0].absent:
        paths.append(str(len(paths)))
    return paths
