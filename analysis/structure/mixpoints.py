"""Where a DJ would bring a track in, and where take it out."""

from __future__ import annotations

from analysis.report import Phrase, Section, VocalActivity

MIX_BARS = 16
"""A usual blend; a track without an outro is left this many bars before its end."""

LEAST_BARS = 4
"""Fewer bars than this cannot carry a blend."""

VOCAL_SHARE = 0.5
"""A phrase that is sung for half its length or more is no place to leave."""


def mix_in(phrases: list[Phrase], drums: list[bool]) -> float:
    """Return the start of the phrase to come in on.

    Parameters
    ----------
    phrases
        All phrases, in order, at least one.
    drums
        Whether each phrase has a beat to mix by.

    Returns
    -------
    float
        Seconds: the first phrase with drums if one starts in the first third of the track, else
        the first phrase of at least four bars.
    """
    early = phrases[: max(1, len(phrases) // 3)]
    for phrase, drummed in zip(early, drums, strict=False):
        if drummed and phrase.bars >= LEAST_BARS:
            return phrase.start_sec
    whole = [phrase for phrase in early if phrase.bars >= LEAST_BARS]
    return (whole or early)[0].start_sec


def mix_out(
    phrases: list[Phrase], sections: list[Section], after_sec: float, vocal: VocalActivity | None
) -> float | None:
    """Return the start of the phrase to leave on.

    Parameters
    ----------
    phrases, sections
        Of the track, in order.
    after_sec
        The mix-in point; the track is not left before it is heard.
    vocal
        Where somebody sings: a sung phrase is passed over while others remain.

    Returns
    -------
    float or None
        Seconds: the start of the outro, or the last phrase line that leaves a blend's length;
        None where no phrase is left after the mix-in.
    """
    options = [
        (phrase, sum(later.bars for later in phrases[number:]))
        for number, phrase in enumerate(phrases)
        if phrase.start_sec > after_sec
    ]
    options = [option for option in options if option[1] >= LEAST_BARS]
    if not options:
        return None
    outro = sections[-1].start_sec if sections and sections[-1].label == "outro" else None
    if outro is not None:
        wanted = [option for option in options if option[0].start_sec >= outro - 1e-6]
    else:
        wanted = [option for option in options if option[1] <= MIX_BARS]
    wanted = wanted or options[-1:]
    for phrase, _ in wanted:
        if _sung(phrase, phrases, vocal) < VOCAL_SHARE:
            return phrase.start_sec
    return wanted[0][0].start_sec


def _sung(phrase: Phrase, phrases: list[Phrase], vocal: VocalActivity | None) -> float:
    """Return the share of a phrase that somebody sings."""
    if vocal is None:
        return 0.0
    later = [other.start_sec for other in phrases if other.start_sec > phrase.start_sec]
    end = min(later) if later else phrase.start_sec + 1.0
    sung = sum(
        max(0.0, min(end, part.end_sec) - max(phrase.start_sec, part.start_sec))
        for part in vocal.segments
    )
    return sung / max(end - phrase.start_sec, 1e-6)
