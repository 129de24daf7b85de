"""How records lie in the database until Kafka has them."""

from __future__ import annotations

import pytest
from common.messaging.produce.outbox import OutboxRow, Packing, pack_rows
from common.messaging.sealing import NotSealedHere, Sealer

ROWS = (
    OutboxRow("channel.web.outbound", "case-1", [("ce_id", b"notice-1")], b'{"address": "ann@example.org"}'),
    OutboxRow("intake.messages", "case-1", [], b"{}"),
)
OLD, NEW = bytes(32), bytes([1]) * 32


def test_sealed_records_hold_nothing_in_clear_and_come_back_as_they_were() -> None:
    packing = Packing(Sealer(OLD))
    packed = packing.pack(ROWS)
    assert b"ann@example.org" in pack_rows(ROWS)
    assert not [clear for clear in (b"ann@example.org", b"notice-1", b"case-1", b"channel.web") if clear in packed]
    assert packing.unpack(packed) == ROWS


def test_records_that_waited_before_the_service_had_seals_or_another_key_go_on() -> None:
    assert Packing(Sealer(OLD)).unpack(Packing().pack(ROWS)) == ROWS
    assert Packing(Sealer(NEW, [OLD])).unpack(Packing(Sealer(OLD)).pack(ROWS)) == ROWS


@pytest.mark.parametrize("packing", [Packing(), Packing(Sealer(NEW))])
def test_records_sealed_under_a_key_that_is_not_here_are_not_taken_for_anything_else(packing: Packing) -> None:
    with pytest.raises(NotSealedHere):
        packing.unpack(Packing(Sealer(OLD)).pack(ROWS))
