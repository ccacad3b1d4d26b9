"""The decks' sound: the very samples of the analysis, in ranges, before the file is whole."""

from __future__ import annotations

import asyncio
import hashlib
import os
import threading
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import soundfile

from analysis.audio import load_audio
from analysis.errors import SegueError, UnreadableAudio
from analysis.report import Analysis, Dynamics, Metadata, Report
from app.decks import pcm
from app.decks.growing import PcmFile
from app.decks.pcm import PcmFacts, PcmStore, encoded, pcm_facts
from app.studio import Studio
from tests.app.web import Client

LANTERN = hashlib.md5(b"Lantern").hexdigest()
RATE = 44_100


def write(path: Path, samples: np.ndarray, rate: int = RATE, subtype: str = "PCM_16") -> Path:
    soundfile.write(path, samples, rate, subtype=subtype)
    return path


def noise(frames: int, channels: int = 2) -> np.ndarray:
    return np.random.default_rng(5).uniform(-0.9, 0.9, (frames, channels))


def decoded(data: bytes, scale: float = 1.0) -> np.ndarray:
    return np.frombuffer(data, "<i2").reshape(-1, 2) / 32_768 * scale


def report_of(path: Path, rate: int, duration_sec: float, peak_db: float | None = None) -> Report:
    return Report(
        metadata=Metadata(
            path=str(path),
            title="t",
            sample_rate=rate,
            duration_sec=duration_sec,
            channels=2,
            format="wav",
            content_hash="0" * 32,
        ),
        analysis=Analysis(dynamics=Dynamics(true_peak_dbtp=peak_db)),
    )


def test_a_16_bit_file_arrives_bit_for_bit(tmp_path: Path) -> None:
    path = write(tmp_path / "a.wav", noise(3 * RATE))
    facts = pcm_facts(report_of(path, RATE, 3.0, -0.9))
    assert facts == PcmFacts(RATE, 3 * RATE, 1.0)
    sent = np.frombuffer(b"".join(encoded(path, facts)), "<i2").reshape(-1, 2)
    np.testing.assert_array_equal(sent, soundfile.read(path, dtype="int16")[0])


def test_mono_is_heard_on_both_sides_and_high_rates_come_down(tmp_path: Path) -> None:
    path = write(tmp_path / "a.wav", noise(96_000, 1) / 2, 96_000)
    facts = pcm_facts(report_of(path, 96_000, 1.0))
    assert facts.sample_rate == 48_000
    data = b"".join(encoded(path, facts))
    assert len(data) == facts.size == 4 * 48_000
    sent = decoded(data)
    np.testing.assert_array_equal(sent[:, 0], sent[:, 1])
    wanted = load_audio(path, max_sample_rate=48_000).mono
    np.testing.assert_allclose(sent[: len(wanted), 0], wanted[:48_000], atol=1 / 32_768)


def test_what_exceeds_full_scale_is_scaled_not_cut(tmp_path: Path) -> None:
    loud = 1.4 * np.sin(np.arange(RATE) / 20)[:, None].repeat(2, axis=1)
    path = write(tmp_path / "a.wav", loud, subtype="FLOAT")
    facts = pcm_facts(report_of(path, RATE, 1.0, 20 * np.log10(1.4)))
    assert facts.scale == pytest.approx(1.4)
    sent = decoded(b"".join(encoded(path, facts)), facts.scale)
    np.testing.assert_allclose(sent, loud, atol=2e-4)


@pytest.mark.parametrize("told_sec", [1.5, 0.5])
def test_the_length_is_what_was_told_whatever_the_file_holds(
    told_sec: float, tmp_path: Path
) -> None:
    path = write(tmp_path / "a.wav", noise(RATE))
    facts = pcm_facts(report_of(path, RATE, told_sec))
    sent = decoded(b"".join(encoded(path, facts)))
    assert len(sent) == round(told_sec * RATE)
    assert not sent[RATE:].any(), "what is missing is silence"


class Gate:
    """A decoder that stands still until it is let on."""

    def __init__(self, pieces: list[bytes], error: Exception | None = None) -> None:
        self.pieces, self.error = pieces, error
        self.opened = threading.Semaphore(0)

    def __call__(self, _source: Path, _facts: PcmFacts, first_frame: int = 0):
        for piece in self.pieces[first_frame:]:
            self.opened.acquire()
            yield piece
        if self.error is not None:
            self.opened.acquire()
            raise self.error


def test_readers_follow_a_file_that_grows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    gate = Gate([b"abcd", b"efgh"])
    monkeypatch.setattr(pcm, "encoded", gate)
    store = PcmStore(tmp_path / "pcm")
    facts = PcmFacts(RATE, 2, 1.0)

    async def read() -> list[object]:
        seen: list[object] = []
        first = store.open("x", tmp_path, facts)
        assert store.open("x", tmp_path, facts) is first, "decoded once"
        gate.opened.release()
        await first.reach(0, 4)
        seen.append(first.ready(0))
        with first.open() as file:
            later = asyncio.create_task(first.reach(0, 5))
            await asyncio.sleep(0.05)
            seen.append(later.done())
            gate.opened.release()
            await later
            seen.append(file.read())
        return seen

    assert asyncio.run(read()) == [4, False, b"abcdefgh"]
    [kept] = (tmp_path / "pcm").iterdir()
    assert kept.suffix == ".pcm"
    assert kept.read_bytes() == b"abcdefgh"
    assert store.open("x", tmp_path, facts).ready(0) == 8, "found again without decoding"


@pytest.fixture
def far_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[PcmFile, Gate]:
    """Two hundred frames of which none is near another, decoded one by one as the gate opens."""
    gate = Gate([number.to_bytes(4, "little") for number in range(200)])
    monkeypatch.setattr(pcm, "encoded", gate)
    monkeypatch.setattr(pcm, "NEAR_SEC", 0)
    return PcmStore(tmp_path / "pcm").open("x", tmp_path, PcmFacts(RATE, 200, 1.0)), gate


def test_where_a_reader_waits_is_decoded_first_and_the_rest_afterwards(
    far_file: tuple[PcmFile, Gate], tmp_path: Path
) -> None:
    sound, gate = far_file

    async def read() -> None:
        far = asyncio.create_task(sound.reach(4 * 150, 4 * 152))
        await asyncio.sleep(0)
        gate.opened.release(3)  # the first frame was begun before anybody asked
        await asyncio.wait_for(far, 60)
        assert sound.ready(4 * 150) == 4 * 152
        assert sound.ready(0) == 4
        near = asyncio.create_task(sound.reach(4, 8))
        newest = asyncio.create_task(sound.reach(4 * 180, 4 * 181))
        await asyncio.sleep(0)
        gate.opened.release(2)  # one more may have been begun where it stood
        await asyncio.wait_for(newest, 60)
        assert not near.done(), "the newest first"
        gate.opened.release(200)
        await asyncio.wait_for(sound.reach(0, sound.size), 60)
        await near

    asyncio.run(read())
    [kept] = (tmp_path / "pcm").iterdir()
    assert kept.suffix == ".pcm"
    assert kept.read_bytes() == b"".join(gate.pieces), "every gap is filled, nothing is overwritten"


def test_nothing_is_decoded_for_a_reader_that_went_away(far_file: tuple[PcmFile, Gate]) -> None:
    sound, gate = far_file

    async def read() -> None:
        gone = asyncio.create_task(sound.reach(4 * 150, 4 * 151))
        await asyncio.sleep(0)
        gone.cancel()
        with pytest.raises(asyncio.CancelledError):
            await gone
        gate.opened.release(5)
        await asyncio.wait_for(sound.reach(0, 4 * 4), 60)
        assert sound.ready(4 * 150) == 4 * 150
        gate.opened.release(200)
        await asyncio.wait_for(sound.reach(0, sound.size), 60)

    asyncio.run(read())


@pytest.mark.parametrize("suffix", [".wav", ".flac", ".mp3"])
def test_a_far_part_is_the_same_sound(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"a{suffix}"
    soundfile.write(path, 0.5 * noise(90 * RATE), RATE)
    frames = load_audio(path).samples.shape[1]
    facts = PcmFacts(RATE, frames, 1.0)
    whole = b"".join(encoded(path, facts))
    first = 71 * RATE + 123
    rest = b"".join(encoded(path, facts, first))
    assert len(rest) == facts.size - 4 * first
    assert np.abs(decoded(rest) - decoded(whole[4 * first :])).max() <= 1 / 32_768

    sound = PcmStore(tmp_path / "pcm").open("x", path, facts)
    asyncio.run(sound.reach(4 * first, 4 * first + 4))
    asyncio.run(sound.reach(0, sound.size))
    with sound.open() as file:
        assert np.abs(decoded(file.read()) - decoded(whole)).max() <= 1 / 32_768


def test_a_far_part_that_breaks_off_goes_on_where_it_broke(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(tmp_path / "a.wav", noise(3 * RATE))
    facts = pcm_facts(report_of(path, RATE, 3.0, -0.9))
    whole = b"".join(encoded(path, facts))
    decode = pcm.stream_audio

    def breaking(source: Path, *, start_sec: float = 0.0, **options: Any) -> Any:
        stream = decode(source, start_sec=start_sec, **options)
        if not start_sec:
            return stream

        def blocks() -> Iterator[np.ndarray]:
            yield next(iter(stream.blocks))[:, :5_000]
            raise UnreadableAudio(source, "broken here")

        return SimpleNamespace(blocks=blocks())

    monkeypatch.setattr(pcm, "stream_audio", breaking)
    assert b"".join(encoded(path, facts, RATE)) == whole[RATE * 4 :]


def test_a_part_beyond_the_end_of_a_file_that_was_cut_short_is_silence(tmp_path: Path) -> None:
    path = write(tmp_path / "a.wav", noise(RATE))
    facts = pcm_facts(report_of(path, RATE, 3.0))
    assert b"".join(encoded(path, facts, 2 * RATE)) == bytes(4 * RATE)
    path.unlink()
    with pytest.raises(UnreadableAudio):
        list(encoded(path, facts, 2 * RATE))


@pytest.mark.parametrize("error", [UnreadableAudio("x", "it is no audio"), ValueError("a bug")])
def test_whoever_waits_hears_of_a_failure_and_nothing_is_kept(
    error: Exception, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = Gate([b"abcd"], error)
    monkeypatch.setattr(pcm, "encoded", gate)
    store = PcmStore(tmp_path / "pcm")

    async def read() -> None:
        sound = store.open("x", tmp_path / "x", PcmFacts(RATE, 2, 1.0))
        waits = asyncio.create_task(sound.reach(0, 8))
        gate.opened.release(2)
        await waits

    with pytest.raises(SegueError):
        asyncio.run(read())
    assert list((tmp_path / "pcm").iterdir()) == []


def test_what_was_played_longest_ago_makes_room(tmp_path: Path) -> None:
    path = write(tmp_path / "a.wav", noise(1_000))
    facts = PcmFacts(RATE, 1_000, 1.0)
    store = PcmStore(tmp_path / "pcm", max_bytes=2 * facts.size)

    def play(name: str, at: float) -> None:
        asyncio.run(store.open(name, path, facts).reach(0, facts.size))
        [kept] = (tmp_path / "pcm").glob(f"{name}-*.pcm")
        os.utime(kept, (at, at))

    play("one", 1_000.0)
    play("two", 2_000.0)
    play("one", 3_000.0)
    play("three", 4_000.0)
    assert sorted(found.name.split("-")[0] for found in (tmp_path / "pcm").iterdir()) == [
        "one",
        "three",
    ]


# -- over the wire ---------------------------------------------------------------------------------


def test_sound_is_served_whole_and_in_ranges(client: Client, studio: Studio) -> None:
    facts = client.get(f"/dj/track/{LANTERN}").json()["pcm"]
    url = f"/dj/pcm/{LANTERN}"
    part = client.get(url, {"Range": "bytes=100000-100399"})
    assert part.status_code == 206
    size = 4 * facts["frames"]
    assert part.headers["content-range"] == f"bytes 100000-100399/{size}"
    whole = client.get(url)
    assert whole.status_code == 200
    assert len(whole.content) == size == int(whole.headers["content-length"])
    assert part.content == whole.content[100_000:100_400]
    tail = client.get(url, {"Range": "bytes=-8"})
    assert tail.content == whole.content[-8:]
    rest = client.get(url, {"Range": f"bytes={size - 12}-"})
    assert rest.content == whole.content[-12:]
    for nothing in (f"{size}-", "-0", "8-7", f"{'9' * 5000}-"):
        answer = client.get(url, {"Range": f"bytes={nothing}"})
        assert answer.status_code == 416
        assert answer.headers["content-range"] == f"bytes */{size}"
    heard = decoded(whole.content, facts["scale"])
    wanted = soundfile.read(studio.path(LANTERN))[0]
    np.testing.assert_allclose(heard[:, 0], wanted, atol=1e-4)


def test_both_decks_may_ask_for_all_of_it_at_once(client: Client, studio: Studio) -> None:
    tracks = [hashlib.md5(name.encode()).hexdigest() for name in ("Lantern", "Harbour", "Comet")]
    answers: list[tuple[int, str, bytes]] = []
    begin = threading.Barrier(12)

    def ask(number: int) -> None:
        track = tracks[number % 3]
        begin.wait()
        start = 40_000 * (number // 3)
        answer = client.get(f"/dj/pcm/{track}", {"Range": f"bytes={start}-"})
        answers.append((start, track, answer.content))

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(answers) == 12
    for start, track, content in answers:
        whole = b"".join(encoded(studio.path(track), pcm_facts(studio.report(track))))
        assert content == whole[start:]
    kept = list((studio.settings.cache / "pcm").iterdir())
    assert len(kept) == 3, "each is decoded once, and nothing half is left"


def test_no_such_track_no_such_sound(client: Client, studio: Studio) -> None:
    assert client.get(f"/dj/pcm/{'0' * 32}").status_code == 404
    assert client.get("/dj/pcm/..%2F..%2Fetc%2Fpasswd").status_code == 404
    studio.path(LANTERN).write_text("la la la" * 99)
    broken = client.get(f"/dj/pcm/{LANTERN}")
    assert broken.status_code == 410
    assert "\n" not in broken.text
    studio.path(LANTERN).unlink()
    gone = client.get(f"/dj/pcm/{LANTERN}")
    assert gone.status_code == 410
    assert gone.text.startswith("MissingAudio: ")
    assert "is gone" in client.get(f"/dj/track/{LANTERN}").json()["problem"]


def test_strangers_hear_nothing(client: Client) -> None:
    url = f"/dj/pcm/{LANTERN}"
    assert client.get(url, {"Origin": "https://evil.example"}).status_code == 403
    assert client.get(url, {"Host": "evil.example"}).status_code == 403


def test_only_built_scripts_are_served(client: Client) -> None:
    for name in ("decks.js", "..%2F..%2Fpackage.json", "package.json"):
        assert client.get(f"/dj/decks/{'0' * 12}/{name}").status_code == 404
        assert client.get(f"/dj/decks/..%2Fsrc/{name}").status_code == 404
