from __future__ import annotations

import numpy as np
import pytest

from analysis import filterbanks, frames, pitches
from analysis.spectra import Spectra
from tests.analysis.music import RATE, as_audio, chords


def tone(hz: float, seconds: float = 4.0, amplitude: float = 0.25, rate: int = RATE) -> np.ndarray:
    return amplitude * np.sin(2 * np.pi * hz * np.arange(round(seconds * rate)) / rate)


def noise(seconds: float = 4.0, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).uniform(-0.3, 0.3, round(seconds * RATE))


@pytest.mark.parametrize("hz", [200.0, 1000.0, 5000.0])
def test_a_sine_reads_its_amplitude_and_frequency(hz: float) -> None:
    spectra = Spectra(as_audio(tone(hz)))
    measured = spectra.frames
    inside = slice(10, -10)
    assert np.allclose(measured.centroid_hz[inside], hz, rtol=0.02)
    assert np.allclose(measured.rolloff_hz[inside], hz, atol=2 * RATE / 2048)
    level = 0.25 * spectra.level_factor
    assert np.allclose(measured.power[inside], level**2 / 2, rtol=0.02)
    assert measured.flatness[inside].max() < 0.01


def test_white_noise_is_flat_and_crosses_zero_half_the_time() -> None:
    measured = Spectra(as_audio(noise())).frames
    inside = slice(10, -10)
    assert 0.5 < measured.flatness[inside].mean() < 0.65  # exp(−γ) of a periodogram's bins
    assert measured.zero_crossing_rate[inside].mean() == pytest.approx(0.5, abs=0.01)
    assert measured.plain_centroid_hz[inside].mean() == pytest.approx(11_025, rel=0.02)


def test_level_does_not_matter() -> None:
    quiet, loud = (Spectra(as_audio(gain * noise())).frames for gain in (0.02, 0.9))
    assert np.allclose(quiet.mel40[5:-5], loud.mel40[5:-5], rtol=0.02)
    assert quiet.energy.mean() == pytest.approx(loud.energy.mean(), rel=0.01)


def test_frame_count_and_rates_agree() -> None:
    spectra = Spectra(as_audio(noise(3.0)))
    assert len(spectra.frames) == 3 * RATE // frames.HOP + 1
    assert spectra.mel.shape == (len(spectra.frames), 128)
    assert spectra.mfcc.shape == (len(spectra.frames), 13)
    assert abs(spectra.partials.frames - len(spectra.frames)) <= 1
    assert spectra.chroma.shape == (spectra.pitches.frames, 12)


@pytest.mark.parametrize("rate", [8_000, 22_050, 48_000, 96_000])
def test_sample_rate_does_not_matter(rate: int) -> None:
    spectra = Spectra(as_audio(tone(1000.0, rate=rate), rate))
    assert np.median(spectra.frames.centroid_hz) == pytest.approx(1000, rel=0.02)
    assert spectra.pitches.salience.sum(axis=0).argmax() == 83 - pitches.LOWEST_NOTE  # B5


@pytest.mark.parametrize("cents", [-45.0, -20.0, 0.0, 33.0, 48.0])
def test_tuning_is_found(cents: float) -> None:
    audio = chords([(0, "major"), (9, "minor")], detune_cents=cents, repeats=2)
    found = 100 * Spectra(audio).pitches.tuning_semitones
    assert (found - cents + 50) % 100 - 50 == pytest.approx(0, abs=4)


def test_chroma_of_a_triad_with_drums_has_its_three_notes() -> None:
    chroma = Spectra(chords([(2, "minor")], repeats=3, drums=True)).chroma
    strongest = set(np.argsort(chroma.mean(axis=0))[-3:].tolist())
    assert strongest == {2, 5, 9}


def test_split_tells_notes_from_hits() -> None:
    held = Spectra(as_audio(tone(440.0) + tone(554.4) + tone(659.3))).split
    clicks = np.zeros(4 * RATE)
    clicks[:: RATE // 4] = 1.0
    hit = Spectra(as_audio(clicks)).split
    for split, harmonic in ((held, True), (hit, False)):
        assert (split.harmonic.sum() > split.percussive.sum()) == harmonic
        whole = np.square(split.harmonic) + np.square(split.percussive)
        assert whole.min() >= 0


def test_transforms_are_made_once() -> None:
    spectra = Spectra(as_audio(noise(1.0)))
    assert spectra.frames is spectra.frames
    assert spectra.split is spectra.split
    assert spectra.pitches is spectra.pitches
    assert spectra.partials is spectra.partials
    assert spectra.mfcc is spectra.mfcc


@pytest.mark.parametrize("samples", [np.zeros(RATE), np.zeros(100), np.zeros((2, RATE))])
def test_silence_and_scraps_give_finite_measures(samples: np.ndarray) -> None:
    spectra = Spectra(as_audio(samples))
    for name in frames.Frames.__dataclass_fields__:
        assert np.isfinite(getattr(spectra.frames, name)).all(), name
    assert spectra.replay_gain_db == 0.0
    assert not spectra.chroma.any()
    assert np.isfinite(spectra.split.percussive).all()


def test_triangles_sum_to_one_and_cover_their_range() -> None:
    weights = filterbanks.mel_weights(40, 11_000.0)
    assert np.allclose(weights.sum(axis=0), 1, atol=1e-5)
    assert weights[520:].max() == 0
    assert filterbanks.bark_weights().sum() == filterbanks.bark_weights().max(axis=1).sum()


def test_equal_loudness_hears_3_khz_best_and_stops_bass() -> None:
    gain = filterbanks.equal_loudness_gain()
    assert 2500 < filterbanks.bin_frequencies_hz()[gain.argmax()] < 4500
    assert gain[1] < 0.02  # 21 Hz


def test_replay_gain_of_a_quieter_copy_is_larger_by_as_much() -> None:
    music = noise()
    one, other = (Spectra(as_audio(gain * music)).replay_gain_db for gain in (1.0, 0.1))
    assert other - one == pytest.approx(20, abs=0.01)
