"""What the commands about rules were asked for: releases, times, inputs, places, proposals, by the words given."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from common.contracts.events.rules import ProposalChecked
from common.rulebook.cells import OneOf, parse_test
from common.rulebook.layers import Rulebook
from common.rulebook.placement import Where
from common.rulebook.release import NATIONAL, Release
from common.rulebook.tables import TABLES, Type, Value

from otklik.known_rules import KnownRules


class NotSaid(ValueError):
    """What was asked names something that is not there; the message says what there is."""


def layers_of(rules: KnownRules) -> list[str]:
    """Layers that have a release, the nation's first."""
    return sorted({r.layer for r in rules.releases}, key=lambda name: (name != NATIONAL, name))


def release_named(rules: KnownRules, name: str) -> Release:
    """The release of a name such as north:2; raises NotSaid."""
    layer, _, number = name.partition(":")
    found = next((r for r in rules.layer(known_layer(rules, layer)) if str(r.number) == number), None)
    if found is None:
        last = rules.layer(layer)[-1].number
        raise NotSaid(f"there is no release {name!r}: layer {layer} has releases 1 to {last}")
    return found


def known_layer(rules: KnownRules, layer: str) -> str:
    if layer not in layers_of(rules):
        raise NotSaid(f"there is no layer {layer!r}; there are {', '.join(layers_of(rules))}")
    return layer


def moment_of(rules: KnownRules, at: str | None) -> datetime:
    """The time given; without one, when the newest release takes effect. Raises NotSaid."""
    if not rules.releases:
        raise NotSaid("no release of the rulebook is known yet: ask again when the service rules has published it")
    if at is None:
        return max(r.effective_at for r in rules.releases)
    try:
        found = datetime.fromisoformat(at)
    except ValueError as error:
        raise NotSaid(f"{at!r} is no time: write 2026-03-01 or 2026-03-01T12:00:00Z") from error
    return found if found.tzinfo is not None else found.replace(tzinfo=UTC)


def in_force(rules: KnownRules, region: str, at: str | None) -> Rulebook:
    """The rulebook of a region, empty for the nation alone; raises NotSaid or ReleaseMissing."""
    if region and region != NATIONAL and rules.federation.region(region) is None:
        names = ", ".join(r.id for r in rules.federation.regions)
        raise NotSaid(f"there is no region {region!r}; there are {names}")
    return rules.book.in_force(region or NATIONAL, moment_of(rules, at))


def inputs_of(table: str, given: Sequence[str]) -> dict[str, Value]:
    """name=value by the columns of a table; raises NotSaid."""
    spec = TABLES.get(table)
    if spec is None:
        raise NotSaid(f"there is no table {table!r}; there are {', '.join(TABLES)}")
    said = dict(pair.partition("=")[::2] for pair in given)
    names = [c.name for c in spec.inputs]
    if set(said) != set(names):
        raise NotSaid(f"table {table} is asked for {' and '.join(names)}: write {' '.join(f'{n}=...' for n in names)}")
    return {column.name: _value(column.name, column.type, said[column.name]) for column in spec.inputs}


def _value(name: str, kind: Type, text: str) -> Value:
    if kind == "text":
        return text
    try:
        test = parse_test(text, kind)
    except ValueError as error:
        raise NotSaid(f"{name}: {error}") from error
    if not isinstance(test, OneOf) or len(test.values) != 1:
        raise NotSaid(f"{name}={text}: give one {kind}")
    return test.values[0]


def where_of(
    rules: KnownRules, area: str | None, lat: float | None, lon: float | None, at: str | None
) -> tuple[Where | None, bool]:
    """Where a message is, and whether it has a point."""
    country = rules.federation
    if area is not None:
        region = country.region_of_area(area)
        if region is None:
            names = ", ".join(a for r in country.regions for a in r.areas)
            raise NotSaid(f"there is no area {area!r}; there are {names}")
        return Where(area, region, "named"), True
    if lat is None or lon is None:
        return None, False
    found = country.locate(lat, lon, moment_of(rules, at))
    return (Where(found.area, found.region, found.border_set) if found is not None else None), True


def proposal_named(rules: KnownRules, name: str) -> ProposalChecked:
    found = [p for i, p in rules.proposals.items() if i.startswith(name)]
    if len(found) != 1:
        waiting = ", ".join(sorted(i[:8] for i in rules.open)) or "none"
        raise NotSaid(f"{name!r} names {len(found)} proposals; open ones: {waiting}")
    return found[0]
