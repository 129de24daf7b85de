"""Messages by HTTP: JSON and Open311. An answer of 2xx means that Kafka has the message.

The first message over HTTP of a conversation claims it and is answered with its secret. Whoever goes on in it, judges
its answer or asks what became of a message sends the secret as `Authorization: Bearer ...`.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import hmac
import logging
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, TypeVar

import asyncpg
from common.contracts.envelope import Envelope, derived_id
from common.contracts.events.base import Event
from common.contracts.events.channel import MessageReceived, VerdictReceived
from common.contracts.reference import reference_of
from common.messaging.clock import last_tick
from common.messaging.consume.time_bounds import MESSAGE_AGE, Timeliness
from common.messaging.failures import TransientError
from common.messaging.postgres import DATABASE_AWAY
from common.messaging.release_cache import Releases
from common.rulebook.errors import ReleaseMissing
from common.rulebook.release import NATIONAL
from common.rulebook.trial import NO_UNIT
from common.runtime.context import Context
from pydantic import ValidationError
from starlette.exceptions import HTTPException
from starlette.middleware.exceptions import ExceptionMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Mount, Route, Router

from intake import open311, store
from intake.admission import Admission, Post
from intake.bodies import Refused, must_be, parse_form, parse_json, read_body, words_of
from intake.domain import message_id_of
from intake.edge_key import EdgeKey, fingerprint, posted_id
from intake.places import Places

log = logging.getLogger(__name__)

MAX_CONCURRENT_POSTS = 256
"""Posts whose body is there and whose answer is not; the next are told to come again."""
MAX_WAIT = 8.0
"""Seconds for Kafka to acknowledge; the sender is then told to try again."""
KEY_KEPT = timedelta(days=30)
MAX_NAME = 200
"""Characters of an id or number in a path."""

Found = TypeVar("Found")
FORMS: Mapping[str, Callable[[int, str], Any]] = {
    "/v1": lambda _, words: {"error": words},
    "/open311/v2": open311.errors,
}
"""How each protocol, by the beginning of its paths, says what is wrong."""


def _source(request: Request) -> str:
    """Who sends, as far as limits go; the port has found it out."""
    return str(request.state.source)


def _with_errors(routes: list[Route], words: Callable[[int, str], Any]) -> ExceptionMiddleware:
    """An app whose every error, also of the router itself, has the protocol's form."""

    def answer(_: Request, error: Exception) -> Response:
        if isinstance(error, Refused):
            status, said = error.status, str(error)
        else:
            assert isinstance(error, HTTPException)
            status, said = error.status_code, error.detail
        headers = {"retry-after": "1"} if status in (429, 503) else {}
        headers |= dict(getattr(error, "headers", None) or {})
        return JSONResponse(words(status, said), status, headers)

    router = Router(routes, redirect_slashes=False)
    return ExceptionMiddleware(router, handlers={Refused: answer, HTTPException: answer})


Thread = Callable[[str, str], bytes]


class Edge:
    """The HTTP routes of intake."""

    def __init__(self, context: Context, releases: Releases, key: EdgeKey, thread: Thread) -> None:
        """`thread` is what a conversation of a channel is looked up by."""
        self._context = context
        self._thread = thread
        self._key = key
        self._releases = releases
        self._channels = {c.id for c in context.federation.channels}
        self._places = Places(MAX_CONCURRENT_POSTS)
        self._admission = Admission(context.pool)
        held = context.settings.open311_keys
        self._api_keys = [k.strip() for k in held.get_secret_value().split(",")] if held else []

    def routes(self) -> list[BaseRoute]:
        """Both protocols, each with errors in its own form."""
        plain = [
            Route("/channels/{channel}/messages", self.post_message, methods=["POST"]),
            Route("/channels/{channel}/verdicts", self.post_verdict, methods=["POST"]),
            Route("/messages/{id}", self.get_message),
        ]
        georeport = [
            Route("/requests.json", self.post_open311, methods=["POST"]),
            Route("/requests/{id}.json", self.get_open311),
        ]
        return [
            Mount(path, app=_with_errors(routes, FORMS[path]))
            for path, routes in (("/v1", plain), ("/open311/v2", georeport))
        ]

    async def post_message(self, request: Request) -> Response:
        """A message of a citizen, as JSON."""
        return await self._post(request, MessageReceived)

    async def post_verdict(self, request: Request) -> Response:
        """A citizen's word on an answer, as JSON."""
        return await self._post(request, VerdictReceived)

    async def _post(self, request: Request, model: type[MessageReceived] | type[VerdictReceived]) -> Response:
        channel = request.path_params["channel"]
        if channel not in self._channels:
            raise Refused(404, f"this edge serves no channel {channel[:100]!r}")
        must_be(request, "application/json")
        body = await read_body(request)
        with self._places.one(_source(request)):
            fields = parse_json(body)
            fields.setdefault("sent_at", await self._now())
            try:
                event = model.model_validate(fields)
            except ValidationError as error:
                raise Refused(422, words_of(error)) from error
            self._check_time(event.sent_at)
            return JSONResponse(await self._take(request, channel, event, hashlib.sha256(body).digest()), 202)

    async def _take(
        self, request: Request, channel: str, event: MessageReceived | VerdictReceived, body: bytes
    ) -> dict[str, str]:
        """Publish what may speak in its conversation; `body` is a digest."""
        conversation, key = event.conversation, request.headers.get("idempotency-key")
        secret, claim = _secret(request), None
        if secret is None and isinstance(event, VerdictReceived):
            raise _not_told("a verdict needs the secret of its conversation")
        if secret is not None and not self._key.fits(secret, channel, conversation):
            raise Refused(403, "this secret is not the one of this conversation on this channel")
        if key:
            event_id = opening = posted_id(self._key, channel, conversation, event.type, key)
        else:
            event_id = self._key.event_id("event", channel, event.type, event.model_dump_json())
            opening = self._key.event_id("opening", channel, conversation, body.hex())
        own = self._key.secret(channel, conversation)
        if secret is None:
            claim = store.Claim(self._thread(channel, conversation), fingerprint(own), opening)
        await self._admit(Post(claim, event_id if key else None, body))
        told = await self._publish(channel, event, conversation, event.sent_at, event_id)
        return told | ({"secret": own} if secret is None else {})

    async def get_message(self, request: Request) -> Response:
        """What became of a message, for whoever has the secret of its conversation."""
        secret = _secret(request)
        if secret is None:
            raise _not_told("what became of a message is told to whoever has the secret of its conversation")
        found = await self._ask(
            partial(store.message_state, fingerprint=fingerprint(secret)), request.path_params["id"]
        )
        if found is None:
            raise Refused(
                404, "no such message of the conversation of this secret, or it is still on its way: ask again"
            )
        return JSONResponse(found)

    async def post_open311(self, request: Request) -> Response:
        """GeoReport v2, POST service request."""
        if open311.CHANNEL not in self._channels:
            raise Refused(404, "this installation has no Open311 channel")
        must_be(request, "application/x-www-form-urlencoded")
        body = await read_body(request)
        with self._places.one(_source(request)):
            pairs = parse_form(body)
            fields = dict(pairs)
            self._check_key(fields.get("api_key") or request.query_params.get("api_key", ""))
            now = await self._now()
            jurisdiction = fields.get("jurisdiction_id") or request.query_params.get("jurisdiction_id")
            if jurisdiction and jurisdiction != self._context.federation.name:
                raise Refused(404, "this jurisdiction_id is not served here")
            event, event_id, memory = self._service_request(request, pairs, body, now)
            self._check_category(event.category or "", now)
            await self._admit(Post(None, memory, hashlib.sha256(body).digest()))
            await self._publish(open311.CHANNEL, event, event.conversation, event.sent_at, event_id)
            case_id = derived_id("case", self._context.name, event_id)
            answer = {"service_request_id": reference_of(case_id), "service_notice": "", "account_id": ""}
            return JSONResponse([answer], 201)

    def _service_request(
        self, request: Request, pairs: list[tuple[str, str]], body: bytes, now: datetime
    ) -> tuple[MessageReceived, str, str | None]:
        """The event of a form, its id, and under which key its body is remembered.

        A form proves nothing about who sends it. So an Idempotency-Key goes with the whole form, that nobody spoils
        another's; that it was used for another form is told where address and contact are the same.
        """
        key, form = request.headers.get("idempotency-key"), hashlib.sha256(body).hexdigest()
        moment = () if key else (now.isoformat(),)
        event_id = self._key.event_id("open311", key or "", form, *moment)
        event = open311.message(pairs, now, conversation=self._key.event_id("open311 conversation", event_id))
        if not key or event.contact.address == open311.ANONYMOUS:
            return event, event_id, None
        return event, event_id, self._key.event_id("open311 key", key, event.contact.address, _source(request))

    async def get_open311(self, request: Request) -> Response:
        """GeoReport v2, GET service request, by the number that POST returned."""
        found = await self._ask(store.standing, request.path_params["id"])
        if found is None:
            raise Refused(404, "no such service_request_id, or it is still on its way: ask again")
        return JSONResponse([open311.service_request(found)])

    async def forget_old_keys(self) -> None:
        """Idempotency keys are kept as long as a sender may reasonably try again."""
        while True:
            with contextlib.suppress(*DATABASE_AWAY):
                await store.forget_keys(self._context.pool, KEY_KEPT)
            await asyncio.sleep(3600)

    async def _ask(self, question: Callable[[asyncpg.Pool, str], Awaitable[Found | None]], name: str) -> Found | None:
        if len(name) > MAX_NAME or "\x00" in name:
            return None
        try:
            return await question(self._context.pool, name)
        except DATABASE_AWAY as error:
            raise Refused(503, "the state cannot be read now: ask again") from error

    async def _now(self) -> datetime:
        """The time a message gets that names none: the wall clock's, in a replay the last tick's."""
        if self._context.settings.time == "ticks":
            try:
                tick = await last_tick.latest(self._context.pool)
            except DATABASE_AWAY as error:
                raise Refused(503, "the message was not taken, send it again") from error
            if tick is not None:
                return tick.until
        return self._context.now()

    def _check_time(self, moment: datetime) -> None:
        now = datetime.now(UTC)
        judge = Timeliness(self._context.settings.time)
        untimely = judge.untimely(moment, now, MESSAGE_AGE, timedelta())
        if untimely is not None:
            raise Refused(422, f"sent_at: {untimely}")

    def _check_key(self, given: str) -> None:
        if self._api_keys and not any(hmac.compare_digest(given.encode(), k.encode()) for k in self._api_keys):
            raise Refused(403, "api_key is missing or wrong")

    def _check_category(self, code: str, now: datetime) -> None:
        """Refuse what no layer's map knows; while no release is here the message is taken, and triage decides."""
        federation = self._context.federation
        if federation.has_category(code):
            return
        try:
            books = [self._releases.book.in_force(r.id, now) for r in federation.regions]
            books.append(self._releases.book.in_force(NATIONAL, now))
        except ReleaseMissing:
            return
        if all(book.decide("category_map", {"given": code}, NO_UNIT) is None for book in books):
            raise Refused(404, "there is no such service_code")

    async def _admit(self, post: Post) -> None:
        try:
            answer = await self._admission.ask(post)
        except (TransientError, *DATABASE_AWAY) as error:
            raise _not_taken(error) from error
        if answer == "others_conversation":
            raise _not_told(
                "this conversation was begun before: send the secret that its first message was answered with, or give"
                " another name to a new one"
            )
        if answer == "another_body":
            raise Refused(422, "this Idempotency-Key was used for another body: give each message its own")

    async def _publish(
        self, channel: str, event: Event, conversation: str, time: datetime, event_id: str
    ) -> dict[str, str]:
        try:
            async with asyncio.timeout(MAX_WAIT):
                await self._context.publish(
                    f"channel.{channel}.inbound", conversation, event, id=event_id, time=time,
                    proof=self._key.proof(channel, conversation, event_id),
                )  # fmt: skip
        except (TransientError, *DATABASE_AWAY) as error:
            raise _not_taken(error) from error
        sent = Envelope(event_id, self._context.name, event.type, time, conversation, event_id)
        message_id = message_id_of(sent)
        return {"message_id": message_id, "status_url": f"/v1/messages/{message_id}", "event_id": event_id}


def _not_taken(error: Exception) -> Refused:
    log.warning("a message was not taken: %s", error)
    return Refused(503, "the message may not have been taken: send it again with the same Idempotency-Key")


def _not_told(words: str) -> Refused:
    """Without a secret: how to send one."""
    return Refused(401, f"{words}, as Authorization: Bearer <secret>", {"www-authenticate": 'Bearer realm="otklik"'})


def _secret(request: Request) -> str | None:
    """The bearer token; None where there is none."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return token.strip() or None if scheme.lower() == "bearer" else None
