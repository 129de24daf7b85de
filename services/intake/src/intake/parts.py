"""The parts of a message that was divided, as conversations and messages of their own. Pure."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from common.contracts.envelope import derived_id
from common.contracts.events.intake import MessageRegistered
from common.contracts.events.routing import MessageSplit
from common.contracts.frozen import value
from common.contracts.parts import PartOf, PlacedAs
from common.contracts.reference import reference_of

from intake.conversation import Conversation
from intake.part_names import case_ids
from intake.redaction import redact, redact_address


@value
class RegisteredPart:
    conversation: Conversation
    """The citizen's thread, about this part."""
    event: MessageRegistered


def registered_parts(event: MessageSplit, whole: Conversation) -> tuple[RegisteredPart, ...]:
    """Each part, in the conversation of the message: said when that was, in its citizen's language."""
    names = case_ids(event)
    of = PartOf(message=event.message_id, case=event.case_id, parts=names)
    found = []
    for part, case_id in zip(event.parts, names, strict=True):
        place = part.place or event.place
        if place.address is not None:
            place = place.model_copy(update={"address": redact_address(place.address)})
        registered = MessageRegistered(
            message_id=derived_id("part message", case_id), case_id=case_id, reference=reference_of(case_id),
            channel=whole.channel, citizen=whole.citizen, text=redact(part.text), category=part.category, place=place,
            language=whole.language, received_at=event.received_at, synthetic=event.synthetic, part_of=of,
            placed_as=PlacedAs(
                actor=event.actor, category=part.category, area=part.area, authority=part.authority
            ),
        )  # fmt: skip
        conversation = _conversation(whole, case_id, event.received_at)
        found.append(RegisteredPart(conversation, registered))
    return tuple(found)


def _conversation(whole: Conversation, case_id: str, begun_at: datetime) -> Conversation:
    own = {name: getattr(whole, name) for name in Conversation.__dataclass_fields__}
    return replace(Conversation(**own), case_id=case_id, reference=reference_of(case_id), begun_at=begun_at)
