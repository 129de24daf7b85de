"""What would become of a message: under the rules of a day, beside those of a release, a proposal or a draft."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from common.contracts.patch import Patch
from common.federation.country import Federation
from common.rulebook.category_words import channel_categories
from common.rulebook.errors import PatchConflict, ReleaseMissing, RulebookError
from common.rulebook.layers import Rulebook
from common.rulebook.message_text.simulated import SimulatedText
from common.rulebook.placement import Where, layer_for
from common.rulebook.release import NATIONAL, Release
from common.rulebook.simulation import patched, with_release
from common.rulebook.tables import TABLES
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from portal import patch_text
from portal.formats import number
from portal.gate import QuestionRefused
from portal.language import _
from portal.pages.frame import Frame, chosen, session_of
from portal.row_draft import fitted
from portal.simulation_text import Outcome, SimulationWords, outcomes

MAX_GIVEN = 200
MAX_TEXT = 1_000
"""Characters, which stand in the address: of Cyrillic ones each is six bytes there, of the 8 KiB that it may have."""
CHANNEL = "web"
"""By which the text is said to come: no rule but those for models asks."""


@dataclass(frozen=True, slots=True)
class Said:
    """A message as the page is told of it."""

    given: str
    text: str
    where: Where | None
    has_point: bool

    def read(self, country: Federation, rules: Callable[[str], Rulebook], at: datetime) -> SimulatedText | None:
        """Its words by these rules and the streets of that time; None where there are none."""
        if not self.text:
            return None
        bare = not self.given and self.where is None and not self.has_point
        return SimulatedText(self.text, country, rules, at, channel=CHANNEL, bare=bare)


@dataclass(frozen=True, slots=True)
class Beside:
    """Other rules than those in force: how they are called, and the rulebook of a region under them."""

    heading: str
    of: Callable[[str], Rulebook]
    patch: Patch | None = None
    """What makes them, where no release holds them."""


def routes(frame: Frame) -> list[BaseRoute]:
    book, federation = frame.releases.book, frame.federation
    areas = {area: region.id for region in federation.regions for area in region.areas}

    async def simulate(request: Request) -> Response:
        query = request.query_params
        given, area = query.get("given", "").strip()[:MAX_GIVEN], chosen(request, "area", areas)
        text = query.get("text", "").strip()[:MAX_TEXT]
        day, now = _day(query.get("on", "").strip()), await frame.now()
        moment = now if day is None else _end_of(day, frame)
        where, wrong = _where(frame, query.get("lat", "").strip(), query.get("lon", "").strip(), moment)
        if area:
            where, wrong = Where(area, areas[area], "named"), ""
        beside = await _beside(frame, request, moment)
        found: list[Outcome] = []
        if (given or text) and not wrong:
            said = Said(given, text, where, bool(query.get("lat", "").strip()))
            found = await asyncio.to_thread(_outcomes, frame, said, moment, day, beside)
        words = channel_categories(r for r in (book.head(NATIONAL), book.head(layer_for(where))) if r is not None)
        return await frame.page(
            request, "simulator.html", outcomes=found, given=given, text=text, most=MAX_TEXT, area=area, words=words,
            wrong=wrong, on=query.get("on", "").strip(), beside=beside, query=query, releases=_releases(frame), now=now,
        )  # fmt: skip

    return [Route("/rulebook/simulate", simulate)]


def _outcomes(frame: Frame, said: Said, moment: datetime, day: date | None, beside: Beside | None) -> list[Outcome]:
    if day is None:
        heading = _("Under the rules in force")
    else:
        heading = _("Under the rules in force at the end of {day}").format(day=frame.times.day(moment))
    asked = [Beside(heading, lambda region: frame.releases.book.in_force(region, moment))]
    if beside is not None:
        asked.append(beside)
    found, words = [], SimulationWords(frame.names, frame.words)
    for rules in asked:
        try:
            text = said.read(frame.federation, rules.of, moment)
            where = said.where
            if text is not None and where is None and not said.has_point:
                where = text.where(said.given or None, moment)
            rulebook = rules.of(layer_for(where))
        except ReleaseMissing:
            found.append(Outcome(rules.heading, cannot=_("No rules were in force yet.")))
        except PatchConflict:
            moved = _("The change does not fit the rules of that time: a row that it changes says something else.")
            found.append(Outcome(rules.heading, cannot=moved))
        except RulebookError as error:
            unreadable = _("The rules could not be read: {reason}").format(reason=error)
            found.append(Outcome(rules.heading, cannot=unreadable))
        else:
            found += outcomes(rules.heading, rulebook, said.given, where, said.has_point, words, rules.patch, text)
    return found


async def _beside(frame: Frame, request: Request, moment: datetime) -> Beside | None:
    """The other rules that the address names; None where it names none. Raises QuestionRefused."""
    query, book = request.query_params, frame.releases.book
    if name := query.get("release", "").strip():
        release = next((r for r in _releases(frame) if f"{r.layer}:{r.number}" == name), None)
        if release is None:
            raise QuestionRefused(_("There is no such release. Choose one on the page."))
        heading = _("Under release {number} of the rules of {layer}").format(
            number=number(release.number), layer=frame.names.layer(release.layer)
        )
        return Beside(heading, lambda region: with_release(book, region, moment, release))
    if name := query.get("proposal", "").strip():
        proposal = await frame.reader.item("proposal", name)
        patch = patch_text.patch_of(proposal.data) if proposal is not None else None
        if proposal is None or patch is None:
            raise QuestionRefused(_("There is no such proposal, or it says no rows."))
        title = frame.proposals.title(proposal.data)
        return _with_patch(frame, _("With the proposal “{title}”").format(title=title), moment, patch)
    if name := query.get("draft", "").strip():
        layer, _slash, table = name.partition("/")
        session, base = session_of(request), book.head(layer)
        if session is None or base is None or table not in TABLES:
            raise QuestionRefused(_("There is no such draft of yours. Sign in, or open the editor again."))
        kept = await frame.sessions.rule_drafts.of(session.actor.id, layer, table)
        draft = await asyncio.to_thread(fitted, base, table, kept.changes)
        return _with_patch(frame, _("With the changes of your draft"), moment, draft.patch)
    return None


def _with_patch(frame: Frame, heading: str, moment: datetime, patch: Patch) -> Beside:
    return Beside(heading, lambda region: patched(frame.releases.book, region, moment, patch), patch)


def _releases(frame: Frame) -> list[Release]:
    book = frame.releases.book
    return [r for layer in (NATIONAL, *(r.id for r in frame.federation.regions)) for r in book.releases(layer)]


def _day(text: str) -> date | None:
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise QuestionRefused(_("Choose a date, such as 2026-03-31.")) from error


def _end_of(day: date, frame: Frame) -> datetime:
    try:
        return datetime.combine(day, time(), frame.zone) + timedelta(days=1, microseconds=-1)
    except OverflowError as error:
        raise QuestionRefused(_("Choose a date, such as 2026-03-31.")) from error


def _where(frame: Frame, lat: str, lon: str, moment: datetime) -> tuple[Where | None, str]:
    """Where a point lies, and what is wrong with the point as it was typed."""
    if not lat and not lon:
        return None, ""
    try:
        point = float(lat.replace(",", ".")), float(lon.replace(",", "."))
    except ValueError:
        return None, _("A point is two numbers, such as 42.36 and -71.06.")
    if not (abs(point[0]) <= 90 and abs(point[1]) <= 180):
        return None, _("A latitude lies between -90 and 90, a longitude between -180 and 180.")
    found = frame.federation.locate(*point, moment)
    return (Where(found.area, found.region, found.border_set) if found is not None else None), ""
