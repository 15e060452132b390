"""Which fields of a plate the sites of another program's table are."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from hcs.qc.plates.sites import OwnField, match_sites

HERE, THERE = (0, 0), (1, 2)


def own(*labels: str) -> list[OwnField]:
    return [OwnField(str(at), label or str(at)) for at, label in enumerate(labels)]


def test_a_table_counts_from_1_unless_it_has_a_site_0() -> None:
    fields = {HERE: own("", "", ""), THERE: own("", "", "")}
    ones = match_sites([(HERE, "1"), (HERE, "2"), (THERE, "1")], fields)
    assert ones.rule == "from 1"
    assert ones.names == {(HERE, "1"): "0", (HERE, "2"): "1", (THERE, "1"): "0"}
    assert ones.matched == (("1", "0", 2), ("2", "1", 1))
    # One site 0 anywhere says so of the whole table.
    zeros = match_sites([(HERE, "1"), (THERE, "0")], fields)
    assert zeros.rule == "from 0"
    assert zeros.names == {(HERE, "1"): "1", (THERE, "0"): "0"}


def test_labels_that_the_source_gave_decide_in_every_spelling() -> None:
    fields = {HERE: own("s1", "s2", "s10")}
    for texts in (("s1", "s10"), ("S1", "S10"), ("1", "10"), ("01", "10.0")):
        matched = match_sites([(HERE, text) for text in texts], fields)
        assert matched.rule == "label"
        assert list(matched.names.values()) == ["0", "2"]
    strange = match_sites([(HERE, "2"), (HERE, "3"), (HERE, "11")], fields)
    assert strange.names == {(HERE, "2"): "1"}
    assert strange.unmatched == (("3", 1), ("11", 1))


def test_words_that_are_no_number_are_labels_only() -> None:
    fields = {HERE: own("Top left", "centre")}
    matched = match_sites([(HERE, "top  LEFT"), (HERE, "edge")], fields)
    assert matched.names == {(HERE, "top  LEFT"): "0"}
    assert matched.unmatched == (("edge", 1),)
    none = match_sites([(HERE, "a"), (HERE, "1")], {HERE: own("", "")})
    assert (none.rule, none.names) == ("none", {})
    assert none.unmatched == (("1", 1), ("a", 1))


def test_where_labels_say_nothing_the_order_does() -> None:
    fields = {HERE: own("top", "bottom")}
    assert match_sites([(HERE, "2")], fields).names == {(HERE, "2"): "1"}


def test_a_well_that_lacks_a_field_shifts_no_other() -> None:
    remaining = [OwnField("a1f0", "a1f0"), OwnField("a1f2", "a1f2")]
    fields = {HERE: remaining, THERE: [OwnField("a1f1", "a1f1")]}
    sites = [(HERE, "1"), (HERE, "2"), (HERE, "3"), (THERE, "2")]
    matched = match_sites(sites, fields)
    assert matched.names == {
        (HERE, "1"): "a1f0",
        (HERE, "3"): "a1f2",
        (THERE, "2"): "a1f1",
    }
    assert matched.unmatched == (("2", 1),)


def test_names_of_other_writers_begin_where_they_begin() -> None:
    named = [OwnField("1", "1"), OwnField("2", "2")]
    assert match_sites([(HERE, "1")], {HERE: named}).names == {(HERE, "1"): "1"}
    words = [OwnField("left", "left"), OwnField("right", "right")]
    assert match_sites([(HERE, "2")], {HERE: words}).names == {(HERE, "2"): "right"}


def test_what_two_acquisitions_share_stands_for_neither() -> None:
    fields = {HERE: [OwnField("a0f0", "s1"), OwnField("a1f0", "s1")]}
    matched = match_sites([(HERE, "1")], fields)
    assert matched.names == {}
    assert matched.unmatched == (("1", 1),)


@given(
    st.lists(st.tuples(st.just(HERE), st.text(max_size=6)), unique=True),
    st.lists(st.text(max_size=6), max_size=5),
)
def test_each_site_is_one_field_or_listed(
    sites: list[tuple[tuple[int, int], str]], labels: list[str]
) -> None:
    fields = {HERE: own(*labels)}
    matched = match_sites(sites, fields)
    assert set(matched.names) <= set(sites)
    assert set(matched.names.values()) <= {field.name for field in fields[HERE]}
    listed = sum(n for *_, n in (*matched.matched, *matched.unmatched))
    assert listed == len(sites)
