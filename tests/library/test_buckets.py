from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from library.buckets import (
    SEPARATOR,
    bucket_path,
    buckets_of_value,
    buckets_to_value,
    check_buckets,
    format_buckets,
    show_buckets,
)
from library.corrections import check_correction
from library.errors import BadCorrection

words = st.text(st.characters(blacklist_categories=("Z", "C"), blacklist_characters=";/\\"),
                min_size=1, max_size=8).filter(lambda word: word not in (".", ".."))  # fmt: skip
folders = st.lists(words, min_size=1, max_size=3).map(" ".join)
names = st.lists(folders, min_size=1, max_size=3).map("/".join)
several = st.lists(names, min_size=1, max_size=5, unique_by=str.casefold).map(tuple)


@given(several)
def test_what_is_written_is_read_as_it_was(buckets: tuple[str, ...]) -> None:
    assert check_buckets(format_buckets(buckets)) == buckets
    assert check_buckets(list(buckets)) == buckets
    assert buckets_of_value(buckets_to_value(buckets)) == buckets
    assert buckets_of_value(check_correction("bucket", format_buckets(buckets))) == buckets
    assert all(bucket_path(name) == name for name in buckets)


@given(st.text(max_size=30))
def test_any_text_is_buckets_or_is_refused_and_the_second_reading_changes_nothing(
    text: str,
) -> None:
    try:
        buckets = check_buckets(text)
    except BadCorrection as error:
        refusal = str(error)
    else:
        refusal = ""
    if refusal:
        assert refusal.startswith("BadCorrection: bucket")
        assert "\n" not in refusal
        return
    assert buckets
    assert len({name.casefold() for name in buckets}) == len(buckets)
    assert not any(SEPARATOR in name for name in buckets)
    assert check_buckets(format_buckets(buckets)) == buckets


@pytest.mark.parametrize(
    ("said", "buckets"),
    [
        ("CLUB/TECHNO", ("CLUB/TECHNO",)),
        ("Warm-up; Closing", ("Warm-up", "Closing")),
        (" Warm-up ;; CLUB \\ TECHNO/ ; ", ("Warm-up", "CLUB/TECHNO")),
        ("Warm-up;closing; WARM-UP ;Closing", ("Warm-up", "closing")),
        (["Warm-up", "Closing"], ("Warm-up", "Closing")),
    ],
)
def test_several_stand_side_by_side_each_once_in_their_order(
    said: Any, buckets: tuple[str, ...]
) -> None:
    assert check_buckets(said) == buckets


@pytest.mark.parametrize("said", ["", " ; ", "A; ..", [], ["A", 3], 3, ["A", " "], None])
def test_what_names_no_bucket_is_refused(said: Any) -> None:
    with pytest.raises(BadCorrection):
        check_buckets(said)


def test_a_name_with_the_separator_is_refused_by_name() -> None:
    with pytest.raises(BadCorrection, match=r"'Rock; Pop' holds a ';'.*rename its folder"):
        check_buckets(["Rock; Pop"])


def test_one_is_kept_as_before_and_an_old_word_means_what_it_meant() -> None:
    assert check_correction("bucket", "CLUB\\TECHNO//") == "CLUB/TECHNO"
    assert check_correction("bucket", "A;B") == ["A", "B"]
    assert check_correction("bucket", None) is None
    assert buckets_of_value("Rock; Pop") == ("Rock; Pop",)
    assert buckets_of_value(None) == ()
    assert show_buckets(("Warm-up", "Closing")) == "Warm-up · Closing"
