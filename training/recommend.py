"""What to play next: retrieval by sound, then rules, then a score that explains itself."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from analysis.report import Report
from library.library import Library
from library.tracks import TrackRow
from training.candidates import Candidate, candidate_of, similarity_words
from training.recommender import Bundle, embed
from training.rules import WIDENING, NotPlaying, RecommendRules, Rule, Verdict, make_rules

RETRIEVED = 5_000
"""Neighbours asked for before the rules: all of a small library; of a large one so many that
tempo and key (about one in thirty passes both) still leave over a hundred."""


@dataclass(frozen=True)
class Suggestion:
    """One track to play next.

    Parameters
    ----------
    track_id, title, artist
        The track.
    score
        0–1, the weighted mean of similarity and the rules' grades.
    distance
        Cosine distance in the recommender's space, 0–2; None for a track that is newer than
        the bundle and whose report was not at hand.
    reasons
        In words, the most telling first: ``"Tempo +1.8 %"``, ``"same key"``, ``"energy +1"``,
        ``"similar sound 0.83"``.
    widened
        Names of the rules that had to give way for it; empty for a regular suggestion.
    """

    track_id: str
    title: str
    artist: str
    score: float
    distance: float | None
    reasons: tuple[str, ...]
    widened: tuple[str, ...] = ()


@dataclass(frozen=True)
class Hidden:
    """A track that a rule hid, with the rule's name and its reason."""

    track_id: str
    rule: str
    reason: str


@dataclass(frozen=True)
class Recommendations:
    """Suggestions, what was hidden by which rule, and which rules were widened.

    Parameters
    ----------
    items
        Best first; those that needed a widening come after those that did not.
    hidden
        Every candidate that is not suggested because of a rule.
    widened
        Names of the rules that gave way, in that order.
    """

    items: tuple[Suggestion, ...]
    hidden: tuple[Hidden, ...]
    widened: tuple[str, ...]

    @property
    def summary(self) -> str:
        """One sentence about what was hidden and widened; empty where there is nothing to say."""
        parts = []
        if self.hidden:
            counts = Counter(hidden.rule for hidden in self.hidden)
            names = ", ".join(f"{rule} {count}" for rule, count in counts.most_common())
            parts.append(f"hidden by rules: {names}")
        if self.widened:
            parts.append(f"few fit, so the rule on {' and '.join(self.widened)} was widened")
        return "; ".join(parts)


@dataclass(frozen=True)
class _Judged:
    candidate: Candidate
    similarity: float
    score: float
    verdicts: tuple[tuple[str, Verdict], ...]

    @property
    def failed(self) -> tuple[str, ...]:
        return tuple(name for name, verdict in self.verdicts if not verdict.passes)

    @property
    def hidden(self) -> Hidden:
        """The first rule that hides it."""
        name, verdict = next(pair for pair in self.verdicts if not pair[1].passes)
        return Hidden(self.candidate.track_id, name, verdict.reason)

    def suggestion(self) -> Suggestion:
        words = {name: verdict.reason for name, verdict in self.verdicts if verdict.reason}
        reasons = [words[name] for name in ("tempo", "key", "energy") if name in words]
        reasons.append(similarity_words(self.similarity))
        reasons += [words[name] for name in ("played", "artist") if name in words]
        return Suggestion(
            track_id=self.candidate.track_id,
            title=self.candidate.title,
            artist=self.candidate.artist,
            score=self.score,
            distance=None if math.isnan(self.similarity) else 1.0 - self.similarity,
            reasons=tuple(reasons),
            widened=self.failed,
        )


def recommend(
    query: Report,
    bundle: Bundle,
    tracks: Mapping[str, Report] | Mapping[str, TrackRow],
    rules: RecommendRules | None = None,
    played: Sequence[str] = (),
    *,
    tempo_bpm: float | None = None,
    key: str | None = None,
) -> Recommendations:
    """Suggest what to play after ``query``.

    Parameters
    ----------
    query
        The playing track's (corrected) report; it need not be in the bundle.
    bundle
        From `train_recommender`.
    tracks
        {track id: report or catalogue row} of every track that may be suggested.
    rules
        What the DJ adjusted.
    played
        Ids of the session's tracks, oldest first.
    tempo_bpm, key
        How the query sounds now, where a deck plays it at another tempo or in another key.

    Returns
    -------
    Recommendations
        Never empty while ``tracks`` holds another song: rules give way one by one, and every
        suggestion names those that did.
    """
    rules = rules or RecommendRules()
    now = candidate_of(query).at(tempo_bpm, key)
    similar = _similarities(query, bundle, tracks)
    in_bundle = set(bundle["metadata"]["track_id"])
    history = [candidate_of(tracks[track]) for track in played if track in tracks]
    asked = make_rules(rules, history)

    def judge(names: Iterable[str]) -> list[_Judged]:
        return [
            _judge(asked, now, candidate_of(tracks[name]), similar.get(name, math.nan), rules)
            for name in names
        ]

    near = [name for name in tracks if name in similar or name not in in_bundle]
    judged = judge(near)
    if len(near) < len(tracks) and sum(not one.failed for one in judged) < rules.at_least:
        judged += judge(name for name in tracks if name in in_bundle and name not in similar)
    judged.sort(key=lambda one: (-one.score, one.candidate.track_id))
    judged, doubles = _without_doubles(judged)
    chosen, widened = _choose(judged, rules.at_least)
    taken = {one.candidate.track_id for one in chosen}
    hidden = doubles + [
        one.hidden
        for one in judged
        if one.candidate.track_id not in taken and one.candidate.track_id != now.track_id
    ]
    return Recommendations(
        tuple(one.suggestion() for one in chosen[: rules.count]), tuple(hidden), widened
    )


def recommend_from(
    library: Library,
    bundle: Bundle,
    track_id: str,
    rules: RecommendRules | None = None,
    played: Sequence[str] = (),
    *,
    tempo_bpm: float | None = None,
    key: str | None = None,
) -> Recommendations:
    """Suggest what to play after a track of the library, from all its listed tracks.

    Raises
    ------
    UnknownTrack
        If no report carries the id.
    """
    rows = library.tracks()
    present = {row.track_id: row for row in rows if not row.missing}
    found = recommend(
        library.report(track_id), bundle, present, rules, played, tempo_bpm=tempo_bpm, key=key
    )
    gone = [Hidden(row.track_id, "file", "its file is gone") for row in rows if row.missing]
    return replace(found, hidden=(*found.hidden, *gone))


def _similarities(
    query: Report, bundle: Bundle, tracks: Mapping[str, Report] | Mapping[str, TrackRow]
) -> dict[str, float]:
    """Return {track id: cosine similarity to the query} of all that can be compared."""
    point = embed(bundle, [query])
    ids = bundle["metadata"]["track_id"].tolist()
    distances, rows = bundle["nearest_neighbors"].kneighbors(
        point, n_neighbors=min(RETRIEVED, len(ids))
    )
    similar = {
        ids[row]: 1.0 - float(distance) for distance, row in zip(distances[0], rows[0], strict=True)
    }
    # tracks newer than the bundle are compared in the same space
    known = set(ids)
    reports = [
        track for name, track in tracks.items() if name not in known and isinstance(track, Report)
    ]
    if reports:
        points = embed(bundle, reports)
        lengths = np.linalg.norm(points, axis=1) * np.linalg.norm(point)
        cosines = np.divide(
            points @ point[0], lengths, out=np.zeros(len(reports)), where=lengths > 0
        )
        similar |= {
            report.track_id: float(cosine) for report, cosine in zip(reports, cosines, strict=True)
        }
    return similar


def _judge(
    asked: Sequence[Rule],
    now: Candidate,
    candidate: Candidate,
    similarity: float,
    rules: RecommendRules,
) -> _Judged:
    verdicts = tuple((rule.name, rule.judge(now, candidate)) for rule in asked)
    weights = rules.weights
    shares = {
        "tempo": weights.tempo,
        "key": weights.key,
        "energy": weights.energy,
        # freshness has two sides: the track itself, and its artist
        "played": weights.freshness / 2,
        "artist": weights.freshness / 2,
    }
    terms = [
        (shares[name], verdict.grade)
        for name, verdict in verdicts
        if name in shares and verdict.grade is not None
    ]
    if not math.isnan(similarity):
        terms.append((weights.similarity, (1 + similarity) / 2))
    total = sum(weight for weight, _ in terms)
    score = sum(weight * grade for weight, grade in terms) / total if total > 0 else 0.0
    return _Judged(candidate, similarity, score, verdicts)


def _choose(judged: Sequence[_Judged], at_least: int) -> tuple[list[_Judged], tuple[str, ...]]:
    """Return who is suggested (best first) and which rules gave way for it."""
    chosen = [one for one in judged if not one.failed]
    given_way: set[str] = set()
    for name in WIDENING:
        given_way.add(name)
        back = [one for one in judged if name in one.failed and given_way.issuperset(one.failed)]
        chosen += back[: max(0, at_least - len(chosen))]
    used = {name for one in chosen for name in one.failed}
    return chosen, tuple(name for name in WIDENING if name in used)


def _without_doubles(judged: Sequence[_Judged]) -> tuple[list[_Judged], list[Hidden]]:
    """Part the best file of every song from further files of it (``judged`` is best first)."""
    kept: list[_Judged] = []
    doubles: list[Hidden] = []
    seen: set[tuple[str, str]] = set()
    # a file that passes every rule stands for its song before one that does not
    for one in sorted(judged, key=lambda one: bool(one.failed)):
        if NotPlaying.name in one.failed:
            kept.append(one)  # hidden with its own reason
            continue
        if one.candidate.title and one.candidate.song in seen:
            doubles.append(Hidden(one.candidate.track_id, "double", "another file of this song"))
            continue
        seen.add(one.candidate.song)
        kept.append(one)
    kept.sort(key=lambda one: (-one.score, one.candidate.track_id))
    return kept, doubles
