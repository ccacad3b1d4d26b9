"""How a rule says what it has to say."""

from __future__ import annotations

from mixing.plan import Verdict


def verdict(rule: str, penalty: float, reason: str, rejected: bool = False) -> Verdict:
    """Return a verdict; penalties keep three decimals, so that equal ones are equal."""
    return Verdict(rule=rule, penalty=round(float(penalty), 3), rejected=rejected, reason=reason)
