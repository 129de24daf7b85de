"""The misrouting loop proposes where cases keep ending elsewhere, and nowhere else."""

from __future__ import annotations

import json
import random
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from common.events.reflex import FindingMade
from common.events.region import CaseOpened, CaseTransferred
from common.events.rules import ProposalRejected, ProposeChange
from common.rulebook.book import ReleaseBook
from common.rulebook.jdm import document_of
from common.rulebook.patch import Patch, apply_patch
from common.rulebook.release import NATIONAL, Release
from reflex.loops.detector import beats
from reflex.loops.misrouting import MisroutingLoop, Settings
from reflex.loops.patching import patch_cell

START = datetime(2011, 7, 1, tzinfo=UTC)
STAY = "yard-06"


def a_patch(region: str, category: str, area: str, target: str, now: datetime) -> Patch:
    return Patch(layer=region, base_number=1, table="jurisdiction", changes=())


def loop() -> MisroutingLoop:
    return MisroutingLoop(lambda now: Settings(), a_patch)


def run(detector: MisroutingLoop, ends: Iterable[str], routed: str = STAY) -> list[tuple[int, Any]]:
    """One case a day; returns what was said with the number of the case."""
    said = []
    for number, end in enumerate(ends):
        opened = START + timedelta(days=number)
        due = opened + timedelta(hours=20)
        fact = {"case_id": f"case-{number}", "category": "pothole", "area": "06", "region": "southwest"}
        detector.observe({**fact, "type": CaseOpened.type, "authority": routed, "outcome_at": due.isoformat()})
        if end != routed:
            detector.observe({**fact, "type": CaseTransferred.type, "authority": end})
        said += [(number, what) for what in detector.on_tick(opened + timedelta(days=1))]
    return said


def test_a_cell_that_always_ends_elsewhere_is_proposed_within_ten_cases_and_once() -> None:
    said = run(loop(), ["yard-02"] * 30)
    proposals = [(n, s) for n, s in said if isinstance(s, ProposeChange)]
    assert len(proposals) == 1
    number, proposal = proposals[0]
    assert number < 10
    assert proposal.title == "pothole in 06: yard-06 -> yard-02"
    assert proposal.forecast is not None
    assert proposal.forecast.low <= proposal.forecast.expected <= proposal.forecast.high


@pytest.mark.parametrize("seed", range(5))
def test_a_cell_at_its_background_rate_is_left_alone(seed: int) -> None:
    print("seed", seed)
    chance = random.Random(seed)
    assert run(loop(), ["other" if chance.random() < 0.06 else STAY for _ in range(500)]) == []


def test_a_cell_where_nobody_wins_is_to_be_clarified_and_never_routed() -> None:
    said = run(loop(), [f"office-{n % 4}" if n % 5 else STAY for n in range(60)])
    kinds = {s.kind for _, s in said if isinstance(s, FindingMade)}
    assert kinds == {"clarify"}


def test_a_new_rule_restarts_the_cell() -> None:
    detector = loop()
    run(detector, ["yard-02"] * 4)
    assert run(detector, ["yard-02"] * 4, routed="yard-02") == []


def test_a_rejected_proposal_is_not_repeated_before_its_time() -> None:
    detector = loop()
    proposal = next(s for _, s in run(detector, ["yard-02"] * 10) if isinstance(s, ProposeChange))
    rejected = START + timedelta(days=10)
    detector.observe({"type": ProposalRejected.type, "proposal_id": proposal.proposal_id, "at": rejected.isoformat()})
    again = [(n, s) for n, s in run(detector, ["yard-02"] * 40) if isinstance(s, ProposeChange)]
    assert len(again) == 1
    assert START + timedelta(days=again[0][0] + 1) >= rejected + timedelta(days=14)


def test_state_that_was_saved_and_loaded_goes_on_as_if_it_never_stopped() -> None:
    whole = run(loop(), ["yard-02"] * 12)
    state: dict[str, Any] = {}
    first = loop()
    head = run(first, ["yard-02"] * 3)
    state.update(json.loads(json.dumps(first.changed())))
    second = loop()
    second.load(state)
    opened = [(n, type(s).__name__) for n, s in whole]
    rest = run(second, ["yard-02"] * 12)
    assert not head
    assert [name for _, name in opened] == [type(s).__name__ for _, s in rest]


def test_the_patch_names_the_region_and_makes_the_rulebook_say_the_winner() -> None:
    rows = [("any", {"category": '"pothole"', "authority": '"yard-06"'})]
    book = ReleaseBook()
    book.add(
        Release(
            layer=NATIONAL, number=1, effective_at=START, tables={"jurisdiction": document_of("jurisdiction", rows)}
        )
    )
    overlay: dict[str, Any] = {}
    book.add(Release(layer="southwest", number=1, effective_at=START, tables=overlay))
    patch = patch_cell(book, "southwest", "pothole", "06", "yard-02", START)
    assert patch is not None
    book.add(Release(layer="southwest", number=2, effective_at=START, tables=apply_patch(overlay, patch)))
    decision = book.in_force("southwest", START).decide("jurisdiction", category="pothole", area="06")
    assert decision is not None
    assert decision.outputs["authority"] == "yard-02"
    assert patch_cell(book, "southwest", "pothole", "06", "yard-02", START) is None


def test_the_winner_test_is_the_beta_tail() -> None:
    from scipy.stats import beta

    for wins, losses in ((0, 0), (5, 0), (7, 2), (3, 9)):
        assert beats(wins, losses) == pytest.approx(1 - beta.cdf(0.5, wins + 1, losses + 1))
