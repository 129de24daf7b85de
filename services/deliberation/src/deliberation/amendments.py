"""A person's amendment with a patch of its own becomes a proposal that names the one it amends. Pure."""

from __future__ import annotations

from common.contracts.envelope import derived_id
from common.contracts.events.base import Actor
from common.contracts.events.deliberation import GiveVoice
from common.contracts.events.rules import ProposeChange
from common.contracts.refusals import Reason
from common.contracts.rights import HasPeople, denial
from common.rulebook import NATIONAL

from deliberation.model import Deliberation, Voice

TITLE_CHARACTERS = 300
BEGIN = "Amendment: "


def refusal(federation: HasPeople, actor: Actor, about: Deliberation, command: GiveVoice) -> Reason | None:
    """Why a patch is no amendment of the proposal that this person may make, or None."""
    patch = command.amendment
    if patch is None or command.stance != "amendment":
        return Reason("patch_invalid", "only an amendment holds a patch")
    if (patch.layer, patch.table) != (about.patch.layer, about.patch.table):
        prose = f"an amendment changes table {about.patch.table} of layer {about.patch.layer}, as the proposal does"
        return Reason("patch_invalid", prose)
    if patch.changes == about.patch.changes:
        return Reason("patch_invalid", "the amendment changes what the proposal changes, and nothing else")
    if patch.layer == NATIONAL and actor.role != "federal":
        return Reason("national_layer", "the national layer is the federal centre's: put the amendment in words")
    return denial(federation, actor, ProposeChange, region=patch.layer)


def proposal(about: Deliberation, command: GiveVoice, voice: Voice) -> ProposeChange:
    """The amended form as a proposal of its own: it is checked and argued about like any other, and promises nothing
    that the first one has promised."""
    assert command.amendment is not None
    return ProposeChange(
        actor=command.actor, proposal_id=derived_id("amendment", voice.voice_id),
        title=f"{BEGIN}{about.title.removeprefix(BEGIN)}"[:TITLE_CHARACTERS], words=command.words or about.words,
        patch=command.amendment, values=about.values, needs_person=True,
        amends=about.proposal_id, synthetic=command.synthetic,
    )  # fmt: skip
