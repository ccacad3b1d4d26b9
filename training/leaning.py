"""The DJ's word reaches what sounds alike at once, and leaves it again where it is withdrawn.

What the model itself answered is kept beside what is shown. An answer is always worked out anew
from there, by the words that stand and that the model has not learned, in the order in which they
were said: nothing drifts, and an undo leaves no trace.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path

from library.buckets import buckets_of_value
from library.library import Library
from library.predictions import Prediction
from library.settings import Settings
from training.audit import note_predictions
from training.space import Space, leanings, read_space


def space_path(settings: Settings) -> Path:
    """Return where the tracks' places in what decides their bucket are kept."""
    return settings.data / "bucket_space.npz"


def learn_now(library: Library, track_ids: Iterable[str]) -> int:
    """Let words on tracks, or their withdrawal, reach what sounds alike; return how many tracks.

    The DJ's own words stay as they are; the next full training replaces what is written here.

    Parameters
    ----------
    library
        Its notebook holds the words.
    track_ids
        The tracks on which something was said or withdrawn.
    """
    space = read_space(space_path(library.settings))
    if space is None:
        return 0
    spoken = {track for track, said in library.notebook.latest_of().items() if "bucket" in said}
    reached: set[str] = set()
    for track in track_ids:
        reached |= {track, *space.felt_by(track)}
    before = library.predictions.some("bucket", reached - spoken)
    own = {track: one.own or one for track, one in before.items()}
    after = _leaned(space, words_since(library, space.mark), own)
    changed = {
        track: one
        for track, one in after.items()
        if replace(one, time=before[track].time) != before[track]
    }
    library.predictions.write("bucket", changed)
    note_predictions(library.settings.logs, "bucket", before, changed, {})
    library.refresh_words()
    return len(changed)


def words_since(library: Library, mark: int) -> dict[str, tuple[str, ...]]:
    """Return {track id: buckets}, the first said first, of words after a notebook's entry."""
    said: dict[str, tuple[str, ...]] = {}
    for entry in reversed(library.notebook.history(kind="bucket", standing=True, since=mark)):
        said.pop(entry.content_hash, None)  # the newest word on a track is the one that counts
        said[entry.content_hash] = buckets_of_value(entry.value)
    return {track: buckets for track, buckets in said.items() if buckets}


def _leaned(
    space: Space, words: Mapping[str, tuple[str, ...]], answers: dict[str, Prediction]
) -> dict[str, Prediction]:
    """Return answers after words, looking only at words that any of the answers feels."""
    if len(answers) < len(words):
        near = {word for track in answers for word in space.felt_by(track)}
        words = {track: buckets for track, buckets in words.items() if track in near}
    found = dict(answers)
    for track, buckets in words.items():
        found |= leanings(space, track, buckets, found)
    return found
