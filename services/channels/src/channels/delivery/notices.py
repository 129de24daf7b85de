"""A notice as it comes and as it lies here: from the record to what a deliverer is given. Pure."""

from __future__ import annotations

import json
from dataclasses import asdict

from common.contracts.catalogue import channel_of
from common.contracts.delivery import Delivery
from common.contracts.events.channel import NoticeIssued, ProposalNoticeIssued

from channels.delivery.deliverer import Outgoing

Notice = NoticeIssued | ProposalNoticeIssued


def outgoing(delivery: Delivery, event: Notice) -> Outgoing:
    """What a deliverer is given of a record."""
    if isinstance(event, NoticeIssued):
        notice, kind = event.notice, event.kind or event.notice
        case_id, proposal_id = event.case_id, None
    else:
        notice, kind = None, event.kind
        case_id, proposal_id = None, event.proposal_id
    contact = event.contact
    return Outgoing(
        delivery.envelope.id, channel_of(delivery.topic), event.conversation, contact.address, contact.name,
        contact.language, notice, kind, event.text, event.reference, case_id, proposal_id, event.outside_id,
        isinstance(event, NoticeIssued) and event.unasked,
    )  # fmt: skip


def replaced_by(event: Notice) -> tuple[str, ...]:
    """Ids of the notices that a notice corrects."""
    return event.replaces if isinstance(event, NoticeIssued) else ()


def written(out: Outgoing) -> bytes:
    return json.dumps(asdict(out), ensure_ascii=False).encode()


def read(body: bytes) -> Outgoing:
    """The inverse of `written`."""
    return Outgoing(**json.loads(body))
