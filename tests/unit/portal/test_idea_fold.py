"""What a citizen's idea looks like on pages after each thing that becomes of it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from common.contracts.events import deliberation as said
from common.contracts.events.base import Event
from portal.item_fold import Item, fold_item

AT = datetime(2011, 7, 1, tzinfo=UTC)
GIVEN = {"idea_id": "i1", "reference": "I-7K2MNA"}


def after(*events: Event) -> Item:
    first = said.IdeaReceived(**GIVEN, citizen="c", channel="web", words="Another yard", received_at=AT)
    item = None
    for number, event in enumerate((first, *events)):
        item = fold_item(item, event, AT + number * timedelta(hours=1), f"order-{number}")
    assert item is not None
    return item


def test_an_idea_is_taken_up_freed_declined_and_keeps_its_words_and_its_time() -> None:
    taken = said.IdeaTakenUp(**GIVEN, proposal_id="p", actor="expert", taken_up_at=AT)
    item = after(taken)
    assert (item.state, item.time, item.data["proposal_id"], item.data["cause"]) == ("taken_up", AT, "p", "order-1")
    item = after(taken, said.IdeaFreed(**GIVEN, proposal_id="p", state="refused", reason="looser", freed_at=AT))
    assert (item.state, item.data["freed"]["reason"], item.data["words"]) == ("open", "looser", "Another yard")
    item = after(said.IdeaDeclined(**GIVEN, actor="head", words="It is built.", declined_at=AT))
    assert (item.state, item.data["answer"], item.data["words"]) == ("declined", "It is built.", "Another yard")


def test_words_that_were_taken_back_are_shown_no_more() -> None:
    item = after(said.IdeaWithdrawn(**GIVEN, withdrawn_at=AT))
    assert (item.state, item.data["words"]) == ("withdrawn", "")
