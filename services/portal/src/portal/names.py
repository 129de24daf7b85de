"""How a federation calls its regions, authorities, categories and channels; ids stand in where it has no name."""

from __future__ import annotations

from common.federation.country import Federation

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


OTHER_STATES = (
    N_("checked"), N_("refused"), N_("accepted"), N_("rejected"), N_("withdrawn"), N_("returned"), N_("adopted"),
    N_("kept"), N_("open"), N_("closed"),
)  # fmt: skip
"""States of proposals and directives, which stand for themselves."""
OTHER_WORDS = (
    N_("timeliness"), N_("resolution"), N_("effort"), N_("satisfaction"), N_("equity"), N_("finding"), N_("alarm"),
    N_("stopped"), N_("measure"), N_("place"), N_("category"), N_("area"), N_("authority"), N_("region"), N_("state"),
    N_("layer"), N_("transferred"), N_("overdue"), N_("open"), N_("reopened"), N_("cases"), N_("text"), N_("language"),
)  # fmt: skip
"""What records hold as a name and pages show as a word: values, kinds of findings, what a message lacks, measures."""


class Names:
    def __init__(self, federation: Federation) -> None:
        self._federation = federation
        self._channels = {c.id: c.title for c in federation.channels}

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
        return known.get(name or "") or self.authority(name)
