"""What a browser's processes hold in memory."""

from __future__ import annotations

from pathlib import Path


def renderer_mb(browser_pid: int) -> float | None:
    """Return what the renderers of a browser hold for themselves, in MB; None off Linux."""
    if not Path("/proc/self/smaps_rollup").exists():
        return None
    total = 0
    for pid in _descendants(browser_pid):
        try:
            command = Path(f"/proc/{pid}/cmdline").read_bytes()
            if b"--type=renderer" not in command:
                continue
            for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
                if line.startswith(("Private_Clean:", "Private_Dirty:")):
                    total += int(line.split()[1])
        except OSError:
            continue  # it ended meanwhile
    return total / 1000


def _descendants(pid: int) -> list[int]:
    parents: dict[int, list[int]] = {}
    for path in Path("/proc").glob("[0-9]*"):
        try:
            words = (path / "stat").read_text().rsplit(")", 1)[1].split()
        except OSError:
            continue
        parents.setdefault(int(words[1]), []).append(int(path.name))
    found, looked = [], [pid]
    while looked:
        children = parents.get(looked.pop(), [])
        found += children
        looked += children
    return found
