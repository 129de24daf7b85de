"""From the catalogue: which topics an installation has, and what each principal may do."""

from __future__ import annotations

from dataclasses import dataclass

from common.catalogue import TOPICS, Installation, Topic, regional_instance

OUTSIDERS = ("world", "operator", "clock")
"""Principals that are not services."""


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


def principals(installation: Installation) -> tuple[str, ...]:
    """Everyone who has a user on the broker: service instances and outsiders."""
    return (*installation.instances(), *OUTSIDERS)


def topics(installation: Installation) -> list[NewTopic]:
    """All topics of the installation."""
    return [
        NewTopic(installation.physical(name), installation.partitions.get(row.template, row.partitions), row.config)
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
        elif role != "integrators":
            found.add(role)
    return found


def grants(installation: Installation) -> list[Grant]:
    """Who may read and write what. A writer may also read what it owns, so that its relay sees what it has sent."""
    known = set(principals(installation))
    found = []
    for row in TOPICS:
        for name, inside in installation.names(row):
            writers = _acting(row.writers, row, inside, installation) & known
            readers = _acting(row.consumers, row, inside, installation) & known
            if not row.open_to_many:
                readers |= writers
            if row.owner == "clock":
                readers |= {"clock"}
            found += [
                Grant(p, installation.physical(name), p in readers, p in writers) for p in sorted(writers | readers)
            ]
    return found
