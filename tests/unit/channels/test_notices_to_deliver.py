"""A notice lies sealed between the topic and its deliverer, and is the same at both ends."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from channels.delivery.deliverer import Outgoing
from channels.delivery.keeping import NOTICES, Keeper
from channels.delivery.notices import Notice, outgoing, read, written
from channels.edge_key import EdgeKey
from common.contracts.delivery import Delivery
from common.contracts.envelope import Envelope
from common.contracts.events.channel import Contact, NoticeIssued, ProposalNoticeIssued
from common.messaging.sealing import NotSealedHere

NOW = datetime(2011, 7, 1, 14, tzinfo=UTC)
ANN = Contact(address="101", name="Ann", language="ru")


def delivered(event: Notice, topic: str = "channel.hotline.outbound") -> Outgoing:
    envelope = Envelope("notice-1", "intake", event.type, NOW, "case-1", "c")
    return outgoing(Delivery(envelope, event, topic, 0, 0, "case-1"), event)


def about_a_case(kind: str | None) -> Outgoing:
    return delivered(
        NoticeIssued(
            case_id="case-1", reference="K-1", conversation="c", contact=ANN, notice="answered", text="Ж", kind=kind
        )
    )


def test_a_notice_about_a_case_names_it_and_one_without_a_kind_is_of_the_kind_of_its_class() -> None:
    out = about_a_case(None)
    assert (out.notice_id, out.channel, out.case_id, out.proposal_id) == ("notice-1", "hotline", "case-1", None)
    assert (out.notice, out.kind, about_a_case("declined").kind) == ("answered", "answered", "declined")


def test_a_notice_about_a_proposal_names_that() -> None:
    event = ProposalNoticeIssued(
        proposal_id="p", reference="P-1", conversation="c", contact=ANN, kind="opened", text="t"
    )
    out = delivered(event)
    assert (out.case_id, out.proposal_id, out.notice, out.kind) == (None, "p", None, "opened")


def test_what_is_written_down_is_read_as_it_was() -> None:
    assert read(written(about_a_case("answered"))) == about_a_case("answered")


def test_notices_of_channels_without_a_deliverer_are_not_wanted_and_other_topics_are_none_of_the_keepers() -> None:
    keeper = Keeper(["hotline"], EdgeKey(bytes(32)))
    asked = ("channel.hotline.outbound", "channel.web.outbound", "region.north.cases", "channel.hotline.receipts")
    assert [keeper.wants(topic) for topic in asked] == [True, False, None, None]


def test_under_another_key_of_the_edge_nothing_is_opened() -> None:
    ours, others = (EdgeKey(bytes([n] * 32)) for n in (1, 2))
    sealed = ours.sealer(NOTICES).seal_bytes(written(about_a_case(None)), "notice-1")
    assert Keeper([], ours).opened("notice-1", sealed) == about_a_case(None)
    with pytest.raises(NotSealedHere):
        Keeper([], others).opened("notice-1", sealed)
