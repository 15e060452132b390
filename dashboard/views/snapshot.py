"""What a page shows at one moment, and who keeps it up to date.

The parts of the page draw a `Snapshot` and nothing else. `Snapshots` asks the service
when the state or the plate's revision has changed, off the event loop where it takes
time, and drops answers that nobody waits for any more.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields, replace
from typing import TYPE_CHECKING, Any

from dashboard.accounts import LOCAL, Visitor
from dashboard.projects.roles import RolesView
from dashboard.quality.judgement import Judgement
from dashboard.quality.scores import COMPLETENESS, SUSPICION
from dashboard.reviews.values import PlateReview, SignedOff
from dashboard.state import ViewState
from dashboard.text import plain_text
from dashboard.views import conditions, unknown_names
from dashboard.views.answers import Answers
from dashboard.views.failure import failure
from dashboard.views.plate_facts import plate_facts
from dashboard.views.well_facts import well_facts
from hcs.errors import HCSError

if TYPE_CHECKING:
    from collections.abc import Callable

    from dashboard.corrections.values import Staged, VersionView
    from dashboard.plates.values import FieldState, PlateEntry, PlateOverview, WellView
    from dashboard.progress import Progress
    from dashboard.projects.rules import ReviewRules
    from dashboard.quality.statistics import StatisticsView
    from dashboard.quality.values import FieldValues, MetricInfo, MetricValues
    from dashboard.session import Session
    from dashboard.views.unknown_names import UnknownName


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """Everything that the parts of a page need to draw themselves."""

    state: ViewState = field(default_factory=ViewState)
    plates: tuple[PlateEntry, ...] = ()
    overview: PlateOverview | None = None
    problem: str = ""
    """Why the plate cannot be shown."""

    unknown: tuple[str, ...] = ()
    """What the address named in vain, until somebody moves on."""

    well: WellView | None = None
    """The chosen well; that of before while the next is being read."""

    loading: bool = False
    previewed: bool = False
    """Whether the well's pictures come at once; as it was when the well was chosen."""

    metrics: tuple[MetricInfo, ...] = ()
    values: MetricValues | None = None
    progress: Progress | None = None
    field_values: tuple[FieldValues, ...] = ()
    field_names: tuple[str, ...] = ()
    """Names that fields have on this plate."""

    judgement: Judgement = field(default_factory=Judgement)
    roles: RolesView = field(default_factory=RolesView)
    assay_metric: str = ""
    statistics: StatisticsView | None = None
    """Of the chosen metric, once they are computed."""

    failed: frozenset[str] = frozenset()
    """Labels of the wells that statistics leave out."""

    history: tuple[VersionView, ...] = ()
    history_of: tuple[str, ...] = ()  # plate, well and field whose versions those are
    history_problem: str = ""
    staged: Staged | None = None
    """The correction that this session has prepared, wherever it belongs."""

    judged: PlateReview = field(default_factory=PlateReview)
    """What was decided, as this page's person may see it; to know when to draw. Who
    draws reads it again, for a name may have been typed since."""

    signed: SignedOff | None = None
    """The sign-off that locks the plate: it bars much that has nothing to do with
    verdicts."""

    rules: ReviewRules | None = None
    visitor: Visitor = LOCAL
    dark: bool = False

    def changes(self, previous: Snapshot | None) -> frozenset[str]:
        """Return the names of what is not as it was; of all where nothing was.

        Of the state ``"place"`` is the well and the field, and ``"state"`` all else.
        """
        if previous is None:
            return _NAMES
        pairs = (
            (name, getattr(self, name), getattr(previous, name)) for name in _NAMES
        )
        changed = {name for name, new, old in pairs if new is not old and new != old}
        if "place" in changed:
            well, field = self.place
            if replace(previous.state, well=well, field=field) == self.state:
                changed.discard("state")
        return frozenset(changed)

    @property
    def place(self) -> tuple[str, str]:
        """Label of the chosen well and name of the open field, "" where none is."""
        return self.state.well, self.state.field

    @property
    def field(self) -> FieldState | None:
        """The field that is open."""
        if self.well is None or not self.state.field or self.loading:
            return None
        return self.well.field(self.state.field, self.state.acquisition)

    @property
    def comparing(self) -> bool:
        """Whether the staged correction belongs to the well that is looked at."""
        return (
            self.staged is not None
            and self.staged.key == self.state.plate
            and self.staged.well == self.state.well
        )

    @property
    def stage(self) -> str:
        """What the middle of the page shows."""
        if self.overview is None:
            return "plates"
        if self.comparing:
            return "compare"
        if self.state.task == "correct":
            return "correct"
        if not self.state.well:
            if self.state.montage:
                return "plate"
            return "canvas" if self.state.wells else "values"
        if self.state.look and not self.state.field:
            return "canvas"
        return "field" if self.state.field else "well"


_NO_HISTORY: dict[str, Any] = {"history": (), "history_of": (), "history_problem": ""}
_NAMES = frozenset(("place", *(field.name for field in fields(Snapshot))))

OF_A_WELL = frozenset(
    {
        "place",
        "well",
        "loading",
        "previewed",
        "field_values",
        "history",
        "history_of",
        "history_problem",
    }
)
"""What changes when another well or field is looked at, and nothing else is."""


class Snapshots:
    """Keeps the snapshot of one session.

    Parameters
    ----------
    session
        The page's.
    changed
        Called with each new snapshot.
    """

    def __init__(self, session: Session, changed: Callable[[Snapshot], object]) -> None:
        self._session = session
        self._service = session.service
        self._changed = changed
        self.now = Snapshot()
        self._proposed = ""
        """The metric that the page chose by itself."""

        self._awaiting: Callable[[], object] | None = None
        """What was asked for of a well that is still being read."""

        self._moving = False
        """Whether the page moves by itself: what its address named stays said."""

        self._wells = Answers()

    def start(self) -> None:
        """Read the plate, and follow state and revision from now on."""
        self._plates()
        self._choose_only_plate()
        self._plate()
        self._values()
        self._well(ViewState())
        self._session.state.on_change(self._moved)
        self._session.watch(lambda _: self.follow())

    def once_read(self, act: Callable[[], object]) -> None:
        """Call `act` once the chosen well is read, unless another one is chosen."""
        self._awaiting = act if self.now.loading else None
        if not self.now.loading:
            act()

    def refresh(self) -> None:
        """Ask everything again."""
        self._plates()
        self._plate()
        self._values()
        self._well(ViewState())
        self._show()

    def follow(self) -> None:
        """Ask for what has changed; wells only with the plate, not with verdicts."""
        overview = self.now.overview
        self._plates()
        self._plate()
        self._values()
        if self.now.overview is not overview:
            self._well(ViewState())
        self._show()

    def put(self, **changes: Any) -> None:
        """Take over what a part of the page has found out, and show it."""
        self.now = replace(self.now, **changes)
        self._show()

    def _show(self) -> None:
        self._changed(self.now)

    def _set(self, **changes: Any) -> None:
        if any(getattr(self.now, name) is not new for name, new in changes.items()):
            self.now = replace(self.now, **changes)

    def _moved(self, state: ViewState) -> None:
        previous = self.now.state
        self._set(state=state)
        moved = previous.values_key + previous.field_key
        if moved != state.values_key + state.field_key and not self._moving:
            self._set(unknown=())
        if self._choose_only_plate():
            return  # which has moved the state, and come back here
        if (previous.plate, previous.well) != (state.plate, state.well):
            self._awaiting = None
        if previous.plate != state.plate:
            self._set(well=None, field_values=(), values=None, **_NO_HISTORY)
            self._plate()
        if previous.values_key != state.values_key:
            self._values()
        if previous.field_key != state.field_key:
            self._well(previous)
        self._show()

    def _plates(self) -> None:
        self._set(
            plates=self._service.plates.entries(),
            state=self._session.state.view(),
            visitor=self._session.visitor,
        )

    def _choose_only_plate(self) -> bool:
        # Where plates come by themselves, the list is what people come for.
        listed = bool(self._service.inbox.folders)
        if self.now.state.plate or listed or len(self.now.plates) != 1:
            return False
        self._session.state.update(plate=self.now.plates[0].key)
        self._set(state=self._session.state.view())
        return True

    def _plate(self) -> None:
        key = self.now.state.plate
        if not key:
            self._set(overview=None, problem="", metrics=(), progress=None)
            return
        service = self._service
        try:
            revision = service.plates.revision(key)
            facts = service.shared.of(plate_facts, service, key, revision)
            progress = service.quality.progress(key)
            judgement = service.quality.judgement(key)
            review = service.reviews.review(key, self._session.who())
            rules = service.projects.rules(key)
        except HCSError as error:
            problem = plain_text(error)
            self._set(overview=None, problem=problem, metrics=(), progress=None)
            return
        self._set(
            problem="",
            progress=progress,
            judgement=judgement,
            judged=review,
            signed=review.signed,
            rules=rules,
            overview=facts.overview,
            metrics=facts.metrics,
            roles=facts.roles,
            field_names=facts.field_names,
            assay_metric=facts.assay_metric,
            failed=facts.failed,
        )
        for name in unknown_names.of_plate(self.now.state, facts.overview):
            self._leave_out(name)
        self._choose_metric()

    def _leave_out(self, name: UnknownName) -> None:
        """Show what there is instead of what the address names, and say so."""
        if name.text:
            self._set(unknown=(*self.now.unknown, name.text))
        self._move(**name.changes)

    def _move(self, **changes: Any) -> None:
        """Change the state without anybody's having asked."""
        self._moving = True
        try:
            self._session.state.update(**changes)
        finally:
            self._moving = False
        self._set(state=self._session.state.view())

    def _choose_metric(self) -> None:
        """Show suspicion once it is known, unless a person has chosen a metric."""
        metric_ids = [metric.id for metric in self.now.metrics]
        present = self.now.state.metric
        overview = self.now.overview
        if not metric_ids or (present in metric_ids and present != self._proposed):
            return
        if conditions.is_column(present, overview):
            return
        if (
            present
            and present not in metric_ids
            and not (overview and overview.channels)
        ):
            return  # a link's metric, of a channel that is not known yet
        self._proposed = SUSPICION if self.now.judgement.ready else COMPLETENESS
        if self._proposed != present:
            if present and present not in metric_ids:
                text = unknown_names.of_metrics(present, self.now.metrics)
                self._set(unknown=(*self.now.unknown, text))
            self._move(metric=self._proposed)

    def _values(self) -> None:
        state = self.now.state
        if self.now.overview is None or not state.metric:
            self._set(values=None)
            return
        try:
            values = self._service.quality.values(
                state.plate, state.metric, state.acquisition, state.way
            )
        except HCSError:
            # An unknown metric in an old link; the plate stays readable without.
            values = None
        self._set(values=values)

    def _well(self, previous: ViewState) -> None:
        """Read the chosen well, its values, and the versions of the open field."""
        state = self.now.state
        if self.now.overview is None or not state.well:
            self._set(well=None, loading=False, field_values=(), **_NO_HISTORY)
            return
        moved = (previous.plate, previous.well) != (state.plate, state.well)
        shown = self.now.well
        if moved and (shown is None or shown.label != state.well):
            self._set(loading=True, field_values=())
        place = (state.plate, state.well, state.field)
        if self.now.history_of != place:
            # Versions of the field before would be drawn, and offered, as this one's.
            self._set(**_NO_HISTORY)
        # What an answer that is on its way would tell, this one tells in its place.
        again = moved or self._wells.awaited
        in_order = self._wells.ask()
        self._session.run(
            lambda: well_facts(self._service, *place, again=again),
            in_order(self._well_read),
            failed=in_order(self._well_failed),
            of=lambda: self._session.state.view().field_key,
        )

    def _well_read(self, changes: dict[str, Any]) -> None:
        self._set(loading=False, **changes)
        for name in unknown_names.of_well(self._session.state.view(), changes["well"]):
            self._leave_out(name)
        self._show()
        if self._awaiting is not None:
            self.once_read(self._awaiting)

    def _well_failed(self, error: BaseException) -> None:
        from dashboard.plates.values import WellView

        self._awaiting = None
        text = failure(error, "It could not be read")
        well = WellView(label=self._session.state.view().well, path="", error=text)
        self.put(loading=False, well=well, field_values=(), **_NO_HISTORY)
