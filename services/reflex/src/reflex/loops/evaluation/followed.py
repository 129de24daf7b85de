"""One proposal as evaluation follows it, and the facts by which it moves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal, cast

from reflex.facts import (
    ChangeReversed,
    ChangeReviewed,
    Fact,
    ForecastScored,
    ProposalAccepted,
    ProposalAdopted,
    ProposalChecked,
    ProposalFact,
    ProposalLapsed,
    ProposalRefused,
    ProposalRejected,
    ProposalReturned,
    ProposalWithdrawn,
    ReviewFell,
    TrialEnded,
    TrialRolledBack,
    TrialStarted,
)
from reflex.sortable_times import text_of

STATES: dict[type[Fact], str] = {
    ProposalChecked: "checked", ProposalRefused: "refused", ProposalAccepted: "accepted",
    ProposalRejected: "rejected", ProposalWithdrawn: "withdrawn", ProposalReturned: "returned",
    ProposalLapsed: "lapsed", ProposalAdopted: "adopted", TrialStarted: "on_trial", TrialRolledBack: "rolled_back",
    TrialEnded: "inconclusive", ReviewFell: "review_due", ChangeReversed: "reversed",
}  # fmt: skip
"""To which state a fact brings a proposal; ChangeReviewed to `kept` where it is kept, TrialEnded to `returned` where a
wider change is tried in its place: its own showed nothing, and did not come to its end."""
OPEN = frozenset({"checked", "accepted", "on_trial"})
Verdict = Literal["held", "below", "above"]


@dataclass(slots=True)
class Score:
    """A forecast that was scored. Numbers in the unit of its measure."""

    measure: str
    verdict: Verdict
    expected: float
    low: float
    high: float
    actual: float
    most: float
    """The best that can have come, by what is not known."""
    right: int = 0
    """Cases that the change brought where they belong."""
    wrong: int = 0
    """Cases that it took from where they belong; both are 0 where the measure does not count such."""


@dataclass(slots=True)
class Followed:
    """Times are ISO text."""

    id: str
    author: str
    loop: bool
    made: str
    moved: str
    state: str
    title: str = ""
    layer: str = ""
    reversal: dict[str, Any] | None = None
    """The way back, as a patch; kept while the change may have to be taken back."""
    score: Score | None = None
    asked: str | None = None
    """What was said of its review: the id of the proposal that takes it back, or empty for a finding."""
    ask_from: str = ""
    """Its review is not spoken of again before."""
    not_taken_back: bool = False
    """What was to take it back failed, without people's word against it; to be told."""

    @property
    def waits_for_review(self) -> bool:
        """Whether its review is due, and nothing was said of it or what was said came to nothing."""
        return self.state == "review_due" and (self.asked is None or self.not_taken_back)

    def move(self, fact: ProposalFact) -> None:
        """Follow one fact about it."""
        if isinstance(fact, ForecastScored):
            self.score = score_of(fact)
            return
        state = STATES.get(type(fact))
        if isinstance(fact, ChangeReviewed) and fact.outcome == "kept":
            state = "kept"
        elif isinstance(fact, TrialEnded) and fact.taken_up:
            state = "returned"
        if state is None:
            return
        self.state, self.moved = state, text_of(fact.at)
        if state not in OPEN and state not in ("adopted", "review_due"):
            self.reversal = None

    def body(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def of(cls, body: Mapping[str, Any]) -> Followed:
        """The inverse of `body`."""
        score = body["score"]
        return cls(**{**body, "score": None if score is None else Score(**score)})


def score_of(fact: ForecastScored) -> Score | None:
    """None where nothing could be scored."""
    numbers = (fact.expected, fact.low, fact.high, fact.actual)
    if fact.verdict not in ("held", "below", "above") or any(number is None for number in numbers):
        return None
    expected, low, high, actual = cast("tuple[float, float, float, float]", numbers)
    most = actual if fact.actual_most is None else fact.actual_most
    return Score(
        fact.measure, cast("Verdict", fact.verdict), expected, low, high, actual, most, fact.newly_right,
        fact.newly_wrong,
    )  # fmt: skip
