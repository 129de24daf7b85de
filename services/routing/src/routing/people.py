"""Which pseudonyms are one person's. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import field
from datetime import datetime

from common.contracts.frozen import value


@value
class Link:
    """Two pseudonyms of one person. Not `whole`: only of what was said in one conversation, which intake knows."""

    citizen: str
    into_citizen: str
    linked_at: datetime
    whole: bool


@value
class People:
    """Pseudonyms by the one that stands for each person; who is not there is nobody else."""

    names: Mapping[str, str] = field(default_factory=dict)

    def person(self, citizen: str) -> str:
        return self.names.get(citizen, citizen)

    def same(self, one: str, other: str) -> bool:
        return self.person(one) == self.person(other)

    def names_of(self, citizens: Iterable[str]) -> frozenset[str]:
        """All pseudonyms of these people."""
        sought = set(citizens)
        persons = {self.person(one) for one in sought}
        return frozenset(sought | {name for name, person in self.names.items() if person in persons})


NOBODY_ELSE = People()


def people_of(links: Iterable[Link]) -> People:
    """Whoever is joined by a chain of links is one person, known by the first of the pseudonyms."""
    person: dict[str, str] = {}

    def root(name: str) -> str:
        while (above := person.setdefault(name, name)) != name:
            name = above
        return name

    for link in links:
        one, other = sorted((root(link.citizen), root(link.into_citizen)))
        person[other] = one
    return People({name: root(name) for name in list(person)})
