"""The far side of our bots: servers of messengers, as their published protocols say, on a port of this machine."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
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
    replies: dict[str, Callable[[], Awaitable[object]]] = field(default_factory=dict)
    """What people do who are told words with this in them, before the bot hears that they were told."""
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
            for words in [words for words in self.replies if words in fields["text"]]:
                await self.replies.pop(words)()
            return JSONResponse({"ok": True, "result": shown})
        return JSONResponse({"ok": True, "result": True})

    async def file(self, request: Request) -> Response:
        data = self.files.get(request.path_params["path"])
        known = data is not None and request.path_params["token"] == TOKEN
        return Response(data, 200) if known else Response("not found", 404)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[FakeTelegram]:
        async with serving(
            Route("/file/bot{token}/{path:path}", self.file), Route("/bot{token}/{method}", self.call, methods=["POST"])
        ) as self.url:
            yield self


@asynccontextmanager
async def serving(*routes: Route) -> AsyncIterator[str]:
    """A server on a port of this machine; its address."""
    server = HttpServer("127.0.0.1", 0, routes)
    await server.start()
    try:
        yield f"http://127.0.0.1:{server.port}"
    finally:
        await server.stop()


@dataclass
class FakeVk:
    """API of VK for communities: https://dev.vk.com/ru/method/messages.send. The same `random_id` to the same peer is
    one message. Answers `refusals` (codes of errors) first, in order; files lie under /files/."""

    calls: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    refusals: list[int] = field(default_factory=list)
    files: dict[str, bytes] = field(default_factory=dict)
    url: str = ""

    def sent(self, method: str = "messages.send") -> list[dict[str, str]]:
        return [fields for name, fields in self.calls if name == method]

    async def call(self, request: Request) -> Response:
        form = {name: str(value) for name, value in (await request.form()).items()}
        method, given = request.path_params["method"], form.pop("access_token", "")
        code = self.refusals.pop(0) if self.refusals else None
        if given != TOKEN:
            code = 5
        elif form.get("v") != "5.199" or (method == "messages.send" and not form.get("random_id", "").isdigit()):
            code = 100
        elif method == "messages.send" and len(form["message"]) > 4096:
            code = 914
        if code is not None:
            params = [{"key": name, "value": value} for name, value in form.items()]
            told = {"error_code": code, "error_msg": f"error {code}", "request_params": params}
            return JSONResponse({"error": told})
        repeated = any(
            (f["peer_id"], f["random_id"]) == (form["peer_id"], form["random_id"]) for f in self.sent()
        ) if method == "messages.send" else False  # fmt: skip
        if not repeated:
            self.calls.append((method, form))
        return JSONResponse({"response": len(self.calls)})

    async def file(self, request: Request) -> Response:
        data = self.files.get(request.path_params["path"])
        return Response(data, 200) if data is not None else Response("not found", 404)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[FakeVk]:
        async with serving(
            Route("/files/{path:path}", self.file), Route("/method/{method}", self.call, methods=["POST"])
        ) as self.url:
            yield self


@dataclass
class FakeMax:
    """MAX's bot API: https://dev.max.ru/docs-api. Answers `refusals` (statuses with codes) first, in order."""

    calls: list[tuple[str, dict[str, str], dict[str, Any]]] = field(default_factory=list)
    refusals: list[tuple[int, str]] = field(default_factory=list)
    files: dict[str, bytes] = field(default_factory=dict)
    url: str = ""

    def sent(self, path: str = "messages") -> list[tuple[dict[str, str], dict[str, Any]]]:
        return [(query, body) for name, query, body in self.calls if name == path]

    async def call(self, request: Request) -> Response:
        if request.headers.get("authorization") != TOKEN:
            return JSONResponse({"code": "verify.token", "message": "Invalid access_token"}, 401)
        if self.refusals:
            status, code = self.refusals.pop(0)
            return JSONResponse({"code": code, "message": "refused"}, status)
        path, query, body = request.path_params["path"], dict(request.query_params), await request.json()
        if path == "messages" and not 0 < len(body["text"]) <= 4000:
            return JSONResponse({"code": "proto.payload", "message": "text: size must be between 0 and 4000"}, 400)
        self.calls.append((path, query, body))
        return JSONResponse({"success": True} if path == "answers" else {"message": {"body": {"mid": "m"}}})

    async def file(self, request: Request) -> Response:
        data = self.files.get(request.path_params["path"])
        return Response(data, 200) if data is not None else Response("not found", 404)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[FakeMax]:
        async with serving(
            Route("/files/{path:path}", self.file), Route("/{path}", self.call, methods=["POST"])
        ) as self.url:
            yield self
