"""Count the published voices of a proposal again, from the topic alone: `python -m deliberation.recount --help`.

It counts with no code of the rest of Otklik on purpose: only the standard library and aiokafka. Opinion groups are
found again by the published method (`opinion_groups`), from answers that are gathered here.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

VOICE, JUDGED, ANSWER, MODERATED, JOINED = (
    "deliberation.voice.counted.v1", "deliberation.voices.judged.v1", "deliberation.objection.answered.v1",
    "deliberation.voice.moderated.v1", "deliberation.speakers.joined.v1",
)  # fmt: skip
OPENED, CLOSED = "deliberation.opened.v1", "deliberation.closed.v1"
FEWEST_JUDGES, FEWEST_STATEMENTS, MOST_STATEMENTS, FEWEST_SIDES = 2, 2, 100, 5
"""People beside the author who judge words that are a statement; statements for there to be groups, and at most; people
of a group with a side for its share to count."""
EVERY_CHANNEL = "*"
"""As the source of a burst."""
ROLES = ("citizen", "expert", "organisation", "region", "federal")
Record = tuple[str, bytes]
"""A record's ce_type and its body."""


class Untrue(ValueError):
    """The published voices do not hold together; says which."""


@dataclass
class Count:
    """What the voices of one proposal come to, up to the last number that was read."""

    people: dict[str, tuple[str, str | None]] = field(default_factory=dict)
    """By speaker: the role, and the side taken last."""
    objections: dict[str, str] = field(default_factory=dict)
    """By speaker, the voice that objects and stands."""
    answered: set[str] = field(default_factory=set)
    authors: dict[int, str] = field(default_factory=dict)
    """By the number of a voice, its speaker."""
    judgements: dict[tuple[str, int], int] = field(default_factory=dict)
    """By speaker and number of a voice: 1 agrees, -1 disagrees."""
    heard: dict[str, None] = field(default_factory=dict)
    """Whoever spoke or judged, in the order in which they first did."""
    words: list[tuple[str, str, str | None, str]] = field(default_factory=list)
    """Speaker, stance, channel and time of each voice, in their order."""
    last_number: int = 0

    def of_role(self, role: str, people: Mapping[str, tuple[str, str | None]] | None = None) -> dict[str, int]:
        sides = [side for of, side in (self.people if people is None else people).values() if of == role]
        return {"voices": len(sides), "support": sides.count("support"), "object": sides.count("object")}

    def without(self, bursts: Sequence[Mapping[str, Any]]) -> dict[str, tuple[str, str | None]]:
        """People by what they said outside these bursts."""
        spans = [(b["source"], *(datetime.fromisoformat(b[name]) for name in ("since", "until"))) for b in bursts]
        found: dict[str, tuple[str, str | None]] = {}
        for speaker, stance, channel, given_at in self.words:
            at = datetime.fromisoformat(given_at)
            burst = channel is not None and any(
                source in (channel, EVERY_CHANNEL) and since <= at < until for source, since, until in spans
            )
            if not burst:
                known = found.get(speaker, (None, None))[1]
                found[speaker] = self.people[speaker][0], stance if stance in ("support", "object") else known
        return found

    @property
    def unanswered(self) -> int:
        return sum(voice not in self.answered for voice in self.objections.values())


def recount(records: Iterable[Record], proposal_id: str, last_number: int | None = None) -> Count:
    """Count a proposal's voices up to a number, or all; raises Untrue for a gap, a repeat or a change of role."""
    mine: dict[int, tuple[str, dict[str, Any]]] = {}
    for kind, body in records:
        if kind not in (VOICE, JUDGED, ANSWER, MODERATED, JOINED):
            continue
        said = json.loads(body)
        if said["proposal_id"] != proposal_id:
            continue
        number = said["number"]
        if number in mine and mine[number] != (kind, said):
            raise Untrue(f"number {number} stands for two different things")
        mine[number] = kind, said
    last = max(mine, default=0) if last_number is None else last_number
    missing = [number for number in range(1, last + 1) if number not in mine]
    if missing:
        raise Untrue(f"of {last} numbers {len(missing)} are missing, the first is {missing[0]}")
    found, one = Count(last_number=last), _joined([mine[number] for number in range(1, last + 1)])
    for number in range(1, last + 1):
        kind, said = mine[number]
        if "speaker" in said:
            said = {**said, "speaker": one.get(said["speaker"], said["speaker"])}
        if kind == ANSWER:
            found.answered.add(said["voice_id"])
        elif kind == VOICE:
            _hear(found, said)
        elif kind == JUDGED:
            _judge(found, said)
    return found


def _joined(said: Sequence[tuple[str, Mapping[str, Any]]]) -> dict[str, str]:
    """As whom speakers count who are one person with another, by whatever was said of it."""
    one: dict[str, str] = {}
    for kind, join in said:
        if kind == JOINED and join["speaker"] != join["into_speaker"]:
            into = one.get(join["into_speaker"], join["into_speaker"])
            one = {name: into if known == join["speaker"] else known for name, known in one.items()}
            one[join["speaker"]] = into
            one.pop(into, None)
    return one


def _hear(count: Count, said: Mapping[str, Any]) -> None:
    speaker, role, stance = said["speaker"], said["role"], said["stance"]
    count.heard.setdefault(speaker)
    count.authors[said["number"]] = speaker
    known = count.people.get(speaker)
    if known is not None and known[0] != role:
        raise Untrue(f"voice {said['voice_id']}: {speaker} spoke as {known[0]} before, now as {role}")
    count.words.append((speaker, stance, said.get("channel"), said.get("given_at", "")))
    side = stance if stance in ("support", "object") else known[1] if known else None
    count.people[speaker] = role, side
    if stance == "object":
        count.objections[speaker] = said["voice_id"]
    elif stance == "support":
        count.objections.pop(speaker, None)


def _judge(count: Count, said: Mapping[str, Any]) -> None:
    count.heard.setdefault(said["speaker"])
    for name, verdict in (("agree", 1), ("disagree", -1)):
        for number in said.get(name, ()):
            if number not in count.authors:
                raise Untrue(f"number {said['number']} judges {number}, which is no voice before it")
            count.judgements[said["speaker"], number] = verdict


def least_support(count: Count) -> float | None:
    """The least share of support over the opinion groups of which enough took a side; None where there are none."""
    judges: dict[int, int] = {}
    for speaker, number in count.judgements:
        judges[number] = judges.get(number, 0) + (count.authors[number] != speaker)
    most = sorted((n for n in judges if judges[n] >= FEWEST_JUDGES), key=lambda n: (-judges[n], n))[:MOST_STATEMENTS]
    if len(most) < FEWEST_STATEMENTS:
        return None
    import numpy as np

    from deliberation.opinion_groups import opinion_groups

    numbers, places = sorted(most), {speaker: place for place, speaker in enumerate(count.heard)}
    column = {number: 1 + place for place, number in enumerate(numbers)}
    answers = np.zeros((len(places), 1 + len(numbers)), dtype=np.int8)
    for speaker, (_, side) in count.people.items():
        answers[places[speaker], 0] = {"support": 1, "object": -1}.get(side or "", 0)
    for number in numbers:
        answers[places[count.authors[number]], column[number]] = 1
    for (speaker, number), verdict in count.judgements.items():
        if number in column:
            answers[places[speaker], column[number]] = verdict
    proposal = opinion_groups(answers[answers.any(axis=1)], beside=1).statements[0]
    sides = [(a, a + d) for a, d in zip(proposal.agree, proposal.disagree, strict=True) if a + d >= FEWEST_SIDES]
    return min((support / all_ for support, all_ in sides), default=None)


def group_differences(count: Count, closed: Mapping[str, Any], formula: str | None) -> list[str]:
    """Where the groups by which the closing says it judged are not those of the published voices. `formula` is what the
    opening says that it is judged by."""
    judged_by, said = closed.get("judged_by"), closed.get("least_support")
    if judged_by is None or formula != "group_aware":
        return [] if judged_by in (None, "majority") else [f"judged by {judged_by}, the opening says {formula}"]
    mine = least_support(count)
    same = mine == said if mine is None or said is None else abs(mine - said) < 1e-9
    right = judged_by == ("majority" if mine is None else "group_aware")
    return (
        []
        if same and right
        else [f"least support over groups: published voices come to {mine}, the closing says {said}, by {judged_by}"]
    )


def differences(count: Count, closed: Mapping[str, Any]) -> list[str]:
    """Where what the service said at the closing is not what its published voices come to."""
    found = _differ(count, count.people, closed, "")
    if closed.get("without_bursts"):
        others = count.without(closed.get("bursts", ()))
        found += _differ(count, others, closed["without_bursts"], " without bursts")
    for what, mine in (("objections", len(count.objections)), ("unanswered", count.unanswered)):
        if mine != closed.get(what, 0):
            found.append(f"{what}: published voices come to {mine}, the closing says {closed.get(what, 0)}")
    return found


def _differ(
    count: Count, people: Mapping[str, tuple[str, str | None]], closed: Mapping[str, Any], which: str
) -> list[str]:
    said = {c["role"]: {n: c.get(n, 0) for n in ("voices", "support", "object")} for c in closed.get("counts", ())}
    none = {"voices": 0, "support": 0, "object": 0}
    return [
        f"{role}{which}: published voices come to {mine}, the closing says {said.get(role, none)}"
        for role in ROLES
        if (mine := count.of_role(role, people)) != said.get(role, none)
    ]


async def read_topic(bootstrap: str, topic: str, user: str | None, password: str | None) -> list[Record]:
    """Every record of the topic up to its end now."""
    from aiokafka import AIOKafkaConsumer

    access: dict[str, Any] = {}
    if user:
        access = {
            "security_protocol": "SASL_PLAINTEXT",
            "sasl_mechanism": "SCRAM-SHA-256",
            "sasl_plain_username": user,
            "sasl_plain_password": password,
        }
    consumer = AIOKafkaConsumer(
        topic, bootstrap_servers=bootstrap, enable_auto_commit=False, auto_offset_reset="earliest",
        isolation_level="read_committed", **access,
    )  # fmt: skip
    await consumer.start()
    try:
        ends = await consumer.end_offsets(consumer.assignment())
        found: list[Record] = []
        while any([await consumer.position(place) < end for place, end in ends.items()]):
            for place, records in (await consumer.getmany(timeout_ms=1000)).items():
                found += [(_type(r.headers), r.value or b"") for r in records if r.offset < ends[place]]
        return found
    finally:
        await consumer.stop()


def _type(headers: Iterable[tuple[str, bytes]]) -> str:
    return next((value.decode() for name, value in headers if name.lower() == "ce_type"), "")


def main() -> int:
    parser = argparse.ArgumentParser(
        description="Count the published voices of a proposal again, from the topic alone."
    )
    parser.add_argument("proposal", help="the proposal's id")
    parser.add_argument("--bootstrap", required=True)
    parser.add_argument("--topic", default="otklik.deliberation.voices.v1")
    parser.add_argument("--closings", help="the topic of closings: compare with what was said at the closing")
    parser.add_argument("--user", help="SCRAM user; its password is read from RECOUNT_PASSWORD")
    given = parser.parse_args()

    def read(topic: str) -> list[Record]:
        return asyncio.run(read_topic(given.bootstrap, topic, given.user, os.environ.get("RECOUNT_PASSWORD")))

    closed: dict[str, Any] | None = None
    formula: str | None = None
    for kind, body in read(given.closings) if given.closings else ():
        said = json.loads(body) if kind in (OPENED, CLOSED) else {}
        if said.get("proposal_id") == given.proposal:
            closed = said if kind == CLOSED else closed
            formula = said["terms"].get("formula", "majority") if kind == OPENED else formula
    if given.closings and closed is None:
        print(f"{given.proposal}: no closing is published", file=sys.stderr)
        return 1
    try:
        count = recount(read(given.topic), given.proposal, closed["last_number"] if closed else None)
    except (Untrue, KeyError, ValueError) as error:
        print(f"{given.proposal}: {error}", file=sys.stderr)
        return 1
    for role in ROLES:
        print(role, *(f"{name} {number}" for name, number in count.of_role(role).items()))
    print(f"objections {len(count.objections)} unanswered {count.unanswered} numbers 1 to {count.last_number}")
    if count.judgements:
        print(f"judgements {len(count.judgements)} least support over groups {least_support(count)}")
    wrong = [*differences(count, closed), *group_differences(count, closed, formula)] if closed else []
    for line in wrong:
        print(line, file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
