"""The inputs of past decisions, decided with a change and without it by the rulebook's own function."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from common.rulebook.layers import Rulebook
from common.rulebook.placement import BY_HAND, Placed, TriageWord, Where, category_of, place
from common.rulebook.release import NATIONAL
from common.rulebook.trial import Unit

from archive.columns import DecisionInputs, VerdictRow
from archive.rules_then import RulesThen


def decided(inputs: DecisionInputs, rulebook: Rulebook) -> Placed | None:
    """How a rulebook places a message; None where a person must say and what was said is not known to place it.

    Where the rules alone place it, what a person once said is not needed. A category that a model or the citizen named
    stands, where the map of these rules knows none: what another model would have read nobody can say. Which rule of a
    trial decides, the rulebook says: no arm is drawn here.
    """
    region, area = inputs.region, inputs.area
    where = Where(area, region, BY_HAND) if area is not None else None
    said = None
    if inputs.read_category is not None and category_of(inputs.given, rulebook, Unit("", area))[0] is None:
        said = TriageWord(inputs.read_category, by_citizen=True)
    found = place("", inputs.given, where, rulebook, said)
    return found if isinstance(found, Placed) else None


def decided_by_hand(inputs: DecisionInputs, rulebook: Rulebook) -> Placed | None:
    """How a rulebook completes what a person said in triage."""
    said = TriageWord(inputs.said_category, inputs.said_authority)
    found = place("", inputs.given, Where(inputs.hand_area, inputs.region, BY_HAND), rulebook, said)
    return found if isinstance(found, Placed) else None


def _by_rule_or_hand(inputs: DecisionInputs, rulebook: Rulebook) -> tuple[Placed | None, bool]:
    """The second is whether a person had to say."""
    placed = decided(inputs, rulebook)
    if placed is not None or not inputs.by_hand:
        return placed, placed is None
    return decided_by_hand(inputs, rulebook), True


def _terms(placed: Placed | None) -> tuple[object, ...]:
    if placed is None:
        return ()
    return (
        placed.category, placed.authority, placed.priority, placed.answer_minutes, placed.extension_minutes,
    )  # fmt: skip


def verdict(inputs: DecisionInputs, without: Rulebook, instead: Rulebook) -> VerdictRow:
    """What a change makes of decisions with these inputs."""
    (before, asked_before), (after, asks_after) = (_by_rule_or_hand(inputs, rules) for rules in (without, instead))
    changed = asked_before != asks_after or _terms(before) != _terms(after)
    # Where only one of both asks a person, the person's word stands on neither side.
    if asked_before != asks_after:
        before, after = (None if asked_before else before), (None if asks_after else after)
    return VerdictRow(
        number=inputs.number,
        changed=changed,
        without=before.authority if before is not None else None,
        instead=after.authority if after is not None else None,
        without_minutes=before.answer_minutes if before is not None else 0,
        without_extended=before.extension_minutes if before is not None else 0,
        instead_minutes=after.answer_minutes if after is not None else 0,
        instead_extended=after.extension_minutes if after is not None else 0,
    )


def verdicts(inputs: Iterable[DecisionInputs], rules: RulesThen) -> Iterator[VerdictRow]:
    """In the order of the inputs. Raises PatchConflict, and ReleaseMissing while no release in force is known."""
    for one in inputs:
        layer = one.region if one.area is not None or one.by_hand else NATIONAL
        yield verdict(one, *rules.of(layer, one.arms))
