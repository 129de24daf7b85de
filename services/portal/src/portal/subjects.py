"""What a change is about and what a page shows, in the same names: `case:<id>`, `proposal`, `cases` and so on."""

from __future__ import annotations

from common.contracts.delivery import Delivery
from common.contracts.events.clock import TimeCorrected
from common.contracts.events.deliberation import (
    ObjectionAnswered,
    SpeakersJoined,
    VoiceCounted,
    VoiceModerated,
    VoicesJudged,
)
from common.contracts.events.rules import StepRecorded

from portal.case_fold import CASE_TYPES, case_of
from portal.change_signal import EVERYTHING
from portal.item_fold import item_key

PAGES = {
    "/": (EVERYTHING,),
    "/cases": ("cases", "warning", "finding"),
    "/regions": ("cases",),
    "/values": ("mirror",),
    "/rulebook": ("rulebook",),
    "/proposals": ("proposal", "idea"),
    "/ideas": ("idea",),
    "/consents": ("proposal", "consent"),
    "/proposers": ("proposal",),
    "/loops": ("loop", "record", "finding", "proposal"),
    "/prevention": ("prevention",),
    "/warnings": ("warning",),
    "/triage": ("triage", "dispute"),
    "/operations": ("dead_letter", "delivery", "directive", "finding", "refusal"),
}
"""By the page's address."""

ON_ITS_PROPOSAL = ("backtest", "trial")
"""Kinds of items that stand on the page of their proposal."""


def case_subject(case_id: str) -> str:
    return f"case:{case_id}"


def subjects_of(delivery: Delivery) -> set[str]:
    """What a record changes on pages."""
    event = delivery.event
    found: set[str] = set()
    if type(event) in CASE_TYPES and (case_id := case_of(delivery)) is not None:
        found |= {"cases", case_subject(case_id)}
    if (key := item_key(event)) is not None:
        found |= {f"proposal:{key[1]}"} if key[0] in ON_ITS_PROPOSAL else {key[0], f"{key[0]}:{key[1]}"}
    if isinstance(event, VoiceCounted | VoicesJudged | ObjectionAnswered | VoiceModerated | SpeakersJoined):
        found.add(f"proposal:{event.proposal_id}")
    if isinstance(event, StepRecorded):
        found.add("rulebook")
    if isinstance(event, TimeCorrected):
        found.add("warning")
    return {name for name in found if " " not in name}


def shown_at(path: str) -> tuple[str, ...]:
    """What the page at this address shows; nothing for pages that do not change."""
    if path.startswith("/loops/"):
        return PAGES["/loops"]
    proposal = path.removeprefix("/proposals/")
    return (f"proposal:{proposal}",) if proposal != path and "/" not in proposal else PAGES.get(path, ())
