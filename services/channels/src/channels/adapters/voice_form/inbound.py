"""Forms of people without an account: the page of a form, what is sent by it, and the page of what became of that.

Who speaks is told by the address in the form, as in messages of this channel. The first form from an address about
a proposal begins a conversation, whose secret is in a cookie of that browser and in the link of the answer; who goes on
has one of them. So nobody who merely knows an address changes what was said from it.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping
from functools import partial
from typing import Any
from urllib.parse import quote

from common.contracts.events.channel import Contact, VoiceReceived
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from channels import store
from channels.adapters.voice_form.form import APPEAL, JUDGE, OTHER_ADDRESS, Spoken, reference_of_form, spoken
from channels.adapters.voice_form.language import CATALOGUES, language_of
from channels.adapters.voice_form.problem_text import problem_text
from channels.adapters.voice_form.rendering import page
from channels.adapters.voice_form.state_text import state_text
from channels.bodies import Refused, must_be, parse_form, read_body
from channels.edge import Edge, OthersConversation, source_of
from channels.edge_key import fingerprint
from channels.form_fields import FormWrong
from channels.form_origin import must_be_ours, origins_of
from channels.pages.rendering import with_headers
from channels.store import Claim

CHANNEL = "web"
PATH = "/speak"
FORM = f"{PATH}/voice"
KEPT_SECONDS = 180 * 24 * 3600
"""How long a browser keeps the secret of a conversation."""
FIELDS = ("proposal", "stance", "words", "address", "once", "key", "language")


class Inbound:
    """Pages and forms."""

    def __init__(self, edge: Edge) -> None:
        self._edge = edge
        self._origins = origins_of(edge.settings.form_origins)
        self.common: dict[str, Any] = {
            "federation": edge.federation.title, "path": PATH, "form": FORM, "appeal": APPEAL, "judge": JUDGE,
            "proposals": f"{self._origins[0]}/proposals" if self._origins else "",
        }  # fmt: skip

    async def form(self, request: Request) -> Response:
        """An empty form: on a proposal, or for a wish."""
        given = {"proposal": request.query_params.get("proposal", "")}
        try:
            reference_of_form(given["proposal"])
        except FormWrong as wrong:
            return self._form(request, given, 404, wrong.field, str(wrong))
        return self._form(request, given)

    async def speak(self, request: Request) -> Response:
        """A form that was sent: published, and answered with the page of what becomes of it."""
        fields: dict[str, str] = {}
        try:
            self._must_be_served()
            must_be(request, "application/x-www-form-urlencoded")
            body = await read_body(request)
            with self._edge.places.one(source_of(request)):
                fields = {name: text for name, text in parse_form(body) if name in FIELDS}
                said = spoken(fields)
                must_be_ours(request, self._origins)
                return await self._take(request, said, fields)
        except FormWrong as wrong:
            return self._form(request, fields, 422, wrong.field, str(wrong))
        except OthersConversation:
            return self._form(request, fields, 409, "address", problem_text(409))
        except Refused as refused:
            words = problem_text(refused.status, refused.limit)
            return with_headers(self._form(request, fields, refused.status, "", words), refused)

    async def told(self, request: Request) -> Response:
        """What became of a voice, for whoever has its link."""
        name, secret = request.path_params["id"], request.path_params["secret"]
        language = language_of(request, self._edge.federation.languages)
        posted = await self._edge.ask(partial(store.was_posted, fingerprint=fingerprint(secret)), name)
        if posted is None:
            return page("problem.html", language, 404, words=problem_text(404), **self.common)
        self._edge.limits.read(fingerprint(secret))
        found = await self._edge.ask(partial(store.message_state, fingerprint=fingerprint(secret)), name)
        state = None if found is None else str(found["state"])
        about = request.query_params.get("about", "")
        try:
            reference = reference_of_form(about)
        except FormWrong:
            reference = None
        return page(
            "told.html", language, said=state_text(state, reference), state=state, about=reference,
            noted=found["proposal"] if found is not None and reference is None else None,
            again=f"{PATH}/{quote(name)}/{quote(secret)}?{self._query(reference, language)}",
            fields=self._fields({"key": secret, "proposal": reference or ""}, language), field="", wrong="",
            **self.common,
        )  # fmt: skip

    async def _take(self, request: Request, said: Spoken, fields: Mapping[str, str]) -> Response:
        edge, keys = self._edge, self._edge.key
        conversation = keys.event_id("form conversation", said.person, said.proposal or said.once)
        own, cookie = keys.secret(CHANNEL, conversation), f"otklik_voice_{conversation[:13]}"
        key, kept = fields.get("key", ""), request.cookies.get(cookie, "")
        if key and not keys.fits(key, CHANNEL, conversation):
            raise FormWrong("address", OTHER_ADDRESS)
        goes_on = bool(key) or keys.fits(kept, CHANNEL, conversation)
        language = language_of(request, edge.federation.languages, fields.get("language", ""))
        event = VoiceReceived(
            conversation=conversation, contact=Contact(address=said.address, language=language),
            proposal=said.proposal, stance=said.stance, text=said.words, sent_at=await edge.now(),
        )  # fmt: skip
        parts = (said.proposal or "", said.stance or "", said.words, said.once)
        event_id = keys.event_id("form", conversation, *parts)
        whose = fingerprint(own)
        claim = None if goes_on else Claim(whose, event_id)
        await edge.take(
            CHANNEL, event, event_id, body=hashlib.sha256("\0".join(parts).encode()).digest(), key=None, claim=claim,
            fingerprint=whose,
        )  # fmt: skip
        where = f"{PATH}/{quote(edge.message_id(event_id))}/{own}?{self._query(said.proposal, language)}"
        answer = RedirectResponse(where, 303, {"Cache-Control": "no-store", "Referrer-Policy": "same-origin"})
        answer.set_cookie(
            cookie, own, max_age=KEPT_SECONDS, path=PATH, httponly=True, samesite="lax",
            secure=request.url.scheme == "https",
        )  # fmt: skip
        return answer

    def _must_be_served(self) -> None:
        if CHANNEL not in self._edge.channels:
            raise Refused(404, "this installation has no web channel")

    def _form(
        self, request: Request, fields: Mapping[str, str], status: int = 200, field: str = "", wrong: str = ""
    ) -> Response:
        """The form with what was typed; `wrong` is in English, and marked at its field."""
        language = language_of(request, self._edge.federation.languages, fields.get("language", ""))
        answer = page(
            "form.html", language, status, fields=self._fields(fields, language), field=field,
            wrong=CATALOGUES.of(language).gettext(wrong) if wrong else "", **self.common,
        )  # fmt: skip
        if status in (429, 503):
            answer.headers["retry-after"] = "1"
        return answer

    def _fields(self, given: Mapping[str, str], language: str) -> dict[str, str]:
        """Every field of a form; one that is not the reader's to fill is made anew."""
        kept = {name: given.get(name, "") for name in FIELDS}
        return kept | {"once": kept["once"] or secrets.token_urlsafe(12), "language": language}

    def _query(self, about: str | None, language: str) -> str:
        named = f"about={quote(about)}&" if about is not None else ""
        return f"{named}language={language}"
