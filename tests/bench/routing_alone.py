"""How long routing takes for a message whose category nobody named, in one process, step by step, with all that
it does but Kafka and the database.

`python -m tests.bench.routing_alone [--messages 5000] [--words 55]`

The federation is the demonstration city with its borders; its texts are made up, of seventeen categories, and as long
as real ones are in the middle. Times are of a core, not of the clock. The whole is measured by the function that
routing decides with, in passes of its own; the steps one by one over the same messages, so their sum is not the whole.
"""

from __future__ import annotations

import argparse
import gc
import json
import random
import shutil
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from time import process_time
from typing import cast

from common.contracts.delivery import Delivery
from common.contracts.envelope import Envelope, derived_id, to_headers
from common.contracts.events.base import Place
from common.contracts.events.intake import MessageRegistered
from common.contracts.events.routing import CaseAssigned
from common.federation.country import Federation, load_federation
from common.messaging.clock import tick_buffer
from common.messaging.clock.tick_buffer import Buffered
from common.messaging.produce.outbox import OutboxRow, pack_rows
from common.rulebook.book import ReleaseBook
from common.rulebook.jdm import document_of
from common.rulebook.message_text.language_of_letters import language_of
from common.rulebook.message_text.spoken_place import spoken_place
from common.rulebook.message_text.words import MessageWords
from common.rulebook.placement import Where, place
from intake.redaction import redact
from routing.classify import model_file
from routing.classify.training import Labelled, train
from routing.domain import decide
from routing.duplicates import until_tick
from routing.duplicates.domain import follow
from routing.handlers import WAITING_AT_MOST
from routing.matters import found_in
from routing.model import Incoming, RoutedCase, RoutingContext, RoutingDecision, RoutingEvent
from routing.models import Models

from tests.complaint_texts import SUBJECTS, complaints

BOSTON = Path(__file__).parents[2] / "deploy" / "federations" / "boston"
NOW = datetime(2011, 7, 1, 14, tzinfo=UTC)
PASSES = 3
STREETS = 2_000
BATCH = 500
"""Records."""


def with_a_model(folder: Path) -> Federation:
    """The city, whose rules have a model read what nobody named and take its word as it is."""
    shutil.copytree(BOSTON, folder / "city")
    city = load_federation(folder / "city")
    codes = dict(zip(SUBJECTS, (c.code for c in city.categories), strict=False))
    content = model_file.to_bytes(train([Labelled(t.text, codes[t.category]) for t in complaints(2000, 1)]))
    version = model_file.version_of(content)
    streets = [f"{name} Street,{area},1,999,,,," for name, area in _streets([a for r in city.regions for a in r.areas])]
    (folder / "city" / "gazetteer").mkdir(exist_ok=True)
    (folder / "city" / "gazetteer" / "2011-01-01.csv").write_text(
        "\n".join(("street,area,from_house,to_house,side,lat,lon,other_names", *streets)) + "\n"
    )
    (folder / "city" / "models").mkdir()
    (folder / "city" / "models" / f"{version}.model").write_bytes(content)
    limits = {
        "channel": "", "language": "", "model": json.dumps(version), "automatic_percent": "0", "ask_percent": "0",
        "known_percent": "0", "choices": "3",
    }  # fmt: skip
    table = document_of("classification", [("any", limits)])
    (folder / "city" / "rulebook" / "national" / "classification.json").write_text(json.dumps(table))
    return load_federation(folder / "city")


def _streets(areas: Sequence[str]) -> list[tuple[str, str]]:
    """Names that no other resembles, and their areas."""
    draw = random.Random(5)
    names = {"".join(draw.choices("abcdefghiklmnoprstuvw", k=9)) for _ in range(STREETS)}
    return [(name.title(), areas[number % len(areas)]) for number, name in enumerate(sorted(names))]


def messages(count: int, words: int) -> list[bytes]:
    """Bodies of records as they lie on the topic, redacted; each text of its own."""
    draw, texts = random.Random(7), iter(complaints(count * 8, 3))
    found = []
    for number in range(count):
        text = next(texts).text
        while len(text.split()) < words:
            text = f"{text} {next(texts, complaints(1, number)[0]).text}"
        event = MessageRegistered(
            message_id=f"m{number}", case_id=f"c{number}", reference="K-1", channel="web", citizen="p", text=text,
            place=Place(lat=draw.uniform(42.25, 42.38), lon=draw.uniform(-71.15, -71.03)), received_at=NOW,
        )  # fmt: skip
        found.append(event.model_dump_json(exclude_none=True).encode())
    return found


def timed(name: str, count: int, work: Callable[[], object]) -> float:
    """Microseconds a message, the best of several passes; the first one fills what is remembered."""
    found = []
    for _ in range(PASSES):
        began = process_time()
        work()
        found.append(1e6 * (process_time() - began) / count)
    print(f"{name:<52} {found[0]:8.1f} first pass {min(found[1:]):8.1f} later", flush=True)
    return min(found[1:])


def measure(city: Federation, bodies: Sequence[bytes]) -> None:
    read, book = Models(city.folder / "models").read, ReleaseBook(city.base_releases())
    context, count = RoutingContext(city, book.in_force, read), len(bodies)
    deliveries = [_delivery(n, body) for n, body in enumerate(bodies)]
    events = [cast("MessageRegistered", one.event) for one in deliveries]
    version = str(city.base_releases()[0].tables["classification"])
    version = version[version.index("out_model") :].split('"')[1]

    def decided(one: Delivery) -> RoutingDecision:
        return decide(RoutedCase(), Incoming(one.envelope.id, "x", NOW, one.event), context)

    def whole() -> int:
        placed = 0
        rows = list[OutboxRow]()
        waiting = list[Buffered]()
        for number, body in enumerate(bodies):
            one = _delivery(number, body)
            for said in decided(one).events:
                rows.append(_row(said, one))
                kept = until_tick.placed(said.event, one, NOW)
                placed += isinstance(said.event, CaseAssigned)
                waiting += () if kept is None else (kept,)
        packed(rows, waiting)
        searched(waiting)
        return placed

    def packed(rows: Sequence[OutboxRow], waiting: Sequence[Buffered]) -> None:
        for at in range(0, len(rows), BATCH):
            pack_rows(rows[at : at + BATCH])
        for at in range(0, len(waiting), BATCH):
            tick_buffer.packed(waiting[at : at + BATCH])

    def searched(waiting: Sequence[Buffered]) -> None:
        """As many at a time as wait at most without a tick; what the database finds near is nothing here."""
        for at in range(0, len(waiting), WAITING_AT_MOST):
            follow(list(map(until_tick.fact_of, waiting[at : at + WAITING_AT_MOST])), {}, context.rulebook)

    print(f"{count} messages, {sum(len(e.text) for e in events) / count:.0f} characters in the mean; microseconds each")
    located = [city.locate(e.place.lat or 0, e.place.lon or 0, NOW) for e in events]
    wheres = [Where(f.area, f.region, f.border_set) if f is not None else None for f in located]
    rulebooks = [book.in_force(w.region if w is not None else "national", NOW) for w in wheres]
    together = list(zip(events, wheres, rulebooks, strict=True))
    decisions = [decided(one) for one in deliveries]
    said = [(event, one) for one, decision in zip(deliveries, decisions, strict=True) for event in decision.events]
    rows = [_row(*one) for one in said]
    waiting = [kept for event, one in said if (kept := until_tick.placed(event.event, one, NOW)) is not None]
    words = [MessageWords(e, context) for e in events]
    names = [name for name, _ in _streets(["-"])]
    spoken = [Place(address=f"{n % 900 + 1} {names[n % len(names)]} Street") for n in range(count)]
    timed("redaction (in intake, before it)", count, lambda: [redact(e.text) for e in events])
    timed("a record decoded", count, lambda: [_delivery(n, body) for n, body in enumerate(bodies)])
    timed("language by letters", count, lambda: [language_of(e.text) for e in events])
    timed("district of a point", count, lambda: [city.locate(e.place.lat or 0, e.place.lon or 0, NOW) for e in events])
    timed("place, by the point", count, lambda: [spoken_place(e.place, e.text, NOW, context) for e in events])
    timed(
        "place by the words of an address, beside the message", count,
        lambda: [spoken_place(p, e.text, NOW, context) for p, e in zip(spoken, events, strict=True)],
    )  # fmt: skip
    timed(
        "emergencies, thanks, spam, abuse", count,
        lambda: [found_in(w, e.case_id, where, r) for w, (e, where, r) in zip(words, together, strict=True)],
    )  # fmt: skip
    timed("category with its probability and set", count, lambda: [read(version, e.text) for e in events])
    timed(
        "rules: authority, priority, deadline (one category)", count,
        lambda: [place(e.case_id, "no such", w, r) for e, w, r in together],
    )  # fmt: skip
    timed(
        "rules with language and category", count,
        lambda: [place(e.case_id, None, w, r, words=MessageWords(e, context)) for e, w, r in together],
    )  # fmt: skip
    timed("decided: all from language to the events", count, lambda: [decided(one) for one in deliveries])
    timed("events as records: bodies, ids, headers", count, lambda: [_row(*one) for one in said])
    timed("kept for the search for duplicates", count, lambda: [until_tick.placed(e.event, d, NOW) for e, d in said])
    timed(f"packed for the database, {BATCH} at once", count, lambda: packed(rows, waiting))
    timed(f"duplicates, {WAITING_AT_MOST} at once", count, lambda: searched(waiting))
    best = timed("the whole: decoded, decided, encoded, searched", count, whole)
    print(f"{whole()} of {count} placed by rule; {1e6 / best:,.0f} messages a second on one core")


def _delivery(number: int, body: bytes) -> Delivery:
    """A record read: its envelope and its event."""
    event = MessageRegistered.model_validate_json(body)
    envelope = Envelope(f"e{number}", "intake", event.type, NOW, event.case_id, event.case_id, sequence=1)
    return Delivery(envelope, event, "intake.messages", 0, number, event.case_id, body)


def _row(said: RoutingEvent, one: Delivery) -> OutboxRow:
    """An event of a decision as the outbox writes it."""
    case_id, cause = one.key, one.envelope
    envelope = Envelope(
        derived_id(cause.id, "routing", said.topic, case_id, "0"), "routing", said.event.type, NOW, case_id,
        cause.correlation_id, causation_id=cause.id, sequence=1, release=said.release,
    )  # fmt: skip
    return OutboxRow(said.topic, case_id, to_headers(envelope), said.event.wire())


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--messages", type=int, default=5000)
    asked.add_argument("--words", type=int, default=55)
    given = asked.parse_args()
    # As a service does when it starts.
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)
    with TemporaryDirectory() as folder:
        measure(with_a_model(Path(folder)), messages(given.messages, given.words))


if __name__ == "__main__":
    main()
