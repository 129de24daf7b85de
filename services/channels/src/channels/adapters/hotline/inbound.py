"""What operators of the hotline do: sign in, begin a call, write down what the caller says.

Each matter of a caller's is a conversation of its own, so what is added later goes to the case that the operator chose.
"""

from __future__ import annotations

import hashlib
import secrets

from common.contracts.events.channel import Contact, MessageReceived, Said, VerdictReceived
from common.contracts.reference import reference_of
from common.messaging.failures import TransientError
from common.messaging.postgres import DATABASE_AWAY
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from channels.adapters.hotline import store as hotline_store
from channels.adapters.hotline.calls import CHANNEL, Caller, Calls
from channels.adapters.hotline.form import ABOUT, NEW, AboutCase, CallMessage, about_case, taken_down
from channels.adapters.hotline.numbers import number_of
from channels.adapters.hotline.sessions import Sessions, set_cookie
from channels.adapters.hotline.store import Begun, Recorded
from channels.adapters.report_form.place_field import MAP_FIELDS
from channels.bodies import Refused
from channels.edge import Edge, OthersConversation, source_of
from channels.edge_key import fingerprint
from channels.form_fields import FormWrong, other_ways
from channels.form_origin import must_be_ours, origins_of
from channels.pages.paths import HOTLINE
from channels.pages.problem_text import problem_text
from channels.pages.rendering import with_headers
from channels.pages.sent_form import read_form
from channels.store import Claim

DIGEST_PARTS = "\0"


class Inbound:
    """Forms of the operator's pages. Nothing of them is taken from another site's page."""

    def __init__(self, edge: Edge, sessions: Sessions, calls: Calls) -> None:
        self._edge = edge
        self._sessions = sessions
        self._calls = calls
        self._origins = origins_of(edge.settings.form_origins)
        self._codes = frozenset(c.code for c in edge.federation.categories)

    async def enter(self, request: Request) -> Response:
        """A pass that the portal's page sends; from a page of an unknown site it is shown before it is used."""
        self._calls.must_be_served()
        given = (await read_form(request, ("pass",))).fields.get("pass", "")
        holder = self._sessions.holder(given)
        try:
            must_be_ours(request, self._origins)
        except Refused:
            return self._calls.asked_to_enter(request, holder.person, given)
        answer = RedirectResponse(HOTLINE, 303)
        set_cookie(request, answer, await self._sessions.begin(given))
        return answer

    async def leave(self, request: Request) -> Response:
        must_be_ours(request, ())
        await self._sessions.end(request)
        answer = RedirectResponse(HOTLINE, 303)
        set_cookie(request, answer, "")
        return answer

    async def begin(self, request: Request) -> Response:
        """A call, by its number or without one; the number goes into no address of a page."""
        operator = await self._operator(request)
        fields = (await read_form(request, ("number", "withheld", "language"))).fields
        try:
            number = None if fields.get("withheld") else self._number(fields.get("number", ""))
        except FormWrong as wrong:
            return self._calls.start(request, operator, 422, fields, str(wrong))
        call_id = secrets.token_urlsafe(18)
        await self._edge.query(lambda pool: hotline_store.begin_call(pool, self._calls.call(call_id, operator, number)))
        return RedirectResponse(self._calls.link_of(request, call_id, fields.get("language", "")), 303)

    async def act(self, request: Request) -> Response:
        """Something about the call: a new message, which is read back before it is taken, or a word on a case."""
        operator = await self._operator(request)
        caller = await self._calls.caller(request, operator)
        fields: dict[str, str] = {}
        try:
            fields = (await read_form(request, (*NEW, *ABOUT, *MAP_FIELDS))).fields
            with self._edge.places.one(source_of(request)):
                if "act" in fields:
                    return await self._about(request, caller, fields)
                again = self._calls.place.pointed(fields, NEW)
                if again is not None:
                    return await self._calls.page(request, caller, fields=again)
                message = taken_down(fields, self._codes, self._edge.federation.languages)
                match fields.get("do"):
                    case "change":
                        return await self._calls.page(request, caller, fields=fields)
                    case "record":
                        return await self._record(request, caller, message, fields)
                    case _:
                        return self._calls.read_back(request, caller, message, fields)
        except FormWrong as wrong:
            return await self._calls.page(request, caller, 422, fields, wrong.field, str(wrong))
        except Refused as refused:
            words = problem_text(refused.status, refused.limit)
            return with_headers(await self._calls.page(request, caller, refused.status, fields, "", words), refused)

    async def _operator(self, request: Request) -> str:
        self._calls.must_be_served()
        must_be_ours(request, ())
        return await self._sessions.operator(request)

    def _number(self, given: str) -> str:
        return number_of(given, self._edge.federation.country)

    async def _record(self, request: Request, caller: Caller, said: CallMessage, fields: dict[str, str]) -> Response:
        edge, keys = self._edge, self._edge.key
        conversation = keys.event_id("hotline conversation", caller.call.id, said.once)
        secret = keys.secret(CHANNEL, conversation)
        whose, now = fingerprint(secret), await edge.now()
        # The caller's own telephone, and an address that they gave.
        ways = (*other_ways(said.mail, edge.channels), *other_ways(caller.number, edge.channels))
        event = MessageReceived(
            conversation=conversation, contact=caller.contact(conversation, said.spoken, said.name, ways),
            text=said.words, category=said.category, place=said.place, sent_at=now,
        )  # fmt: skip
        # The number that the caller is told follows from the form, whatever is changed in it until it is recorded.
        event_id = keys.event_id("hotline message", conversation)
        parts = (said.words, said.category or "", said.place.model_dump_json(), said.name or "", said.spoken)
        body = hashlib.sha256(DIGEST_PARTS.join(parts).encode()).digest()
        await self._note(caller, event_id, "message", Begun(whose, conversation, said.spoken))
        done = "recorded"
        try:
            await edge.take(
                CHANNEL, event, event_id, body=body, key=event_id, claim=Claim(whose, event_id), fingerprint=whose
            )
        except (OthersConversation, Refused) as refused:
            if isinstance(refused, Refused) and refused.status != 422:
                raise
            done = "before"
        reference = reference_of(edge.case_id(event_id))
        return RedirectResponse(
            self._calls.link_of(request, caller.call.id, fields.get("language", ""), done, reference), 303
        )

    async def _about(self, request: Request, caller: Caller, fields: dict[str, str]) -> Response:
        said = about_case(fields)
        matter = await self._calls.matter(caller, said.case)
        if matter is None or said.act not in (*matter.acts, "told"):
            raise FormWrong(said.act, self._calls.NOT_NOW)
        if said.act == "told":
            told_id = self._edge.key.event_id("hotline question", caller.call.id, said.question)
            await self._note(caller, told_id, "told", None)
            await self._calls.note_told(matter, said.question)
        else:
            await self._say(caller, matter.conversation, matter.language, matter.fingerprint, said)
        return RedirectResponse(
            self._calls.link_of(request, caller.call.id, fields.get("language", ""), said.act, said.case), 303
        )

    async def _say(self, caller: Caller, conversation: str, language: str, whose: bytes, said: AboutCase) -> None:
        contact: Contact = caller.contact(conversation, language, None)
        now = await self._edge.now()
        event: Said
        if said.act in ("add", "told"):
            event = MessageReceived(conversation=conversation, contact=contact, text=said.words, sent_at=now)
        else:
            event = VerdictReceived(
                conversation=conversation, contact=contact, verdict=said.act, rating=said.rating, text=said.words,
                sent_at=now,
            )  # fmt: skip
        parts = (said.act, said.words, str(said.rating or ""), said.once)
        event_id = self._edge.key.event_id("hotline word", conversation, *parts)
        await self._note(caller, event_id, said.act, None)
        body = hashlib.sha256(DIGEST_PARTS.join(parts).encode()).digest()
        await self._edge.take(CHANNEL, event, event_id, body=body, key=None, claim=None, fingerprint=whose)

    async def _note(self, caller: Caller, event_id: str, act: str, begun: Begun | None) -> None:
        """Raises Refused (503)."""
        recorded = Recorded(self._edge.message_id(event_id), caller.call, act, await self._edge.now())
        try:
            await hotline_store.note_record(self._edge.pool, recorded, begun)
        except (TransientError, *DATABASE_AWAY) as error:
            raise Refused(503, "who recorded it could not be noted, so it was not taken") from error
