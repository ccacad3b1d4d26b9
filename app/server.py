"""What the page fetches besides Streamlit's own traffic: sound, pictures, waveforms, mixes.

Everything is asked for by track id or job id and looked up here; no address ever holds a path.
"""

from __future__ import annotations

import mimetypes
from collections.abc import Awaitable, Callable
from functools import wraps
from pathlib import Path

from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from analysis.errors import SegueError
from app import theme
from app.decks.routes import routes as deck_routes
from app.guard import LoopbackOnly, lifespan
from app.studio import Studio, get_studio

__all__ = ["lifespan", "middleware", "routes"]

Answer = Callable[[Request], Awaitable[Response]]

# What never changes under its address: scripts carry their version, sound and peaks their hash.
_FOREVER = {"Cache-Control": "private, max-age=31536000, immutable"}
_ASK_AGAIN = {"Cache-Control": "private, no-cache"}

# Containers that Python's table of types does not know or names unlike browsers.
_AUDIO_TYPES = {
    ".flac": "audio/flac",
    ".m4a": "audio/mp4",
    ".mp3": "audio/mpeg",
    ".ogg": "audio/ogg",
    ".opus": "audio/ogg",
    ".wav": "audio/wav",
}


def audio_type(path: Path) -> str:
    """Return the media type of an audio file by its suffix."""
    suffix = path.suffix.lower()
    guessed = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    return _AUDIO_TYPES.get(suffix, guessed)


def _or_404(answer: Answer) -> Answer:
    """Turn 'no such track', 'the file is gone' and the like into a 404 with that sentence."""

    @wraps(answer)
    async def safe(request: Request) -> Response:
        try:
            return await answer(request)
        except SegueError as error:
            return PlainTextResponse(str(error), 404)

    return safe


def routes(studio: Callable[[], Studio] = get_studio) -> list[Route]:
    """Return the server's own routes.

    Parameters
    ----------
    studio
        Gives the studio at the time of a request; tests pass their own.
    """

    @_or_404
    async def audio(request: Request) -> Response:
        path = await run_in_threadpool(studio().path, request.path_params["track_id"])
        return FileResponse(path, media_type=audio_type(path), headers=_ASK_AGAIN)

    @_or_404
    async def art(request: Request) -> Response:
        found = await run_in_threadpool(studio().artwork, request.path_params["track_id"])
        if found is None:
            return PlainTextResponse("This track has no picture.", 404)
        kind, picture = found
        return Response(picture, media_type=kind, headers=_ASK_AGAIN)

    @_or_404
    async def peaks(request: Request) -> Response:
        path = await run_in_threadpool(studio().peaks_path, request.path_params["track_id"])
        return FileResponse(path, media_type="application/octet-stream", headers=_ASK_AGAIN)

    @_or_404
    async def track(request: Request) -> Response:
        view = await run_in_threadpool(studio().view, request.path_params["track_id"])
        return JSONResponse(view, headers=_ASK_AGAIN)

    @_or_404
    async def mix(request: Request) -> Response:
        path = studio().mix_path(request.path_params["job_id"])
        return FileResponse(path, media_type=audio_type(path), headers=_ASK_AGAIN)

    async def asset(request: Request) -> Response:
        name = request.path_params["name"]
        kind = theme.SERVED.get(name)
        if kind is None:
            return PlainTextResponse("No such asset.", 404)
        return FileResponse(theme.ASSETS / name, media_type=kind, headers=_FOREVER)

    async def nothing(request: Request) -> Response:
        return PlainTextResponse("There is nothing at this address.", 404)

    return [
        Route("/dj/audio/{track_id}", audio),
        Route("/dj/art/{track_id}", art),
        Route("/dj/peaks/{track_id}", peaks),
        Route("/dj/track/{track_id}", track),
        Route("/dj/mix/{job_id}", mix),
        *deck_routes(studio),
        Route("/dj/assets/{version}/{name}", asset),
        # else Streamlit would answer with its own page
        Route("/dj/{anything:path}", nothing),
    ]


def middleware() -> list[Middleware]:
    """Return what stands before every request, Streamlit's own included."""
    return [Middleware(LoopbackOnly)]
