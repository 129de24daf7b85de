"""Live, backtest, simulation, shadow and both arms of a trial are decided by one function: the same events come out of
each alike, with the same rows; and zen-engine answers every table of the federations as we do, also changed."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path

import pytest
from archive.columns import DecisionInputs
from archive.rules_then import RulesThen
from archive.verdicts import decided, verdicts
from common.contracts.events.base import Because, Place
from common.contracts.events.intake import MessageRegistered
from common.contracts.events.routing import CaseAssigned, TriageRequested
from common.contracts.patch import Patch, RowChange
from common.contracts.trial import TrialPlan
from common.federation.country import Federation, Located, load_federation
from common.rulebook.book import ReleaseBook
from common.rulebook.category_words import channel_categories
from common.rulebook.input_space import values_of
from common.rulebook.jdm import Document, Table, parse_table, rows_of
from common.rulebook.layers import Rulebook
from common.rulebook.oracle import differences_on
from common.rulebook.patch import apply_patch, reverse
from common.rulebook.placement import Placed, Unplaced, Where, place
from common.rulebook.release import NATIONAL, Release, sealed
from common.rulebook.simulation import by_other_rules, patched
from common.rulebook.tables import Value
from common.rulebook.trial import NO_UNIT, Unit, place_of
from routing.domain import decide
from routing.model import Incoming, RoutedCase, RoutingContext

ROOT = Path(__file__).parents[3]
FEDERATIONS = {name: load_federation(ROOT / path) for name, path in
               (("boston", "deploy/federations/boston"), ("squares", "tests/federation"))}  # fmt: skip
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
SEED = 20260801
EVENTS = 400
SAID = ("category", "authority", "priority", "answer_minutes", "extension_minutes")
UNITS = (NO_UNIT, Unit("case-1"), Unit("case-2", area="01"), Unit(authority="yard-01"))


PARSED: dict[tuple[str, str], Table] = {}
"""Of sealed releases, by their hash and the table's name."""


class AnyPoint:
    """A federation whose points are the numbers of its areas."""

    def __init__(self, federation: Federation) -> None:
        self.people = federation.people
        self.authority, self.has_category = federation.authority, federation.has_category
        self.region_of_area, self.area_named = federation.region_of_area, federation.area_named
        self.areas = [area for region in federation.regions for area in region.areas]

    def locate(self, lat: float, lon: float, at: datetime) -> Located | None:
        area = self.areas[int(lat)]
        region = self.region_of_area(area)
        assert region is not None
        return Located(area, region, "by number")


def registered(number: int, given: str | None, point: Place) -> MessageRegistered:
    return MessageRegistered(
        message_id=f"m{number}", case_id=f"c{number}", reference=f"R-{number}", channel="web", citizen="citizen",
        text="", category=given, place=point, received_at=NOON,
    )  # fmt: skip


def untouched(book: ReleaseBook) -> Patch:
    """A proposal that decides nothing about where cases go: another word in a text."""
    release = book.head(NATIONAL)
    assert release is not None
    row_id, cells = rows_of("texts", release.tables["texts"])[0]
    after = {**cells, "text": '"Something else"'}
    change = RowChange(op="set", row_id=row_id, before=cells, after=after)
    return Patch(layer=NATIONAL, base_number=release.number, table="texts", changes=(change,))


def trace(because: tuple[Because, ...]) -> list[tuple[str, str, str]]:
    return [(hit.layer, hit.table, hit.row_id) for hit in because]


def row_by_row(rulebook: Rulebook, layers: Mapping[str, Release], table: str, inputs: Mapping[str, Value]) -> list[str]:
    """The deciding rows as reading each layer from top to bottom finds them."""
    found = []
    for layer, release in layers.items():
        if table in release.tables and layer in rulebook.release:
            key = (release.hash, table)
            parsed = PARSED.get(key) or PARSED.setdefault(key, parse_table(table, release.tables[table]))
            asked = [inputs[c.name] for c in parsed.spec.inputs]
            hit = next((r for r in parsed.rows if all(t.holds(v) for t, v in zip(r.tests, asked, strict=True))), None)
            found += [hit.id] if hit is not None else []
    return found


@pytest.mark.parametrize("name", FEDERATIONS)
def test_every_way_of_deciding_an_event_gives_the_same_answer_by_the_same_rows(name: str) -> None:
    print(f"seed {SEED}")
    draw, federation = random.Random(SEED), FEDERATIONS[name]
    releases = federation.base_releases()
    book, shadow = ReleaseBook(releases), ReleaseBook(reversed(releases))
    country, words = AnyPoint(federation), [*channel_categories(releases), "Sculpture", None]
    context, patch = RoutingContext(country, book.in_force), untouched(book)
    heads = {release.layer: release for release in releases}
    simulated = {r.id: patched(book, r.id, NOON, patch) for r in federation.regions}
    past_inputs: list[DecisionInputs] = []
    live: list[str | None] = []
    placed_some = asked_some = 0
    for number in range(EVENTS):
        given, at = draw.choice(words), draw.randrange(len(country.areas))
        event = registered(number, given, Place(lat=at, lon=0))
        (out,) = decide(RoutedCase(), Incoming(f"e{number}", "x", NOON, event), context).events
        said = out.event
        area = country.areas[at]
        region = country.region_of_area(area) or ""
        where = Where(area, region, "by number")
        tag = out.release or ""
        others = {
            "of its release": place(event.case_id, given, where, book.get(tag)),
            "simulated": place("simulated", given, where, simulated[region]),
            "shadow": place(event.case_id, given, where, shadow.in_force(region, NOON)),
        }
        inputs = DecisionInputs(number, region, area, given, False, None, None, area)
        past_inputs.append(inputs)
        live.append(said.authority if isinstance(said, CaseAssigned) else None)
        past = decided(inputs, book.get(tag))
        if isinstance(said, TriageRequested):
            asked_some += 1
            for way, other in others.items():
                assert isinstance(other, Unplaced), (way, given, area)
                assert (other.reason, other.missing) == (said.reason, said.missing), (way, given, area)
            assert past is None
            continue
        assert isinstance(said, CaseAssigned)
        placed_some += 1
        for way, other in {**others, "backtested": past}.items():
            assert isinstance(other, Placed), (way, given, area)
            assert [getattr(other, what) for what in SAID] == [getattr(said, what) for what in SAID], (way, given, area)
            assert trace(other.because) == trace(said.because), (way, given, area)
        rulebook = book.get(tag)
        for table in {hit.table for hit in said.because}:
            (asked, *_) = [hit.inputs for hit in said.because if hit.table == table]
            named = [hit.row_id for hit in said.because if hit.table == table]
            order = {NATIONAL: heads[NATIONAL], **({region: heads[region]} if region in heads else {})}
            assert row_by_row(rulebook, order, table, asked) == named
            answers = [rulebook.decide(table, asked, unit) for unit in UNITS]
            assert all(answer == answers[0] for answer in answers), "no rule is on trial"
    backtest = list(verdicts(past_inputs, RulesThen(book, patch, NOON)))
    assert [(v.changed, v.without, v.instead) for v in backtest] == [(False, name, name) for name in live]
    assert placed_some > EVENTS / 4
    assert asked_some


PLACING = ("category_map", "jurisdiction", "priority", "deadline", "triage")
"""Tables that decide where a case goes and until when."""


def something_else(table: str, column: str, cell: str, others: list[str], draw: random.Random) -> str:
    """Another answer of the same column."""
    if table in ("priority", "deadline"):
        return str(int(cell) + 1) if table == "priority" else str(max(1, int(cell) // 2))
    if column == "confirm":
        return "false" if cell == "true" else "true"
    return draw.choice([other for other in others if other != cell] or [cell])


def half_of_the_rows_otherwise(release: Release, table: str, draw: random.Random) -> Patch:
    rows = rows_of(table, release.tables[table])
    names = [column.name for column in parse_table(table, release.tables[table]).spec.outputs]
    said = {name: sorted({cells[name] for _, cells in rows}) for name in names}
    changes = []
    for row_id, cells in sorted(draw.sample(rows, (len(rows) + 1) // 2)):
        other = {name: something_else(table, name, cells[name], said[name], draw) for name in names}
        changes.append(RowChange(op="set", row_id=row_id, before=cells, after={**cells, **other}))
    return Patch(layer=release.layer, base_number=release.number, table=table, changes=tuple(changes))


TRIED = [(n, r.layer, t) for n, f in FEDERATIONS.items() for r in f.base_releases() for t in r.tables if t in PLACING]


def said_by(said: Placed | Unplaced | CaseAssigned | TriageRequested) -> object:
    """What a decision says, with the rows that said it, or why a person is asked."""
    if isinstance(said, Unplaced | TriageRequested):
        return said.reason
    return [getattr(said, what) for what in SAID], trace(said.because)


def said_of_the_past(placed: Placed | None) -> object:
    """The archive does not tell why a person was asked."""
    return None if placed is None else said_by(placed)


@pytest.mark.parametrize(("name", "layer", "table"), TRIED)
def test_each_arm_of_a_trial_gets_what_backtest_and_simulation_say_with_and_without_the_change(
    name: str, layer: str, table: str
) -> None:
    print(f"seed {SEED}")
    draw, federation = random.Random(SEED), FEDERATIONS[name]
    releases = federation.base_releases()
    (base,) = [release for release in releases if release.layer == layer]
    patch = half_of_the_rows_otherwise(base, table, draw)
    plan = TrialPlan(
        proposal_id="p1", patch=patch, reversal=reverse(patch, base.tables), unit="case", share=0.5, salt=name,
        started_at=NOON,
    )  # fmt: skip
    tried = [sealed(r.model_copy(update={"trials": (plan,)})) if r is base else r for r in releases]
    book, shadow, untried = ReleaseBook(tried), ReleaseBook(reversed(tried)), ReleaseBook(releases)
    country, words = AnyPoint(federation), channel_categories(releases)
    context = RoutingContext(country, book.in_force)
    simulated = {r.id: patched(book, r.id, NOON, patch) for r in federation.regions}
    past_inputs: list[DecisionInputs] = []
    differs: list[bool] = []
    arms_seen: set[str] = set()
    concerned = [at for at, area in enumerate(country.areas) if layer in (NATIONAL, country.region_of_area(area))]
    for number in range(EVENTS // 2):
        given, at = draw.choice(words), draw.choice(concerned)
        event = registered(number, given, Place(lat=at, lon=0))
        (out,) = decide(RoutedCase(), Incoming(f"e{number}", "x", NOON, event), context).events
        area = country.areas[at]
        region = country.region_of_area(area) or ""
        where = Where(area, region, "by number")
        live, base_rules = book.in_force(region, NOON), untried.in_force(region, NOON)
        without, instead = (said_by(place(event.case_id, given, where, r)) for r in (base_rules, simulated[region]))
        follows = place_of(plan.salt, "", event.case_id) < plan.share

        said = out.event
        assert isinstance(said, CaseAssigned | TriageRequested)
        arms = said.arms if isinstance(said, CaseAssigned) else ()
        assert said_by(said) == (instead if follows else without), (given, area)
        assert [arm.arm for arm in arms] in ([], ["candidate" if follows else "current"])
        assert arms or isinstance(said, TriageRequested) or without == instead, "a trial that changes something is told"
        arms_seen |= {arm.arm for arm in arms}

        for rules in (shadow.in_force(region, NOON), book.get(out.release or "")):
            other = place(event.case_id, given, where, rules)
            assert said_by(other) == said_by(said)
            assert (other.arms if isinstance(other, Placed) else ()) == arms
        assert said_by(place(event.case_id, given, where, live.without_trials())) == without
        told = by_other_rules(live, lambda r, given=given, where=where: place("simulated", given, where, r))
        assert [said_by(placed) for _, placed in told] == ([instead] if without != instead else [])

        inputs = DecisionInputs(number, region, area, given, False, None, None, area)
        past = [said_of_the_past(decided(inputs, rules)) for rules in (base_rules, simulated[region])]
        assert past == [None if isinstance(one, str) else one for one in (without, instead)]
        past_inputs.append(inputs)
        differs.append(past[0] != past[1])
    assert [verdict.changed for verdict in verdicts(past_inputs, RulesThen(book, patch, NOON))] == differs
    print(f"{sum(differs)} of {len(differs)} events are decided otherwise, arms {sorted(arms_seen)}")


TABLES_OF = [(name, r.layer, t) for name, f in FEDERATIONS.items() for r in f.base_releases() for t in r.tables]


def drawn(document: Document, table: str, count: int) -> Iterator[tuple[Value, ...]]:
    """Inputs of a table: values that its cells name, between and beside them, and others that nobody named."""
    parsed, draw = parse_table(table, document), random.Random(SEED)
    named = [values_of(column, index, [parsed]) for index, column in enumerate(parsed.spec.inputs)]
    for _ in range(count):
        yield tuple(
            draw.choice(values) if draw.random() < 0.8
            else draw.randrange(-9_000, 90_000) / 8 if column.type == "number"
            else str(draw.choice(values)).swapcase()
            for column, values in zip(parsed.spec.inputs, named, strict=True)
        )  # fmt: skip


def differing(name: str, layer: str, table: str, count: int, candidate: bool = False) -> list[str]:
    (release,) = [r for r in FEDERATIONS[name].base_releases() if r.layer == layer]
    document = release.tables[table]
    if candidate:
        patch = half_of_the_rows_otherwise(release, table, random.Random(SEED))
        document = apply_patch(release.tables, patch)[table]
    return differences_on(table, document, drawn(document, table, count))


@pytest.mark.parametrize(("name", "layer", "table"), TABLES_OF)
def test_zen_engine_answers_as_we_do(name: str, layer: str, table: str) -> None:
    print(f"seed {SEED}")
    assert differing(name, layer, table, 200) == []


@pytest.mark.parametrize(("name", "layer", "table"), TRIED)
def test_zen_engine_answers_the_changed_table_of_a_trial_as_we_do(name: str, layer: str, table: str) -> None:
    print(f"seed {SEED}")
    assert differing(name, layer, table, 200, candidate=True) == []


@pytest.mark.slow
@pytest.mark.parametrize(("name", "layer", "table"), TABLES_OF)
def test_zen_engine_answers_ten_thousand_inputs_of_a_table_as_we_do(name: str, layer: str, table: str) -> None:
    print(f"seed {SEED}")
    assert differing(name, layer, table, 10_000) == []


@pytest.mark.slow
@pytest.mark.parametrize(("name", "layer", "table"), TRIED)
def test_zen_engine_answers_ten_thousand_inputs_of_a_changed_table_as_we_do(name: str, layer: str, table: str) -> None:
    print(f"seed {SEED}")
    assert differing(name, layer, table, 10_000, candidate=True) == []
