"""The DJ's word on buckets, wherever it is said: kept, written down, and felt by what sounds alike.

A track's first word is a review of what the model had answered; a later one is a change of mind, of
which the model knows nothing. A review stands as long as any word on its track does.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from library.library import Library
from library.notebook import Entry
from training.audit import note_reviews
from training.leaning import learn_now


def say_buckets(
    library: Library, words: Mapping[str, str | Sequence[str]], how: str, source: str = "dj"
) -> None:
    """Keep the DJ's word on tracks, all or none, and let what sounds alike learn at once.

    Parameters
    ----------
    library
        Whose notebook keeps the words.
    words
        {track id: its bucket, or several}: text as the DJ types it, or a list of names.
    how
        See `Review`.
    source
        Who says so, for the notebook.

    Raises
    ------
    UnknownTrack, BadCorrection
        See `Library.correct`.
    """
    new = set(words) - _spoken(library, words)
    answers = library.predictions.some("bucket", new)
    library.correct_all("bucket", words, source)
    kept = {track: said["bucket"] for track, said in library.notebook.latest_of(new).items()}
    note_reviews(library.settings.logs, kept, {track: answers.get(track) for track in kept}, how)
    learn_now(library, words)


def take_back_buckets(library: Library, tracks: Sequence[str]) -> None:
    """Withdraw the DJ's last word on the bucket of each track, all or none.

    Raises
    ------
    NothingToUndo
        If on one of them none stands.
    """
    library.undo_all(tracks, "bucket")
    _withdrawn(library, tracks)


def take_back_word(library: Library, track_id: str | None = None, kind: str | None = None) -> Entry:
    """Withdraw the DJ's newest word (on a track, of a kind), whatever it is about.

    Raises
    ------
    NothingToUndo
        If none stands.
    """
    entry = library.undo(track_id, kind)
    if entry.kind == "bucket":
        _withdrawn(library, [entry.content_hash])
    return entry


def _withdrawn(library: Library, tracks: Sequence[str]) -> None:
    spoken = _spoken(library, tracks)
    silent = {track: "" for track in tracks if track not in spoken}
    note_reviews(library.settings.logs, silent, {}, "undo")
    learn_now(library, tracks)


def _spoken(library: Library, tracks: Iterable[str]) -> set[str]:
    """Return the tracks whose bucket the DJ has a standing word on."""
    said = library.notebook.latest_of(tracks)
    return {track for track, kinds in said.items() if "bucket" in kinds}
