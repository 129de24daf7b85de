"""What came of both arms of a trial: how many cases, how many of them bad, and the bets on it, overall and by place."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from common.contracts.trial import TrialMeasure

from reflex.loops.trial.arm_bet import NONE, Logs, added, e_value, gain_factor, harm_factors

EVERYWHERE = ""
"""The place of all cases."""
NOTHING = (0, 0, 0, 0)


@dataclass(slots=True)
class ArmTally:
    """Pairs are of the arm of the rule in force and of the candidate's, in this order."""

    drawn: list[int] = field(default_factory=lambda: [0, 0])
    counted: dict[str, list[int]] = field(default_factory=dict)
    """By measure: cases and bad ones of the rule in force, cases and bad ones of the candidate."""
    by_share: dict[str, dict[str, list[int]]] = field(default_factory=dict)
    """The same of the cases that were drawn with one probability, by measure, then by it."""
    gain: float = 0.0
    """The wealth of the bet on gain, as a logarithm."""
    harm: dict[str, dict[str, Logs]] = field(default_factory=dict)
    """The wealth of the bets on harm, by measure, then by place, such as `area:01`; EVERYWHERE of all cases."""

    def count(self, measure: TrialMeasure, *, bad: bool, candidate: bool, share: float) -> None:
        """One case in the sums; the bets that it is in come before."""
        counted = self.counted.setdefault(measure, [0, 0, 0, 0])
        for sums in (counted, self.by_share.setdefault(measure, {}).setdefault(str(share), [0, 0, 0, 0])):
            sums[2 * candidate] += 1
            sums[2 * candidate + 1] += bad

    def bet_on_gain(self, measure: TrialMeasure, *, bad: bool, candidate: bool, share: float) -> None:
        """One case in the bet that the measure is less frequent in the candidate."""
        self.gain += gain_factor(self.counted.get(measure, NOTHING), share, bad=bad, candidate=candidate)

    def bet_on_harm(
        self, measure: TrialMeasure, places: tuple[str, ...], *, bad: bool, candidate: bool, share: float
    ) -> None:
        """One case in the bets that the measure is more frequent in the candidate, in each of its places."""
        more = harm_factors(self.counted.get(measure, NOTHING), share, bad=bad, candidate=candidate)
        bets = self.harm.setdefault(measure, {})
        for place in places:
            bets[place] = added(bets.get(place, NONE), more)

    def worst(self, measure: TrialMeasure) -> dict[str, tuple[float, str]]:
        """The evidence of harm in the worst-off place of each kind, and that place; of all cases under EVERYWHERE."""
        found: dict[str, tuple[float, str]] = {}
        for place, logs in self.harm.get(measure, {}).items():
            kind, value = place.partition(":")[0], e_value(logs)
            if kind not in found or (-value, place) < (-found[kind][0], found[kind][1]):
                found[kind] = (value, place)
        return found

    def outcomes(self, measure: TrialMeasure) -> tuple[int, int]:
        """Cases counted by a measure, of both arms."""
        current, _, candidate, _ = self.counted.get(measure, NOTHING)
        return current, candidate

    def shares(self, candidate: bool) -> Iterator[tuple[str, float]]:
        """Of one arm's cases that are bad, by measure."""
        for measure, sums in self.counted.items():
            cases, bad = sums[2 * candidate], sums[2 * candidate + 1]
            if cases:
                yield measure, bad / cases

    def body(self) -> dict[str, Any]:
        """The state, of what orjson can write."""
        return {
            "drawn": self.drawn, "counted": self.counted, "by_share": self.by_share, "gain": self.gain,
            "harm": self.harm,
        }  # fmt: skip

    @classmethod
    def of(cls, body: Mapping[str, Any]) -> ArmTally:
        """The inverse of `body`."""
        harm = {m: {place: tuple(logs) for place, logs in bets.items()} for m, bets in body["harm"].items()}
        return cls(list(body["drawn"]), dict(body["counted"]), dict(body.get("by_share", {})), body["gain"], harm)
