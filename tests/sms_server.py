"""The far side of SMS: Twilio's messages API (https://www.twilio.com/docs/messaging/api/message-resource) on a port of
this machine, and posts signed as Twilio signs them."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import httpx
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tests.bot_servers import serving

ACCOUNT, SMS_TOKEN, SENDER = "AC1", "12345", "+16175550199"
WEBHOOK = "https://edge.example.org/sms/webhook#rc=5&rp=all"
STATUS = "https://edge.example.org/sms/status"


@dataclass
class FakeTwilio:
    """Keeps what was sent, answers `refusals` (statuses with codes) first, in order; files lie under /files/."""

    sent: list[dict[str, str]] = field(default_factory=list)
    refusals: list[tuple[int, int | None]] = field(default_factory=list)
    files: dict[str, bytes] = field(default_factory=dict)
    url: str = ""

    async def send(self, request: Request) -> Response:
        if not _known(request):
            return JSONResponse({"code": 20003, "message": "Authenticate", "status": 401}, 401)
        if self.refusals:
            status, code = self.refusals.pop(0)
            return JSONResponse({"code": code, "message": "refused", "status": status}, status)
        form = {name: str(value) for name, value in (await request.form()).items()}
        if len(form["Body"]) > 1600:
            return JSONResponse({"code": 21617, "message": "too long", "status": 400}, 400)
        self.sent.append(form)
        return JSONResponse({"sid": f"SM{len(self.sent)}", "status": "queued"}, 201)

    async def file(self, request: Request) -> Response:
        data = self.files.get(request.path_params["path"])
        return Response(data, 200) if data is not None and _known(request) else Response("not found", 404)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[FakeTwilio]:
        async with serving(
            Route("/files/{path:path}", self.file),
            Route(f"/2010-04-01/Accounts/{ACCOUNT}/Messages.json", self.send, methods=["POST"]),
        ) as self.url:
            yield self


def _known(request: Request) -> bool:
    given = base64.b64encode(f"{ACCOUNT}:{SMS_TOKEN}".encode()).decode()
    return request.headers.get("authorization") == f"Basic {given}"


def signed(address: str, fields: dict[str, str], token: str = SMS_TOKEN) -> dict[str, str]:
    """The header of a post."""
    text = address + "".join(name + fields[name] for name in sorted(fields))
    digest = hmac.new(token.encode(), text.encode(), hashlib.sha1).digest()
    return {"X-Twilio-Signature": base64.b64encode(digest).decode()}


@dataclass
class Telephone:
    """Somebody who writes SMS; what comes is posted to the webhook."""

    http: httpx.AsyncClient
    number: str
    count: int = 0

    async def writes(self, text: str, sid: str | None = None, **fields: str) -> httpx.Response:
        self.count += 1
        form = {
            "MessageSid": sid or f"SM{self.number}{self.count}", "AccountSid": ACCOUNT, "From": self.number,
            "To": SENDER, "Body": text, "NumMedia": "0", "FromCity": "", **fields,
        }  # fmt: skip
        return await self.http.post("/sms/webhook", data=form, headers=signed(WEBHOOK.partition("#")[0], form))


async def provider_says(http: httpx.AsyncClient, sent: dict[str, str], status: str, **fields: str) -> httpx.Response:
    """What became of a message that was sent."""
    address = sent["StatusCallback"]
    form = {"MessageSid": "SM1", "MessageStatus": status, **fields}
    return await http.post(f"/sms/status?{address.partition('?')[2]}", data=form, headers=signed(address, form))
