"""Records that nobody can handle, as an integrator's bug or an attacker would write them. Each must end as one dead
letter and disturb nothing else."""

from __future__ import annotations

import random
from dataclasses import dataclass

from common.contracts.envelope import Headers
from common.contracts.events import channel, clock, region, rules

from tests.chaos.verify import GARBAGE

LARGE = 1_000_000
"""Bytes: the largest that a plain client sends without being told otherwise."""


@dataclass(frozen=True, slots=True)
class Bad:
    """A record and what is wrong with it."""

    what: str
    key: bytes
    headers: Headers
    body: bytes | None


def headers(kind: str | None, number: str, **changes: bytes) -> Headers:
    """The headers of a CloudEvent of this type, some replaced."""
    found = {"ce_specversion": b"1.0", "ce_id": f"{GARBAGE}-{number}".encode(), "ce_source": b"world"}
    if kind is not None:
        found["ce_type"] = kind.encode()
    found["ce_time"] = b"2011-07-01T12:00:00Z"
    return list((found | changes).items())


def garbage(draw: random.Random, kind: str, number: str) -> Bad:
    """One bad record for a topic that takes `kind`."""
    key = f"{GARBAGE}-{number}".encode()
    good = headers(kind, number)
    forged = draw.choice((region.CaseAnswered.type, rules.ReleasePublished.type, "routing.case.assigned.v1"))
    choices = (
        Bad("no headers", key, [], b"{}"),
        Bad("no type", key, headers(None, number), b"{}"),
        Bad("no body", key, good, None),
        Bad("not JSON", key, good, draw.randbytes(200)),
        Bad("half of a JSON", key, good, b'{"conversation": "x", "contact": {'),
        Bad("wrong fields", key, good, b'{"conversation": 7, "actor": [], "case_id": {}}'),
        Bad("deep", key, good, b"[" * 60_000),
        Bad("NUL in the key", b"\x00" + key, good, b"{}"),
        Bad("a key that is not UTF-8", b"\xff\xfe" + key, good, b"{}"),
        Bad("a header that is not UTF-8", key, headers(kind, number, ce_source=b"\xff\xfe"), b"{}"),
        Bad("NUL in the id", key, headers(kind, number, ce_id=b"a\x00b"), b"{}"),
        Bad("a time that is none", key, headers(kind, number, ce_time=b"yesterday"), b"{}"),
        Bad("a version that is not ours", key, headers(kind, number, ce_specversion=b"2.0"), b"{}"),
        Bad("an unknown type", key, headers("pigeon.landed.v1", number), b"{}"),
        Bad("a fact that another service owns", key, headers(forged, number), b"{}"),
        Bad("the id of another dead letter", key, headers(kind, "twin"), b"{}"),
        Bad("large", key, good, b'{"text": "' + b"x" * (LARGE - 1_000) + b'"}'),
    )
    return draw.choice(choices)


KINDS = {
    "channel.web.inbound": channel.MessageReceived.type,
    "channel.hotline.inbound": channel.MessageReceived.type,
    "channel.web.receipts": channel.NoticeDelivered.type,
    "region.north.commands": region.AnswerCase.type,
    "routing.commands": "routing.triage.answer.v1",
    "rules.commands": rules.DecideProposal.type,
    "clock.ticks": clock.TimePassed.type,
}
"""Where garbage is thrown, with a type that each topic takes."""
