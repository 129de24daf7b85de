"""A citizen's own page, for whoever has its link: how their cases stand and what was done.

A question that the page shows has reached its citizen, which intake is told.
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any

from common.contracts.catalogue import regional_instance
from common.contracts.events.region import CitizenAsked
from common.contracts.frozen import value
from common.contracts.notice_ids import notice_id
from common.contracts.reference import reference_of
from common.federation.languages import N_, local_moment
from common.messaging.failures import TransientError
from common.messaging.sealing import NotSealedHere
from starlette.requests import Request
from starlette.responses import Response

from channels import history_store, page_store, store
from channels.adapters.citizen_page.actions import MAX_WORDS, possible
from channels.adapters.citizen_page.standing import Standing, standing, under_another
from channels.adapters.citizen_page.story import RATED, Line, line_of
from channels.attachments import store as attachments
from channels.attachments.routes import shown
from channels.attachments.store import OwnFile
from channels.bodies import Refused
from channels.bots.links import BotNames, links
from channels.bots.words import ANOTHER_MATTER
from channels.case_history import HistoryEntry
from channels.case_reading import read_older, read_steps
from channels.case_state import CaseState
from channels.case_steps import CaseSteps
from channels.citizen_page import PageOwner, code_of, owner_of
from channels.edge import MAX_NAME, Edge
from channels.edge_key import fingerprint
from channels.page_store import KeptPage
from channels.pages.language import CATALOGUES, language_of
from channels.pages.paths import CITIZEN
from channels.pages.rendering import page
from channels.pages.sent_form import FILES, names_of

log = logging.getLogger(__name__)

MOST_CASES = 10
"""Of a page; the others are a link away."""
DONE = {
    "sent": N_("Your report has arrived. This page is yours: keep its address."),
    "before": N_("This form had been sent before, and what was sent first stands. What you changed you may add here."),
    "add": N_("What you added has been sent. It stands below in a few seconds."),
    "confirmed": N_("Thank you. Your word has been sent; it stands below in a few seconds."),
    "reopened": N_("Your word has been sent; it stands below in a few seconds."),
    "withdrawn": N_("Your word has been sent; it stands below in a few seconds."),
    "same": N_("Your word has been sent; it stands below in a few seconds."),
    "apart": N_("Your word has been sent; it stands below in a few seconds."),
    "erase": N_("You asked that everything about you be erased. It is done in a few seconds; then this page is gone."),
}
"""What was sent just now."""


@value
class Reader:
    """Whoever has a page's link."""

    secret: str
    fingerprint: bytes
    kept: KeptPage
    owner: PageOwner


@value
class ToldLine:
    """A line of the history in the reader's words."""

    at: str
    moment: str
    """For machines."""
    mark: str
    text: str
    words: str


@value
class ToldCase:
    """A case as its page tells of it."""

    reference: str
    state: str | None
    standing: Standing
    due: str
    acts: frozenset[str]
    lines: Sequence[ToldLine]
    choices: Sequence[str]
    """Titles of the categories of which the citizen is asked to say one."""
    id: str
    older: str | None
    """The step before which there are more; None where all are here."""
    goes_on_under: str
    """The number of the case that it was joined to; empty for none."""


@value
class ToldFile:
    """A file that the citizen gave."""

    id: str
    media_type: str
    thumbnail: bool
    opened: Sequence[tuple[str, str]]
    """Who opened it, and when."""


class Lookup:
    """Pages."""

    def __init__(self, edge: Edge) -> None:
        self._edge = edge
        settings = edge.settings
        self._bots = BotNames(
            telegram=settings.telegram_name if settings.telegram_token is not None else "",
            vk_group=settings.vk_group if settings.vk_token is not None else None,
            max=settings.max_name if settings.max_token is not None else "",
        )

    async def get(self, request: Request) -> Response:
        """The page."""
        return await self.page(request, await self.reader(request))

    async def reader(self, request: Request) -> Reader:
        """Raises Refused (404, 503)."""
        secret = request.path_params["secret"]
        known_by = fingerprint(secret)
        kept = await self._edge.query(partial(page_store.page_of, fingerprint=known_by)) if _may_be(secret) else None
        if kept is None:
            raise Refused(404, "no such page")
        try:
            return Reader(secret, known_by, kept, owner_of(kept.sealed, secret))
        except NotSealedHere as error:
            raise Refused(404, "no such page") from error

    async def file(self, request: Request) -> Response:
        """A file that was given on this page, or with the report."""
        reader = await self.reader(request)
        self._edge.limits.read(reader.fingerprint)
        kept = await self._edge.attachments.for_citizen(request.path_params["id"], reader.fingerprint)
        return await shown(self._edge.attachments, request, kept)

    def language(self, request: Request, fields: Mapping[str, str]) -> str:
        return language_of(request, self._edge.federation.languages, fields.get("language", ""))

    async def page(
        self, request: Request, reader: Reader, status: int = 200, fields: Mapping[str, str] | None = None,
        field: str = "", wrong: str = "",
    ) -> Response:  # fmt: skip
        """`wrong` is in English and belongs to the form `field` of the page."""
        self._edge.limits.read(reader.fingerprint)
        given = fields or {}
        language, done = self.language(request, given), DONE.get(request.query_params.get("done", ""), "")
        earlier = await self._case(reader, request.query_params.get("before", ""))
        found = await self._edge.query(
            partial(page_store.cases_of, fingerprint=reader.fingerprint, most=MOST_CASES + 1, before=earlier)
        )
        shown = found[:MOST_CASES]
        states = await self._edge.query(partial(store.states_of, case_ids=shown))
        steps = await self._edge.query(
            partial(read_steps, cases=list(states.values()), fingerprint=reader.fingerprint)
        )  # fmt: skip
        files = await self._edge.query(
            partial(attachments.of_cases, case_ids=_with_leads(states), fingerprint=reader.fingerprint)
        )
        now, text = await self._edge.now(), CATALOGUES.of(language).gettext
        leads = await self.leads(states.values())
        cases = [
            self.told(case, steps[case.case_id], now, language, leads)
            for case in states.values()
            if case.state is not None
        ]
        answer = page(
            "citizen.html", language, status, federation=self._edge.federation.title, cases=cases,
            earlier=earlier is not None, older_cases=shown[-1] if len(found) > MOST_CASES else "",
            full_until=self._full_until(reader, now, language), call=reader.kept.call,
            on_its_way=reader.kept.on_its_way or not cases, refused=reader.kept.refused, max_words=MAX_WORDS,
            here=f"{CITIZEN}/{reader.secret}", done=text(done) if done and not wrong else "", field=field,
            wrong=text(wrong) if wrong else "", given=given, once=given.get("once") or secrets.token_urlsafe(12),
            first=not cases, files=[self._file(one, language) for one in files],
            which_case=reader.kept.which_case, another_matter=ANOTHER_MATTER,
            erasure_waits=reader.kept.erasure_waits, attached=len(names_of(dict(given))), names=given.get(FILES, ""),
            takes_files=self._edge.attachments.kept_here, messengers=links(self._bots, code_of(reader.fingerprint)),
        )  # fmt: skip
        if request.method == "GET":
            await self._note_questions(reader, states, [one for each in steps.values() for one in each.known])
        return answer

    async def steps(self, request: Request) -> Response:
        """What happened of one case before what the page shows of it."""
        reader, language = await self.reader(request), self.language(request, {})
        self._edge.limits.read(reader.fingerprint)
        case = await self._case(reader, request.path_params["case"])
        before = request.query_params.get("before", "")
        found = None
        if case is not None and _may_be(before):
            found = await self._edge.query(
                partial(read_older, case=case, fingerprint=reader.fingerprint, before=before)
            )  # fmt: skip
        if case is None or found is None:
            raise Refused(404, "no such step")
        entries, older = found
        return page(
            "citizen_steps.html", language, federation=self._edge.federation.title, reference=case.reference,
            lines=[self._line(line, language, case.region) for e in entries if (line := line_of(e)) is not None],
            older=older, id=case.case_id, here=f"{CITIZEN}/{reader.secret}",
        )  # fmt: skip

    def _full_until(self, reader: Reader, now: datetime, language: str) -> str:
        """Until when no more is taken today; empty where more is."""
        until = reader.kept.full_until
        if until is None or until <= now:
            return ""
        return local_moment(until, self._edge.federation.zone(None), language)

    async def _case(self, reader: Reader, case_id: str) -> CaseState | None:
        """One of the page's cases; None for an id that is of none."""
        if not case_id or not _may_be(case_id):
            return None
        return await self._edge.query(
            partial(page_store.case_of, fingerprint=reader.fingerprint, case_id=case_id)
        )  # fmt: skip

    async def leads(self, cases: Iterable[CaseState]) -> Mapping[str, CaseState]:
        """How the cases stand under which these go on, by their ids. Raises Refused (503)."""
        ids = sorted({case.into_case for case in cases if case.into_case})
        return await self._edge.query(partial(store.states_of, case_ids=ids)) if ids else {}

    def told(
        self, case: CaseState, steps: CaseSteps, now: datetime, language: str, leads: Mapping[str, CaseState]
    ) -> ToldCase:  # fmt: skip
        """A case in words; `leads` as above."""
        stands, lead = standing(case.state, steps.known, now), leads.get(case.into_case or "")
        if case.state == "joined" and lead is not None:
            stands = under_another(lead.state, steps.lead, now)
        lines = [line for entry in steps.shown if (line := line_of(entry)) is not None]
        zone = self._edge.federation.zone(case.region)
        return ToldCase(
            reference=case.reference, state=case.state, standing=stands,
            due=local_moment(stands.due_at, zone, language) if stands.due_at is not None else "",
            acts=possible(
                case.state, lead.state if lead is not None else None, may_be_known=stands.may_be_known is not None
            ),
            lines=[self._line(line, language, case.region) for line in lines],
            choices=self._titles(stands.choices, language),
            id=case.case_id, older=steps.older,
            goes_on_under=reference_of(case.into_case) if case.into_case else "",
        )  # fmt: skip

    def _file(self, one: OwnFile, language: str) -> ToldFile:
        zone, federation = self._edge.federation.timezone, self._edge.federation
        opened = []
        for person, at in one.opened:
            authority = federation.authority(person.rpartition(":")[2])
            who = authority.title if authority is not None else person
            opened.append((who, local_moment(at, zone, language)))
        return ToldFile(one.id, one.media_type, one.thumbnail, opened)

    def _line(self, line: Line, language: str, home: str | None) -> ToldLine:
        federation, text = self._edge.federation, CATALOGUES.of(language).gettext
        zone = federation.zone(line.region or home)
        authority = federation.authority(line.authority)
        named: dict[str, Any] = {
            "authority": authority.title if authority is not None else line.authority, "other": line.other,
            "due": local_moment(line.due_at, zone, language) if line.due_at is not None else "", "rating": line.rating,
            "metres": line.metres,
        }  # fmt: skip
        said = text(line.step.text).format(**named)
        if line.rating is not None:
            said = f"{said} {text(RATED).format(**named)}"
        return ToldLine(
            at=local_moment(line.at, zone, language), moment=line.at.isoformat(), mark=line.step.mark, text=said,
            words=line.words or ", ".join(self._titles(line.choices, language)),
        )  # fmt: skip

    def _titles(self, codes: Sequence[str], language: str) -> list[str]:
        federation = self._edge.federation
        titles = {c.code: c.titles.get(language, c.title) for c in federation.categories}
        return [titles.get(code, code) for code in codes]

    async def _note_questions(
        self, reader: Reader, states: Mapping[str, CaseState], entries: Sequence[HistoryEntry]
    ) -> None:
        """Tell intake of the questions that are shown here for the first time; what fails is tried at the next look."""
        asked = [
            e for e in entries if e.kind == CitizenAsked.type and e.shown_at is None and e.case_id in states
        ]  # fmt: skip
        try:
            for entry in asked:
                cause = (regional_instance(entry.region or ""), entry.event_id)
                await self._edge.was_shown(
                    reader.owner.channel, notice_id(reader.owner.channel, entry.case_id, "asked", cause)
                )  # fmt: skip
                note = partial(
                    history_store.note_shown, case_id=entry.case_id, event_ids=[entry.event_id],
                    at=await self._edge.now(),
                )  # fmt: skip
                await self._edge.query(note)
        except (TransientError, Refused) as error:
            log.warning("a question was shown and its receipt is not sent yet: %s", error)


def _with_leads(cases: Mapping[str, CaseState]) -> list[str]:
    """The ids of cases, and of those that they go on under."""
    return sorted({*cases, *(one.into_case for one in cases.values() if one.into_case is not None)})


def _may_be(secret: str) -> bool:
    return len(secret) <= MAX_NAME and secret.isascii() and secret.isprintable()
