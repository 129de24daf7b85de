"""Whose a case is, where authorities or regions do not agree: it stays with its holder until the arbiter decides, and
its clock runs. Each function changes the step, or raises Refused before it did."""

from __future__ import annotations

from common.contracts.case_life import HEADS
from common.contracts.disputes import Arbiter
from common.contracts.events import region
from common.contracts.events.base import Actor
from common.contracts.refusals import Reason

from regional.case import Authority, Case, Refused, RegionContext
from regional.passing_on import pass_on, taking_region
from regional.transition import Transition


def arbiter_between(target: Authority, to_region: str | None, context: RegionContext) -> Arbiter:
    """Who decides whether it is that authority's."""
    inside = target.serves(context.region) and to_region in (None, context.region)
    return "region" if inside else "federal"


def check_transfer(case: Case, actor: Actor, arbiter: Arbiter) -> None:
    """Raises Refused where a case may not be passed on any more without the arbiter. Whoever is the arbiter between the
    region's authorities may, and so settles it."""
    if case.claimed is not None:
        raise Refused(Reason("in_dispute", "it is in dispute whose the case is; the arbiter decides"))
    if arbiter == "region" and actor.role in HEADS:
        return
    if _settled(case, arbiter):
        raise Refused(Reason("dispute_settled", "the arbiter has decided whose the case is"))
    if case.limits is None:
        return
    times = case.transfers if arbiter == "region" else case.hand_overs
    allowed = case.limits.authorities if arbiter == "region" else case.limits.regions
    if times >= allowed:
        prose = f"the case was passed on {times} times already; say to the arbiter whose it is"
        raise Refused(Reason("passed_on_too_often", prose, times=str(times), arbiter=arbiter))


def _settled(case: Case, arbiter: Arbiter) -> bool:
    return case.settled_within if arbiter == "region" else case.settled_between


def raise_dispute(case: Case, command: region.RaiseDispute, step: Transition) -> None:
    """The holder says whose the case is, and that it is not for them to pass it on."""
    if case.claimed is not None:
        raise Refused(Reason("in_dispute", "it is in dispute already; the arbiter decides"))
    if not command.reason.strip():
        raise Refused(Reason("nothing_said", "the reason is empty; say it", field="reason"))
    target = _target(command.to_authority, case, step)
    arbiter = arbiter_between(target, command.to_region, step.context)
    if command.actor.role not in HEADS and _settled(case, arbiter):
        raise Refused(Reason("dispute_settled", "the arbiter has decided whose the case is"))
    to_region = taking_region(target, command.to_region) if arbiter == "federal" else None
    step.to(claimed=target.id, claimed_region=to_region)
    step.say(
        region.DisputeRaised, command.actor.id, claimed_authority=target.id, claimed_region=to_region,
        arbiter=arbiter, reason=command.reason, transfers=case.transfers, hand_overs=case.hand_overs,
    )  # fmt: skip


def settle_dispute(case: Case, command: region.SettleDispute, step: Transition) -> None:
    """The arbiter's word: the case stays with its holder, or goes where it belongs."""
    if case.claimed is None:
        raise Refused(Reason("no_dispute", "nobody disputes whose the case is"))
    arbiter: Arbiter = "region" if case.claimed_region is None else "federal"
    needed = "federal" if arbiter == "federal" else "operator,regional_head"
    if command.actor.role not in needed.split(","):
        prose = f"role {command.actor.role!r} does not decide this dispute; it takes one of {needed}"
        raise Refused(Reason("role_not_allowed", prose, role=command.actor.role, roles=needed))
    if not command.reason.strip():
        raise Refused(Reason("nothing_said", "the reason is empty; say it", field="reason"))
    stays = command.to_authority == case.authority and command.to_region in (None, step.context.region)
    target = None if stays else _target(command.to_authority, case, step)
    leaves = target is not None and arbiter_between(target, command.to_region, step.context) == "federal"
    if leaves and arbiter == "region":
        raise Refused(Reason("arbiter_is_federal", "between regions the federal centre decides"))
    to_region = taking_region(target, command.to_region) if target is not None and leaves else None
    step.to(
        claimed=None, claimed_region=None, settled_within=case.settled_within or arbiter == "region",
        settled_between=case.settled_between or arbiter == "federal",
    )  # fmt: skip
    step.say(
        region.DisputeSettled, command.actor.id, to_authority=command.to_authority, to_region=to_region,
        claimed_authority=case.claimed, claimed_region=case.claimed_region, arbiter=arbiter, reason=command.reason,
        transfers=case.transfers, hand_overs=case.hand_overs,
    )  # fmt: skip
    if target is not None:
        pass_on(target, command.to_region, command.actor.id, command.reason, step)


def _target(authority: str, case: Case, step: Transition) -> Authority:
    target = step.context.authorities.get(authority)
    if target is None:
        prose = f"no authority {authority!r} in this federation"
        raise Refused(Reason("no_such_authority", prose, authority=authority))
    if target.id == case.authority:
        raise Refused(Reason("with_authority_already", f"the case is with {target.id!r} already", authority=target.id))
    return target
