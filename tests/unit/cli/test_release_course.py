"""What `otklik rules history` says of a release that is a step of a proposal, and `import` of what comes next."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from common.contracts.events import rules
from common.contracts.events.rules import ProposalReleased
from common.contracts.patch import Patch, RowChange
from common.contracts.trial import TrialPlan
from common.federation.country import load_federation
from common.rulebook import sealed
from common.rulebook.release import Release
from otklik.known_rules import TOLD, KnownRules
from otklik.release_course import origin, step_words
from otklik.rules_import import answer_words

from tests.deliberations import deliberation_table

NOON = datetime(2011, 7, 1, 12, tzinfo=UTC)
FEDERATION = load_federation(Path(__file__).parents[3] / "tests" / "federation")
BASE = {r.layer: r for r in FEDERATION.base_releases()}
PATCH = Patch(
    layer="north", base_number=1, table="jurisdiction",
    changes=(RowChange(op="set", row_id="p1", before={"authority": '"yard-01"'}, after={"authority": '"yard-02"'}),),
)  # fmt: skip
BACK = PATCH.model_copy(
    update={
        "changes": (RowChange(op="set", row_id="p1", before=PATCH.changes[0].after, after=PATCH.changes[0].before),)
    }
)
PLAN = TrialPlan(
    proposal_id="abcdef123", patch=PATCH, reversal=BACK, unit="area", share=0.2, steps=(0.2, 1.0), salt="s",
    started_at=NOON,
)  # fmt: skip
PLACE: dict[str, Any] = {"proposal_id": "abcdef123", "layer": "north", "number": 2, "effective_at": NOON}
CHECKED = rules.ProposalChecked(
    proposal_id="abcdef123", title="Yard 2", words="", patch=PATCH, reversal=BACK, actor="misrouting",
    beside=("9999aaaa1",), findings=("a remark",),
)  # fmt: skip


def release(number: int, *plans: TrialPlan) -> Release:
    return sealed(BASE["north"].model_copy(update={"number": number, "effective_at": NOON, "trials": plans}))


def known(*releases: Release, steps: tuple[ProposalReleased, ...] = (), of: str | None = "abcdef123") -> KnownRules:
    accepted = rules.ProposalAccepted(proposal_id="abcdef123", actor="head:north", reason="Nearer")
    return KnownRules(
        FEDERATION, (*BASE.values(), *releases), {"abcdef123": CHECKED}, {"abcdef123": accepted}, frozenset(),
        {("north", releases[-1].number): of} if of is not None else {},
        {("north", step.number): (step,) for step in steps},
    )  # fmt: skip


@pytest.mark.parametrize(
    ("step", "words"),
    [
        (rules.TrialStarted(**PLACE, plan=PLAN), "its trial begins: 20 % of the areas follow it"),
        (rules.TrialStepped(**PLACE, share=0.5, actor="trial"), "50 % follow it, by trial"),
        (rules.TrialPaused(**PLACE, actor="head:north", reason="a flood"), "for now, by head:north: a flood"),
        (rules.TrialResumed(**PLACE, share=0.2, actor="head:north"), "after the pause: 20 % follow it"),
        (
            rules.TrialRolledBack(**PLACE, actor="trial", reason="more were late", guard="overdue"),
            "rolled back, the rule before it holds for all (it harmed: overdue), by trial: more were late",
        ),
        (rules.TrialEnded(**PLACE, actor="trial", reason="too few"), "ended without a result, the rule before it"),
        (rules.ProposalAdopted(**PLACE, canary_skipped=True), "adopted without a trial"),
        (
            rules.ProposalAdopted(
                **PLACE, canary_skipped=False, review_at=NOON + timedelta(days=90),
                holdout_until=NOON + timedelta(days=30),
            ),
            "adopted after its trial; to be looked at again on 2011-09-29; until 2011-07-31 a part keeps the rule",
        ),
    ],
)  # fmt: skip
def test_each_step_that_is_a_release_is_told_in_words(step: ProposalReleased, words: str) -> None:
    said = list(origin(known(release(2), steps=(step,)), release(2)))
    assert said[:2] == ["proposal abcdef12 by misrouting: Yard 2", "accepted by head:north: Nearer"]
    assert words in said[2]


def test_every_kind_of_release_has_words() -> None:
    kinds = [kind for kind in TOLD if issubclass(kind, ProposalReleased)]
    fields = {"actor": "a", "reason": "r", "share": 0.5, "plan": PLAN}
    said = [
        step_words(k.model_validate(PLACE | {n: v for n, v in fields.items() if n in k.model_fields})) for k in kinds
    ]
    assert not [words for words in said if "rules." in words]


def test_the_end_of_a_holdout_is_told_and_is_no_earlier_release() -> None:
    held = PLAN.model_copy(update={"adopted": True, "share": 0.95})
    said = list(origin(known(release(2, held), release(3), of=None), release(3)))
    assert said[-1] == "the areas that had kept the rule before it follow it too"
    plain = list(origin(known(release(2), release(3), of=None), release(3)))
    assert plain == ["of no proposal: it takes effect earlier than its predecessor said"]
    assert list(origin(known(release(2)), BASE["north"])) == []


def test_an_imported_change_is_told_what_comes_before_a_decision() -> None:
    decided = answer_words(known(release(2)), PATCH, CHECKED)
    assert decided.startswith("is checked; no argument is asked for: whoever is entitled may decide now")
    assert "the check warns: a remark" in decided
    assert "changes one of its rows too: 9999aaaa" in decided
    national = BASE["national"]
    asking = sealed(
        national.model_copy(update={"number": 2, "tables": {**national.tables, "deliberation": deliberation_table()}})
    )
    argued = answer_words(known(asking, release(2)), PATCH, CHECKED)
    assert "then people argue about it, and only then may somebody decide" in argued
    assert "has no answer yet" in answer_words(known(release(2)), PATCH, None)
