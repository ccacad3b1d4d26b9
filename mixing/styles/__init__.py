"""The styles: how two tracks change places, as parameters and the curves drawn from them.

A *blend* lets both tracks be heard on one beat; a *switch* hands over at one moment, and its
bars are what A does before it. Every style is a small frozen dataclass: change a number, get
another style.
"""

from __future__ import annotations

from mixing.errors import UnknownStyle
from mixing.styles.base import BARS, Style
from mixing.styles.blends import (
    BassSwap,
    BeatmatchCrossfade,
    DropSwap,
    EqBlend,
    FilterSweep,
    LongBlend,
    PlainFade,
)
from mixing.styles.switches import (
    Backspin,
    CutMix,
    EchoOut,
    EchoTransition,
    Effects,
    LoopRoll,
)

EFFECTS = Effects()

STYLES: dict[str, Style] = {
    style.name: style
    for style in (
        BeatmatchCrossfade(),
        EchoTransition(),
        LoopRoll(),
        CutMix(),
        BassSwap(),
        EqBlend(),
        FilterSweep(),
        EchoOut(),
        DropSwap(),
        LongBlend(),
        Backspin(),
        PlainFade(),
    )
}
"""Every style by name, the documents' four first."""

AUTO = "auto"


def style_names() -> tuple[str, ...]:
    """Return what the DJ may ask for: ``auto`` and every style."""
    return (AUTO, *STYLES)


def find_style(name: str) -> Style:
    """Return the style called ``name``.

    Raises
    ------
    UnknownStyle
        If there is none.
    """
    try:
        return STYLES[name]
    except KeyError:
        raise UnknownStyle(name, style_names()) from None


def check_effects(names: list[str]) -> list[str]:
    """Return the effects, each once, in the order asked.

    Raises
    ------
    UnknownStyle
        If one of them is unknown.
    """
    for name in names:
        if name not in Effects.names:
            raise UnknownStyle(name, Effects.names, "effect")
    return list(dict.fromkeys(names))


__all__ = [
    "AUTO",
    "BARS",
    "EFFECTS",
    "STYLES",
    "Effects",
    "PlainFade",
    "Style",
    "check_effects",
    "find_style",
    "style_names",
]
