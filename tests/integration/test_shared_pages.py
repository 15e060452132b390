"""What pages of one plate share, and what reaches a page of what others do."""

from __future__ import annotations

import dataclasses
import json
import threading
from itertools import pairwise
from pkgutil import resolve_name
from typing import TYPE_CHECKING, Any

import pytest

from dashboard import session as session_module
from dashboard.accounts import LOCAL, Role, Visitor
from dashboard.quality import well_memory
from dashboard.quality.scores import SUSPICION
from dashboard.shared import Shared
from dashboard.state import ViewState
from dashboard.views.snapshot import Snapshot
from dashboard.views.verdict_content import MOST_CHANGES
from dashboard.views.wire import wire_of
from tests import plates
from tests.integration.judged import A1, A2, ADA, B2, BEN, CAT, KEY, judge
from tests.integration.serving import person, service, surveyed, wait_for
from tests.integration.visits import Visit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from dashboard.service import Service
    from dashboard.views.island import Part

STATISTICS = {"statistics", "plate_map", "distribution", "details"}
VERDICT_TEXTS = ("content", "queue", "verdicts", "since", "unseen", "answers")


@pytest.fixture
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Service]:
    # What others do is shown at each look, so that no test waits for a second to pass.
    monkeypatch.setattr(session_module, "OTHERS_SECONDS", 0.0)
    plate = plates.make(tmp_path / KEY, fields=2, shape=(32, 40))
    with service(tmp_path / "workspace", plate) as running:
        surveyed(running, KEY)
        running.quality.measure(KEY)
        yield running


def shown(visit: Visit) -> dict[str, list[Any]]:
    """Return the verdicts as the script puts them together."""
    whole, since = (
        visit.content("verdict", "verdicts"),
        visit.content("verdict", "since"),
    )
    return {
        label: entry for label, entry in {**whole, **since["changed"]}.items() if entry
    }


def words(visit: Visit) -> dict[str, str]:
    return {label: entry[0] for label, entry in shown(visit).items()}


def opened(made: Service, query: str) -> Visit:
    """Return a page that has looked for changes once."""
    visit = Visit(made, query)
    looked(visit)
    return visit


def looked(visit: Visit) -> None:
    visit.look()
    visit.rest()


def test_verdicts_of_others_come_as_what_has_changed(made: Service) -> None:
    visit = opened(made, f"plate={KEY}&well=A1")
    whole = visit.content("verdict", "verdicts")
    judge(made, A1, "fail", BEN)
    wait_for(lambda: looked(visit) or words(visit), "for the verdict")
    assert words(visit) == {"A1": "fail"}
    assert visit.content("verdict", "verdicts") == whole == {}
    assert visit.content("verdict", "since")["reviewed"] == 1
    batch = judge(made, A2, "pass", BEN)
    wait_for(lambda: looked(visit) or len(words(visit)) == 2, "for the other")
    made.decisions.undo(KEY, BEN, batch)
    wait_for(lambda: looked(visit) or len(words(visit)) == 1, "for what was undone")
    assert words(visit) == {"A1": "fail"}
    # Who comes now gets what holds as a whole, and no changes.
    late = Visit(made, f"plate={KEY}&well=A1")
    assert late.content("verdict", "verdicts").keys() == {"A1"}
    assert late.content("verdict", "since")["changed"] == {}
    assert words(late) == words(visit)


def test_many_changes_become_a_new_whole(
    made: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert MOST_CHANGES > 2
    monkeypatch.setattr("dashboard.views.review.MOST_CHANGES", 2)
    visit = opened(made, f"plate={KEY}")
    for at, subject in enumerate((A1, A2, B2), 1):
        judge(made, subject, "pass", BEN)
        wait_for(lambda at=at: looked(visit) or len(words(visit)) == at)  # type: ignore[misc]
    assert visit.content("verdict", "since")["changed"] == {}
    assert visit.content("verdict", "verdicts").keys() == {"A1", "A2", "B2"}


@pytest.mark.parametrize("verdict", ["pass", "fail"])
def test_a_verdict_of_another_touches_no_part_but_those_that_show_verdicts(
    made: Service, monkeypatch: pytest.MonkeyPatch, verdict: str
) -> None:
    visit = opened(made, f"plate={KEY}&well=A1")
    drawn: set[str] = set()
    for name, part in visit.parts.items():
        noted(monkeypatch, part, name, drawn)
    judge(made, A2, verdict, BEN)
    wait_for(lambda: looked(visit) or words(visit), "for the verdict")
    assert "verdict" in drawn
    # A failed well leaves the statistics, and with them what rests on them.
    assert drawn <= {"verdict", "signoff"} | (
        STATISTICS if verdict == "fail" else set()
    )


@pytest.mark.parametrize(
    ("module", "name"),
    [
        ("review", "well_verdicts"),
        ("review", "counts_content"),
        ("signoff", "counts_of"),
        ("signoff", "judged_by_looking"),
    ],
)
def test_what_pages_show_alike_is_made_once(
    made: Service, monkeypatch: pytest.MonkeyPatch, module: str, name: str
) -> None:
    visits = [opened(made, f"plate={KEY}") for _ in range(3)]
    path = f"dashboard.views.{module}.{name}"
    make = resolve_name(path)
    times: list[object] = []

    def note(*inputs: Any) -> Any:
        times.append(inputs)
        return make(*inputs)

    monkeypatch.setattr(path, note)
    judge(made, A1, "pass", BEN)
    for visit in visits:
        wait_for(lambda visit=visit: looked(visit) or words(visit))  # type: ignore[misc]
    assert len(times) == 1


def test_rules_are_the_same_object_until_somebody_changes_them(made: Service) -> None:
    rules = made.projects.rules(KEY)
    made.storage.settings.read_anew()
    assert made.projects.rules(KEY) is rules
    made.projects.keep_rules(KEY, dataclasses.replace(rules, min_fields=2))
    assert made.projects.rules(KEY).min_fields == 2
    assert made.projects.rules(KEY) is made.projects.rules(KEY)


def test_a_page_draws_in_turns_between_which_others_come(
    made: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    visit = Visit(made, f"plate={KEY}")
    monkeypatch.setattr("dashboard.views.page._TURN_SECONDS", 0.0)
    turns: list[set[str]] = []
    later = visit.session.later

    def note(act: Callable[[], object], milliseconds: int) -> None:
        def turn() -> None:
            before = set(visit._page._owed)
            act()
            turns.append(before - visit._page._owed)

        later(turn, milliseconds)

    monkeypatch.setattr(visit.session, "later", note)
    visit.act("plate_map", type="select", well="A1")
    drawn = [turn for turn in turns if turn]
    assert len(drawn) > 10
    assert all(len(turn) == 1 for turn in drawn)
    # What shows nothing of a single well is left as it is.
    assert not {"statistics", "distribution", "filters"} & set().union(*drawn)
    assert not visit._page._owed
    assert visit.content("header", "rest") == {"at_rest": True}


def noted(
    monkeypatch: pytest.MonkeyPatch, part: Part, name: str, drawn: set[str]
) -> None:
    """Note when a part is drawn."""
    draw = part.draw

    def note(now: Snapshot) -> None:
        drawn.add(name)
        draw(now)

    monkeypatch.setattr(part, "draw", note)


class Noting(Snapshot):
    """A snapshot that notes what is read of it."""

    __slots__ = ("read",)

    def __getattribute__(self, name: str) -> Any:
        if name in _FIELDS:
            object.__getattribute__(self, "read").add(name)
        return super().__getattribute__(name)

    def changes(self, previous: Snapshot | None) -> frozenset[str]:
        """Compare, which is to read what differs and no more."""
        read = object.__getattribute__(self, "read")
        before = read.copy()
        changes = super().changes(previous)
        read.intersection_update(before)
        return changes


_FIELDS = frozenset(field.name for field in dataclasses.fields(Snapshot))


class NotingState(ViewState):
    """A state that notes whether it is read which well or field is looked at."""

    __slots__ = ("read",)

    def __getattribute__(self, name: str) -> Any:
        if name in ("well", "field"):
            object.__getattribute__(self, "read").add("place")
        return super().__getattribute__(name)


def noting(now: Snapshot) -> Noting:
    read: set[str] = set()
    state = object.__new__(NotingState)
    object.__setattr__(state, "read", read)
    for name in ViewState.__slots__:
        object.__setattr__(state, name, getattr(now.state, name))
    copy = object.__new__(Noting)
    object.__setattr__(copy, "read", read)
    for name in _FIELDS:
        object.__setattr__(copy, name, getattr(now, name))
    object.__setattr__(copy, "state", state)
    return copy


PLACES = ("", "&well=A1", "&well=A1&field=0", "&montage=random", "&task=correct")


def test_a_part_reads_nothing_of_a_snapshot_that_it_ignores(made: Service) -> None:
    for place in PLACES:
        visit = Visit(made, f"plate={KEY}{place}", connected=False)
        for name, part in visit.parts.items():
            now = noting(visit._page._snapshots.now)
            part.draw(now)
            assert not now.read & part.ignores, (place, name)
        visit.close()


def test_what_pages_share_is_what_each_reader_may_see(made: Service) -> None:
    """For all roles and both reviewers of a blind round, at the same time."""
    judge(made, B2, "flag", CAT, note="before the round")
    made.blind.begin(KEY, CAT, ["Ada", "Ben"])
    judge(made, A1, "fail", ADA, reason="bubble", note="Ada's")
    judge(made, A1, "pass", BEN, note="Ben's")
    judge(made, A2, "pass", BEN)
    made.reviews.read(KEY)
    query = f"plate={KEY}&well=A1"
    readers = [
        *((LOCAL, name) for name in ("Ada", "Ben", "Cat")),
        (person(Role.VIEWER, "Eve"), ""),
        (person(Role.ADMIN, "Root"), ""),
        (person(Role.REVIEWER, "Ada"), ""),
    ]

    def texts(running: Service, *asking: tuple[Visitor, str]) -> list[dict[str, Any]]:
        pages = []
        for visitor, name in asking or readers:
            visit = Visit(running, query, visitor=visitor)
            visit.session.person = name
            visit.act("verdict", type="name")
            pages.append(
                {text: visit.content("verdict", text) for text in VERDICT_TEXTS}
                | {"held": words(visit)}
            )
            visit.close()
        return pages

    shared = texts(made)
    alone = [
        texts(dataclasses.replace(made, shared=Shared()), reader) for reader in readers
    ]
    assert [[page] for page in shared] == alone
    held = {
        (visitor.subject, name): page["held"]
        for (visitor, name), page in zip(readers, shared, strict=True)
    }
    before = {"B2": "flag"}
    assert held.pop((LOCAL.subject, "Ada")) == before | {"A1": "fail"}
    assert held.pop(("user:Ada", "")) == before | {"A1": "fail"}
    assert held.pop((LOCAL.subject, "Ben")) == before | {"A1": "pass", "A2": "pass"}
    assert all(words == before for words in held.values()), held
    for (visitor, name), page in zip(readers, shared, strict=True):
        text = json.dumps(page)
        assert ("Ada's" in text) == ("Ada" in (name, visitor.name))
        assert ("Ben's" in text) == (name == "Ben")


def test_a_metric_that_is_chosen_again_has_its_statistics_again(made: Service) -> None:
    """They are the same object then, so nothing of the snapshot has changed."""
    visit = Visit(made, f"plate={KEY}&metric=mean.0")

    def chosen(metric: str) -> Any:
        visit.session.state.update(metric=metric)
        visit.rest()
        return visit.content("statistics")["found"]

    wait_for(lambda: chosen("mean.0"), "for its statistics")
    assert chosen("completeness") is None
    wait_for(lambda: chosen("mean.0"), "for them again")
    visit.close()


def test_what_a_plate_is_good_for_is_worked_out_once_for_all_pages(
    made: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    visits = [opened(made, f"plate={KEY}") for _ in range(3)]
    facts, times = made.usability._facts, []

    def note(*inputs: Any) -> Any:
        times.append(inputs)
        return facts(*inputs)

    monkeypatch.setattr(made.usability, "_facts", note)
    judge(made, A1, "pass", BEN)
    for visit in visits:
        wait_for(lambda visit=visit: looked(visit) or words(visit))  # type: ignore[misc]
    assert len(times) == 1
    # A page that comes to it later asks no thread, and needs no second message.
    review = made.reviews.review(KEY)
    assert made.usability.known(KEY, review) is made.usability.of(KEY, review)


def sent_to(visit: Visit) -> set[str]:
    """Look for changes; return which parts have something to send because of it."""
    for part in visit.parts.values():
        part.component.changed.clear()
    visit.look()
    visit.rest()
    return {name for name, part in visit.parts.items() if part.component.changed}


def test_a_click_of_another_sends_nothing_to_other_pages_at_once(
    made: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada, ben = opened(made, f"plate={KEY}&well=A1"), opened(made, f"plate={KEY}")
    wait_for(lambda: looked(ada) or len(ada.content("presence")["others"]) == 1)
    # Where this page's person is not, others may come and go.
    monkeypatch.setattr("dashboard.views.presence.AFAR_SECONDS", 3600.0)
    ben.act("plate_map", type="select", well="B2")
    assert sent_to(ada) == set()
    # Nor within the second where it is.
    monkeypatch.setattr(session_module, "OTHERS_SECONDS", 3600.0)
    ben.act("plate_map", type="select", well="A1")
    assert sent_to(ada) == set()
    monkeypatch.setattr(session_module, "OTHERS_SECONDS", 0.0)
    assert sent_to(ada) == {"presence"}
    assert ada.content("presence")["others"][0]["well"] == "A1"
    ben.act("plate_map", type="select", well="A2")
    assert sent_to(ada) == {"presence"}, "nor is anybody here any more"
    # Sooner or later it hears of all.
    ben.act("plate_map", type="select", well="B2")
    assert sent_to(ada) == set()
    monkeypatch.setattr("dashboard.views.presence.AFAR_SECONDS", 0.0)
    assert sent_to(ada) == {"presence"}
    assert ada.content("presence")["others"][0]["well"] == "B2"


def test_a_page_that_goes_to_another_plate_shows_nobody_of_the_one_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dashboard.views.presence.AFAR_SECONDS", 3600.0)
    monkeypatch.setattr(session_module, "OTHERS_SECONDS", 3600.0)
    first, second = (
        plates.make(tmp_path / name, rows=1, columns=1, shape=(32, 40))
        for name in (KEY, "q.ome.zarr")
    )
    with service(tmp_path / "workspace", first, second, measure=False) as made:
        for key in (KEY, "q.ome.zarr"):
            surveyed(made, key)
        _, ada = Visit(made, f"plate={KEY}"), Visit(made, f"plate={KEY}")
        assert [other["well"] for other in ada.content("presence")["others"]] == [""]
        ada.session.state.update(plate="q.ome.zarr")
        ada.rest()
        assert ada.content("presence")["others"] == []


def asking(monkeypatch: pytest.MonkeyPatch, visit: Visit) -> list[object]:
    """Note what a page asks threads for."""
    run, asked = visit.session.run, list[object]()

    def note(work: Any, *inputs: Any, **named: Any) -> None:
        asked.append(work)
        run(work, *inputs, **named)

    monkeypatch.setattr(visit.session, "run", note)
    return asked


def test_no_page_asks_a_thread_for_a_blind_round_that_there_never_was(
    made: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    visit = opened(made, f"plate={KEY}")
    judge(made, A1, "pass", BEN)
    wait_for(lambda: looked(visit) or words(visit))
    made.usability.of(KEY, made.reviews.review(KEY))
    asked = asking(monkeypatch, visit)
    judge(made, A2, "flag", BEN)
    made.usability.of(KEY, made.reviews.review(KEY))
    wait_for(lambda: looked(visit) or len(words(visit)) == 2)
    assert asked == []


def test_what_came_of_a_blind_round_is_compared_once_for_all_pages(
    made: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    made.blind.begin(KEY, CAT, ["Ada", "Ben"])
    judge(made, A1, "fail", ADA)
    judge(made, A1, "pass", BEN)
    made.blind.end(KEY, CAT)
    compare, times = made.blind.disagreements, []

    def note(key: str) -> Any:
        times.append(key)
        return compare(key)

    monkeypatch.setattr(made.blind, "disagreements", note)
    visits = [opened(made, f"plate={KEY}") for _ in range(3)]
    for visit in visits:
        wait_for(lambda visit=visit: looked(visit) or differences(visit))  # type: ignore[misc]
        assert [each["well"] for each in differences(visit)] == ["A1"]
        assert visit.content("signoff")["agreement"]["n"] == 1
    assert times == [KEY]
    judge(made, A1, "flag", CAT)
    for visit in visits:
        wait_for(  # type: ignore[misc]
            lambda visit=visit: looked(visit) or differences(visit)[0]["settled"]
        )
    assert times == [KEY, KEY]


def differences(visit: Visit) -> Any:
    return visit.content("signoff")["differences"]


def test_values_of_all_wells_are_made_off_the_event_loop_and_once(
    made: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    """For the list of a well: only what colours the plate is drawn with is at once."""
    make, calls = well_memory.well_values, []

    def note(stock: Any, metric: str, *rest: Any) -> Any:
        on_loop = threading.current_thread() is threading.main_thread()
        calls.append((metric, on_loop))
        return make(stock, metric, *rest)

    monkeypatch.setattr(well_memory, "well_values", note)
    visit = opened(made, f"plate={KEY}&well=A1")
    metric = visit.session.state.metric
    rows = visit.content("details")["values"]
    assert len(rows) > 3
    assert {made_of for made_of, on_loop in calls if on_loop} <= {metric, SUSPICION}
    first = len(calls)
    # Those that judging the plate has made are not made again for a page.
    assert first < len(rows)
    visit.act("plate_map", type="select", well="A2")
    assert visit.content("details")["title"].endswith("A2")
    opened(made, f"plate={KEY}&well=B2")
    assert len(calls) == first


def test_a_part_asks_once_what_bars_all_its_messages(
    made: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    visit = opened(made, f"plate={KEY}")
    signed_by, times = made.access._signed_by, []

    def note(key: str) -> str | None:
        times.append(key)
        return signed_by(key)

    monkeypatch.setattr(made.access, "_signed_by", note)
    part = visit.parts["verdict"]
    assert len(set(part.component.asks.values())) > 1
    assert part.barred() == {}
    assert times == [KEY]


def test_metrics_and_roles_are_the_same_objects_after_a_verdict(made: Service) -> None:
    metrics, roles = made.quality.metrics(KEY), made.projects.roles(KEY)
    judge(made, A1, "fail", BEN)
    made.reviews.read(KEY)
    assert made.quality.metrics(KEY) is metrics
    assert made.projects.roles(KEY) is roles


def test_pages_copy_no_parameter(made: Service) -> None:
    visit = Visit(made, f"plate={KEY}")
    wire = wire_of({name: part.component for name, part in visit.parts.items()})
    texts = [name for name in wire.param if "__" in name]
    assert "plate_map__values" in texts
    for text in texts:
        assert wire.param[text] is type(wire).param[text], text


def test_ledgers_are_asked_for_once_and_anew_after_a_change(
    made: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dashboard.projects.plate_links._FRESH_SECONDS", 60.0)
    links, plate = made.storage.links, made.access.plate(KEY)
    get, times = made.storage.settings.get, []

    def note(*name: str) -> Any:
        times.append(name)
        return get(*name)

    monkeypatch.setattr(made.storage.settings, "get", note)
    links.ledgers(plate)
    times.clear()
    before = links.ledgers(plate)
    assert not times
    apart = links.set_apart(plate)
    assert links.ledgers(plate) == (apart, ())
    links.join(plate)
    assert links.ledgers(plate) == before


def test_corrections_follow_a_page_once_and_not_with_each_part(
    made: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dashboard.views.page._TURN_SECONDS", 0.0)
    visit = Visit(made, f"plate={KEY}")
    follow, snapshots = visit._page._correction.follow, []

    def note(now: Snapshot) -> None:
        snapshots.append(id(now))
        follow(now)

    monkeypatch.setattr(visit._page._correction, "follow", note)
    visit.act("plate_map", type="select", well="A1")
    assert snapshots
    assert all(before != after for before, after in pairwise(snapshots))


def test_what_changed_just_before_a_page_looks_is_shown_on_another_plate_and_list(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(session_module, "OTHERS_SECONDS", 0.0)
    folder = tmp_path / "plates"
    for name in (KEY, "q.ome.zarr"):
        plates.make(folder / name, rows=1, columns=1, shape=(32, 40))
    with service(tmp_path / "workspace", folder, measure=False) as made:
        for key in (KEY, "q.ome.zarr"):
            surveyed(made, key)
        visit, other = opened(made, "plate=q.ome.zarr"), opened(made, "plate=")
        visit.session.state.update(plate=KEY)
        visit.rest()
        judge(made, A1, "fail", BEN)
        looked(visit)
        assert words(visit) == {"A1": "fail"}

        def listed(page: Visit) -> int:
            return len(page.content("plates")["plates"])

        plates.make(folder / "r.ome.zarr", rows=1, columns=1, shape=(32, 40))
        wait_for(lambda: looked(other) or listed(other) == 3)
        visit.session.state.update(plate="")
        looked(visit)
        assert listed(visit) == 3
