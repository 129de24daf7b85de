"""How long routing takes for a message whose category nobody named, in one process, step by step, without Kafka and
without a database.

`python -m tests.bench.routing_alone [--messages 5000] [--words 55]`

The federation is the demonstration city with its borders; its texts are made up, of seventeen categories, and as long
as real ones are in the middle. Times are of a core, not of the clock. The whole is measured by the function that
routing decides with, in passes of its own; the steps one by one over the same messages, so their sum is not the whole.
"""

from __future__ import annotations

import argparse
import json
import random
import shutil
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from time import process_time

from common.contracts.events.base import Place
from common.contracts.events.intake import MessageRegistered
from common.contracts.events.routing import CaseAssigned
from common.federation.country import Federation, load_federation
from common.rulebook.book import ReleaseBook
from common.rulebook.jdm import document_of
from common.rulebook.placement import Where, place
from intake.redaction import redact
from routing.classify import model_file
from routing.classify.training import Labelled, train
from routing.domain import decide
from routing.language import language_of
from routing.model import Incoming, RoutedCase, RoutingContext
from routing.models import Models
from routing.reading import MessageWords

from tests.complaint_texts import SUBJECTS, complaints

BOSTON = Path(__file__).parents[2] / "deploy" / "federations" / "boston"
NOW = datetime(2011, 7, 1, 14, tzinfo=UTC)
PASSES = 3


def with_a_model(folder: Path) -> Federation:
    """The city, whose rules have a model read what nobody named and take its word as it is."""
    shutil.copytree(BOSTON, folder / "city")
    city = load_federation(folder / "city")
    codes = dict(zip(SUBJECTS, (c.code for c in city.categories), strict=False))
    content = model_file.to_bytes(train([Labelled(t.text, codes[t.category]) for t in complaints(2000, 1)]))
    version = model_file.version_of(content)
    (folder / "city" / "models").mkdir()
    (folder / "city" / "models" / f"{version}.model").write_bytes(content)
    limits = {
        "channel": "", "language": "", "model": json.dumps(version), "automatic_percent": "0", "ask_percent": "0",
        "known_percent": "0", "choices": "3",
    }  # fmt: skip
    table = document_of("classification", [("any", limits)])
    (folder / "city" / "rulebook" / "national" / "classification.json").write_text(json.dumps(table))
    return load_federation(folder / "city")


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
    events = [MessageRegistered.model_validate_json(body) for body in bodies]
    version = str(city.base_releases()[0].tables["classification"])
    version = version[version.index("out_model") :].split('"')[1]

    def whole() -> int:
        placed = 0
        for number, body in enumerate(bodies):
            event = MessageRegistered.model_validate_json(body)
            found = decide(RoutedCase(), Incoming(f"e{number}", "x", NOW, event), context)
            for said in found.events:
                said.event.wire()
                placed += isinstance(said.event, CaseAssigned)
        return placed

    print(f"{count} messages, {sum(len(e.text) for e in events) / count:.0f} characters in the mean; microseconds each")
    located = [city.locate(e.place.lat or 0, e.place.lon or 0, NOW) for e in events]
    wheres = [Where(f.area, f.region, f.border_set) if f is not None else None for f in located]
    rulebooks = [book.in_force(w.region if w is not None else "national", NOW) for w in wheres]
    together = list(zip(events, wheres, rulebooks, strict=True))
    timed("a record decoded", count, lambda: [MessageRegistered.model_validate_json(b) for b in bodies])
    timed("redaction (in intake, before it)", count, lambda: [redact(e.text) for e in events])
    timed("language by letters", count, lambda: [language_of(e.text) for e in events])
    timed("category with its probability and set", count, lambda: [read(version, e.text) for e in events])
    timed("district", count, lambda: [city.locate(e.place.lat or 0, e.place.lon or 0, NOW) for e in events])
    timed(
        "rules: authority, priority, deadline (one category)", count,
        lambda: [place(e.case_id, "no such", w, r) for e, w, r in together],
    )  # fmt: skip
    timed(
        "rules with language and category", count,
        lambda: [place(e.case_id, None, w, r, words=MessageWords(e, context)) for e, w, r in together],
    )  # fmt: skip
    best = timed("the whole: decoded, decided, encoded", count, whole)
    print(f"{whole()} of {count} placed by rule; {1e6 / best:,.0f} messages a second on one core")


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--messages", type=int, default=5000)
    asked.add_argument("--words", type=int, default=55)
    given = asked.parse_args()
    with TemporaryDirectory() as folder:
        measure(with_a_model(Path(folder)), messages(given.messages, given.words))


if __name__ == "__main__":
    main()
