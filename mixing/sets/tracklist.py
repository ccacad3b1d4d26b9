"""What goes beside a set: a tracklist to read, a CUE sheet, a playlist, and all plans."""

from __future__ import annotations

from pathlib import Path

from analysis.files import write_atomically
from mixing.sets.set_plan import SetPlan

CUE_FRAMES = 75
"""Frames of a CUE sheet in a second."""
CUE_LIMIT = 99
"""Tracks that a CUE sheet can number."""

_CUE_TYPES = {".mp3": "MP3"}


def write_beside(plan: SetPlan, out: Path) -> list[Path]:
    """Write everything that goes beside a rendered set; return the files.

    ``.txt`` and ``.cue`` have a line for each track at the time it is first heard, ``.m3u8``
    lists the tracks' own files in their order, ``.json`` holds the set with every plan.
    """
    texts = {
        ".txt": tracklist(plan),
        ".cue": cue_sheet(plan, out),
        ".m3u8": playlist(plan),
        ".json": plan.to_json(),
    }
    written = []
    for suffix, text in texts.items():
        path = out.with_suffix(suffix)
        write_atomically(path, text.encode())
        written.append(path)
    return written


def clock(sec: float) -> str:
    """Return a time as ``h:mm:ss``."""
    whole = int(sec)
    return f"{whole // 3600}:{whole // 60 % 60:02d}:{whole % 60:02d}"


def tracklist(plan: SetPlan) -> str:
    """Return a line for each track: when it comes in, its name, tempo and key."""
    lines = []
    for track in plan.tracks:
        facts = [f"{track.bpm:.1f} BPM"] if track.bpm else []
        facts += [track.camelot] if track.camelot else []
        note = f"  [{', '.join(facts)}]" if facts else ""
        lines.append(f"{clock(track.enters_sec)}  {_line(track.name)}{note}")
    return "\n".join(lines) + "\n"


def cue_sheet(plan: SetPlan, out: Path) -> str:
    """Return a CUE sheet, whose tracks begin where they are first heard."""
    kind = _CUE_TYPES.get(out.suffix.lower(), "WAVE")
    lines = [f'TITLE "{_quoted(out.stem)}"', f'FILE "{_quoted(out.name)}" {kind}']
    for number, track in enumerate(plan.tracks[:CUE_LIMIT], 1):
        lines.append(f"  TRACK {number:02d} AUDIO")
        lines.append(f'    TITLE "{_quoted(track.title)}"')
        if track.artist:
            lines.append(f'    PERFORMER "{_quoted(track.artist)}"')
        lines.append(f"    INDEX 01 {_cue_time(track.enters_sec)}")
    return "\n".join(lines) + "\n"


def playlist(plan: SetPlan) -> str:
    """Return an extended M3U of the tracks' own files, for a player or another DJ program."""
    lines = ["#EXTM3U"]
    for track in plan.tracks:
        lines.append(f"#EXTINF:{round(track.duration_sec)},{_line(track.name)}")
        lines.append(track.path)
    return "\n".join(lines) + "\n"


def read_playlist(path: Path) -> list[Path]:
    """Return the files that a playlist names, relative ones seen from its own folder.

    Raises
    ------
    OSError
        If it cannot be read.
    """
    text = path.read_bytes()
    try:
        lines = text.decode("utf-8-sig").splitlines()
    except UnicodeDecodeError:  # .m3u without the 8 is in the writer's own code page
        lines = text.decode("cp1252", errors="replace").splitlines()
    named = [line.strip() for line in lines]
    return [path.parent / line for line in named if line and not line.startswith("#")]


def _cue_time(sec: float) -> str:
    frames = int(sec * CUE_FRAMES)
    minutes, rest = divmod(frames, 60 * CUE_FRAMES)
    return f"{minutes:02d}:{rest // CUE_FRAMES:02d}:{rest % CUE_FRAMES:02d}"


def _line(text: str) -> str:
    """Return text that stays on one line."""
    return " ".join(text.split())


def _quoted(text: str) -> str:
    """Return text that may stand in a CUE sheet's quotes, which know no escape."""
    return _line(text).replace('"', "'")
