"""The catalogue as a page to read."""

from __future__ import annotations

from common.contracts.catalogue import DAY_MS, TOPICS, Topic
from common.contracts.publish.asyncapi import address

HEAD = """# Topics

Written by `make contracts` from `libs/common/src/common/contracts/catalogue.py`; change it there. Braces stand for
one topic a channel, region or service instance. `open` topics have several writers and carry no `ce_sequence`.

| topic | what | owner | writers | consumers | key | partitions | kept | types |
| --- | --- | --- | --- | --- | --- | --- | --- | --- |
"""


def page() -> str:
    """Markdown."""
    return HEAD + "".join(_row(topic) for topic in TOPICS)


def _row(topic: Topic) -> str:
    types = "<br>".join(f"[{t.type}]({t.type}.json)" for t in topic.types) or "the original bytes"
    writers = ", ".join(topic.writers) + (" (open)" if topic.multi_writer else "")
    cells = (
        f"`{address(topic)}`", topic.about, topic.owner, writers, ", ".join(topic.consumers), topic.key,
        str(topic.partitions), _kept(topic), types,
    )  # fmt: skip
    return "| " + " | ".join(cells) + " |\n"


def _kept(topic: Topic) -> str:
    if topic.compacted:
        return "the last of each key (compacted)"
    return "for ever" if topic.retention_ms is None else f"{topic.retention_ms // DAY_MS} days"
