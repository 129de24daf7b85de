"""The proof from topics alone: what was acknowledged is accounted for once, and no event topic has a gap or repeat.

`complaints` returns one sentence for each thing that is wrong; none means that the run holds.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from common.contracts.catalogue import Installation, role_of, topic_of
from common.contracts.envelope import derived_id
from common.contracts.events import channel, federal, intake, region, routing, rules
from common.contracts.parts import part_case_id
from rules.verify import broken_link

from tests.chaos.seen import Seen

TOLD = {
    region.CaseAnswered.type: "answered",
    region.CaseExtended.type: "extended",
    federal.CaseEscalated.type: "escalated",
}
"""Facts that a citizen hears of, with the notice's kind."""
REFUSALS = {region.CommandRefused.type, routing.RoutingCommandRefused.type, rules.RulesCommandRefused.type}
GARBAGE = "garbage"
"""In the key of every record that must end as a dead letter."""


@dataclass
class Account:
    """What the generator knows was acknowledged, each by (source, id) however often it was sent."""

    messages: set[tuple[str, str]] = field(default_factory=set)
    verdicts: set[tuple[str, str]] = field(default_factory=set)
    commands: set[tuple[str, str]] = field(default_factory=set)
    garbage: int = 0

    @property
    def total(self) -> int:
        """Messages and verdicts of citizens."""
        return len(self.messages) + len(self.verdicts)


def complaints(seen: Sequence[Seen], account: Account, installation: Installation) -> list[str]:
    """Everything that does not hold."""
    index = Index(seen)
    return [
        *faults_of_any_load(seen, index, installation),
        *unaccounted(index, account),
        *lost_commands(index, account),
    ]


def faults_of_any_load(seen: Sequence[Seen], index: Index, installation: Installation) -> list[str]:
    """What must hold whoever sent what."""
    return [
        *sequence_faults(seen),
        *repeated_ids(seen),
        *receipt_faults(seen),
        *dead_letter_faults(seen, installation),
        *lost_handovers(index),
        *chain_faults(seen),
    ]


def _numbered(one: Seen) -> bool:
    return not topic_of(one.topic).multi_writer and not one.topic.endswith(".deadletters")


def sequence_faults(seen: Iterable[Seen]) -> list[str]:
    """Per topic and key: 1, 2, 3 ... in the order of the log, all in one partition."""
    last: dict[tuple[str, str], int] = defaultdict(int)
    home: dict[tuple[str, str], int] = {}
    found = []
    for one in filter(_numbered, seen):
        place = (one.topic, one.key)
        number = int(one.headers.get("ce_sequence", "0"))
        if number != last[place] + 1:
            kind = "repeats or goes back" if number <= last[place] else "has a gap"
            found.append(f"{one.position} key {one.key}: ce_sequence {kind}: {number} after {last[place]}")
        last[place] = max(last[place], number)
        if home.setdefault(place, one.partition) != one.partition:
            found.append(f"{one.position} key {one.key}: its earlier records lie in partition {home[place]}")
    return found


def repeated_ids(seen: Iterable[Seen]) -> list[str]:
    """An id stands once on an event topic."""
    counts = Counter((one.topic, one.id) for one in filter(_numbered, seen))
    return [f"{topic}: id {id} stands {n} times" for (topic, id), n in counts.items() if n > 1]


def receipt_faults(seen: Sequence[Seen]) -> list[str]:
    """One notice of a kind for one case, cause and conversation: none doubled, none missing."""
    told: Counter[tuple[str, str, str, str]] = Counter()
    notices: set[tuple[str, str, str]] = set()
    for one in seen:
        if one.type == channel.NoticeIssued.type:
            body = one.fields()
            told[body["case_id"], body.get("kind") or body["notice"], body["conversation"], one.cause] += 1
            notices.add((body["case_id"], body["notice"], one.cause))
    found = [
        f"case {c} was told {kind!r} {n} times in conversation {where} because of {why}"
        for (c, kind, where, why), n in told.items()
        if n > 1
    ]
    registered: Counter[str] = Counter(case for case, kind, _ in notices if kind == "registered")
    found += [f"case {c} was registered to the citizen {n} times" for c, n in registered.items() if n > 1]
    for one in filter(_numbered, seen):
        # On topics of our own alone: garbage may bear any type's name.
        if one.type in TOLD and (one.fields()["case_id"], TOLD[one.type], one.id) not in notices:
            found.append(f"{one.position}: nobody told the citizen of case {one.key} that it was {TOLD[one.type]}")
        if one.type == intake.MessageRegistered.type and one.fields().get("part_of") is not None:
            whole = one.fields()["part_of"]["case"]
            if (whole, "extended", one.cause) not in notices:
                found.append(f"{one.position}: the citizen was not told of part {one.key}")
        elif one.type == intake.MessageRegistered.type and one.key not in registered:
            found.append(f"{one.position}: the citizen of case {one.key} has no receipt")
    return found


class Index:
    """Events by what the account asks for."""

    def __init__(self, seen: Iterable[Seen]) -> None:
        self.caused: dict[str, list[Seen]] = defaultdict(list)
        self.of_type: dict[str, list[Seen]] = defaultdict(list)
        self.by_message: dict[tuple[str, str], list[Seen]] = defaultdict(list)
        for one in seen:
            if not _numbered(one):
                continue
            self.of_type[one.type].append(one)
            # An order that was not proven is named with a print of its bytes behind the id that it claims.
            self.caused[one.cause.partition("~")[0]].append(one)
            if one.type in WITH_MESSAGE:
                self.by_message[one.type, one.fields()["message_id"]].append(one)
        self.answered = {one.key for one in self.of_type[routing.TriageAnswered.type]}
        self.declined = {one.key for one in self.of_type[routing.TriageDeclined.type]}
        self.divided = {
            one.key: [
                derived_id("part message", part_case_id(one.key, n)) for n, _ in enumerate(one.fields()["parts"], 1)
            ]
            for one in self.of_type[routing.MessageSplit.type]
        }
        """By the case of a message that was divided, the ids of its parts."""
        self.thanked = {one.key for one in self.of_type[routing.ThanksReceived.type]}
        self.requested = {one.key for one in self.of_type[routing.TriageRequested.type]}

    def waits(self, case_id: str) -> bool:
        return case_id in self.requested - self.answered - self.declined - self.divided.keys()


WITH_MESSAGE = {
    t.type
    for t in (
        intake.MessageRegistered, intake.MessageAdded, intake.MessageRefused, region.CaseOpened, region.MessageJoined,
        routing.MessageForwarded, routing.CaseAssigned,
    )
}  # fmt: skip


def places_of_message(index: Index, source: str, id: str) -> list[str]:
    """Where the message of a record is, as `places_of` says."""
    return places_of(index, derived_id("message", source, id))


def places_of(index: Index, message: str) -> list[str]:
    """Where a message is: one of opened, joined, refused, waiting, divided; anything but one place is a fault."""

    def of(kind: str) -> list[Seen]:
        return index.by_message.get((kind, message), [])

    places = ["refused" for _ in of(intake.MessageRefused.type)]
    for one in of(intake.MessageRegistered.type):
        opened = [o for o in of(region.CaseOpened.type) if o.fields().get("handed_over_from") is None]
        places += ["opened" for _ in opened]
        places += ["refused" for a in of(routing.CaseAssigned.type) if _refused(index, a)]
        places += _in_triage(index, one.key)
    for one in of(intake.MessageAdded.type):
        forwarded = of(routing.MessageForwarded.type)
        places += ["joined" for _ in of(region.MessageJoined.type)]
        places += ["refused" for f in forwarded if _refused(index, f)]
        if not forwarded:
            places += _in_triage(index, one.key)
    return places


def places_of_verdict(index: Index, source: str, id: str) -> list[str]:
    """Where a verdict is: heard by the region (followed or refused), refused by intake, or waiting."""
    message = derived_id("message", source, id)
    places = ["refused" for _ in index.by_message.get((intake.MessageRefused.type, message), [])]
    for given in (one for one in index.caused[id] if one.type == intake.VerdictGiven.type):
        forwarded = [
            one
            for one in index.of_type[routing.VerdictForwarded.type]
            if one.key == given.key and one.fields()["given_at"] == given.fields()["given_at"]
        ]
        places += ["joined" for one in forwarded if index.caused[one.id]]
        if not forwarded:
            places += _in_triage(index, given.key)
    return places


def _in_triage(index: Index, case_id: str) -> list[str]:
    if index.waits(case_id):
        return ["waiting"]
    if case_id in index.divided:
        # In place as soon as every part is.
        return ["divided"] if all(len(places_of(index, part)) == 1 for part in index.divided[case_id]) else []
    return ["refused"] if case_id in index.declined | index.thanked else []


def _refused(index: Index, one: Seen) -> bool:
    return any(c.type == region.CommandRefused.type for c in index.caused[one.id])


def unaccounted(index: Index, account: Account) -> list[str]:
    """Acknowledged messages and verdicts that are in no place, or in several."""
    found = []
    for what, given, look in (
        ("message", account.messages, places_of_message),
        ("verdict", account.verdicts, places_of_verdict),
    ):
        for source, id in sorted(given):
            places = look(index, source, id)
            if len(places) != 1:
                found.append(f"{what} {id} of {source} is {' and '.join(places) or 'nowhere'}")
    return found


def balance(index: Index, account: Account) -> Counter[str]:
    """How many acknowledged messages and verdicts are in each place."""
    return Counter(
        place
        for given, look in ((account.messages, places_of_message), (account.verdicts, places_of_verdict))
        for source, id in given
        for place in look(index, source, id)
    )


def lost_commands(index: Index, account: Account) -> list[str]:
    """Every acknowledged command was carried out or refused, not both."""
    found = []
    for source, id in sorted(account.commands):
        events = index.caused[id]
        refused = [e for e in events if e.type in REFUSALS]
        if not events:
            found.append(f"command {id} of {source} led to nothing")
        elif refused and len({e.id for e in events if not e.topic.startswith("rules.lifecycle")}) > 1:
            found.append(f"command {id} of {source} was refused and yet led to {[e.type for e in events]}")
    return found


def dead_letter_faults(seen: Sequence[Seen], installation: Installation) -> list[str]:
    """Every piece of garbage is one dead letter of every service that reads its topic; nothing else is one."""
    wanted = {
        (service, one.position)
        for one in seen
        if topic_of(one.topic).multi_writer and GARBAGE in one.key
        for service in installation.instances()
        if role_of(service) in topic_of(one.topic).consumers and _reads(service, one.topic)
    }
    kept = Counter(
        (one.topic.split(".")[0], one.headers.get("dead_letter_position", ""))
        for one in seen
        if one.topic.endswith(".deadletters")
    )
    told = Counter(
        (body["service"], f"{body['topic']}/{body['partition']}/{body['offset']}")
        for one in seen
        if one.type == "operations.dead_letter.recorded.v1"
        for body in (one.fields(),)
    )
    found = []
    for what, counts in (("dead letter", kept), ("event about a dead letter", told)):
        found += [f"{service}: {position} is garbage and has no {what}" for service, position in wanted - set(counts)]
        found += [f"{service}: {position} has {n} times a {what}" for (service, position), n in counts.items() if n > 1]
        found += [f"{service}: {position} is no garbage and has a {what}" for service, position in set(counts) - wanted]
    return found


def _reads(service: str, topic: str) -> bool:
    """A regional instance reads its own region's topics alone."""
    return not topic.startswith("region.") or topic.split(".")[1] == service.removeprefix("regional-")


def lost_handovers(index: Index) -> list[str]:
    """Every case that left for another region was assigned there; every directive reached its region."""
    found = []
    for one in index.of_type[region.CaseTransferred.type]:
        if one.fields().get("to_region") is not None:
            followed = [e for e in index.caused[one.id] if e.type == routing.CaseAssigned.type]
            if len(followed) != 1:
                found.append(f"{one.position}: the case was handed over and assigned {len(followed)} times")
    for one in index.of_type[federal.DirectiveIssued.type]:
        if not [e for e in index.caused[one.id] if e.topic.startswith("region.")]:
            found.append(f"{one.position}: the directive did not reach region {one.fields()['region']}")
    return found


def chain_faults(seen: Iterable[Seen]) -> list[str]:
    """The rulebook's record verifies, and every release and step of a proposal stands in it."""
    records = list(seen)
    links = [one for one in records if one.topic == "rules.lifecycle"]
    count, wrong = broken_link(one.body for one in links)
    found = [f"rules.lifecycle: {count} links hold, then: {wrong}"] if wrong is not None else []
    said = sum(one.topic in ("rules.proposals", "rules.releases") for one in records)
    # What other services say of a proposal, such as its backtest, is a link too, and stands on their own topics.
    own = sum(one.topic == "rules.lifecycle" and one.fields()["step"].startswith("rules.") for one in records)
    if wrong is None and said != own:
        found.append(f"rules.lifecycle has {own} links for {said} releases and steps of proposals")
    return found
