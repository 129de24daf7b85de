"""Verify the chain of rules.lifecycle from the topic or an exported file alone: `python -m rules.verify --help`.

It shares no code with the rest of Otklik on purpose: only the standard library and, for the topic, aiokafka.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import json
import os
import ssl
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

MOST_FAULTS = 20
"""So many are told; one cut or one change early in the record is one fault, not one a link."""


@dataclass(frozen=True)
class Link:
    """One record: what it says of itself, and what it must say by its content."""

    number: int
    step: str
    previous: str
    stated: str
    true: str


@dataclass(frozen=True)
class Report:
    """How many links the record has, its last one, and what is wrong with it."""

    links: int
    last: str
    """As NUMBER:HASH."""
    faults: tuple[str, ...]


def read(raw: bytes) -> Link | str:
    """A link, or why the record is none."""
    try:
        step: dict[str, Any] = json.loads(raw)
        said = {k: step[k] for k in ("previous", "number", "step", "at", "body")}
        said["proposal_id"] = step.get("proposal_id")
        number, name, previous, stated = step["number"], step["step"], step["previous"], step["hash"]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        return repr(error)
    if type(number) is not int or not all(isinstance(text, str) for text in (name, previous, stated)):
        return "its number, step or hashes are of another kind"
    text = json.dumps(said, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return Link(number, name, previous, stated, hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest())


def broken_link(records: Iterable[bytes]) -> tuple[int, str | None]:
    """How many links hold from the first on, and what is wrong with the next one (None when all hold)."""
    previous, count = "", 0
    for raw in records:
        number = count + 1
        link = read(raw)
        if isinstance(link, str):
            return count, f"link {number} is unreadable: {link}"
        if link.number != number:
            return count, f"link {number} is missing: number {link.number} stands in its place"
        if link.previous != previous:
            return count, f"link {number} does not follow its predecessor: previous is {link.previous!r}"
        if link.true != link.stated:
            return count, f"link {number} ({link.step}) was changed: its hash is {link.true}, it says {link.stated}"
        previous, count = link.true, number
    return count, None


def examined(records: Sequence[bytes], heads: Iterable[tuple[int, str]] = ()) -> Report:
    """All that is wrong with the record as a whole, by itself and by heads of it that were kept elsewhere."""
    faults: list[str] = []
    known: dict[int, Link] = {}
    highest = 0
    for place, raw in enumerate(records, 1):
        link = read(raw)
        if isinstance(link, str):
            faults.append(f"record {place} is no link: {link}")
            continue
        if link.true != link.stated:
            faults.append(f"link {link.number} ({link.step}) was changed: its content has the hash {link.true}")
        if link.number in known:
            same = known[link.number].stated == link.stated
            what = "is there twice" if same else "is there a second time with another content: one was inserted"
            faults.append(f"link {link.number} {what} (record {place})")
            continue
        if link.number < highest:
            faults.append(f"link {link.number} stands after link {highest} (record {place}): the order was changed")
        known[link.number] = link
        highest = max(highest, link.number)
    faults += _gaps(known, highest)
    faults += _loose(known)
    faults += _denied(known, highest, heads)
    last = f"{highest}:{known[highest].stated}" if known else "0:"
    return Report(len(known), last, tuple(faults))


def _gaps(known: Mapping[int, Link], highest: int) -> list[str]:
    found: list[str] = []
    number = 1
    while number <= highest and len(found) <= MOST_FAULTS:
        if number in known:
            number += 1
            continue
        end = min(n for n in known if n > number) - 1
        found.append(f"link {number} is missing" if end == number else f"links {number} to {end} are missing")
        number = end + 1
    return found


def _loose(known: Mapping[int, Link]) -> list[str]:
    """Links that do not name the hash of the one before them, where that one is there."""
    before = {number + 1: link.stated for number, link in known.items()} | {1: ""}
    return [
        f"link {number} ({link.step}) does not follow link {number - 1}: one of both was put in another's place"
        for number, link in sorted(known.items())
        if number in before and before[number] != link.previous
    ]


def _denied(known: Mapping[int, Link], highest: int, heads: Iterable[tuple[int, str]]) -> list[str]:
    """Published heads that the record does not hold."""
    found = []
    for number, digest in sorted(set(heads)):
        if number > highest:
            found.append(f"the record ends at link {highest}, and link {number} was published: its end was cut off")
        elif number in known and known[number].stated != digest:
            found.append(
                f"link {number} was published as {digest}, the record has {known[number].stated}:"
                " it was written anew up to there"
            )
    return found


def head_of(text: str) -> tuple[int, str]:
    """A head as NUMBER:HASH, or as a record of rules.heads; raises ValueError."""
    if text.lstrip().startswith("{"):
        said = json.loads(text)
        return int(said["number"]), str(said["hash"])
    number, colon, digest = text.strip().partition(":")
    if not colon or not number.isdigit() or len(digest) != 64:
        raise ValueError(f"{text!r} is no head: write NUMBER:HASH, as it was published")
    return int(number), digest.lower()


def heads_in(path: Path) -> list[tuple[int, str]]:
    """Every head of a file, one a line; raises ValueError."""
    try:
        return [head_of(line) for line in path.read_text("utf-8").splitlines() if line.strip()]
    except (KeyError, TypeError) as error:
        raise ValueError(f"{path} holds a line that is no head: {error!r}") from error


def read_file(path: str) -> list[bytes]:
    """The records of an export, one a line; `-` reads them from the standard input."""
    whole = sys.stdin.buffer.read() if path == "-" else Path(path).read_bytes()
    return whole.removesuffix(b"\n").split(b"\n") if whole else []


def write_file(path: Path, records: Iterable[bytes]) -> None:
    """Records as they are, one a line; a line break within one, which no record of ours has, becomes a blank."""
    path.write_bytes(b"".join(raw.replace(b"\n", b" ") + b"\n" for raw in records))


async def read_topic(
    bootstrap: str, topic: str, user: str | None, password: str | None, authority: str | None = None
) -> list[bytes]:
    """Every value of the topic's one partition, up to its end now."""
    from aiokafka import AIOKafkaConsumer, TopicPartition

    access: dict[str, Any] = {"security_protocol": ("SASL_" if user else "") + ("SSL" if authority else "PLAINTEXT")}
    if authority:
        access["ssl_context"] = ssl.create_default_context(cafile=authority)
    if user:
        access |= {
            "sasl_mechanism": "SCRAM-SHA-256", "sasl_plain_username": user, "sasl_plain_password": password,
        }  # fmt: skip
    consumer = AIOKafkaConsumer(
        bootstrap_servers=bootstrap, enable_auto_commit=False, isolation_level="read_committed", **access
    )
    await consumer.start()
    try:
        place = TopicPartition(topic, 0)
        consumer.assign([place])
        await consumer.seek_to_beginning(place)
        end = (await consumer.end_offsets([place]))[place]
        values: list[bytes] = []
        while await consumer.position(place) < end:
            for records in (await consumer.getmany(place, timeout_ms=1000)).values():
                values.extend(r.value or b"" for r in records if r.offset < end)
        return values
    finally:
        await consumer.stop()


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="rules.verify", description="Verify the chained record of the rulebook from its topic or an export alone."
    )
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--bootstrap", help="read the topic of this broker")
    source.add_argument("--file", help="read an export instead, one record a line; - is the standard input")
    parser.add_argument("--topic", default="otklik.rules.lifecycle.v1")
    parser.add_argument("--user", help="SCRAM user; its password is read from CHAIN_PASSWORD")
    parser.add_argument("--ca", help="PEM file of the authority that vouches for the broker; then TLS is used")
    parser.add_argument("--head", action="append", default=[], help="NUMBER:HASH, as it was published one day")
    parser.add_argument("--heads", action="append", default=[], type=Path, help="a file of published heads, one a line")
    parser.add_argument("--export", type=Path, help="write the record to this file, one link a line")
    given = parser.parse_args()
    try:
        heads = [head_of(text) for text in given.head] + [head for path in given.heads for head in heads_in(path)]
        records = (
            read_file(given.file)
            if given.file
            else asyncio.run(
                read_topic(given.bootstrap, given.topic, given.user, os.environ.get("CHAIN_PASSWORD"), given.ca)
            )
        )
        if given.export:
            write_file(given.export, records)
    except (OSError, ValueError) as error:
        print(error, file=sys.stderr)
        return 2
    report = examined(records, heads)
    for fault in report.faults[:MOST_FAULTS]:
        print(fault, file=sys.stderr)
    if len(report.faults) > MOST_FAULTS:
        print(f"and {len(report.faults) - MOST_FAULTS} more faults", file=sys.stderr)
    if report.faults:
        print(f"the record does not hold; its last link is {report.last}", file=sys.stderr)
        return 1
    against = f" and agree with the published heads, {len(set(heads))} in number" if heads else ""
    print(f"all {report.links} links hold{against}; the last one is {report.last}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
