"""Sections, phrases and mix points."""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
import pytest

from analysis.audio import Audio
from analysis.report import Phrase, Rhythm, Section, Structure, VocalActivity, VocalSegment
from analysis.rhythm.beatwise import Beatwise
from analysis.rhythm.describe import describe_rhythm
from analysis.rhythm.onsets import measure_curves
from analysis.structure import describe_structure
from analysis.structure.label import FEATURE_NAMES, LABELS, likeliest_labels, part_features
from analysis.structure.mixpoints import mix_in, mix_out
from analysis.structure.parts import Parts, cut_parts
from analysis.structure.segment import CutPrices, cut_sections, phrase_anchor
from composer.render import Rendered, render_track
from composer.spec import compose_spec


def audio_of(samples: np.ndarray, rate: int = 44100) -> Audio:
    stereo = np.atleast_2d(samples).astype(np.float32)
    return Audio(
        samples=stereo,
        sample_rate=rate,
        source_channels=len(stereo),
        path=Path("track.wav"),
        format="wav",
    )


@pytest.fixture(scope="module")
def composed() -> tuple[Rendered, Rhythm, Structure]:
    track = render_track(compose_spec(1301, "techno", 130.0))
    audio = audio_of(track.samples, track.sample_rate)
    curves = measure_curves(audio.mono, audio.sample_rate)
    rhythm = describe_rhythm(audio, curves)
    return track, rhythm, describe_structure(audio, rhythm, curves)


def test_composed_sections_are_found_within_a_bar(
    composed: tuple[Rendered, Rhythm, Structure],
) -> None:
    track, _, structure = composed
    bar = 240.0 / track.truth["bpm"]
    true = [part["start_sec"] for part in track.truth["sections"][1:]]
    found = [part.start_sec for part in structure.sections[1:]]
    hit = sum(min(abs(start - one) for one in found) < bar for start in true)
    assert 2 * hit / (len(true) + len(found)) >= 0.8
    assert structure.sections[0].label == "intro"
    assert structure.sections[-1].label == "outro"
    assert {"drop"} <= {part.label for part in structure.sections}


def test_sections_join_without_gaps_and_start_on_bars(
    composed: tuple[Rendered, Rhythm, Structure],
) -> None:
    _, rhythm, structure = composed
    parts = structure.sections
    assert parts[0].start_sec == 0.0
    for one, two in itertools.pairwise(parts):
        assert one.end_sec == two.start_sec
        assert one.label != two.label
        assert min(abs(two.start_sec - bar) for bar in rhythm.downbeat_times_sec) < 1e-6
    assert all(1 <= part.energy <= 10 for part in parts)


def test_a_drop_is_hotter_than_a_break(composed: tuple[Rendered, Rhythm, Structure]) -> None:
    _, _, structure = composed
    drops = [part.energy for part in structure.sections if part.label == "drop"]
    others = [part.energy for part in structure.sections if part.label in ("intro", "break")]
    assert min(drops) > max(others, default=0) - 1
    assert structure.drops == [
        part.start_sec for part in structure.sections if part.label == "drop"
    ]


def test_mix_points_lie_on_phrases(composed: tuple[Rendered, Rhythm, Structure]) -> None:
    _, _, structure = composed
    starts = [phrase.start_sec for phrase in structure.phrases]
    assert structure.mix_in_sec in starts
    assert structure.mix_out_sec in starts
    assert structure.mix_in_sec < structure.mix_out_sec
    assert all(1 <= phrase.bars <= 8 for phrase in structure.phrases)


def test_silence_around_the_music_is_measured() -> None:
    samples = np.zeros(20 * 44100, dtype=np.float32)
    samples[int(2.5 * 44100) : int(16.0 * 44100)] = 0.1
    structure = describe_structure(audio_of(samples), Rhythm())
    assert structure.silence_before_sec == pytest.approx(2.5, abs=0.001)
    assert structure.silence_after_sec == pytest.approx(4.0, abs=0.001)


def test_all_silence() -> None:
    structure = describe_structure(audio_of(np.zeros(44100 * 3)), Rhythm())
    assert structure.silence_before_sec == pytest.approx(3.0)
    assert structure.silence_after_sec == 0.0
    assert structure.sections == []
    assert structure.mix_in_sec is None


def test_without_a_grid_sections_are_cut_by_time_and_nothing_is_promised() -> None:
    rng = np.random.default_rng(4)
    quiet, loud = 0.005, 0.3
    samples = np.concatenate(
        [level * rng.standard_normal(30 * 22050) for level in (quiet, loud, quiet)]
    )
    structure = describe_structure(audio_of(samples, 22050), Rhythm())
    starts = [part.start_sec for part in structure.sections]
    assert any(abs(start - 30.0) <= 2.0 for start in starts)
    assert structure.phrases == []
    assert structure.mix_in_sec is None
    assert structure.mix_out_sec is None


def test_cuts_fall_where_rows_change() -> None:
    rows = np.repeat([[0.0, 0.0], [2.0, 1.0], [0.0, 2.0]], [16, 24, 8], axis=0)
    assert cut_sections(rows, 0) == [0, 16, 40]
    assert phrase_anchor(np.vstack([rows[:1]] * 3 + [rows])) == 3


def test_music_that_stops_before_its_grid_does_not_move_the_phrases() -> None:
    rows = np.repeat([[0.0], [1.0], [0.3], [1.1], [0.2]], [8, 16, 8, 16, 8], axis=0)
    assert phrase_anchor(np.vstack([rows, [[0.1], [-9.0]]])) == 0


def test_a_cut_off_the_phrase_must_explain_more() -> None:
    rows = np.repeat([[0.0], [0.9]], [13, 19], axis=0)
    assert cut_sections(rows, 0, CutPrices(1.0, 1.0, 1.0)) == [0, 13]
    assert 13 not in cut_sections(rows, 0, CutPrices(1.0, 1.0, 1e6))


def parts_of(cuts: list[int], levels: list[float], **flags: object) -> Parts:
    """Return parts whose bars hold one value in everything, cut where told; 8 bars in the last."""
    count = cuts[-1] + 8
    per_bar = np.repeat(levels, np.diff([*cuts, count]))[:, None]
    rows = Beatwise(
        level=np.repeat(per_bar - 1.0, 6, axis=1),
        hits=np.repeat(per_bar, 6, axis=1),
        cells=np.repeat(per_bar[:, None], 4, axis=1).repeat(6, axis=2),
        busy=np.repeat(per_bar, 6, axis=1),
        chroma=np.zeros((count, 24)),
    )
    known: dict[str, object] = {"anchor": 0, "sung": np.zeros(count), "beat": 1.0}
    return Parts(rows=rows, cuts=cuts, **(known | flags))  # type: ignore[arg-type]


def test_every_part_has_every_feature() -> None:
    parts = parts_of([0, 8, 16, 24], [0.2, 1.0, 0.9, 0.1], sung=np.repeat([0, 0, 1, 0.5], 8))
    features = part_features(parts)
    assert features.shape == (4, len(FEATURE_NAMES))
    assert np.isfinite(features).all()
    named = dict(zip(FEATURE_NAMES, features.T, strict=True))
    assert named["sung"].tolist() == [0, 0, 1, 0.5]
    assert named["sung next"].tolist() == [0, 1, -0.5, -0.5]
    assert named["kick short"].argmin() == 1
    assert named["first"].tolist() == [1, 0, 0, 0]
    assert named["no beat"].tolist() == [0, 0, 0, 0]


def test_labels_rather_change_on_phrase_lines() -> None:
    leaning = np.full((4, len(LABELS)), -9.0)
    drop, verse = LABELS.index("drop"), LABELS.index("verse")
    leaning[:, drop] = [-0.1, -0.1, -1.2, -1.2]
    leaning[:, verse] = [-2.0, -2.0, -0.4, -0.4]
    levels = [1.0] * 4
    assert likeliest_labels(leaning, parts_of([0, 8, 16, 24], levels))[2] == "verse"
    assert likeliest_labels(leaning, parts_of([0, 8, 12, 16], levels))[2] == "drop"


def test_nothing_comes_after_an_outro_or_back_to_an_intro() -> None:
    scores = np.full((3, len(LABELS)), -5.0)
    scores[0, LABELS.index("outro")] = scores[2, LABELS.index("intro")] = -0.1
    labels = likeliest_labels(scores, parts_of([0, 8, 16], [1.0] * 3))
    assert labels[0] != "outro"
    assert labels[2] != "intro" or labels == ["intro"] * 3


def test_singing_is_shared_out_over_the_bars(composed: tuple[Rendered, Rhythm, Structure]) -> None:
    track, rhythm, _ = composed
    curves = measure_curves(track.samples.mean(axis=0), track.sample_rate)
    bars = np.asarray(rhythm.downbeat_times_sec)
    start, end = bars[4], (bars[6] + bars[7]) / 2
    vocal = VocalActivity(segments=[VocalSegment(start_sec=start, end_sec=end, confidence=1.0)])
    parts = cut_parts(curves, bars, True, vocal)
    assert parts.sung[3:9] == pytest.approx([0, 1, 1, 0.5, 0, 0], abs=1e-6)
    assert parts.beat == 1.0
    assert parts.ends[-1] == len(bars)


PHRASES = [Phrase(start_sec=16.0 * n, bars=8) for n in range(8)]
SECTIONS = [
    Section(start_sec=0.0, end_sec=32.0, label="intro", energy=3),
    Section(start_sec=32.0, end_sec=96.0, label="drop", energy=9),
    Section(start_sec=96.0, end_sec=128.0, label="outro", energy=3),
]


def test_come_in_on_the_first_phrase_with_drums() -> None:
    assert mix_in(PHRASES, [True] * 8) == 0.0
    assert mix_in(PHRASES, [False, True] + [True] * 6) == 16.0
    assert mix_in(PHRASES, [False] * 8) == 0.0


def test_leave_on_the_outro_unless_it_is_sung() -> None:
    assert mix_out(PHRASES, SECTIONS, 0.0, None) == 96.0
    sung = VocalActivity(segments=[VocalSegment(start_sec=95.0, end_sec=111.0, confidence=0.9)])
    assert mix_out(PHRASES, SECTIONS, 0.0, sung) == 112.0


def test_without_an_outro_a_blend_is_left() -> None:
    assert mix_out(PHRASES, SECTIONS[:2], 0.0, None) == 96.0
    assert mix_out(PHRASES[:1], [], 0.0, None) is None
