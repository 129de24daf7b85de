"""How a federation calls its regions, authorities, categories and channels; ids stand in where it has no name."""

from __future__ import annotations

from common.federation.country import Federation
from common.rulebook.release import NATIONAL

from portal.language import N_, _

ROLES = {
    "citizen": N_("citizen"),
    "desk": N_("desk of an authority"),
    "operator": N_("operator"),
    "regional_head": N_("head of a region"),
    "federal": N_("federal centre"),
    "loop": N_("loop"),
    "system": N_("system"),
    "installation": N_("operator of the installation"),
}

STATES = {
    "triage": N_("waiting in triage"),
    "assigned": N_("assigned"),
    "accepted": N_("accepted"),
    "in_work": N_("in work"),
    "answered": N_("answered"),
    "confirmed": N_("confirmed"),
    "waiting": N_("waiting for the citizen"),
    "deferred": N_("deferred"),
    "joined": N_("joined to another case"),
    "declined": N_("declined"),
    "withdrawn": N_("withdrawn"),
    "handed_over": N_("handed over"),
    "thanked": N_("thanks, no case"),
    "divided": N_("divided into several cases"),
}
"""States of a case, as people read them."""
TRIAGE_REASONS = {
    "no_place": N_("it names no place"),
    "outside_every_region": N_("its place lies outside every region"),
    "unknown_category": N_("no rule knows what it is about"),
    "no_authority": N_("no rule names an authority for it"),
    "confirm": N_("a rule asks a person to confirm this kind"),
}
"""Why a message waits in triage."""
MATTERS = {
    "emergency": N_("emergency"),
    "abuse": N_("may be abuse"),
    "spam": N_("may be spam"),
    "thanks": N_("thanks"),
}
"""What a message's words show beside what it is about."""
NOTICES = {
    "registered": N_("the receipt"),
    "answered": N_("the answer"),
    "extended": N_("word of the extension"),
    "escalated": N_("word of the delay"),
    "refused": N_("word of the refusal"),
    "added": N_("word that the message was added"),
    "changed": N_("word that the message was changed"),
    "taken_back": N_("word that the message was taken back"),
    "added_to_answered": N_("word that the message was added to an answered case"),
    "added_to_closed": N_("word that the message was added to a closed case"),
    "emergency": N_("word where to call in an emergency"),
    "thanked": N_("word that the thanks are passed on"),
    "divided": N_("word that its parts are cases of their own"),
    "day_full": N_("word that a day's messages are used up"),
    "limited": N_("word that it is closed as one of several like it"),
    "beside": N_("word that it is a case of its own"),
    "which_case": N_("the question which case it is about"),
    "resumed": N_("word that work goes on"),
    "transferred": N_("word of the hand-over"),
    "handed_over": N_("word of the hand-over to another region"),
    "deferred": N_("word that work is put off"),
    "asked": N_("the question"),
    "clarify": N_("the question what it is about"),
    "reminded": N_("the question once more"),
    "reminded_closing": N_("the question once more"),
    "went_on": N_("word that work goes on without the reply"),
    "closed_unheard": N_("word that it is closed for want of a reply"),
    "joined": N_("word of the joined case"),
    "may_be_known": N_("the question whether it is a known case"),
    "many_reports": N_("word of an early warning"),
    "many_reports_over": N_("word that an early warning is over"),
    "head_of_warning": N_("word of an early warning to the head of the authority"),
    "head_of_wide_warning": N_("word of an early warning to the head of the authority"),
    "head_of_no_warning": N_("word to the head of the authority that an early warning is taken back"),
    "head_of_shortfall": N_("word of coming missed deadlines to the head of the authority"),
    "kept_apart": N_("word that it goes on by itself"),
    "join_refused": N_("word that it goes on by itself"),
    "declined": N_("word that it is not dealt with"),
    "unplaced": N_("word that it is not dealt with"),
    "confirmed": N_("thanks for the confirmation"),
    "reopened": N_("word that it is open again"),
    "confirmed_by_other": N_("word that another citizen confirmed the answer"),
    "reopened_by_other": N_("word that another citizen had it opened again"),
    "withdrawn": N_("word that it is closed"),
    "joined_withdrawn": N_("word that the joined case is closed"),
    "verdict_refused": N_("word that the verdict changes nothing"),
    "message_refused": N_("word that the message was not added"),
    "attachments": N_("word about the attachments"),
    "said_again": N_("what another channel could not deliver"),
    "said_again_unasked": N_("what another channel could not deliver, to an address that was given"),
    "erased": N_("the last word before the erasure"),
    "original_opened": N_("word that an original was opened"),
    "erasure_waits": N_("word that the erasure waits"),
    "link_asked": N_("word that a code was sent elsewhere"),
    "link_code": N_("the code that links two channels"),
    "link_wrong": N_("word that the code is wrong"),
    "linked": N_("word that two channels are linked"),
    "link_ended": N_("word that two channels are not linked any more"),
    "address_code": N_("the code that confirms another address"),
    "address_asked": N_("word that another address is to be confirmed"),
    "address_unused": N_("word that another address is not used"),
    "address_proved": N_("word that another address is confirmed"),
    "address_ended": N_("word that another address is not confirmed"),
    "corrected": N_("the correction"),
}
"""What the citizen was told, by the kind of notice."""
OTHER_ADDRESSES = {
    "unproved": N_("The citizen gave an address for {channel} too. It is not confirmed: nothing is told there yet."),
    "unused": N_("The citizen gave an address for {channel} too. It is not used: no code can be sent there."),
    "proved": N_("The citizen confirmed by a code the address for {channel}."),
}
"""How another address stands that the citizen gave."""


OTHER_STATES = (
    N_("checked"), N_("refused"), N_("accepted"), N_("rejected"), N_("withdrawn"), N_("returned"), N_("adopted"),
    N_("kept"), N_("open"), N_("closed"),
)  # fmt: skip
"""States of proposals and directives, which stand for themselves."""
VALUES = {
    "timeliness": N_("timeliness: answers come in time"),
    "resolution": N_("resolution: problems are really solved"),
    "effort": N_("effort: cases pass through fewer hands"),
    "satisfaction": N_("satisfaction: citizens are content with the answer"),
    "equity": N_("equity: like cases are treated alike everywhere"),
}
"""The declared aims that proposals serve."""
OTHER_WORDS = (
    N_("timeliness"), N_("resolution"), N_("effort"), N_("satisfaction"), N_("equity"), N_("finding"), N_("alarm"),
    N_("capacity"), N_("shortfall"), N_("confused"), N_("refused suggestions spared"), N_("duplicates suggested"),
    N_("proposed"), N_("clarify"), N_("kept"), N_("practice"),
    N_("stopped"), N_("measure"), N_("place"), N_("category"), N_("area"),
    N_("authority"), N_("region"), N_("state"), N_("layer"), N_("transferred"), N_("overdue"), N_("open"),
    N_("reopened"), N_("cases"), N_("text"), N_("language"), N_("resumed"), N_("transfers avoided"),
    N_("percent answered in time"), N_("late cases avoided"), N_("reopened cases avoided"),
    N_("poorly rated cases avoided"),
    N_("review"), N_("not taken back"), N_("too bold"), N_("too narrow"), N_("too wide"),
)  # fmt: skip
"""What records hold as a name and pages show as a word: values, kinds of findings, what a message lacks, measures."""


class Names:
    def __init__(self, federation: Federation) -> None:
        self._federation = federation
        self._channels = {c.id: c.title for c in federation.channels}
        self._people = {p.id: p for p in federation.people}

    def region(self, name: str | None) -> str:
        found = self._federation.region(name or "")
        return found.title if found else (name or "")

    def authority(self, name: str | None) -> str:
        found = self._federation.authority(name or "")
        return found.title if found else (name or "")

    def category(self, code: str | None) -> str:
        return self._federation.category_title(code)

    def channel(self, name: str | None) -> str:
        return self._channels.get(name or "", name or "")

    def value(self, name: str) -> str:
        """A declared aim, with what it means."""
        return _(VALUES[name]) if name in VALUES else name

    def state(self, name: str | None) -> str:
        return _(STATES.get(name or "", (name or "").replace("_", " "))) if name else ""

    def states(self) -> list[tuple[str, str]]:
        """Each state of a case with its words."""
        return [(name, _(words)) for name, words in STATES.items()]

    def role(self, name: str) -> str:
        return _(ROLES.get(name, name))

    def actor(self, name: str | None) -> str:
        """`desk:yard-06` as `Street yard 06 (desk)`; ids of people as they are."""
        kind, _colon, rest = (name or "").partition(":")
        if kind == "desk" and rest:
            return _("{authority} (desk)").format(authority=self.authority(rest))
        known = {
            "system": _("the system"),
            "citizen": _("the citizen"),
            "clock": _("the clock"),
            "routing": _("the rules"),
        }
        return known.get(name or "") or self._person(name or "") or self.authority(name)

    def knows(self, actor: str) -> bool:
        """Whether an actor is an office, an authority or a part of the system, and not only an id."""
        return self.actor(actor) != actor

    def _person(self, name: str) -> str | None:
        """A person of the federation by the office; None for anybody else."""
        person = self._people.get(name)
        if person is None:
            return None
        offices = {
            "federal": _("the federal centre"),
            "regional_head": _("the head of the region {place}"),
            "operator": _("an operator of {place}"),
        }
        place = self.region(person.scope) if person.scope != "*" else self._federation.title
        return offices[person.role].format(place=place) if person.role in offices else None

    def layer(self, name: str) -> str:
        """Whose rules they are: `the nation`, or a region."""
        return _("the nation") if name == NATIONAL else self.region(name)
