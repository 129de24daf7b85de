"""Whom a decision is about, and by which of two rules that are on trial it is decided."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b

from common.contracts.trial import Arm, ArmDrawn, TrialPlan
from common.rulebook.tables import Value

PLACES = 2**53
"""How many places there are in [0, 1): as many as a float tells apart."""


@dataclass(frozen=True, slots=True)
class Unit:
    """What a trial may divide by: a case, the area it lies in, the authority that has it; None where not known.

    A later message of a case has that case's id, so it follows its parent. Of two cases that people find to be one only
    later, each was decided on its own: whoever counts outcomes leaves the joined one out.
    """

    case: str | None = None
    area: str | None = None
    authority: str | None = None
    kept: tuple[ArmDrawn, ...] = ()
    """Arms drawn at an earlier decision about the case, which it keeps."""


NO_UNIT = Unit()
"""Of decisions that are about no case: loop settings, texts, what a channel may name."""


def place_of(salt: str, stratum: str, unit_id: str) -> float:
    """The place of a unit in [0, 1): the same at all times, in every process and version."""
    text = f"{len(stratum)}:{stratum}{unit_id}".encode()
    digest = blake2b(text, digest_size=8, key=_key(salt)).digest()
    return (int.from_bytes(digest, "big") >> 11) / PLACES


@lru_cache(maxsize=1_000)
def _key(salt: str) -> bytes:
    """A salt of any length as a key."""
    return blake2b(salt.encode(), digest_size=32).digest()


def share_of(plan: TrialPlan) -> float:
    """The share that follows the change now."""
    return 0.0 if plan.paused else plan.share


def unit_of(plan: TrialPlan, unit: Unit) -> str | None:
    """The id that a plan divides by; None where it is not known."""
    found = unit.case if plan.unit == "case" else unit.area if plan.unit == "area" else unit.authority
    return found or None


def stratum_of(plan: TrialPlan, inputs: Mapping[str, Value]) -> str:
    """Within which part of the units a plan divides; KeyError where the table has no such input."""
    return "/".join(f"{v:g}" if isinstance(v, int | float) else v for v in (inputs[name] for name in plan.strata))


def arm_of(plan: TrialPlan, stratum: str, unit_id: str) -> tuple[Arm, float]:
    """Which rule a unit follows, and how probable that was."""
    share = share_of(plan)
    return ("candidate", share) if place_of(plan.salt, stratum, unit_id) < share else ("current", 1 - share)
