"""What makes a style: tempo, patterns, sounds, harmony and form, as data.

A drum pattern is one bar of sixteen steps, or several bars joined by ``|``: ``x`` loud, ``o``
medium, ``g`` ghost, ``.`` rest. A bass pattern: ``R`` root, ``O`` octave above, ``F`` fifth,
``S`` seventh, ``P`` step towards the next chord, ``-`` hold, ``.`` rest. A chord rhythm: ``x``
short, ``X`` begins a held chord that ``-`` prolongs.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from composer.errors import BadSpec

FOUR_FLOOR = "x...x...x...x..."
BACKBEAT = "....x.......x..."
OFFBEAT = "..x...x...x...x."
EIGHTHS = "x.o.x.o.x.o.x.o."
SIXTEENTHS = "xgogxgogxgogxgog"
HELD = "X---------------"


@dataclass(frozen=True)
class Style:
    """One style of dance music.

    Tempos are beats a minute, swing is long over short, depths and probabilities are 0 to 1,
    loudness is integrated LUFS of the finished track.
    """

    name: str
    genre: str
    bucket: str
    tempo_bpm: tuple[float, float]
    kicks: tuple[str, ...]
    kick_patterns: tuple[str, ...]
    snares: tuple[str, ...]
    snare_patterns: tuple[str, ...]
    hat_patterns: tuple[str, ...]
    basses: tuple[str, ...]
    bass_patterns: tuple[str, ...]
    chords: tuple[str, ...]
    chord_rhythms: tuple[str, ...]
    leads: tuple[str, ...]
    minor: tuple[str, ...]
    major: tuple[str, ...]
    forms: tuple[str, ...]
    open_hat_patterns: tuple[str, ...] = (OFFBEAT,)
    minor_share: float = 0.65
    richness: tuple[str, ...] = ("triad",)
    bars_per_chord: tuple[int, ...] = (1, 2)
    swing: tuple[float, float] = (1.0, 1.0)
    swing_unit_beats: float = 0.25
    percussion: tuple[int, int] = (1, 3)
    ghost_notes: float = 0.2
    arp_share: float = 0.3
    lead_share: float = 0.6
    vocal_share: float = 0.4
    duck: float = 0.6
    loudness_lufs: tuple[float, float] = (-9.0, -7.2)
    reverb: float = 0.5
    ride: bool = False
    drums: bool = True
    years: tuple[int, int] = (2009, 2026)
    levels_db: dict[str, float] = field(default_factory=dict)


_CLUB_FORMS = (
    "intro intro build drop drop break build drop drop outro",
    "intro build drop drop break break build drop drop outro",
    "intro intro drop break build drop drop break drop outro",
)
_SONG_FORMS = (
    "intro verse verse drop verse drop break drop outro",
    "intro verse drop verse verse drop break drop outro",
)
_HOUSE_MINOR = ("i VII VI v", "i iv VII III", "i v iv v", "i i iv v", "VI VII i i")
_HOUSE_MAJOR = ("I vi IV V", "ii V I vi", "I iii IV IV", "vi IV I V", "I IV ii V")
_DARK_MINOR = ("i i i i", "i i VI VI", "i i bII i", "i i iv i", "i v i VII")
_EPIC_MINOR = ("i VI III VII", "VI VII i i", "i III VII iv", "i VI iv V", "i v VI VII")
_EPIC_MAJOR = ("I V vi IV", "vi IV I V", "IV V vi I", "I IV vi V")

STYLES: dict[str, Style] = {}


def _add(style: Style) -> None:
    STYLES[style.name] = style


_add(
    Style(
        "deep house", "Deep House", "READY TO PLAY/CLUB/HOUSE", (118.0, 125.0),
        kicks=("soft", "round", "punchy"), kick_patterns=(FOUR_FLOOR, "x...x...x...x.g."),
        snares=("clap", "rim"), snare_patterns=(BACKBEAT, "....x.......x..g"),
        hat_patterns=(SIXTEENTHS, "x.g.x.g.x.gox.g.", EIGHTHS),
        basses=("pluck", "sub", "organ", "fm"),
        bass_patterns=(
            "R--R..R-..R-..R.", "R-.O..R...RF..R.|R-.O..R...P-..S.", "..R-..R-..R-.RR-",
        ),
        chords=("epiano", "organ", "stab", "pad"),
        chord_rhythms=(
            "x..x..x...x..x..", "..X--...x...X-..", "X-----x.....X---", "x.....x..x......",
        ),
        leads=("flute", "pluck", "bell", "square"),
        minor=_HOUSE_MINOR, major=_HOUSE_MAJOR, forms=_CLUB_FORMS,
        richness=("seventh", "ninth"), swing=(1.0, 1.35), percussion=(2, 4), vocal_share=0.6,
    )
)  # fmt: skip
_add(
    Style(
        "techno", "Techno", "READY TO PLAY/CLUB/TECHNO", (126.0, 138.0),
        kicks=("techno", "distorted", "punchy"), kick_patterns=(FOUR_FLOOR,),
        snares=("clap", "snap"), snare_patterns=(BACKBEAT, "................", "............x..."),
        hat_patterns=(SIXTEENTHS, "..x...x...x...x.", "gxgxgxgxgxgxgxgx"),
        basses=("rumble", "acid", "fm"),
        bass_patterns=(
            "..RR..RR..RR..RR", ".RRR.RRR.RRR.RRR", "R.OR.RSR.ROR.RF.", "..R...R...R...RP",
        ),
        chords=("stab", "pad", "drone"),
        chord_rhythms=("..x..x....x.....", "x..x..x..x..x...", "......x........."),
        leads=("acid", "bell", "pluck"),
        minor=_DARK_MINOR, major=("I I I I", "I I IV I"), forms=_CLUB_FORMS,
        minor_share=0.85, bars_per_chord=(2, 4), percussion=(2, 5), lead_share=0.5,
        arp_share=0.5, vocal_share=0.2, duck=0.7, ride=True,
    )
)  # fmt: skip
_add(
    Style(
        "drum & bass", "Drum & Bass", "READY TO PLAY/URBAN", (170.0, 176.5),
        kicks=("acoustic", "punchy"),
        kick_patterns=("x.........x.....", "x.....x...x.....|x.........x..g..", "x.x.......x....."),
        snares=("snare", "fat"), snare_patterns=("....x..g.g..x...", "....x..g....x..g", BACKBEAT),
        hat_patterns=("x.o.x.o.x.o.xgo.", EIGHTHS, SIXTEENTHS),
        open_hat_patterns=("................", "..............x."),
        basses=("reese", "sub", "growl"),
        bass_patterns=("R-------R--O----", "R---..R-..RR..F-", "R-----..R-....S-|R---P-..R-..F-O-"),
        chords=("pad", "strings", "stab", "piano"),
        chord_rhythms=(HELD, "X-------..x.....", "x..x..x........."),
        leads=("bell", "square", "supersaw", "flute"),
        minor=_EPIC_MINOR, major=_EPIC_MAJOR, forms=_CLUB_FORMS,
        bars_per_chord=(2, 4), ghost_notes=0.6, percussion=(1, 3), vocal_share=0.5, duck=0.4,
        levels_db={"hats": -7.0, "open": -7.0, "kick": 2.0, "perc": -3.0},
    )
)  # fmt: skip
_add(
    Style(
        "hip-hop", "Hip-Hop", "READY TO PLAY/URBAN", (84.0, 97.0),
        kicks=("long", "acoustic", "soft"),
        kick_patterns=("x......x.x......", "x..x......x..x..", "x.....x...xg....|x..x....x.x....."),
        snares=("snare", "clap", "fat"), snare_patterns=(BACKBEAT, "....x..g....x.g."),
        hat_patterns=(EIGHTHS, "x.o.x.ogx.o.xgo.", "xgo.x.o.xgogx.o."),
        open_hat_patterns=("................", "......x........."),
        basses=("sub", "eight", "pluck"),
        bass_patterns=("R------R-R------", "R--R------F--P--", "R-----R---RO..R-"),
        chords=("epiano", "piano", "strings", "pad"),
        chord_rhythms=("X-----X-........", "x...x...x...x...", "X---..x...x.....", HELD),
        leads=("flute", "bell", "pluck"),
        minor=_HOUSE_MINOR + _EPIC_MINOR, major=_HOUSE_MAJOR, forms=_SONG_FORMS,
        richness=("triad", "seventh", "ninth"), swing=(1.25, 1.8), ghost_notes=0.5,
        vocal_share=0.95, lead_share=0.4, duck=0.15, loudness_lufs=(-10.0, -8.2),
        levels_db={"hats": -6.0, "open": -6.0, "kick": 1.5, "bass": 1.0},
    )
)  # fmt: skip
_add(
    Style(
        "trance", "Trance", "READY TO PLAY/CLUB/TECHNO", (134.0, 141.0),
        kicks=("punchy", "techno"), kick_patterns=(FOUR_FLOOR,),
        snares=("clap", "snare"), snare_patterns=(BACKBEAT,),
        hat_patterns=(SIXTEENTHS, "g.x.g.x.g.x.g.x."),
        basses=("pluck", "saw"),
        bass_patterns=(
            ".RRR.RRR.RRR.RRR", "..RR..RR..RR..RR", "..R-..R-..R-..R-", ".ROR.ROR.ROR.ROR",
        ),
        chords=("supersaw", "strings", "pad"),
        chord_rhythms=(HELD, "x..x..x..x..x.x.", "X--X--X--X--X-X-"),
        leads=("supersaw", "pluck", "saw"),
        minor=_EPIC_MINOR, major=_EPIC_MAJOR,
        forms=(
            "intro intro build drop break break build drop drop drop outro outro",
            "intro build drop drop break break break build drop drop outro outro",
        ),
        arp_share=0.85, lead_share=0.95, vocal_share=0.35, duck=0.75, reverb=0.7,
    )
)  # fmt: skip
_add(
    Style(
        "afro house", "Afro House", "READY TO PLAY/CLUB/HOUSE", (117.0, 124.0),
        kicks=("round", "soft", "punchy"), kick_patterns=(FOUR_FLOOR, "x...x...x..gx..."),
        snares=("rim", "clap", "snap"),
        snare_patterns=("...x..x....x..x.", "......x.....x...", "................"),
        hat_patterns=("xgogxgoxxgogxgox", "..x...x...x..gx."),
        basses=("sub", "pluck", "fm"),
        bass_patterns=("...R..R-...R..O-", "R..R..R...F..R..", "..R-..R...R-.FR."),
        chords=(
            "stab", "pad", "epiano"), chord_rhythms=("x..x..x..x..x...", "......X-......x.", HELD,
        ),
        leads=("flute", "pluck", "bell"),
        minor=_HOUSE_MINOR + _DARK_MINOR, major=_HOUSE_MAJOR, forms=_CLUB_FORMS,
        richness=("triad", "seventh"), swing=(1.0, 1.2), percussion=(4, 6), vocal_share=0.6,
    )
)  # fmt: skip
_add(
    Style(
        "breakbeat", "Breakbeat", "READY TO PLAY/CLUB/TECHNO", (126.0, 136.0),
        kicks=("acoustic", "punchy"),
        kick_patterns=("x.......x.x.....", "x..x......x.....|x.x.......x..x..", "x.....x...x....."),
        snares=("snare", "fat"), snare_patterns=("....x..g.g..x..g", "....x....g..x..."),
        hat_patterns=(EIGHTHS, "x.o.xgo.x.ogx.o."), open_hat_patterns=("..............x.",),
        basses=("acid", "reese", "saw"),
        bass_patterns=("R-.R..RO..R-..F.", "R--R--R-..RS..R."),
        chords=("stab", "piano", "pad"), chord_rhythms=("x..x..x.........", HELD),
        leads=("square", "acid", "supersaw"),
        minor=_HOUSE_MINOR + _DARK_MINOR, major=_EPIC_MAJOR, forms=_CLUB_FORMS,
        swing=(1.0, 1.25), ghost_notes=0.7, duck=0.3, vocal_share=0.4,
        levels_db={"hats": -5.0, "kick": 1.5},
    )
)  # fmt: skip
_add(
    Style(
        "uk garage", "UK Garage", "READY TO PLAY/URBAN", (128.0, 136.0),
        kicks=("round", "punchy"),
        kick_patterns=("x.........x.....", "x......x..x.....", "x.....x...x..g..|x.........x....."),
        snares=("rim", "clap", "snap"), snare_patterns=("....x..g....x..g", "....x.g.....x.gg"),
        hat_patterns=("..xg..xg..xg..xg", "xgxgx.xgxgxgx.xg"),
        basses=("sub", "organ", "reese"),
        bass_patterns=("R-..R..R..O-..R.", "R--..R-...RF..P-"),
        chords=("organ", "epiano", "stab"), chord_rhythms=("x..x..x...x..x..", "...x..x....x..x."),
        leads=("bell", "pluck", "square"),
        minor=_HOUSE_MINOR, major=_HOUSE_MAJOR, forms=_CLUB_FORMS,
        richness=("seventh", "ninth"), swing=(1.3, 1.7), vocal_share=0.8, duck=0.35,
    )
)  # fmt: skip
_add(
    Style(
        "dubstep", "Dubstep", "READY TO PLAY/URBAN", (139.0, 142.0),
        kicks=("punchy", "long", "distorted"),
        kick_patterns=("x.....x.........", "x.........x..x..", "x..x......x....."),
        snares=("fat", "snare"), snare_patterns=("........x.......", "........x..g..g."),
        hat_patterns=("x.x.x.x.x.x.x.x.", "..x...xg..x..gx."),
        open_hat_patterns=("................",),
        basses=("wobble", "growl", "reese"),
        bass_patterns=("R-------R-------", "R---R-F-R---O-R-", "R-----R-..R-R---"),
        chords=("pad", "stab", "strings"), chord_rhythms=(HELD, "x.....x........."),
        leads=("square", "bell"),
        minor=_DARK_MINOR + _EPIC_MINOR, major=_EPIC_MAJOR, forms=_CLUB_FORMS,
        minor_share=0.85, bars_per_chord=(2, 4), duck=0.4, vocal_share=0.4,
        levels_db={"hats": -5.0, "kick": 2.0, "bass": 1.0},
    )
)  # fmt: skip
_add(
    Style(
        "nu-disco", "Nu-Disco", "READY TO PLAY/CLUB/HOUSE", (112.0, 124.0),
        kicks=("acoustic", "round"), kick_patterns=(FOUR_FLOOR,),
        snares=("snare", "clap"), snare_patterns=(BACKBEAT, "....x......gx..."),
        hat_patterns=(SIXTEENTHS, "x.ogx.ogx.ogx.og"),
        basses=("slap", "saw", "pluck"),
        bass_patterns=(
            "..R-..O-..R-..O-", "R.O.R.O.R.O.R.O.", "..RO..RO..RO..PO", "R-.RO.R-.RF-O.P-",
        ),
        chords=("piano", "strings", "epiano", "stab"),
        chord_rhythms=("..x...x...x...x.", "x..x..x...x.x...", "X---X---..x.x..."),
        leads=("saw", "square", "flute"),
        minor=_HOUSE_MINOR + _EPIC_MINOR, major=_HOUSE_MAJOR, forms=_CLUB_FORMS + _SONG_FORMS,
        minor_share=0.5, richness=("seventh", "ninth"), vocal_share=0.7, years=(1978, 2026),
    )
)  # fmt: skip
_add(
    Style(
        "electro", "Electro", "READY TO PLAY/CLUB/TECHNO", (122.0, 132.0),
        kicks=("long", "punchy", "distorted"),
        kick_patterns=("x.....x...x.....", "x..x..x.....x...", "x.....x..x......|x.x...x...x..x.."),
        snares=("snare", "clap"), snare_patterns=(BACKBEAT, "....x.......x.g."),
        hat_patterns=(SIXTEENTHS, EIGHTHS), basses=("acid", "saw", "fm"),
        bass_patterns=("R.R.R.O.R.RR.RO.", "RR.R.RO.RR.R.RS."),
        chords=("stab", "strings", "pad"), chord_rhythms=("x.....x....x....", HELD),
        leads=("square", "saw", "acid"),
        minor=_DARK_MINOR + _HOUSE_MINOR, major=_EPIC_MAJOR, forms=_CLUB_FORMS,
        minor_share=0.8, duck=0.2, vocal_share=0.35, percussion=(2, 4),
    )
)  # fmt: skip
_add(
    Style(
        "reggaeton", "Reggaeton", "READY TO PLAY/URBAN", (88.0, 100.0),
        kicks=("round", "long", "punchy"), kick_patterns=(FOUR_FLOOR, "x...x...x...x.g."),
        snares=("snare", "rim", "snap"), snare_patterns=("...x..x....x..x.", "...x..x....x..xg"),
        hat_patterns=(EIGHTHS, "x.g.x.gox.g.x.go"), open_hat_patterns=("................",),
        basses=("sub", "eight", "pluck"),
        bass_patterns=("R--R--R-R--R--R-", "R-----F-R-----O-"),
        chords=("pluck", "pad", "stab", "piano"),
        chord_rhythms=("x..x..x.x..x..x.", HELD, "..x...x...x...x."),
        leads=("flute", "bell", "pluck"),
        minor=_HOUSE_MINOR + _EPIC_MINOR, major=_EPIC_MAJOR, forms=_SONG_FORMS,
        vocal_share=0.95, duck=0.25,
    )
)  # fmt: skip
_add(
    Style(
        "ambient", "Ambient", "READY TO PLAY/CHILL", (68.0, 96.0),
        kicks=("soft",), kick_patterns=("................",),
        snares=("rim",), snare_patterns=("................",),
        hat_patterns=("................",), open_hat_patterns=("................",),
        basses=("sub",), bass_patterns=("R---------------", "R-----------F---"),
        chords=("pad", "strings", "drone"), chord_rhythms=(HELD,),
        leads=("bell", "flute", "epiano"),
        minor=_EPIC_MINOR + _HOUSE_MINOR, major=_EPIC_MAJOR + _HOUSE_MAJOR,
        forms=("intro verse verse break verse break outro",),
        richness=("seventh", "ninth"), bars_per_chord=(2, 4), percussion=(0, 0), drums=False,
        arp_share=0.6, lead_share=0.9, vocal_share=0.3, duck=0.0, reverb=0.9,
        loudness_lufs=(-17.0, -13.0),
    )
)  # fmt: skip


def style_named(name: str) -> Style:
    """Find the style of a name.

    Raises
    ------
    BadSpec
        If there is none; the message lists those there are.
    """
    if name not in STYLES:
        raise BadSpec(f"unknown style {name!r}: one of {', '.join(sorted(STYLES))}")
    return STYLES[name]
