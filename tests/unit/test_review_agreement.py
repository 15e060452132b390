"""Agreement of two reviewers, against the definition written out."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.reviews.agreement import agreement
from dashboard.reviews.verdict_table import VERDICTS

pairs = st.lists(st.tuples(st.sampled_from(VERDICTS), st.sampled_from(VERDICTS)))


@given(pairs)
def test_kappa_is_agreement_beyond_chance(verdicts: list[tuple[str, str]]) -> None:
    result = agreement(("a", "b"), verdicts)
    n = len(verdicts)
    assert result.n == n
    assert sum(map(sum, result.table)) == n
    if not n:
        assert (result.raw, result.kappa) == (None, None)
        return
    raw = sum(first == second for first, second in verdicts) / n
    chance = sum(
        (sum(first == word for first, _ in verdicts) / n)
        * (sum(second == word for _, second in verdicts) / n)
        for word in VERDICTS
    )
    assert result.raw == pytest.approx(raw)
    if len({verdict for pair in verdicts for verdict in pair}) == 1:
        assert result.kappa is None
    else:
        assert result.kappa == pytest.approx((raw - chance) / (1 - chance))


@given(pairs)
def test_who_is_first_does_not_matter(verdicts: list[tuple[str, str]]) -> None:
    given_order = agreement(("a", "b"), verdicts)
    exchanged = agreement(("b", "a"), [pair[::-1] for pair in verdicts])
    assert given_order.kappa == exchanged.kappa
    assert given_order.table == tuple(zip(*exchanged.table, strict=True))


def test_full_agreement_is_one_and_opposite_is_less_than_none() -> None:
    full = [("pass", "pass"), ("fail", "fail")] * 5
    assert agreement(("a", "b"), full).kappa == 1
    assert agreement(("a", "b"), [("pass", "fail"), ("fail", "pass")]).kappa == -1
