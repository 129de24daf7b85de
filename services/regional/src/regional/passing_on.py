"""A case goes to another authority, of this region or another one."""

from __future__ import annotations

from common.contracts.events import region, routing
from common.contracts.refusals import Reason

from regional import answer_clock
from regional.case import Authority, Case, Refused
from regional.transition import Transition, accept_if_automatic


def pass_on(target: Authority, to_region: str | None, actor: str, reason: str, step: Transition) -> None:
    """The deadline goes on; the time held is billed to the one that held it."""
    case = step.case
    held = answer_clock.held_minutes(step)
    if target.serves(step.context.region) and to_region in (None, step.context.region):
        step.follow(
            "assigned", authority=target.id, held_since=step.now, held_waited=0, transfers=case.transfers + 1
        )  # fmt: skip
        step.say(
            region.CaseTransferred, actor, from_authority=case.authority, due_at=case.due_at, held_minutes=held,
            reason=reason,
        )  # fmt: skip
        accept_if_automatic(step)
        return
    taking = taking_region(target, to_region)
    step.follow("handed_over", authority=target.id, directives=())
    step.say(
        region.CaseTransferred, actor, from_authority=case.authority, due_at=case.due_at, held_minutes=held,
        reason=reason, to_region=taking, handed_case=_handover(case),
    )  # fmt: skip


def taking_region(target: Authority, named: str | None) -> str:
    """The region that gets a case with an authority outside this one."""
    if named is not None:
        if named not in target.regions:
            prose = f"authority {target.id!r} takes no case for region {named!r}"
            raise Refused(Reason("not_for_region", prose, authority=target.id, region=named))
        return named
    if len(target.regions) != 1:
        several = ", ".join(target.regions) or "no region"
        prose = f"authority {target.id!r} serves {several}: say which region gets the case"
        raise Refused(Reason("which_region", prose, authority=target.id, regions=",".join(target.regions)))
    return target.regions[0]


def _handover(case: Case) -> region.Handover:
    given = routing.CaseAssigned.model_validate_json(case.assignment)
    return region.Handover(
        reference=given.reference, message_id=given.message_id, category=given.category,
        priority=max(given.priority, case.raised_to), channel=given.channel,
        citizen=given.citizen, text=given.text, language=given.language, place=given.place,
        received_at=given.received_at, due_at=case.due_at,
        extension_minutes=0 if case.extended else case.extension_minutes, arms=given.arms,
        hand_overs=case.hand_overs + 1, settled_by="federal" if case.settled_between else None,
        part_of=given.part_of,
    )  # fmt: skip
