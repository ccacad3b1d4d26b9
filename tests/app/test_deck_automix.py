"""A planned transition in the units of the decks' controls."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from analysis.report import Report
from app.decks.automix import NoSuchAutomix, eq_knob, filter_knob, keep, kept_step, step_of
from mixing.curves import control_curve
from mixing.planner import plan_transition
from mixing.sets.arcs import ARCS
from mixing.sets.planner import plan_in_order
from mixing.styles import STYLES
from tests.app.web import Client
from tests.mixing.conftest import make_paper_track

Maker = Callable[..., Report]


@pytest.fixture(scope="module")
def pair() -> tuple[Report, Report]:
    return make_paper_track("a", 124.0), make_paper_track("b", 126.0)


def value(step: dict[str, Any], deck: str, control: str, share: float) -> float:
    [curve] = [
        each for each in step["curves"] if (each["deck"], each["control"]) == (deck, control)
    ]
    shares, values = zip(*curve["points"], strict=True)
    return float(np.interp(share, shares, values))


def test_knobs() -> None:
    np.testing.assert_allclose(
        eq_knob(np.array([-60.0, -26.0, -13.0, 0.0, 3.0, 6.0])), [0, 0, 0.25, 0.5, 0.75, 1]
    )
    rest = filter_knob(np.array([20.0]), np.array([20_000.0]))
    np.testing.assert_allclose(rest, [0.5])
    np.testing.assert_allclose(filter_knob(np.array([8_000.0]), np.array([20_000.0])), [1.0])
    np.testing.assert_allclose(filter_knob(np.array([20.0]), np.array([60.0])), [0.0])
    np.testing.assert_allclose(filter_knob(np.array([400.0]), np.array([20_000.0])), [0.75])


def test_a_blend_is_the_plans_own(pair: tuple[Report, Report]) -> None:
    plan = plan_transition(*pair, style="bass_swap", bars=16)
    assert plan.timeline is not None
    step = step_of(plan)
    assert step["outStartSec"] == plan.mix_out.sec
    assert step["inStartSec"] == plan.mix_in.sec
    assert step["rateIn"] == pytest.approx(124 / 126, abs=1e-3)
    assert step["rateOut"] == pytest.approx(plan.timeline.a.rate)
    # both tracks' beats fall together, by the decks' own arithmetic
    period_out, period_in = 60 / 124 / step["rateOut"], 60 / 126 / step["rateIn"]
    assert period_out == pytest.approx(period_in, rel=1e-6)
    assert step["lengthSec"] == pytest.approx(64 * period_out, rel=1e-3)
    assert step["glideSec"] > 0
    times = np.linspace(plan.transition_start_sec, plan.transition_end_sec, 201)
    for deck, side in (("out", "a"), ("in", "b")):
        fader = control_curve(plan.eq_moves, side, "fader", times)
        low = eq_knob(control_curve(plan.eq_moves, side, "low_db", times))
        got = [value(step, deck, "fader", share) for share in np.linspace(0, 1, 201)]
        np.testing.assert_allclose(got, fader, atol=0.01)
        got = [value(step, deck, "eq_low", share) for share in np.linspace(0, 1, 201)]
        np.testing.assert_allclose(got, low, atol=0.01)
    assert value(step, "in", "eq_low", 0.0) == 0.0
    assert value(step, "out", "fader", 1.0) == 0.0
    assert value(step, "in", "fader", 1.0) == 1.0


@pytest.mark.parametrize("style", sorted(STYLES))
def test_every_style_hands_over(style: str, pair: tuple[Report, Report]) -> None:
    plan = plan_transition(*pair, style=style)
    step = step_of(plan)
    assert step["lengthSec"] > 0
    assert step["inStartSec"] >= 0
    assert value(step, "out", "fader", 1.0) == 0.0
    assert value(step, "in", "fader", 1.0) == pytest.approx(1.0, abs=0.01)
    for curve in step["curves"]:
        shares = [share for share, _ in curve["points"]]
        assert shares == sorted(set(shares))
        assert shares[0] == 0.0
        assert shares[-1] == 1.0
        assert all(0 <= level <= 1 for _, level in curve["points"])
        assert len(curve["points"]) < 60
    if plan.timeline is None:
        # B stands at its own start just when A is done
        room = step["lengthSec"] if step["inStartSec"] else 0.0
        assert step["inStartSec"] + room * step["rateIn"] == pytest.approx(plan.mix_in.sec)
        assert step["outStartSec"] + room * step["rateOut"] == pytest.approx(plan.mix_out.sec)


def test_a_set_is_kept_for_the_decks(
    pair: tuple[Report, Report], tmp_path: Path, client: Client, small_home: Any
) -> None:
    plan = plan_in_order(list(pair), ARCS["journey"])
    kept = keep(small_home.cache / "automix", plan)
    assert kept["steps"] == 1
    assert [track["id"] for track in kept["tracks"]] == [report.track_id for report in pair]
    url = f"/dj/automix/{kept['id']}"
    assert client.get(f"{url}/0").json() == kept_step(small_home.cache / "automix", kept["id"], 0)
    for missing in (f"{url}/1", "/dj/automix/000000000000/0", "/dj/automix/..%2Fpcm/0"):
        assert client.get(missing).status_code == 404
    with pytest.raises(NoSuchAutomix):
        kept_step(tmp_path, "../escape", 0)
