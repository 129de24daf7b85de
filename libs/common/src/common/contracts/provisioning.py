"""From the catalogue: which topics an installation has, and what each principal may do."""

from __future__ import annotations

from dataclasses import dataclass, replace

from common.contracts import outside_loops
from common.contracts.catalogue import TOPICS, Installation, Topic, regional_instance
from common.contracts.outside_loops import principal_of_loop

OUTSIDERS = ("world", "operator", "clock", "exporter")
"""Principals that are not services."""

CHANNELS = "channel."
"""What the names of all channels' topics begin with."""


@dataclass(frozen=True)
class NewTopic:
    """A topic to create, by the broker's name."""

    name: str
    partitions: int
    config: dict[str, str]


@dataclass(frozen=True)
class Grant:
    """What one principal may do with one topic, by the broker's name."""

    principal: str
    topic: str
    read: bool
    write: bool
    prefixed: bool = False
    """`topic` is what names begin with, so that topics which come later are meant too."""


def principals(installation: Installation) -> tuple[str, ...]:
    """Everyone who has a user on the broker: service instances and outsiders."""
    outsiders = OUTSIDERS if installation.demo else tuple(o for o in OUTSIDERS if o != "world")
    return (*installation.instances(), *outsiders)


def topics(installation: Installation) -> list[NewTopic]:
    """All topics of the installation."""
    return [
        NewTopic(installation.physical(name), installation.partitions_of(row), row.config)
        for row in TOPICS
        for name, _ in installation.names(row)
    ]


def _acting(roles: tuple[str, ...], row: Topic, inside: str | None, installation: Installation) -> set[str]:
    """The principals that stand behind the catalogue's words for writers or readers of one topic."""
    found: set[str] = set()
    for role in roles:
        if role == "{service}":
            found.add(inside or "")
        elif role == "regional":
            one_region = "{region}" in row.template and inside is not None
            regions = (inside,) if one_region and inside is not None else installation.regions
            found.update(regional_instance(r) for r in regions)
        elif role not in ("integrators", outside_loops.WORD):
            found.add(role)
    return found


def grants(installation: Installation) -> list[Grant]:
    """Who may read and write what. A writer may also read what it owns, so that its relay sees what it has sent.

    Intake has the whole family of channel topics, by what their names begin with: so a channel that is plugged in
    later needs nothing of it. (A broker's rights know the beginnings of names only.)
    """
    known = set(principals(installation))
    found = [Grant("intake", f"{installation.prefix}.{CHANNELS}", read=True, write=True, prefixed=True)]
    for row in TOPICS:
        for name, inside in installation.names(row):
            writers = _acting(row.writers, row, inside, installation) & known
            readers = _acting(row.consumers, row, inside, installation) & known
            if not row.multi_writer:
                readers |= writers
            if row.owner == "clock":
                readers |= {"clock", "operator"} & known
            if name.startswith(CHANNELS):
                writers, readers = writers - {"intake"}, readers - {"intake"}
            found += [
                Grant(p, installation.physical(name), p in readers, p in writers) for p in sorted(writers | readers)
            ]
    return found


def integrator_of(channel: str) -> str:
    """The principal of whoever plugs in a channel; its consumer groups begin with the prefix and this name."""
    return f"channel-{channel}"


def channel_topics(installation: Installation, channel: str) -> list[NewTopic]:
    """The topics of one channel, whether the installation knew it before or not."""
    one = replace(installation, channels=(channel,))
    begins = one.physical(f"{CHANNELS}{channel}.").removesuffix(".v1")
    return [t for t in topics(one) if t.name.startswith(begins)]


def channel_grants(installation: Installation, channel: str) -> list[Grant]:
    """What the integrator of one channel may: what the catalogue gives `integrators`, on this channel alone."""
    one = replace(installation, channels=(channel,))
    found = []
    for row in TOPICS:
        if "integrators" in (*row.writers, *row.consumers):
            for name, _ in one.names(row):
                reads, writes = "integrators" in row.consumers, "integrators" in row.writers
                found.append(Grant(integrator_of(channel), one.physical(name), reads, writes))
    return found


def loop_grants(installation: Installation, loop: str) -> list[Grant]:
    """What who runs a loop outside may: what the catalogue gives `loops`, in every region."""
    return [
        Grant(
            principal_of_loop(loop), installation.physical(name), outside_loops.WORD in row.consumers,
            outside_loops.WORD in row.writers,
        )
        for row in TOPICS
        if outside_loops.WORD in (*row.writers, *row.consumers)
        for name, _ in installation.names(row)
    ]  # fmt: skip
