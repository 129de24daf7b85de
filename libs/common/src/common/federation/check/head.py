"""Regions, channels, people, authorities and categories: what each file says, and whether they fit each other."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from common.contracts.seen_text import same_name
from common.federation.country import (
    AUTHORITIES,
    CATEGORIES,
    HEAD,
    Authority,
    Category,
    Channel,
    Head,
    OfficialContact,
    Person,
    Region,
)
from common.federation.faults import Fault, FederationError
from common.federation.located_yaml import LocatedYaml, Place, faults_of, read_yaml
from common.rulebook.release import NATIONAL

RESERVED_REGIONS = (NATIONAL, "national", "federal", "centre")
"""A layer of the rulebook and scopes of people that are no regions."""


@dataclass
class Found:
    """A folder as far as it could be read; what could not be is None, with its faults."""

    folder: Path
    head: Head | None = None
    head_text: LocatedYaml | None = None
    authorities: tuple[Authority, ...] | None = None
    authorities_text: LocatedYaml | None = None
    categories: tuple[Category, ...] | None = None
    categories_text: LocatedYaml | None = None
    faults: list[Fault] = field(default_factory=list)

    def areas(self) -> dict[str, str]:
        """Area to region, the first that names it."""
        owners: dict[str, str] = {}
        for region in self.head.regions if self.head else ():
            for area in region.areas:
                owners.setdefault(area, region.id)
        return owners


def read(folder: Path) -> Found:
    """The three files, with the faults of each by itself."""
    found = Found(folder)
    found.head, found.head_text = _model(found, "federation.yaml", HEAD)
    found.authorities, found.authorities_text = _model(found, "authorities.yaml", AUTHORITIES)
    found.categories, found.categories_text = _model(found, "categories.yaml", CATEGORIES)
    return found


def _model(found: Found, name: str, model: TypeAdapter[Any]) -> tuple[Any, LocatedYaml | None]:
    try:
        text = read_yaml(found.folder / name)
    except FederationError as error:
        found.faults += error.faults
        return None, None
    found.faults += text.faults
    try:
        return model.validate_python(text.data), text
    except ValidationError as error:
        found.faults += faults_of(text, error)
        return None, text


def references(found: Found) -> Iterator[Fault]:
    """Names that stand twice, that nobody defines, or that are misspelt."""
    if found.head is not None and found.head_text is not None:
        yield from _head(found.head, found.head_text)
        yield from _people(found, found.head, found.head_text)
    if found.authorities is not None and found.authorities_text is not None:
        yield from _authorities(found, found.authorities, found.authorities_text)
    if found.categories is not None and found.categories_text is not None:
        text = found.categories_text
        yield from _twice(text, [((i, "code"), same_name(c.code), "category") for i, c in enumerate(found.categories)])
        yield from _unknown_keys(text, [((i,), Category) for i in range(len(found.categories))])


def _head(head: Head, text: LocatedYaml) -> Iterator[Fault]:
    yield from _unknown_keys(
        text,
        [
            ((), Head),
            *((("regions", i), Region) for i in range(len(head.regions))),
            *((("channels", i), Channel) for i in range(len(head.channels))),
            *((("people", i), Person) for i in range(len(head.people))),
        ],
    )
    yield from _twice(text, [(("regions", i, "id"), r.id, "region") for i, r in enumerate(head.regions)])
    yield from _twice(text, [(("channels", i, "id"), c.id, "channel") for i, c in enumerate(head.channels)])
    yield from _twice(text, [(("people", i, "id"), p.id, "person") for i, p in enumerate(head.people)])
    owners: dict[str, str] = {}
    for i, region in enumerate(head.regions):
        if region.id in RESERVED_REGIONS:
            yield text.fault(("regions", i, "id"), f"{region.id!r} cannot be a region's id: it means the whole nation")
        for j, area in enumerate(region.areas):
            place = ("regions", i, "areas", j)
            if not area.strip() or area != same_name(area):
                yield text.fault(place, f"area {area!r} has blanks or marks that nobody sees: write it without")
            owner = owners.setdefault(area, region.id)
            if owner != region.id:
                yield text.fault(place, f"area {area!r} belongs to region {owner!r} already: an area has one region")
            elif area in region.areas[:j]:
                yield text.fault(place, f"area {area!r} stands twice in region {region.id!r}")
        if not region.areas:
            words = f"region {region.id!r} has no areas: no message with a place can reach it"
            yield text.fault(("regions", i), words, remark=True)


def _people(found: Found, head: Head, text: LocatedYaml) -> Iterator[Fault]:
    regions = {r.id for r in head.regions}
    authorities = None if found.authorities is None else {a.id for a in found.authorities}
    for i, person in enumerate(head.people):
        place = ("people", i, "scope")
        if person.role == "desk":
            if authorities is not None and person.scope not in authorities:
                yield text.fault(
                    place, f"{person.id}: there is no authority {person.scope!r}{_meant(person.scope, authorities)}"
                )
        elif person.role in ("operator", "regional_head") and person.scope not in regions | {"*"}:
            yield text.fault(place, f"{person.id}: there is no region {person.scope!r}{_meant(person.scope, regions)}")


def _authorities(found: Found, authorities: tuple[Authority, ...], text: LocatedYaml) -> Iterator[Fault]:
    yield from _twice(text, [((i, "id"), a.id, "authority") for i, a in enumerate(authorities)])
    yield from _unknown_keys(text, [((i,), Authority) for i in range(len(authorities))])
    regions = {r.id for r in found.head.regions} if found.head is not None else None
    channels = {c.id for c in found.head.channels} if found.head is not None else None
    with_head = [(i, a.id, a.head) for i, a in enumerate(authorities) if a.head is not None]
    yield from _unknown_keys(text, [((i, "head"), OfficialContact) for i, _, _ in with_head])
    for i, name, head in with_head:
        if channels is not None and head.channel not in channels:
            words = f"the head of {name!r} is told on {head.channel!r}, which is no channel"
            yield text.fault((i, "head", "channel"), words + _meant(head.channel, channels))
    for i, authority in enumerate(authorities):
        if not authority.regions:
            yield text.fault(
                (i,), f"authority {authority.id!r} serves no region: give regions, or leave them out for all"
            )
        for j, region in enumerate(authority.regions):
            if regions is not None and region != "*" and region not in regions:
                words = f"authority {authority.id!r} serves {region!r}, which is no region{_meant(region, regions)}"
                yield text.fault((i, "regions", j), words)


def _twice(text: LocatedYaml, named: list[tuple[Place, str, str]]) -> Iterator[Fault]:
    first: dict[str, Place] = {}
    for place, name, kind in named:
        before = first.setdefault(name, place)
        if before != place:
            yield text.fault(place, f"{kind} {name!r} stands twice, first in line {text.fault(before, '').line}")


def _unknown_keys(text: LocatedYaml, models: list[tuple[Place, type[Any]]]) -> Iterator[Fault]:
    """A key that no model has is passed over when read; one that looks like a known one is a fault."""
    for place, model in models:
        value = text.data
        for step in place:
            value = value[step]
        for key in value:
            if key in model.model_fields:
                continue
            close = difflib.get_close_matches(str(key), list(model.model_fields), n=1, cutoff=0.75)
            words = f"{key!r} is not read" + (f": did you mean {close[0]!r}?" if close else " by anything here")
            yield text.fault((*place, str(key)), words, remark=not close)


def _meant(name: str, known: set[str]) -> str:
    close = difflib.get_close_matches(name, sorted(known), n=1)
    return f": did you mean {close[0]!r}?" if close else ""
