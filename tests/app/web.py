"""Segue's routes behind a real server, and a client that sends exactly what it is told to."""

from __future__ import annotations

import http.client
import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket

from app.guard import lifespan
from app.server import middleware, routes
from app.studio import Studio


@dataclass
class Answer:
    status_code: int
    headers: dict[str, str]
    content: bytes

    @property
    def text(self) -> str:
        return self.content.decode()

    def json(self) -> Any:
        return json.loads(self.content)


@dataclass
class Client:
    port: int

    def get(self, path: str, headers: dict[str, str] | None = None) -> Answer:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        own = {"Host": f"127.0.0.1:{self.port}", **(headers or {})}
        connection.putrequest("GET", path, skip_host=True)
        for name, value in own.items():
            connection.putheader(name, value)
        connection.endheaders()
        answer = connection.getresponse()
        found = {name.lower(): value for name, value in answer.getheaders()}
        # a granted upgrade has no body: the connection stays open
        content = b"" if answer.status == 101 else answer.read()
        connection.close()
        return Answer(answer.status, found, content)

    def upgrade(self, headers: dict[str, str] | None = None) -> int:
        handshake = {
            "Connection": "Upgrade",
            "Upgrade": "websocket",
            "Sec-WebSocket-Version": "13",
            "Sec-WebSocket-Key": "c2VndWUgc2VndWUgc2VndQ==",
        }
        return self.get("/_stcore/stream", {**handshake, **(headers or {})}).status_code


async def accept(connection: WebSocket) -> None:
    await connection.accept()
    await connection.close()


@contextmanager
def serving(studio: Studio) -> Iterator[Client]:
    """Serve a studio's routes."""
    app = Starlette(
        routes=[*routes(lambda: studio), WebSocketRoute("/_stcore/stream", accept)],
        middleware=middleware(),
        lifespan=lifespan,
    )
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        server = uvicorn.Server(uvicorn.Config(app, log_level="error", ws="websockets-sansio"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
        thread.start()
        while not server.started:
            threading.Event().wait(0.01)
        yield Client(listening.getsockname()[1])
        server.should_exit = True
        thread.join(10)
