"""What the decks fetch: sound by the byte, the built module, the steps of a set to be played."""

from __future__ import annotations

import re
import threading
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import BinaryIO

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import (
    FileResponse,
    JSONResponse,
    PlainTextResponse,
    Response,
    StreamingResponse,
)
from starlette.routing import Route

from analysis.errors import SegueError
from app.decks.automix import automix_folder, kept_step
from app.decks.build import FILES, FRONTEND
from app.decks.growing import FRAME_BYTES, PcmFile
from app.decks.pcm import PcmStore, pcm_facts
from app.studio import Studio
from library.errors import UnknownTrack

SENT_BYTES = 1 << 20
"""Most that is read and sent at once."""

_RANGE = re.compile(r"bytes=(\d*)-(\d*)$")
_VERSION = re.compile(r"[0-9a-f]{12}$")
_FOREVER = {"Cache-Control": "private, max-age=31536000, immutable"}
# the server keeps the sound already; a second copy in the browser's cache would only cost disk
_NOT_KEPT = {"Cache-Control": "no-store"}


def routes(studio: Callable[[], Studio]) -> list[Route]:
    """Return the decks' routes; see `app.server.routes`."""
    stores: dict[Path, PcmStore] = {}
    making = threading.Lock()

    def open_sound(track_id: str) -> PcmFile:
        now = studio()
        folder = now.settings.cache / "pcm"
        with making:  # the first ranges of both decks arrive at once, and one store must serve them
            if folder not in stores:
                stores[folder] = PcmStore(folder)
        return stores[folder].open(track_id, now.path(track_id), pcm_facts(now.report(track_id)))

    async def pcm(request: Request) -> Response:
        track_id = request.path_params["track_id"]
        try:
            sound = await run_in_threadpool(open_sound, track_id)
            status, first, end = _asked_for(request, sound.size)
            await sound.reach(first, min(first + FRAME_BYTES, end))
        except UnknownTrack as error:
            return PlainTextResponse(str(error), 404)
        except SegueError as error:  # known, but there is no sound (any more)
            return PlainTextResponse(str(error), 410)
        return _answer(request, sound, status, first, end)

    async def automix(request: Request) -> Response:
        name, number = request.path_params["set_id"], request.path_params["number"]
        try:
            step = await run_in_threadpool(kept_step, automix_folder(studio()), name, number)
        except SegueError as error:
            return PlainTextResponse(str(error), 404)
        return JSONResponse(step, headers=_NOT_KEPT)

    async def script(request: Request) -> Response:
        version, name = request.path_params["version"], request.path_params["name"]
        path = FRONTEND / "build" / version / name
        if not _VERSION.match(version) or name not in FILES or not path.is_file():
            return PlainTextResponse("No such script.", 404)
        return FileResponse(path, media_type="text/javascript", headers=_FOREVER)

    return [
        Route("/dj/pcm/{track_id}", pcm),
        Route("/dj/automix/{set_id}/{number:int}", automix),
        Route("/dj/decks/{version}/{name}", script),
    ]


def _asked_for(request: Request, size: int) -> tuple[int, int, int]:
    """Return status, first byte and end of the part that is asked for; RFC 9110, section 14."""
    asked = _RANGE.match(request.headers.get("range", "").strip())
    if asked is None or not any(asked.groups()):
        return 200, 0, size
    start, last = asked.groups()
    # no file is so long that its bytes take more than twenty figures to count
    first, final = int(start[:20] or 0), int(last[:20] or 0)
    end = min(final + 1, size) if last else size
    if not start:
        first, end = max(0, size - final), size
    return (206, first, end) if first < end else (416, 0, 0)


def _answer(request: Request, sound: PcmFile, status: int, first: int, end: int) -> Response:
    headers = {**_NOT_KEPT, "Accept-Ranges": "bytes"}
    if status == 416:
        headers["Content-Range"] = f"bytes */{sound.size}"
        return Response(status_code=status, headers=headers)
    if status == 206:
        headers["Content-Range"] = f"bytes {first}-{end - 1}/{sound.size}"
    headers["Content-Length"] = str(end - first)
    media_type = "application/octet-stream"
    if request.method == "HEAD":
        return Response(status_code=status, headers=headers, media_type=media_type)
    return StreamingResponse(
        _pieces(sound, first, end), status, headers=headers, media_type=media_type
    )


async def _pieces(sound: PcmFile, first: int, end: int) -> AsyncIterator[bytes]:
    """Yield bytes ``first`` to ``end`` as soon as each is decoded."""
    file: BinaryIO = await run_in_threadpool(sound.open)
    try:
        await run_in_threadpool(file.seek, first)
        while first < end:
            # at least a frame more than was sent; else there would be nothing to wait for
            await sound.reach(first, min(first + FRAME_BYTES, end))
            here = min(end, sound.ready(first), first + SENT_BYTES)
            piece = await run_in_threadpool(file.read, here - first)
            if not piece:
                raise OSError(f"{file.name} is shorter than it was")
            first += len(piece)
            yield piece
    finally:
        file.close()
