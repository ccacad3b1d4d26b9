"""The truth holds in the audio: kicks, grid, form, key, peaks."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from composer.arrange import arrange
from composer.drums import _KICKS, kick
from composer.encode import decode, measured_delay
from composer.errors import BadSpec
from composer.master import integrated_lufs, true_peak_db
from composer.render import Rendered, compose_truth, plan, render_track
from composer.sketch import make_sketch, sketch_spec
from composer.spec import FORMATS, benchmark_specs, compose_spec, stream
from composer.styles import STYLES
from composer.theory import parse_key

FOUR_ON_THE_FLOOR = ("deep house", "techno", "trance", "nu-disco")


@cache
def _sketch(style: str, seed: int = 11, seconds: float = 20.0, **flags: object) -> Rendered:
    return render_track(sketch_spec(seed, style, seconds, **flags))


def _composed(style: str, **flags: object) -> dict:
    return compose_truth(sketch_spec(11, style, 20.0, **flags))


def _profile(mono: np.ndarray, times_sec: list[float], rate: int) -> np.ndarray:
    """Mean squared slope around times in bins of half a millisecond; bin 20 begins at them."""
    width = rate // 2000
    places = [round(time * rate) for time in times_sec if time > 0.05]
    windows = np.array([mono[at - 20 * width - 1 : at + 20 * width] for at in places])
    return np.mean(np.diff(windows, axis=1) ** 2, axis=0).reshape(40, width).mean(axis=1)


def _truth_beats_with_kicks(truth: dict) -> list[float]:
    kicks = {round(time, 6) for time in truth["kicks"]}
    return [beat for beat in truth["beats"] if beat in kicks and beat > 0.05]


def test_same_seed_same_samples_and_truth() -> None:
    spec = sketch_spec(5, "uk garage", 20.0)
    first, second = render_track(spec), render_track(spec)
    assert first.samples.tobytes() == second.samples.tobytes()
    assert json.dumps(first.truth) == json.dumps(second.truth)


def test_another_seed_is_another_track() -> None:
    one, other = _sketch("techno", 1), _sketch("techno", 2)
    assert one.truth["bpm"] != other.truth["bpm"] or one.truth["key"] != other.truth["key"]
    assert one.samples.shape != other.samples.shape or np.any(one.samples != other.samples)


@pytest.mark.parametrize("style", FOUR_ON_THE_FLOOR)
def test_kicks_set_in_at_the_truths_beats(style: str) -> None:
    rendered = _sketch(style)
    mono = rendered.samples.mean(axis=0)
    beats = _truth_beats_with_kicks(rendered.truth)
    assert len(beats) >= 12
    profile = _profile(mono, beats, rendered.sample_rate)
    assert profile[20:22].max() > 2.0 * profile[:20].max()


@pytest.mark.parametrize("style", ["drum & bass", "hip-hop", "uk garage", "dubstep"])
def test_broken_beats_kick_where_the_truth_says(style: str) -> None:
    rendered = _sketch(style)
    profile = _profile(rendered.samples.mean(axis=0), rendered.truth["kicks"], 44100)
    assert profile[20:22].max() > 1.5 * profile[:20].max()
    downbeats = set(rendered.truth["downbeats"])
    assert len(downbeats & set(rendered.truth["kicks"])) >= 0.3 * len(downbeats)


@pytest.mark.parametrize("kind", sorted(_KICKS))
def test_a_kick_is_loud_within_a_millisecond(kind: str) -> None:
    shot = kick(kind, 44100, np.random.default_rng(3))
    assert shot[0] != 0.0
    assert np.max(np.abs(shot[:44])) > 0.25
    assert np.max(np.abs(shot)) == pytest.approx(1.0)


@pytest.mark.parametrize("fmt", FORMATS)
def test_decoded_files_keep_the_truth(tmp_path: Path, fmt: str) -> None:
    path, truth = make_sketch(tmp_path, 21, "trance", 16.0, fmt, vocals=False)
    decoded = decode(path)
    # FFmpeg's AAC overshoots by up to 2.5 dB, as records in that format do.
    assert true_peak_db(decoded) <= (1.0 if fmt == "m4a" else -0.4)
    mono = decoded.mean(axis=0)
    original = render_track(sketch_spec(21, "trance", 16.0, fmt, vocals=False))
    shift = measured_delay(original.samples, decoded, truth["sample_rate"])
    assert truth["beats"][0] == pytest.approx(
        original.truth["beats"][0] + shift / truth["sample_rate"], abs=1e-5
    )
    rate = truth["sample_rate"]
    profile = _profile(mono, _truth_beats_with_kicks(truth), rate)
    # Lossy coders smear a little noise before an attack, not the attack.
    assert profile[20:22].max() > 2.0 * np.mean(profile[:19])
    assert np.argmax(profile > 0.5 * profile.max()) in (19, 20, 21)
    assert truth["file"] == path.name


def test_a_delay_is_found_to_the_sample() -> None:
    rendered = _sketch("techno")
    late = np.concatenate([np.zeros((2, 1105), np.float32), rendered.samples], axis=1)
    assert measured_delay(rendered.samples, late, 44100) == 1105
    assert measured_delay(rendered.samples, rendered.samples, 44100) == 0


@pytest.mark.parametrize("style", sorted(STYLES))
def test_grid_and_form_of_every_style(style: str) -> None:
    truth = _composed(style)
    beats = np.array(truth["beats"])
    assert np.max(np.abs(np.diff(beats) - 60.0 / truth["bpm"])) < 2.0 / truth["sample_rate"]
    assert truth["downbeats"] == truth["beats"][::4]
    assert len(beats) % 4 == 0
    lines = {*truth["downbeats"], truth["sections"][-1]["end_sec"]}
    for section in truth["sections"]:
        assert section["start_sec"] in lines
        assert section["end_sec"] in lines
        assert section["label"] in {"intro", "build", "drop", "break", "verse", "outro"}
        assert 1 <= section["energy"] <= 10
    starts = [section["start_sec"] for section in truth["sections"]]
    ends = [section["end_sec"] for section in truth["sections"]]
    assert starts[1:] == ends[:-1]
    assert starts[0] == beats[0]
    assert set(truth["drops"]) <= set(starts)
    assert len(truth["chords"]) == len(truth["downbeats"])
    assert all(a < b for a, b in truth["vocal_phrases"])


@pytest.mark.parametrize("style", ["techno", "nu-disco", "ambient", "dubstep"])
def test_sound_is_finite_under_its_ceiling_and_as_long_as_told(style: str) -> None:
    rendered = _sketch(style)
    assert np.all(np.isfinite(rendered.samples))
    assert rendered.samples.dtype == np.float32
    assert true_peak_db(rendered.samples) <= -0.5
    assert rendered.samples.shape[1] == round(rendered.truth["duration_sec"] * 44100)
    assert rendered.truth == _composed(style)


@pytest.mark.parametrize("style", ["deep house", "trance", "drum & bass"])
def test_club_styles_are_mastered_loud(style: str) -> None:
    assert -10.0 < integrated_lufs(_sketch(style).samples, 44100) < -6.3


def test_no_kicks_where_the_truth_says_drumless() -> None:
    ambient = _composed("ambient")
    assert ambient["kicks"] == []
    assert len(ambient["beats"]) > 8
    intro = _composed("techno", drumless_intro=True)
    assert all(kick >= intro["sections"][0]["end_sec"] - 1e-6 for kick in intro["kicks"])
    outro = _composed("techno", drumless_outro=True)
    assert outro["sections"][-1]["label"] == "outro"
    assert all(kick < outro["sections"][-1]["start_sec"] for kick in outro["kicks"])


@pytest.mark.parametrize("key", ["A# minor", "E major", "C# minor"])
def test_the_scales_tones_dominate(key: str) -> None:
    rendered = _sketch("trance", key=key)
    x = rendered.samples.mean(axis=0)
    size = 16384
    frames = x[: len(x) // size * size].reshape(-1, size) * np.hanning(size)
    spectrum = np.median(np.abs(np.fft.rfft(frames, axis=1)), axis=0)
    freqs = np.fft.rfftfreq(size, 1.0 / rendered.sample_rate)
    heard = freqs > 250.0  # above kick, snare body and toms & (freqs < 2100.0)
    classes = np.round(69 + 12 * np.log2(freqs[heard] / 440.0)).astype(int) % 12
    chroma = np.array([spectrum[heard][classes == pc].max() for pc in range(12)])
    scale = parse_key(key).scale
    outside = [pc for pc in range(12) if pc not in scale]
    assert chroma[list(scale)].mean() > 1.15 * chroma[outside].mean()


def test_flags_reach_the_truth() -> None:
    drifting = _composed("hip-hop", drift=True)
    assert drifting["constant_tempo"] is False
    assert np.ptp(np.diff(drifting["beats"])) > 0.005
    stepping = _composed("breakbeat", bpm=128.0, step_bpm=134.0)
    assert stepping["constant_tempo"] is False
    late = _composed("deep house", lead_in_sec=0.7311, pickup=True)
    assert late["beats"][0] == pytest.approx(0.7311, abs=1.0 / 44100)
    swung = _composed("hip-hop", swing_ratio=1.6, swing_unit_beats=0.5, detune_cents=-20.0)
    assert (swung["swing_ratio"], swung["swing_subdivision"]) == (1.6, "eighth")
    assert swung["tuning_cents"] == -20.0
    assert _composed("hip-hop", vocals=False)["vocal_phrases"] == []
    assert _composed("hip-hop", vocals=True)["vocal_phrases"] != []
    assert _composed("electro", sample_rate=48000)["sample_rate"] == 48000


def test_off_beat_bass_never_plays_on_the_beat() -> None:
    _, _, _, score, _ = plan(sketch_spec(4, "techno", 20.0, offbeat_bass=True))
    basses = [note.beat for note in score.notes if note.layer == "bass"]
    assert basses
    assert all(beat % 1.0 == 0.5 for beat in basses)


def test_swing_is_played_by_the_drums() -> None:
    spec = sketch_spec(3, "hip-hop", 20.0, swing_ratio=1.7)
    beat_map, _, _, _, hits = plan(spec)
    offbeats = [hit.beat for hit in hits if hit.drum == "hats" and hit.beat % 0.5 == 0.25]
    moved = beat_map.swung(np.array(offbeats or [0.25])) % 0.5
    assert moved == pytest.approx(0.5 * 1.7 / 2.7)


@pytest.mark.parametrize(
    "flags",
    [{"bpm": 0.0}, {"style": "polka"}, {"seconds": 2.0}, {"fmt": "aiff"}, {"tempo": 120.0}],
)
def test_impossible_wishes_are_refused_in_one_line(tmp_path: Path, flags: dict) -> None:
    with pytest.raises(BadSpec) as caught:
        make_sketch(tmp_path, 1, **flags)
    assert str(caught.value).startswith("BadSpec: ")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("seconds", [90.0, 180.0, 330.0])
@pytest.mark.parametrize("style", sorted(STYLES))
def test_full_forms_come_in_eight_bar_phrases(style: str, seconds: float) -> None:
    spec = compose_spec(17, style, seconds)
    sections, phrases = arrange(spec, STYLES[style], stream(17, "form"))
    assert all(section.bars % 8 == 0 for section in sections)
    assert [phrase.start_bar for phrase in phrases] == [8 * i for i in range(len(phrases))]
    length = 240.0 * sum(section.bars for section in sections) / spec.bpm
    assert length == pytest.approx(seconds, abs=0.5 * 8 * 240.0 / spec.bpm + 0.1)
    assert all(section.bars <= 32 for section in sections if section.label == "break")


def test_benchmark_specs_cover_styles_flags_and_formats() -> None:
    specs = benchmark_specs(120, 1)
    assert specs == benchmark_specs(120, 1)
    assert specs != benchmark_specs(120, 2)
    assert {spec.style for spec in specs} == set(STYLES)
    assert {spec.format for spec in specs} == set(FORMATS)
    assert len({spec.key for spec in specs}) == 24
    for flag in ("drift", "step_bpm", "lead_in_sec", "pickup", "drumless_intro", "detune_cents"):
        assert 0 < sum(bool(getattr(spec, flag)) for spec in specs) < 60
    assert sum(spec.constant_tempo for spec in specs) > 80
