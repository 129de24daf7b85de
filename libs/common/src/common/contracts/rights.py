"""Who may give which command: roles over scopes, from the federation's list of people."""

from __future__ import annotations

from collections.abc import Container
from typing import Protocol

from common.contracts.case_life import COMMAND_ROLES
from common.contracts.events import clock, deliberation, intake, operations, region, routing, rules
from common.contracts.events.base import Actor, Event
from common.contracts.events.reflex.prevention import AnswerPrevention
from common.contracts.refusals import Reason

ROLES: dict[type[Event], frozenset[str]] = {
    **COMMAND_ROLES,
    region.SettleDispute: COMMAND_ROLES[region.SettleDispute] | {"federal"},
    routing.AnswerTriage: frozenset({"operator", "regional_head", "federal"}),
    routing.DeclineTriage: frozenset({"operator", "regional_head", "federal"}),
    routing.SplitTriage: frozenset({"operator", "regional_head", "federal"}),
    routing.RefuseDuplicate: frozenset({"operator", "regional_head", "federal"}),
    rules.ProposeChange: frozenset({"loop", "operator", "regional_head", "federal", "expert", "installation"}),
    rules.DecideProposal: frozenset({"regional_head", "federal"}),
    rules.WithdrawProposal: frozenset({"loop", "operator", "regional_head", "federal", "expert"}),
    rules.StepTrial: frozenset({"loop", "regional_head", "federal"}),
    rules.PauseTrial: frozenset({"loop", "regional_head", "federal"}),
    rules.ResumeTrial: frozenset({"regional_head", "federal"}),
    rules.AdoptTrial: frozenset({"loop", "regional_head", "federal"}),
    rules.RollBackTrial: frozenset({"loop", "regional_head", "federal"}),
    rules.EndTrial: frozenset({"loop", "regional_head", "federal"}),
    rules.ReviewChange: frozenset({"regional_head", "federal"}),
    deliberation.GiveVoice: frozenset({"regional_head", "federal", "expert", "organisation"}),
    deliberation.JudgeVoices: frozenset({"regional_head", "federal", "expert", "organisation"}),
    deliberation.AnswerObjection: frozenset({"operator", "regional_head", "federal"}),
    deliberation.ModerateVoice: frozenset({"operator", "regional_head", "federal"}),
    deliberation.AppealModeration: frozenset({"operator", "regional_head", "federal", "expert", "organisation"}),
    deliberation.SettleAppeal: frozenset({"regional_head", "federal"}),
    deliberation.RevokeStandingConsent: frozenset({"regional_head", "federal"}),
    deliberation.TakeUpIdea: frozenset({"operator", "regional_head", "federal", "expert", "installation"}),
    deliberation.DeclineIdea: frozenset({"operator", "regional_head", "federal"}),
    intake.EraseCitizen: frozenset({"federal", "installation"}),
    intake.OpenOriginal: frozenset({"federal", "installation"}),
    AnswerPrevention: frozenset({"desk", "operator", "regional_head"}),
    operations.ReplayDeadLetter: frozenset({"operator", "federal", "installation"}),
    operations.SkipDeadLetter: frozenset({"operator", "federal", "installation"}),
    operations.RecordDisclosure: frozenset({"operator", "federal", "installation"}),
    clock.TimeCorrected: frozenset({"operator", "federal", "installation"}),
}
INSTALLATION = Actor(id="installation", role="installation", scope="*")
"""Whoever runs the servers, at the command line: no person of the federation; the principal `operator` vouches. It may
propose rules, on any layer, and decide on none."""

FORWARDED: frozenset[type[Event]] = frozenset({region.AcceptCase, region.StartWork, region.AnswerCase})
"""What can follow from what an authority's own endpoint says."""


class Listed(Protocol):
    """A person of the federation."""

    @property
    def id(self) -> str: ...
    @property
    def role(self) -> str: ...
    @property
    def scope(self) -> str: ...


class HasPeople(Protocol):
    @property
    def people(self) -> tuple[Listed, ...]: ...


def denial(
    federation: HasPeople,
    actor: Actor,
    command: type[Event],
    *,
    region: str | None = None,
    authority: str | None = None,
    principal: str | None = None,
) -> Reason | None:
    """None when `actor` may give `command` there, else the reason why not.

    A desk acts for its own authority, an operator or head for their own region, the federal centre for all that
    its role allows. `*` as scope means everywhere. Layer `national` counts as no region's. `principal` is who signed:
    only the principal `operator` speaks for the installation.
    """
    allowed = ROLES.get(command, frozenset())
    if actor.role not in allowed:
        prose = f"role {actor.role!r} may not give {command.type}; it takes one of {', '.join(sorted(allowed))}"
        return Reason("role_not_allowed", prose, role=actor.role, roles=",".join(sorted(allowed)))
    if actor.role == "loop":
        return None
    if actor.role == INSTALLATION.role:
        if principal == "operator":
            return None
        return Reason("principal_not_allowed", f"principal {principal!r} does not speak for the installation")
    if not any((p.id, p.role, p.scope) == (actor.id, actor.role, actor.scope) for p in federation.people):
        prose = f"{actor.id!r} does not hold role {actor.role!r} over {actor.scope!r} in this federation"
        return Reason("role_not_held", prose, actor=actor.id, role=actor.role, scope=actor.scope)
    if actor.role == "federal" or actor.scope == "*":
        return None
    needed = authority if actor.role == "desk" else region
    if actor.scope != needed:
        prose = f"{actor.id!r} acts for {actor.scope!r}, not for {needed!r}"
        return Reason("other_scope", prose, actor=actor.id, scope=actor.scope, needed=needed or "")
    return None


def beyond_forwarding(command: type[Event], authority: str, endpoints: Container[str], principal: str) -> Reason | None:
    """Why the edges may not order this: they speak for desks of authorities that have an endpoint of their own
    (`endpoints`), and of what those may order only for what an endpoint can say. None for any other principal."""
    if principal != "channels" or (command in FORWARDED and authority in endpoints):
        return None
    return Reason("principal_not_allowed", f"principal 'channels' may not give {command.type} for {authority!r}")
