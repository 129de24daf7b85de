"""Who may give which command on which layer. Pure."""

from __future__ import annotations

from common.contracts.events.base import Actor, Command
from common.contracts.events.rules import ProposeChange, TrialOrder, WithdrawProposal
from common.contracts.outside_loops import loop_of_principal
from common.contracts.refusals import Reason
from common.contracts.rights import INSTALLATION, denial
from common.rulebook import NATIONAL

from rules.model import Layers

DELIBERATION = "deliberation"
"""The principal that vouches for whose idea a proposal was made of, and by whom."""
CITIZEN = "citizen"
"""The role in which a citizen takes an own idea back; the id is the pseudonym."""
TRIAL_LOOP = "trial"
"""The loop that watches trials; no other gives orders about them."""


def not_entitled(federation: Layers, principal: str, actor: Actor, command: type[Command], layer: str) -> str | None:
    """Why `actor` may not give this command on `layer`, or None."""
    vouched = principal in ("operator", DELIBERATION) if actor == INSTALLATION else principal != "operator"
    outside = loop_of_principal(principal)
    if outside is None:
        proper = (actor.role == "loop") == (principal == "reflex")
    else:
        proper = (actor.role, actor.id) == ("loop", outside)
    if not proper or not vouched:
        prose = f"principal {principal!r} may not act in role {actor.role!r}"
        return Reason("principal_not_allowed", prose)
    if principal == DELIBERATION and command is not ProposeChange:
        return Reason("principal_not_allowed", "principal 'deliberation' proposes, and orders nothing else")
    if outside is not None and command not in (ProposeChange, WithdrawProposal):
        return Reason("principal_not_allowed", "a loop that others run proposes, and orders nothing else")
    if issubclass(command, TrialOrder) and actor.role == "loop" and actor.id != TRIAL_LOOP:
        prose = f"loop {actor.id!r} gives no orders about trials: loop {TRIAL_LOOP!r} does"
        return Reason("principal_not_allowed", prose)
    if layer != NATIONAL and federation.region(layer) is None:
        return Reason("no_such_layer", f"there is no layer {layer!r} in this federation", layer=layer)
    if layer == NATIONAL and actor.role not in ("federal", "loop", INSTALLATION.role):
        return Reason("national_layer", "the national layer is the federal centre's")
    speaks = "operator" if principal == DELIBERATION else principal
    return denial(federation, actor, command, region=layer, principal=speaks)


def not_proven_author(principal: str, event: ProposeChange) -> Reason | None:
    """Why nobody believes that a proposal is a citizen's, or None: whose idea it is, only the deliberation knows."""
    if principal == DELIBERATION or (event.author_citizen is None and event.idea_id is None):
        return None
    prose = f"principal {principal!r} does not say whose idea it is: take the idea up on deliberation.commands"
    return Reason("author_not_proven", prose)


def takes_back(principal: str, event: Command, author_citizen: str | None) -> bool:
    """Whether a citizen takes back an own idea, of which the proposal was made."""
    citizen = event.actor.role == CITIZEN and author_citizen is not None
    return principal == DELIBERATION and citizen and event.actor.id == author_citizen
