"""What somebody has looked at is of the pictures of its moment."""

from __future__ import annotations

from dashboard.reviews.looks import Looks


def test_the_closest_look_at_the_same_pictures_counts() -> None:
    looks = Looks()
    assert looks.note("p", {"A1": "x", "A2": "x"}, "montage")
    assert looks.note("p", {"A1": "x"}, "field")
    assert not looks.note("p", {"A1": "x", "A2": "x"}, "montage")
    assert [looks.basis("p", label, "x") for label in ("A1", "A2", "A3")] == [
        "field",
        "montage",
        "unseen",
    ]


def test_other_pictures_were_not_looked_at() -> None:
    looks = Looks()
    looks.note("p", {"A1": "x", "A2": "x"}, "field")
    assert looks.basis("p", "A1", "y") == "unseen"
    assert looks.current("p", {"A1": "x", "A2": "y"}.__getitem__) == {"A1"}
    assert looks.note("p", {"A1": "y"}, "montage")
    assert looks.basis("p", "A1", "y") == "montage"


def test_looks_at_another_plate_are_not_of_this_one() -> None:
    looks = Looks()
    looks.note("p", {"A1": "x"}, "montage")
    assert looks.labels("p", "montage") == {"A1"}
    assert looks.labels("p", "field") == looks.labels("q") == frozenset()


def test_who_watches_hears_of_news_once() -> None:
    looks, heard = Looks(), []
    looks.watch(lambda: heard.append(len(looks.labels("p"))))
    looks.note("p", {"A1": "x", "A2": "x"}, "montage")
    looks.note("p", {"A1": "x"}, "montage")
    assert heard == [2]
