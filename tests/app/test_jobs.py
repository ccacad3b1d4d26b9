from __future__ import annotations

import threading

import pytest

from app.jobs import Job, JobCancelled, Jobs, JobState, Lane, SegueError


def finished(job: Job) -> Job:
    for _ in range(500):
        if not job.active:
            return job
        threading.Event().wait(0.01)
    raise AssertionError(f"still {job.state}")


class BadTrack(SegueError):
    def __str__(self) -> str:
        return "BadTrack: nothing\nin it"


def test_a_job_ends_with_its_result() -> None:
    jobs = Jobs()
    job = finished(jobs.submit("sum", "Adding", lambda _job: 1 + 1))
    assert (job.state, job.result, job.fraction) == (JobState.DONE, 2, 1.0)
    assert jobs.latest("sum") is job
    assert jobs.get(job.id) is job
    assert jobs.active() == []


def test_an_expected_error_is_one_line() -> None:
    def work(_job: Job) -> None:
        raise BadTrack

    job = finished(Jobs().submit("x", "X", work))
    assert job.state is JobState.FAILED
    assert job.error == "BadTrack: nothing in it"


def test_a_fault_of_ours_ends_the_job_and_not_the_lane() -> None:
    jobs = Jobs()
    bad = finished(jobs.submit("x", "X", lambda _job: 1 / 0))
    assert bad.state is JobState.FAILED
    assert bad.error.startswith("ZeroDivisionError")
    assert finished(jobs.submit("y", "Y", lambda _job: "on")).result == "on"


def test_cancel_stops_a_running_job_at_its_next_report() -> None:
    reached, go_on = threading.Event(), threading.Event()

    def work(job: Job) -> None:
        job.report("half way", 0.5)
        reached.set()
        go_on.wait(5)
        job.report("never said", 0.9)

    job = Jobs().submit("x", "X", work)
    assert reached.wait(5)
    job.cancel()
    assert job.cancelling
    go_on.set()
    assert finished(job).state is JobState.CANCELLED
    assert job.detail == "half way"


def test_cancel_keeps_a_waiting_job_from_starting() -> None:
    jobs, gate, ran = Jobs(), threading.Event(), []
    first = jobs.submit("x", "X", lambda _job: gate.wait(5))
    second = jobs.submit("x", "X", lambda _job: ran.append(1))
    second.cancel()
    gate.set()
    assert finished(first).state is JobState.DONE
    assert finished(second).state is JobState.CANCELLED
    assert ran == []


def test_a_render_does_not_wait_for_an_analysis() -> None:
    jobs, gate = Jobs(), threading.Event()
    slow = jobs.submit("folder", "Analysing", lambda _job: gate.wait(5))
    quick = jobs.submit("render", "Rendering", lambda _job: "mix", lane=Lane.RENDER)
    assert finished(quick).result == "mix"
    assert slow.active
    gate.set()
    finished(slow)


def test_remaining_time_follows_from_the_speed_so_far() -> None:
    now = [100.0]
    job = Job("x-1", "x", "X", Lane.LIBRARY, _clock=lambda: now[0])
    assert job.remaining_sec is None
    job.state, job.started_at = JobState.RUNNING, 100.0
    now[0] = 130.0
    job.report("a quarter", 0.25)
    assert job.elapsed_sec == 30.0
    assert job.remaining_sec == pytest.approx(90.0)
    job.fraction = 0.001
    assert job.remaining_sec is None, "too early to say"


def test_closing_cancels_what_runs() -> None:
    jobs = Jobs()
    started = threading.Event()

    def work(job: Job) -> None:
        started.set()
        while True:
            job.check()

    job = jobs.submit("x", "X", work)
    assert started.wait(5)
    jobs.close()
    assert job.state is JobState.CANCELLED


def test_old_jobs_are_forgotten_running_ones_never() -> None:
    jobs, gate = Jobs(), threading.Event()
    running = jobs.submit("render", "R", lambda _job: gate.wait(5), lane=Lane.RENDER)
    for _ in range(80):
        finished(jobs.submit("x", "X", lambda _job: None))
    assert jobs.get("x-2") is None
    assert jobs.get(running.id) is running
    gate.set()
    finished(running)


def test_cancelled_says_so_in_one_line() -> None:
    assert str(JobCancelled()) == "JobCancelled: stopped as you asked"
