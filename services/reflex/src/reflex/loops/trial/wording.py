"""What the loop says of a trial, in words and numbers."""

from __future__ import annotations

from datetime import datetime

from reflex.loops.trial.guarding import Guard, LastLook, gain_of
from reflex.loops.trial.promise import Promise
from reflex.loops.trial.trial import Trial

LOOP = "trial"
HIGHEST = 1e12
"""Evidence grows without bound; this much says all."""
BAD = {
    "transferred": "were handed on to another authority",
    "overdue": "missed their deadline",
    "open_age": "were open after twice their time",
    "reopened": "were reopened by their citizen",
    "rating": "got a poor rating",
    "slower": "were not answered by the shorter deadline",
}


def bounded(evidence: float) -> float:
    """Evidence, as it is written down."""
    return float(f"{min(evidence, HIGHEST):.4g}")


def sums(trial: Trial) -> dict[str, float]:
    """Cases counted, and shares of them that are bad, of both arms."""
    current, candidate = trial.tally.outcomes(trial.aim)
    found: dict[str, float] = {"current_outcomes": current, "candidate_outcomes": candidate, "share": trial.share}
    for arm, name in ((False, "current"), (True, "candidate")):
        for measure, share in trial.tally.shares(arm):
            found[f"{name}_{measure}"] = round(share, 4)
    return found


def numbers(trial: Trial, now: datetime) -> dict[str, float]:
    """The sums, with the evidence of gain and how long the trial has lasted."""
    found = {**sums(trial), "gain": bounded(gain_of(trial)), "days": round(trial.days(now), 1)}
    if trial.kept_promise is not None:
        found |= {"promised_low": trial.kept_promise.low, "promised_high": trial.kept_promise.high}
    return found


def compared(trial: Trial, measure: str) -> str:
    """Such as `of 20 cases with the change 2 (10 %) missed their deadline, of 22 without it 8 (36 %)`."""
    n0, k0, n1, k1 = trial.tally.counted.get(measure, (0, 0, 0, 0))
    with_it, without = f"{k1}{_percent(k1, n1)}", f"{k0}{_percent(k0, n0)}"
    return f"of {n1} cases with the change {with_it} {BAD[measure]}, of {n0} without it {without}"


def _percent(bad: int, cases: int) -> str:
    return f" ({100 * bad / cases:.0f} %)" if cases else ""


def gained(trial: Trial) -> str:
    if trial.kept_promise is not None:
        return (
            f"The longer deadline is kept as promised: {_kept(trial, trial.kept_promise)}."
            f" It is needed: {_needed(trial)}. No guard shows harm."
        )
    return f"The change brings what it is for: {compared(trial, trial.aim)}. Evidence {bounded(gain_of(trial)):g}."


def not_kept(trial: Trial, promise: Promise) -> str:
    return f"The longer deadline is not kept as promised: {_kept(trial, promise)}. The old deadline stays."


def _kept(trial: Trial, promise: Promise) -> str:
    _, _, cases, late = trial.tally.counted.get("overdue", (0, 0, 0, 0))
    return (
        f"of {cases} cases with it {cases - late}{_percent(cases - late, cases)} were answered in time,"
        f" where {100 * promise.low:.0f} to {100 * promise.high:.0f} % were promised"
    )


def _needed(trial: Trial) -> str:
    need = trial.need
    return (
        f"of {need.cases} cases without it {need.only_longer}{_percent(need.only_longer, need.cases)} were answered by"
        f" the longer deadline and not by the shorter one, where more than {100 * need.least:g} % are asked for"
    )


def harmed(trial: Trial, guard: Guard) -> str:
    where = f" in {guard.place.replace(':', ' ')}, more than elsewhere; in all places" if guard.place else ""
    return (
        f"The change does harm{where}: {compared(trial, guard.measure)}."
        f" Evidence {bounded(guard.evidence):g}, bound {guard.bound:g}."
    )


def harmed_at_last(trial: Trial, look: LastLook) -> str:
    return (
        f"The change does harm: {compared(trial, look.measure)}. Looked at once, at the trial's end; a change that does"
        f" none shows so much in one of {1 / max(look.chance, 1 / HIGHEST):,.0f} trials."
    )


def stopped(trial: Trial) -> str:
    """Why it is rolled back without statistics."""
    match trial.stop:
        case "safety":
            return f"The urgent case {trial.stop_detail} was taken from the right authority by the change."
        case "cannot_decide":
            return f"The change cannot decide: {trial.stop_detail}."
        case _:
            return f"The change brings {trial.stop_detail} at least twice the cases that it had without it."


def stepped(trial: Trial, share: float) -> str:
    return (
        f"No guard shows harm at {100 * trial.share:g} %: {compared(trial, trial.aim)}. Next share {100 * share:g} %."
    )


def too_long(trial: Trial) -> str:
    if trial.kept_promise is not None:
        return (
            f"That the longer deadline is needed has not been shown in {trial.longest_days} days: {_needed(trial)}."
            " The old deadline stays."
        )
    return f"Neither gain nor harm in {trial.longest_days} days: {compared(trial, trial.aim)}. The old rule stays."


def too_few_units(trial: Trial, units: int, least: int) -> str:
    kind = "districts" if trial.unit == "area" else "authorities"
    return f"Only {units} {kind} have such cases; fewer than {least} can show nothing. The old rule stays."


def too_few_cases(trial: Trial) -> str:
    return f"Too few such cases come to conclude anything: {sum(trial.tally.drawn)} so far. The old rule stays."
