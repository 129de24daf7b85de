"""Who may give which command on which layer. Pure."""

from __future__ import annotations

from common.contracts.events.base import Actor, Command
from common.contracts.events.rules import ProposeChange, TrialOrder
from common.contracts.refusals import Reason
from common.contracts.rights import INSTALLATION, denial
from common.rulebook import NATIONAL

from rules.model import Layers

TRIAL_LOOP = "trial"
"""The loop that watches trials; no other gives orders about them."""


def not_entitled(federation: Layers, principal: str, actor: Actor, command: type[Command], layer: str) -> str | None:
    """Why `actor` may not give this command on `layer`, or None."""
    if (actor.role == "loop") != (principal == "reflex") or (principal == "operator") != (actor == INSTALLATION):
        prose = f"principal {principal!r} may not act in role {actor.role!r}"
        return Reason("principal_not_allowed", prose)
    if principal == "deliberation" and command is not ProposeChange:
        return Reason("principal_not_allowed", "principal 'deliberation' proposes amendments and orders nothing else")
    if issubclass(command, TrialOrder) and actor.role == "loop" and actor.id != TRIAL_LOOP:
        prose = f"loop {actor.id!r} gives no orders about trials: loop {TRIAL_LOOP!r} does"
        return Reason("principal_not_allowed", prose)
    if layer != NATIONAL and federation.region(layer) is None:
        return Reason("no_such_layer", f"there is no layer {layer!r} in this federation", layer=layer)
    if layer == NATIONAL and actor.role not in ("federal", "loop", INSTALLATION.role):
        return Reason("national_layer", "the national layer is the federal centre's")
    return denial(federation, actor, command, region=layer, principal=principal)
