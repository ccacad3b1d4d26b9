"""Who may talk to the server: pages that this server itself served, on this very machine.

Listening on loopback keeps other machines out but not other web pages: a page from anywhere can
send requests to 127.0.0.1, and by re-pointing its own host name there (DNS rebinding) even read the
answers. Both show in the headers: such a request carries a foreign ``Host``, a foreign ``Origin``
or, where it only wants to show or hear something of ours, a foreign ``Sec-Fetch-Site``.
"""

from __future__ import annotations

import gc
import logging
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from app.studio import get_studio

_log = logging.getLogger(__name__)

LOOPBACK_HOSTS = frozenset({"127.0.0.1", "localhost", "::1"})
# The close code of RFC 6455 for 'refused by policy'.
_POLICY_VIOLATION = 1008


def host_name(authority: str) -> str:
    """Return the host of ``host``, ``host:port`` or ``[v6]:port``, lower case; '' if malformed."""
    try:
        return (urlsplit(f"//{authority}").hostname or "").lower()
    except ValueError:
        return ""


def is_own_request(headers: Headers) -> bool:
    """Return whether a request's ``Host`` and ``Origin`` are this machine's.

    Parameters
    ----------
    headers
        The request's headers. ``Host`` must name the loopback interface; ``Origin``, where a
        browser sends one, the very same host and port (``null``, the origin of sandboxed pages,
        is foreign). A foreign page may link to ours, but not take anything of it into itself.
    """
    host = headers.get("host", "")
    if host_name(host) not in LOOPBACK_HOSTS:
        return False
    if headers.get("sec-fetch-site", "none") not in ("same-origin", "none"):
        opened = headers.get("sec-fetch-mode"), headers.get("sec-fetch-dest")
        if opened != ("navigate", "document"):
            return False
    origin = headers.get("origin")
    if origin is None:
        return True
    scheme = origin.partition("://")[0]
    return _place(origin) == _place(f"{scheme}://{host}") is not None


_USUAL_PORTS = {"http": 80, "https": 443}


def _place(address: str) -> tuple[str, int] | None:
    """Return host and port of an address, None where it is no address of the web."""
    try:
        parts = urlsplit(address)
        port = parts.port or _USUAL_PORTS.get(parts.scheme)
    except ValueError:
        return None
    return None if not parts.hostname or port is None else (parts.hostname, port)


class LoopbackOnly:
    """ASGI middleware that refuses requests and WebSockets from foreign pages.

    Parameters
    ----------
    app
        The application behind it.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass our own traffic on; answer 403 to the rest."""
        if scope["type"] not in ("http", "websocket") or is_own_request(Headers(scope=scope)):
            await self.app(scope, receive, send)
            return
        if scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": _POLICY_VIOLATION})
            return
        answer = PlainTextResponse("Segue answers only to its own page on this machine.", 403)
        await answer(scope, receive, send)


def send_small_answers_at_once() -> int:
    """Switch Nagle's algorithm off on this process's listening sockets.

    Streamlit makes its socket in a way that asyncio does not recognise as TCP, so asyncio does not
    switch it off as it usually would, and small answers on a kept-alive connection wait about
    40 ms for the browser's delayed acknowledgement. Accepted sockets inherit the option.

    Returns
    -------
    int
        How many sockets were set. 0 is harmless: answers are only slower.
    """
    changed = 0
    for thing in gc.get_objects():  # uvicorn offers no way to its sockets from inside
        if type(thing) is not socket.socket or thing.fileno() < 0:
            continue
        try:
            if thing.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN):
                thing.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                changed += 1
        except OSError:  # not TCP, or a platform without SO_ACCEPTCONN
            continue
    return changed


@asynccontextmanager
async def lifespan(app: Any) -> AsyncIterator[dict[str, Any]]:
    """Prepare the server at its start; stop the work in the background at its end.

    The program waits for its threads before it exits: without that, Ctrl-C while a folder is being
    analysed would take effect after the last file.
    """
    _log.debug("%d listening sockets answer at once", send_small_answers_at_once())
    yield {}
    if get_studio.cache_info().currsize:
        for job in get_studio().jobs.active():
            job.cancel()
