"""How the cases of a citizen's page stand, told by a bot to whoever came by the page's link into the messenger."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from common.contracts.reference import reference_of
from common.federation.languages import local_moment

from channels import page_store, store
from channels.adapters.citizen_page.standing import Standing, standing
from channels.bots.words import BEING_REGISTERED, DUE, LATE, MORE_CASES, STANDS, YOUR_REPLY, said, spoken_in
from channels.case_reading import read_steps
from channels.case_state import CaseState
from channels.citizen_page import fingerprint_in
from channels.edge import Edge

MOST_CASES = 5
FEW_STEPS = 10
"""Read of each case, beside those that say how it stands."""


class Following:
    """Tells what a page tells, in few words."""

    def __init__(self, edge: Edge) -> None:
        self._edge = edge

    async def told(self, link: str, language: str | None) -> str | None:
        """In the reader's language; None where the link is of no page of ours. Raises Refused (503)."""
        known_by = fingerprint_in(link)
        if known_by is None:
            return None
        kept = await self._edge.query(partial(page_store.page_of, fingerprint=known_by))
        if kept is None:
            return None
        newest = partial(page_store.cases_of, fingerprint=known_by, most=MOST_CASES + 1)
        states = await self._edge.query(partial(store.states_of, case_ids=await self._edge.query(newest)))
        known = {name: case for name, case in states.items() if case.state is not None}
        if not known:
            return self._said(BEING_REGISTERED, language)
        told = list(known.values())[:MOST_CASES]
        steps = await self._edge.query(partial(read_steps, cases=told, fingerprint=known_by, most=FEW_STEPS))
        now = await self._edge.now()
        lines = [self._line(case, standing(case.state, steps[case.case_id].known, now), language) for case in told]
        more = [self._said(MORE_CASES, language)] if len(states) > MOST_CASES else []
        return "\n".join(lines + more)

    def _line(self, case: CaseState, stands: Standing, language: str | None) -> str:
        words = STANDS.get(case.state or "", STANDS["in_work"])
        if stands.question is not None or stands.choices:
            words = YOUR_REPLY
        due = {"running": DUE, "late": LATE}.get(stands.timing)
        text = self._said(words, language)
        if due is not None and stands.due_at is not None:
            text = f"{text} {self._said(due, language)}"
        return text.format_map(self._facts(case, stands, language))

    def _facts(self, case: CaseState, stands: Standing, language: str | None) -> Mapping[str, str]:
        federation = self._edge.federation
        zone, spoken = federation.zone(case.region), spoken_in(language, federation.languages)
        return {
            "reference": case.reference,
            "other": reference_of(case.into_case) if case.into_case else "",
            "due": local_moment(stands.due_at, zone, spoken) if stands.due_at is not None else "",
        }

    def _said(self, text: str, language: str | None) -> str:
        return said(text, language, self._edge.federation.languages)
