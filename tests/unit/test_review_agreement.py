"""Agreement of two reviewers, against the definition written out."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.reviews.agreement import agreement
from dashboard.reviews.verdict_table import VERDICTS

pairs = st.lists(st.tuples(st.sampled_from(VERDICTS), st.sampled_from(VERDICTS)))


@given(pairs)
def test_kappa_is_agreement_beyond_chance(found: list[tuple[str, str]]) -> None:
    result = agreement(("a", "b"), found)
    n = len(found)
    assert result.n == n
    assert sum(map(sum, result.table)) == n
    if not n:
        assert (result.raw, result.kappa) == (None, None)
        return
    raw = sum(one == two for one, two in found) / n
    chance = sum(
        (sum(one == word for one, _ in found) / n)
        * (sum(two == word for _, two in found) / n)
        for word in VERDICTS
    )
    assert result.raw == pytest.approx(raw)
    if len({one for pair in found for one in pair}) == 1:
        assert result.kappa is None
    else:
        assert result.kappa == pytest.approx((raw - chance) / (1 - chance))


@given(pairs)
def test_who_is_first_does_not_matter(found: list[tuple[str, str]]) -> None:
    one = agreement(("a", "b"), found)
    two = agreement(("b", "a"), [pair[::-1] for pair in found])
    assert one.kappa == two.kappa
    assert one.table == tuple(zip(*two.table, strict=True))


def test_full_agreement_is_one_and_opposite_is_less_than_none() -> None:
    full = [("pass", "pass"), ("fail", "fail")] * 5
    assert agreement(("a", "b"), full).kappa == 1
    assert agreement(("a", "b"), [("pass", "fail"), ("fail", "pass")]).kappa == -1
