"""The classification loop learns words of channels and confused categories from triage, hardly ever without reason."""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest
from common.contracts.envelope import Envelope
from common.contracts.events import routing
from common.contracts.events.base import Because
from common.contracts.events.reflex.observations import FindingMade
from common.contracts.events.rules import ProposeChange
from common.rulebook.book import ReleaseBook
from common.rulebook.jdm import document_of
from common.rulebook.patch import apply_patch
from common.rulebook.release import NATIONAL, Release
from common.rulebook.trial import NO_UNIT
from reflex.facts import RulesCommandRefused, TriageAnswered, TriageRequested, fact_of
from reflex.loops.classification.loop import ClassificationLoop
from reflex.loops.classification.patching import Patcher
from reflex.loops.classification.said import chance_of_most
from reflex.loops.classification.settings import Settings

START = datetime(2011, 7, 1, tzinfo=UTC)
STEP = timedelta(hours=6)
MODEL = "0123456789abcdef"
KNOWN = {"pothole": '"pothole","Hole in the road"', "lamp": '"lamp","Light"', "tree": '"tree"'}


class Desk:
    """A triage desk: what comes to it, and what people say it is."""

    def __init__(self, seed: int = 0) -> None:
        self.chance, self.number, self.now = random.Random(seed), 0, START
        self.book = ReleaseBook()
        rows = [(c, {"given": words, "category": json.dumps(c)}) for c, words in KNOWN.items()]
        tables = {"category_map": document_of("category_map", rows)}
        self.book.add(Release(layer=NATIONAL, number=1, effective_at=START - STEP, tables=tables))
        self.loop = self.fresh()
        self.said: list[Any] = []

    def fresh(self) -> ClassificationLoop:
        settings = Settings()
        return ClassificationLoop(lambda now: settings, Patcher(self.book), str.title)

    @property
    def proposals(self) -> list[ProposeChange]:
        return [one for one in self.said if isinstance(one, ProposeChange)]

    @property
    def confused(self) -> list[FindingMade]:
        return [one for one in self.said if isinstance(one, FindingMade) and one.kind == "confused"]

    def place(self, category: str, word: str | None = None, read: Sequence[str] = (), **more: Any) -> None:
        """A message waits, and an hour later a person places it; then a tick."""
        self.number += 1
        name = f"c{self.number}"
        self.loop.observe(
            TriageRequested(
                id=f"r{name}", at=self.now, case_id=name, channel="web", category=word, candidates=tuple(read),
                reason="unknown_category", model=MODEL if read else None,
            )
        )  # fmt: skip
        at = self.now + timedelta(hours=1)
        self.loop.observe(TriageAnswered(id=f"a{name}", at=at, case_id=name, category=category, **more))
        self.tick()

    def tick(self) -> None:
        self.now += STEP
        self.said += self.loop.on_tick(self.now)

    def adopt(self, proposal: ProposeChange) -> None:
        head = self.book.head(NATIONAL)
        assert head is not None
        tables = apply_patch(head.tables, proposal.patch)
        self.book.add(Release(layer=NATIONAL, number=head.number + 1, effective_at=self.now, tables=tables))

    def means(self, word: str) -> str | None:
        found = self.book.in_force(NATIONAL, self.now).decide("category_map", {"given": word}, NO_UNIT)
        return None if found is None else str(found.outputs["category"])


def waits(desk: Desk, days: int) -> ProposeChange:
    """The one proposal of an unknown word, refused until so many days have passed."""
    for _ in range(6):
        desk.place("lamp", "Lantern")
    (first,) = desk.proposals
    desk.loop.observe(
        RulesCommandRefused(
            id="no", at=desk.now, proposal_id=first.proposal_id, command=ProposeChange.type,
            details={"until": (desk.now + timedelta(days=days)).isoformat()},
        )
    )  # fmt: skip
    return first


def test_a_word_that_must_wait_is_proposed_anew_when_it_may_though_nobody_uses_it_meanwhile() -> None:
    desk = Desk()
    first = waits(desk, 7)
    kept = {key: body for key, body in desk.loop.changed().items() if body is not None}
    desk.loop = desk.fresh()
    desk.loop.load(orjson.loads(orjson.dumps(kept)))
    for _ in range(27):
        desk.tick()
    assert desk.proposals == [first]
    desk.tick()
    assert len(desk.proposals) == 2
    assert desk.proposals[1].proposal_id != first.proposal_id
    assert [len(p.evidence["cases"]) for p in desk.proposals] == [6, 6]


def test_a_word_that_changes_its_meaning_is_seen_in_its_newest_cases() -> None:
    desk = Desk()
    for _ in range(60):
        desk.place("lamp", "lamp")
    for _ in range(8):
        desk.place("tree", "lamp")
    assert desk.proposals == []
    desk.place("tree", "lamp")
    (made,) = desk.proposals
    assert (made.evidence["target"], made.evidence["wins"], made.evidence["cases_known"]) == ("tree", 9, 9)


def test_a_word_that_got_another_row_while_it_waited_is_not_proposed_anew() -> None:
    desk = Desk()
    desk.adopt(waits(desk, 7))
    for _ in range(60):
        desk.tick()
    assert len(desk.proposals) == 1


def test_an_unknown_word_that_people_always_place_alike_becomes_a_row() -> None:
    desk = Desk()
    for _ in range(6):
        desk.place("lamp", "Laterne kaputt")
    (made,) = desk.proposals
    assert made.title == "'Laterne kaputt' means Lamp"
    assert (made.loop, made.evidence["wins"], made.evidence["expected"]) == ("classification", 6, None)
    assert desk.means("Laterne kaputt") is None
    desk.adopt(made)
    assert desk.means("Laterne kaputt") == "lamp"
    assert desk.means("Light") == "lamp"


def test_a_word_that_the_rules_take_for_another_category_moves_and_its_neighbours_stay() -> None:
    desk = Desk()
    for _ in range(8):
        desk.place("tree", "Light")
    (made,) = desk.proposals
    assert [change.op for change in made.patch.changes] == ["set", "add"]
    desk.adopt(made)
    assert (desk.means("Light"), desk.means("lamp")) == ("tree", "lamp")
    assert made.evidence["expected"] == "lamp"


def test_a_word_that_is_alone_in_its_row_has_the_row_set() -> None:
    desk = Desk()
    for _ in range(8):
        desk.place("lamp", "tree")
    (change,) = desk.proposals[0].patch.changes
    assert (change.op, change.row_id) == ("set", "tree")


def test_in_a_thousand_corrections_without_a_rule_behind_them_hardly_a_row_is_proposed() -> None:
    """Forty known words for each of six seeds, of whose cases in triage two thirds are what the rules say."""
    said = 0
    for seed in range(6):
        desk = Desk(seed)
        for _ in range(400):
            word, right = desk.chance.choice([("Light", "lamp"), ("Hole in the road", "pothole"), ("tree", "tree")])
            wrong = desk.chance.choice([c for c in KNOWN if c != right])
            desk.place(right if desk.chance.random() < 2 / 3 else wrong, word)
        print("seed", seed, [p.title for p in desk.proposals])
        said += len(desk.proposals)
    assert said == 0


def test_a_word_without_one_meaning_gets_no_row() -> None:
    desk = Desk(3)
    for _ in range(100):
        desk.place(desk.chance.choice(list(KNOWN)), "Something is broken")
    assert desk.proposals == []


def test_a_pair_that_the_model_confuses_is_named_and_changes_no_rule() -> None:
    desk = Desk()
    for number in range(14):
        desk.place("pothole" if number % 7 else "tree", None, ("lamp", "pothole"))
    (found,) = desk.confused
    assert (found.numbers["read"], found.numbers["target"], found.numbers["model"]) == ("lamp", "pothole", MODEL)
    assert "reads Lamp first where people say Pothole" in found.words
    assert desk.proposals == []


def test_a_model_that_people_agree_with_is_not_named() -> None:
    desk = Desk()
    for _ in range(60):
        desk.place("lamp", None, ("lamp", "pothole"))
    assert desk.said == []


def test_what_the_rules_placed_with_more_words_is_no_persons_word_and_a_sentence_is_no_name() -> None:
    desk = Desk()
    for _ in range(20):
        desk.place("lamp", "Laterne", completed=True)
        desk.place("lamp", "The lamp before our house has been dark for three weeks now, please mend it")
    assert desk.said == []
    for _ in range(8):
        desk.place("lamp", "Laterne", clarified=True)
    assert len(desk.proposals) == 1


def test_the_same_is_said_again_only_after_a_pause_and_not_after_its_adoption() -> None:
    desk = Desk()
    for _ in range(40):
        desk.place("lamp", "Laterne")
    assert len(desk.proposals) == 1
    desk.adopt(desk.proposals[0])
    for _ in range(200):
        desk.place("lamp", "Laterne")
    assert len(desk.proposals) == 1


def test_what_is_said_is_the_same_after_the_state_was_saved_and_loaded() -> None:
    straight, broken = Desk(), Desk()
    rows: dict[str, Any] = {}
    for number in range(30):
        for desk in (straight, broken):
            desk.place("lamp" if number % 5 else "tree", "Laterne", ("pothole", "lamp"))
        for key, body in broken.loop.changed().items():
            rows.pop(key, None) if body is None else rows.update({key: orjson.loads(orjson.dumps(body))})
        broken.loop = broken.fresh()
        broken.loop.load(rows)
    assert broken.said == straight.said
    assert len(straight.said) == 3


def test_messages_that_nobody_answers_are_forgotten() -> None:
    desk = Desk()
    for number in range(5):
        desk.loop.observe(
            TriageRequested(
                id=f"r{number}", at=desk.now, case_id=f"w{number}", channel="web", category="x", reason="no_place"
            )
        )
    desk.tick()
    assert len(desk.loop.changed()) == 5
    desk.now += timedelta(days=91)
    desk.tick()
    assert desk.loop.changed() == {f"case|w{number}": None for number in range(5)}


def test_a_fact_of_triage_has_the_models_first_category_and_version_and_no_words() -> None:
    because = Because(layer="national", number=1, table="classification", row_id="any", outputs={"model": MODEL})
    event = routing.TriageRequested(
        case_id="c", reference="R", message_id="m", channel="web", citizen="p", text="Dark here.", received_at=START,
        reason="unknown_category", missing=("category",), because=(because,),
        candidates=(routing.CategoryCandidate(category="lamp", percent=60),),
    )  # fmt: skip
    fact = fact_of(event, Envelope("e", "routing", event.type, START, "c", "c"))
    assert isinstance(fact, TriageRequested)
    assert (fact.candidates, fact.model, fact.category) == (("lamp",), MODEL, None)
    assert "Dark" not in fact.model_dump_json()


@pytest.mark.parametrize(("wins", "others", "chance"), [(0, 0, 0.5), (6, 0, 127 / 128), (5, 5, 0.5)])
def test_the_chance_of_most_is_that_of_a_beta_distribution(wins: int, others: int, chance: float) -> None:
    assert chance_of_most(wins, others) == pytest.approx(chance)
