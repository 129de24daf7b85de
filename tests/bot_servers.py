"""The far side of our bots: servers of messengers, as their published protocols say, on a port of this machine."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from common.runtime.http.app import HttpServer
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

TOKEN = "110201543:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw"


@dataclass
class FakeTelegram:
    """Bot API: https://core.telegram.org/bots/api. Keeps what was called, answers `refusals` first, in order."""

    calls: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    refusals: list[tuple[int, dict[str, Any]]] = field(default_factory=list)
    blocked: set[int] = field(default_factory=set)
    """Chats whose people have blocked the bot."""
    files: dict[str, bytes] = field(default_factory=dict)
    url: str = ""

    def refuse(self, code: int, description: str, **parameters: object) -> None:
        body: dict[str, Any] = {"ok": False, "error_code": code, "description": description}
        self.refusals.append((code, body | ({"parameters": parameters} if parameters else {})))

    def sent(self, method: str = "sendMessage") -> list[dict[str, Any]]:
        return [fields for name, fields in self.calls if name == method]

    async def call(self, request: Request) -> Response:
        if request.path_params["token"] != TOKEN:
            return JSONResponse({"ok": False, "error_code": 401, "description": "Unauthorized"}, 401)
        method, fields = request.path_params["method"], await request.json()
        if self.refusals:
            status, body = self.refusals.pop(0)
            return JSONResponse(body, status)
        if fields.get("chat_id") in self.blocked:
            description = "Forbidden: bot was blocked by the user"
            return JSONResponse({"ok": False, "error_code": 403, "description": description}, 403)
        if method == "sendMessage" and not 0 < len(fields["text"].encode("utf-16-le")) // 2 <= 4096:
            description = "Bad Request: message is too long"
            return JSONResponse({"ok": False, "error_code": 400, "description": description}, 400)
        self.calls.append((method, fields))
        if method == "getFile":
            return JSONResponse({"ok": True, "result": {"file_id": fields["file_id"], "file_path": fields["file_id"]}})
        if method == "sendMessage":
            shown = {"message_id": len(self.calls), "date": 0, "chat": {"id": fields["chat_id"], "type": "private"}}
            return JSONResponse({"ok": True, "result": shown})
        return JSONResponse({"ok": True, "result": True})

    async def file(self, request: Request) -> Response:
        data = self.files.get(request.path_params["path"])
        known = data is not None and request.path_params["token"] == TOKEN
        return Response(data, 200) if known else Response("not found", 404)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[FakeTelegram]:
        async with _serving(
            Route("/file/bot{token}/{path:path}", self.file), Route("/bot{token}/{method}", self.call, methods=["POST"])
        ) as self.url:
            yield self


@asynccontextmanager
async def _serving(*routes: Route) -> AsyncIterator[str]:
    server = HttpServer("127.0.0.1", 0, routes)
    await server.start()
    try:
        yield f"http://127.0.0.1:{server.port}"
    finally:
        await server.stop()
