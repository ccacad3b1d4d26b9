"""The server's own routes, over a real connection: ranges, strangers, what is not there."""

from __future__ import annotations

import asyncio
import hashlib
import threading
from pathlib import Path

import pytest

from app import theme
from app.errors import NoSuchMix
from app.guard import LoopbackOnly, host_name, lifespan
from app.jobs import Job, JobState, Lane
from app.studio import Studio
from mixing.plan import MixPoint, Plan, PlanTrack, Rendered
from tests.app.web import Client

LANTERN = hashlib.md5(b"Lantern").hexdigest()


def test_audio_is_served_by_track_id_whole_and_in_ranges(client: Client) -> None:
    whole = client.get(f"/dj/audio/{LANTERN}")
    assert whole.status_code == 200
    assert whole.headers["content-type"] == "audio/wav"
    part = client.get(f"/dj/audio/{LANTERN}", headers={"Range": "bytes=100-199"})
    assert part.status_code == 206
    assert part.headers["content-range"] == f"bytes 100-199/{len(whole.content)}"
    assert part.content == whole.content[100:200]
    beyond = client.get(f"/dj/audio/{LANTERN}", headers={"Range": "bytes=99999999-"})
    assert beyond.status_code == 416


@pytest.mark.parametrize("what", ["audio", "art", "peaks", "track"])
@pytest.mark.parametrize("track", ["0" * 32, "..%2F..%2Fetc%2Fpasswd", "%2Fetc%2Fpasswd"])
def test_what_is_not_a_known_track_is_not_found(client: Client, what: str, track: str) -> None:
    assert client.get(f"/dj/{what}/{track}").status_code == 404


def test_a_file_that_vanished_is_a_404_with_one_sentence(client: Client, studio: Studio) -> None:
    studio.path(LANTERN).unlink()
    answer = client.get(f"/dj/audio/{LANTERN}")
    assert answer.status_code == 404
    assert answer.text.startswith("MissingAudio: ")
    assert "\n" not in answer.text


def test_the_view_of_a_track_holds_the_djs_word(client: Client, studio: Studio) -> None:
    before = client.get(f"/dj/track/{LANTERN}").json()
    assert before["duration_sec"] == 40.0
    assert before["sections"][0]["label"] == "verse"
    revision = studio.revision(LANTERN)
    studio.edit_grid(LANTERN, lambda grid: grid.model_copy(update={"bpm": 60.0}))
    after = client.get(f"/dj/track/{LANTERN}").json()
    assert len(after["beats"]) == 40
    assert len(before["beats"]) == 80
    assert studio.revision(LANTERN) != revision


def test_peaks_are_the_file_beside_the_report(client: Client, studio: Studio) -> None:
    answer = client.get(f"/dj/peaks/{LANTERN}")
    assert answer.content == studio.library.peaks_path(LANTERN).read_bytes()
    studio.library.peaks_path(LANTERN).unlink()
    assert client.get(f"/dj/peaks/{LANTERN}").status_code == 404


def test_a_track_without_a_picture_has_none(client: Client) -> None:
    assert client.get(f"/dj/art/{LANTERN}").status_code == 404


def test_only_the_known_assets_are_served(client: Client) -> None:
    for name in theme.SERVED:
        answer = client.get(theme.asset_url(name))
        assert answer.status_code == 200
        assert "immutable" in answer.headers["cache-control"]
    assert client.get("/dj/assets/x/segue.css").status_code == 404
    assert client.get("/dj/assets/x/..%2Ftheme.py").status_code == 404


def test_a_mix_is_served_by_its_job_and_nothing_else(
    client: Client, studio: Studio, tmp_path: Path
) -> None:
    file = tmp_path / "a to b.wav"
    file.write_bytes(b"RIFF0000WAVE")
    track = PlanTrack(path="", track_id="", title="", duration_sec=1.0, sample_rate=44_100)
    plan = Plan(
        a=track,
        b=track,
        style="cut_mix",
        bars=1,
        beat_matched=False,
        blend=False,
        mix_out=MixPoint(sec=0.0),
        mix_in=MixPoint(sec=0.0),
        transition_start_sec=0.0,
        transition_end_sec=0.0,
        rendered=Rendered(path=str(file), format="wav", sample_rate=44_100, duration_sec=1.0),
    )
    job = studio.jobs.submit("render", "Rendering", lambda _job: plan, lane=Lane.RENDER)
    studio.jobs.close()
    assert client.get(f"/dj/mix/{job.id}").content == b"RIFF0000WAVE"
    file.unlink()
    assert client.get(f"/dj/mix/{job.id}").status_code == 404
    assert client.get("/dj/mix/render-99").status_code == 404
    with pytest.raises(NoSuchMix, match="render the transition again"):
        studio.mix_path("render-99")


# -- who may ask -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1.evil.example", "localhost.evil.example:8501", "", "[::"]
)
def test_a_foreign_host_is_refused(client: Client, host: str) -> None:
    answer = client.get(f"/dj/audio/{LANTERN}", headers={"Host": host})
    assert answer.status_code == 403


@pytest.mark.parametrize(
    "origin",
    [
        "https://evil.example",
        "null",
        "http://127.0.0.1.evil.example",
        # another program's page on this machine, and this machine under another name
        "http://127.0.0.1:3000",
        "http://127.0.0.1",
        "http://localhost:{port}",
        "http://[broken",
        "http://127.0.0.1:port",
    ],
)
def test_a_foreign_origin_is_refused(client: Client, origin: str) -> None:
    origin = origin.replace("{port}", str(client.port))
    answer = client.get(f"/dj/track/{LANTERN}", headers={"Origin": origin})
    assert answer.status_code == 403
    assert client.upgrade({"Origin": origin}) == 403


def test_the_page_may_stand_behind_a_door_that_speaks_https(client: Client) -> None:
    for host, origin in (
        ("localhost", "https://localhost"),
        ("localhost:443", "https://localhost"),
        ("localhost:8443", "https://localhost:8443"),
    ):
        headers = {"Host": host, "Origin": origin}
        assert client.get(f"/dj/track/{LANTERN}", headers=headers).status_code == 200


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
@pytest.mark.parametrize(
    ("mode", "dest", "answered"),
    [
        ("no-cors", "audio", 403),
        ("no-cors", "image", 403),
        ("no-cors", "script", 403),
        ("cors", "empty", 403),
        ("navigate", "iframe", 403),
        ("navigate", "document", 200),
    ],
)
def test_a_foreign_page_may_link_to_us_and_no_more(
    client: Client, site: str, mode: str, dest: str, answered: int
) -> None:
    told = {"Sec-Fetch-Site": site, "Sec-Fetch-Mode": mode, "Sec-Fetch-Dest": dest}
    assert client.get(f"/dj/track/{LANTERN}", headers=told).status_code == answered
    own = told | {"Sec-Fetch-Site": "same-origin"}
    assert client.get(f"/dj/track/{LANTERN}", headers=own).status_code == 200
    typed = told | {"Sec-Fetch-Site": "none"}
    assert client.get(f"/dj/track/{LANTERN}", headers=typed).status_code == 200


@pytest.mark.parametrize("host", ["127.0.0.1:8501", "localhost:8501", "LOCALHOST", "[::1]:8501"])
def test_this_machine_is_welcome(client: Client, host: str) -> None:
    headers = {"Host": host, "Origin": f"http://{host}"}
    assert client.get(f"/dj/track/{LANTERN}", headers=headers).status_code == 200


def test_a_foreign_page_cannot_open_the_stream(client: Client) -> None:
    assert client.upgrade() == 101
    assert client.upgrade({"Origin": "http://evil.example"}) == 403
    assert client.upgrade({"Host": "evil.example"}) == 403


def test_host_names() -> None:
    assert host_name("LocalHost:80") == "localhost"
    assert host_name("[::1]:80") == "::1"
    assert host_name("[broken") == ""


def test_the_end_of_the_server_stops_the_work(studio: Studio) -> None:
    begun = threading.Event()

    def work(job: Job) -> None:
        begun.set()
        job.stopping.wait(30)
        job.report("half way")

    async def serve() -> None:
        async with lifespan(None):
            await asyncio.to_thread(begun.wait, 10)

    running = studio.jobs.submit("x", "Working", work)
    waiting = studio.jobs.submit("y", "Waiting", work)
    asyncio.run(serve())
    stopped = [running.stopping.is_set(), waiting.stopping.is_set()]
    studio.jobs.close()
    assert stopped == [True, True], "else the program would wait for the whole of it"
    assert running.state is JobState.CANCELLED


def test_the_guard_lets_the_lifespan_pass() -> None:
    seen = []

    async def app(scope: dict[str, str], _receive: object, _send: object) -> None:
        seen.append(scope["type"])

    asyncio.run(LoopbackOnly(app)({"type": "lifespan"}, None, None))  # type: ignore[arg-type]
    assert seen == ["lifespan"]
