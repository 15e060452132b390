"""What a project has agreed on for judging: reasons, minimum of fields, keys.

Every verdict names the revision of all settings that it was made under, and what a
revision stands for can be looked up for ever.
"""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import insert, select
from sqlalchemy.exc import IntegrityError

from dashboard.errors import DashboardError
from dashboard.events import now
from dashboard.projects.use_rules import checked_limits
from dashboard.settings import project_of
from dashboard.storage.database import settings_revisions
from dashboard.storage.faults import patiently
from dashboard.text import plain_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from sqlalchemy import Engine

    from dashboard.plates.served import ServedPlate
    from dashboard.projects.plate_maps import PlateMapStore
    from dashboard.projects.roles import RoleStore
    from dashboard.projects.use_rules import Limits
    from dashboard.quality.measuring import Measuring
    from dashboard.quality.values import MetricInfo
    from dashboard.settings import Settings

_KIND = "review-rules"
MOST_REASONS = 40
MOST_FIELDS = 10_000
_CODE = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")
_ASSAY = "assay-metric"

USUAL = "what is usual on the plate"
"""Name of the part of a sign-off that measuring brings about."""


OF_WELLS = ("roles", "typed_roles", "plate_map")
"""Parts of a revision's document that tell what is in the wells."""


REASONS: dict[str, str] = {
    "focus": "out of focus",
    "saturated": "saturated",
    "empty": "empty or cell loss",
    "debris": "debris or fibre",
    "autofluorescent": "autofluorescent",
    "bubble": "bubble",
    "uneven": "uneven illumination",
    "edge": "edge effect",
    "dispensing": "dispensing",
    "channel": "wrong channel or exposure",
    "shift": "tile or channel shift",
    "missing": "missing field",
    "other": "other",
}
"""Reason codes with their words, in the order in which they are offered."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewRules:
    """How the plates of a project are judged."""

    reasons: tuple[tuple[str, str], ...] = tuple(REASONS.items())
    """Code and words, in the order in which they are offered. A code that is taken
    from the list keeps its meaning in what was decided with it."""

    min_fields: int = 1
    """A well with fewer fields that did not fail has no value."""

    keys: tuple[tuple[str, str], ...] = ()
    """Action and key, where they differ from the defaults."""

    reason_for_fail: bool = False
    """A fail without a reason is refused."""

    use: tuple[Limits, ...] = ()
    """Limits of `use_rules.RULES`, where they differ from ours."""

    def check_reason(self, verdict: str, code: str) -> str:
        """Return a code that may stand with a verdict.

        Raises
        ------
        DashboardError
            If the project has no such reason, or demands one.
        """
        allowed = ", ".join(dict(self.reasons))
        if code and code not in dict(self.reasons):
            raise DashboardError(
                f"The reason of a verdict is {plain_text(code, 60)!r}; it must be one "
                f"of {allowed}."
            )
        if verdict == "fail" and not code and self.reason_for_fail:
            raise DashboardError(
                f"This project demands a reason with each fail, and there is none: "
                f"choose one of {allowed}. Nothing was recorded."
            )
        return code

    def words(self, code: str) -> str:
        """Return what a code means, here or by default; the code where unknown."""
        return dict(self.reasons).get(code) or REASONS.get(code, code)


class Projects:
    """Rules of projects, and the revisions of everything that verdicts rest on.

    Thread safety: the engine's own.
    """

    def __init__(
        self,
        engine: Engine,
        settings: Settings,
        roles: RoleStore,
        maps: PlateMapStore,
        measuring: Measuring,
    ) -> None:
        self._engine = engine
        self._settings = settings
        self._roles = roles
        self._maps = maps
        self._measuring = measuring
        self._written: set[str] = set()
        self._rules: dict[str, tuple[Any, ReviewRules]] = {}
        """Of each project, as they were handed out last, and what they were read of."""

    def rules(self, plate: ServedPlate) -> ReviewRules:
        """Return how a plate is judged (fast): the same object until that changes."""
        project = _project(plate)
        stored = self._settings.get(_KIND, project)
        last = self._rules.get(project)
        # Settings hand out the same object until it differs.
        if last is not None and last[0] is stored:
            return last[1]
        rules = _from_json(stored)
        # What pages show alike is kept by which object it was made of, see `Shared`.
        if last is not None and last[1] == rules:
            rules = last[1]
        self._rules[project] = stored, rules
        return rules

    def keep(self, plate: ServedPlate, rules: ReviewRules) -> None:
        """Keep rules for the plate's project.

        Raises
        ------
        DashboardError
            If a code is none, or a number is out of range.
        """
        checked = _checked(rules)
        self._settings.put(dataclasses.asdict(checked), _KIND, _project(plate))

    def revision(self, plate: ServedPlate) -> str:
        """Return the id of all settings in use, and keep what it stands for."""
        document = json.dumps(self._document(plate), sort_keys=True, ensure_ascii=False)
        revision = hashlib.sha256(document.encode()).hexdigest()[:12]
        if revision not in self._written:
            row = {"revision": revision, "at": now(), "document": document}
            with contextlib.suppress(IntegrityError):  # another server kept the same
                patiently(lambda: self._keep(revision, row))
            self._written.add(revision)
        return revision

    def _keep(self, revision: str, row: dict[str, str]) -> None:
        known = select(settings_revisions.c.revision).where(
            settings_revisions.c.revision == revision
        )
        with self._engine.begin() as connection:
            if connection.execute(known).scalar() is None:
                connection.execute(insert(settings_revisions), row)

    def document(self, revision: str) -> dict[str, Any] | None:
        """Return what a revision stands for, None where it is not known here."""
        query = select(settings_revisions.c.document).where(
            settings_revisions.c.revision == revision
        )
        with self._engine.connect() as connection:
            document = connection.execute(query).scalar()
        return None if document is None else dict(json.loads(document))

    def parts(self, plate: ServedPlate) -> dict[str, str]:
        """Return digests of what a sign-off covers beside pixels and verdicts."""
        document = self._document(plate)
        digests = {
            "plate map": document["plate_map"]["digest"],
            "roles of wells": _digest(document["roles"]),
            "cut-offs": _digest(document["basis"]),
            "settings of the project": _digest(
                # Plates were signed off before there were limits of use.
                [
                    document[name]
                    for name in ("min_fields", _ASSAY, "use")
                    if name in document
                ]
            ),
        }
        if document["baselines"] is not None:
            # There are none before the plate was measured, and that is no change.
            digests[USUAL] = _digest(document["baselines"])
        return digests

    def _document(self, plate: ServedPlate) -> dict[str, Any]:
        """Return everything that verdicts rest on."""
        rules = self.rules(plate)
        project = _project(plate)
        mapping = self._roles.view(plate.overview()).mapping
        return {
            "reasons": dict(rules.reasons),
            "min_fields": rules.min_fields,
            "reason_for_fail": rules.reason_for_fail,
            "metrics": _definitions(self._measuring.metrics(plate)),
            "roles": _plain(dataclasses.asdict(mapping)),
            "plate_map": {
                "digest": _digest(_conditions(plate)),
                **self._maps.source(plate),
            },
            "typed_roles": self._maps.typed(plate),
            "baselines": self._settings.get("baselines", plate.plate.id),
            "basis": self._settings.get("basis", project),
            _ASSAY: self._settings.get(_ASSAY, project),
            **({"use": [list(limits) for limits in rules.use]} if rules.use else {}),
        }


def _project(plate: ServedPlate) -> str:
    return project_of(plate.overview().location)


def _conditions(plate: ServedPlate) -> list[tuple[str, object]]:
    wells = plate.overview().wells
    return [(well.path, well.conditions) for well in wells if well.conditions]


def _definitions(metrics: Iterable[MetricInfo]) -> dict[str, str]:
    return {metric.id: metric.definition for metric in metrics}


def _plain(value: Mapping[str, Any]) -> dict[str, Any]:
    return dict(json.loads(json.dumps(value, default=str)))


def _digest(value: object) -> str:
    text = json.dumps(value, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _checked(rules: ReviewRules) -> ReviewRules:
    codes = [code for code, _ in rules.reasons]
    for code in codes:
        if not _CODE.fullmatch(code):
            raise DashboardError(
                f"The reason code {plain_text(code, 60)!r} must be up to 40 small "
                f"letters, digits, '-' and '_'."
            )
    if len(set(codes)) != len(codes) or not 1 <= len(codes) <= MOST_REASONS:
        raise DashboardError(
            f"A project has 1 to {MOST_REASONS} reasons, each code once; "
            f"{len(codes)} were given, {len(set(codes))} of them different."
        )
    if not 1 <= rules.min_fields <= MOST_FIELDS:
        raise DashboardError(
            f"The minimum of fields is {rules.min_fields}; it must be 1 to "
            f"{MOST_FIELDS}."
        )
    words = [
        (code, plain_text(text, 80).strip() or code) for code, text in rules.reasons
    ]
    keys = [(plain_text(a, 40), plain_text(key, 20)) for a, key in rules.keys]
    if not isinstance(rules.reason_for_fail, bool):
        raise DashboardError(
            f"Whether a fail needs a reason is "
            f"{plain_text(rules.reason_for_fail, 60)!r}; it must be true or false."
        )
    return ReviewRules(
        reasons=tuple(words),
        min_fields=rules.min_fields,
        keys=tuple(keys),
        reason_for_fail=rules.reason_for_fail,
        use=checked_limits(rules.use),
    )


def rules_from_json(stored: Any) -> ReviewRules:
    """Return rules as they were kept.

    Raises
    ------
    KeyError, TypeError, ValueError, DashboardError
        If they cannot be read.
    """
    return _checked(
        ReviewRules(
            reasons=tuple((str(c), str(w)) for c, w in stored["reasons"]),
            min_fields=int(stored["min_fields"]),
            keys=tuple((str(a), str(k)) for a, k in stored["keys"]),
            # Projects that were kept before there was the choice demand none.
            reason_for_fail=stored.get("reason_for_fail", False),
            use=tuple(
                (str(id), _number(care), _number(refuse))
                for id, care, refuse in stored.get("use", ())
            ),
        )
    )


def _number(value: Any) -> float | None:
    return None if value is None else float(value)


def _from_json(stored: Any) -> ReviewRules:
    """Return what was kept; what cannot be read is as good as nothing."""
    try:
        return rules_from_json(stored)
    except (KeyError, TypeError, ValueError, DashboardError):
        return ReviewRules()
