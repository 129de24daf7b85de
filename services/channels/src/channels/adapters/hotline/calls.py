"""What operators see: the form for a number, a caller's history, and what is read back.

Each look at a history is noted before it is shown.
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any
from urllib.parse import quote, urlencode

from common.contracts.catalogue import regional_instance
from common.contracts.events.channel import Contact, OtherContact
from common.contracts.events.region import CitizenAsked
from common.contracts.frozen import value
from common.contracts.notice_ids import notice_id
from common.federation.languages import N_, own_name
from common.messaging.failures import TransientError
from common.messaging.sealing import NotSealedHere
from starlette.requests import Request
from starlette.responses import Response

from channels import history_store, page_store, store
from channels.adapters.citizen_page.actions import MAX_WORDS as MAX_ADDED
from channels.adapters.citizen_page.lookup import Lookup, ToldCase
from channels.adapters.hotline import store as hotline_store
from channels.adapters.hotline.form import MAX_NAME, NEW, CallMessage
from channels.adapters.hotline.numbers import readable
from channels.adapters.hotline.sessions import CALL_LASTS
from channels.adapters.hotline.store import Call, CallerConversation
from channels.adapters.report_form.form import MAX_PLACE, MAX_WORDS
from channels.adapters.report_form.place_field import PlaceField
from channels.bodies import Refused
from channels.case_history import HistoryEntry
from channels.case_reading import read_steps
from channels.case_state import CaseState
from channels.edge import MAX_NAME as MAX_ID
from channels.edge import Edge
from channels.form_origin import origins_of
from channels.pages.language import CATALOGUES, language_of
from channels.pages.paths import HOTLINE
from channels.pages.rendering import page

log = logging.getLogger(__name__)

CHANNEL = "hotline"
MOST_OF_A_CONVERSATION, MOST_STEPS = 5, 20
"""Cases of one conversation, and steps of one case, that an operator sees: the newest."""
DONE = {
    "recorded": N_("It is recorded. Tell the caller its number: {reference}"),
    "before": N_("This form had been recorded before, and what was recorded first stands. Its number: {reference}"),
    "add": N_("What the caller added to {reference} is recorded."),
    "confirmed": N_("The caller's word on {reference} is recorded."),
    "reopened": N_("The caller's word on {reference} is recorded."),
    "withdrawn": N_("The caller's word on {reference} is recorded."),
    "told": N_("It is noted that the question about {reference} was put to the caller."),
}
"""What was done just now."""


@value
class Caller:
    """Who calls, in the call that goes on."""

    call: Call
    number: str | None

    def contact(
        self, conversation: str, language: str, name: str | None, others: tuple[OtherContact, ...] = ()
    ) -> Contact:  # fmt: skip
        """Somebody whose number is withheld is nobody who is known elsewhere."""
        address = self.number or f"anonymous {conversation}"
        return Contact(address=address, name=name, language=language, others=others or None)


@value
class Matter:
    """A case of the caller's: how it stands in words, and what may be said about it."""

    told: ToldCase
    conversation: str
    fingerprint: bytes
    language: str
    acts: frozenset[str]
    question: HistoryEntry | None
    """An official's question that was not put to the caller yet."""
    begun: datetime | None


class Calls:
    """Pages."""

    NOT_NOW = N_("This is not possible for this case, or not any more. How it stands is shown below.")

    def __init__(self, edge: Edge) -> None:
        self._edge = edge
        self.place = PlaceField(edge)
        self._lookup = Lookup(edge)
        self._sealer = edge.key.sealer("numbers of callers")
        self._portal = next(iter(origins_of(edge.settings.form_origins)), "")

    def must_be_served(self) -> None:
        """Raises Refused (404)."""
        if CHANNEL not in self._edge.channels:
            raise Refused(404, "this installation has no hotline")

    def call(self, call_id: str, operator: str, number: str | None) -> Call:
        """A new one."""
        if number is None:
            return Call(call_id, operator, None, None)
        return Call(
            call_id, operator, self._edge.key.event_id("hotline caller", number),
            self._sealer.seal_bytes(number.encode(), call_id),
        )  # fmt: skip

    async def caller(self, request: Request, operator: str) -> Caller:
        """The operator's own call; notes the look. Raises Refused (404, 503)."""
        call_id = request.path_params["call"]
        call = None
        if len(call_id) <= MAX_ID and call_id.isascii():
            call = await self._edge.query(
                partial(hotline_store.look_at, call_id=call_id, operator=operator, lasts=CALL_LASTS)
            )
        if call is None:
            raise Refused(404, "no such call of this operator's")
        log.info("call %s: %s looks at the caller's history", call.id, operator)
        try:
            number = self._sealer.open_bytes(call.sealed, call.id).decode() if call.sealed is not None else None
        except NotSealedHere as error:
            raise Refused(404, "a call from before the key was changed") from error
        if number is None and call.caller is not None:
            raise Refused(404, "a call that is over")
        return Caller(call, number)

    def link_of(self, request: Request, call_id: str, language: str, done: str = "", reference: str = "") -> str:
        chosen = language_of(request, self._edge.federation.languages, language)
        told = {"done": done, "about": reference} if done else {}
        return f"{HOTLINE}/calls/{quote(call_id)}?{urlencode({'language': chosen, **told})}"

    def asked_to_enter(self, request: Request, person: str, given: str) -> Response:
        """A pass that came from a page of an unknown site."""
        return self._page(request, "hotline_enter.html", "", person=person, given=given)

    def start(
        self, request: Request, operator: str, status: int = 200, fields: Mapping[str, str] | None = None,
        wrong: str = "",
    ) -> Response:  # fmt: skip
        """The form for the caller's number."""
        given = fields or {}
        return self._page(
            request, "hotline.html", operator, status, given.get("language", ""), number=given.get("number", ""),
            wrong=wrong,
        )  # fmt: skip

    def signed_out(self, request: Request) -> Response:
        return self._page(request, "hotline_out.html", "", 401, portal=self._portal)

    def read_back(
        self, request: Request, caller: Caller, message: CallMessage, fields: Mapping[str, str]
    ) -> Response:  # fmt: skip
        """What will be recorded, to be read to the caller."""
        language = language_of(request, self._edge.federation.languages, fields.get("language", ""))
        titles = dict(self._categories(language))
        return self._page(
            request, "hotline_read_back.html", caller.call.operator, 200, language,
            here=f"{HOTLINE}/calls/{quote(caller.call.id)}", caller=_shown(caller), message=message,
            category=titles.get(message.category or "", ""), chosen=self.place.chosen(fields, language),
            spoken=own_name(message.spoken), fields={name: fields.get(name, "") for name in NEW},
        )  # fmt: skip

    async def page(
        self, request: Request, caller: Caller, status: int = 200, fields: Mapping[str, str] | None = None,
        field: str = "", wrong: str = "",
    ) -> Response:  # fmt: skip
        """The call: its caller's history and the form for a new message. `wrong` is in English."""
        given = fields or {}
        federation, query = self._edge.federation, request.query_params
        language = language_of(request, federation.languages, given.get("language", ""))
        conversations = await self._edge.query(partial(hotline_store.conversations_of, call=caller.call))
        matters = await self._matters(conversations, language)
        known = {m.told.reference for m in matters}
        done, about = DONE.get(query.get("done", ""), ""), query.get("about", "")
        filled = {name: given.get(name, "") if "act" not in given else "" for name in NEW} | {"language": language}
        filled["once"] = filled["once"] or secrets.token_urlsafe(12)
        filled["spoken"] = filled["spoken"] or (language if language in federation.languages else "")
        filled["spoken"] = filled["spoken"] or federation.languages[0]
        return self._page(
            request, "hotline_call.html", caller.call.operator, status, language,
            here=f"{HOTLINE}/calls/{quote(caller.call.id)}", caller=_shown(caller), matters=matters, fields=filled,
            given=given, field=field, wrong=wrong, categories=self._categories(language),
            chosen=self.place.chosen(filled, language), maps=self.place.pictures(filled, language),
            spoken=[(tag, own_name(tag)) for tag in federation.languages], max_words=MAX_WORDS, max_added=MAX_ADDED,
            max_place=MAX_PLACE, max_name=MAX_NAME, on_its_way=any(c.on_its_way for c in conversations),
            refused=any(c.refused for c in conversations), done=done if about in known and not wrong else "",
            about=about, once=secrets.token_urlsafe(12),
        )  # fmt: skip

    async def matter(self, caller: Caller, reference: str) -> Matter | None:
        """The caller's case of this number; None where they have none. Raises Refused (503)."""
        conversations = await self._edge.query(partial(hotline_store.conversations_of, call=caller.call))
        found = await self._matters(conversations, self._edge.federation.languages[0])
        return next((m for m in found if m.told.reference == reference), None)

    async def note_told(self, matter: Matter, question: str) -> None:
        """The operator put an official's question to the caller. Raises Refused (503)."""
        entry = matter.question
        if entry is None or entry.event_id != question:
            return
        cause = (regional_instance(entry.region or ""), entry.event_id)
        try:
            await self._edge.was_shown(CHANNEL, notice_id(CHANNEL, entry.case_id, "asked", cause))
        except TransientError as error:
            raise Refused(503, "it could not be noted now") from error
        note = partial(
            history_store.note_shown, case_id=entry.case_id, event_ids=[entry.event_id], at=await self._edge.now()
        )
        await self._edge.query(note)

    async def _matters(self, conversations: Sequence[CallerConversation], language: str) -> list[Matter]:
        """The newest first. What is said in a conversation is about its newest case."""
        now, found = await self._edge.now(), []
        for one in conversations:
            ids = await self._edge.query(
                partial(page_store.cases_of, fingerprint=one.fingerprint, most=MOST_OF_A_CONVERSATION)
            )
            states = await self._edge.query(partial(store.states_of, case_ids=ids))
            steps = await self._edge.query(
                partial(read_steps, cases=list(states.values()), fingerprint=one.fingerprint, most=MOST_STEPS)
            )
            leads = await self._lookup.leads(states.values())
            ordered = sorted(states.values(), key=_begun)
            for case in ordered:
                told = self._lookup.told(case, steps[case.case_id], now, language, leads)
                newest = case is ordered[-1] and case.state is not None
                asked = told.standing.question if newest else None
                found.append(
                    Matter(
                        told, one.conversation, one.fingerprint, one.language, told.acts if newest else frozenset(),
                        asked if asked is not None and _unheard(asked) else None, case.begun_at,
                    )
                )  # fmt: skip
        return sorted(found, key=lambda m: m.begun.timestamp() if m.begun is not None else 0.0, reverse=True)

    def _categories(self, language: str) -> list[tuple[str, str]]:
        titled = [(c.code, c.titles.get(language, c.title)) for c in self._edge.federation.categories]
        return sorted(titled, key=lambda one: one[1].casefold())

    def _page(
        self, request: Request, name: str, operator: str, status: int = 200, language: str = "", **values: Any
    ) -> Response:
        federation = self._edge.federation
        chosen = language_of(request, federation.languages, language)
        text = CATALOGUES.of(chosen).gettext
        for said in ("wrong", "done"):
            if values.get(said):
                values[said] = text(values[said])
        return page(
            name, chosen, status, federation=federation.title, operator=operator, hotline=HOTLINE, **values
        )  # fmt: skip


def _begun(case: CaseState) -> tuple[float, str]:
    return (case.begun_at.timestamp() if case.begun_at is not None else 0.0), case.case_id


def _unheard(entry: HistoryEntry) -> bool:
    return entry.kind == CitizenAsked.type and entry.shown_at is None


def _shown(caller: Caller) -> str:
    """The caller's number as it is read aloud; empty where it is withheld."""
    return readable(caller.number) if caller.number is not None else ""
