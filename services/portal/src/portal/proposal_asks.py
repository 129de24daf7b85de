"""What a proposal asks of whoever reads the list: to speak, to decide, to look at it again. Pure."""

from __future__ import annotations

from common.contracts.frozen import value

from portal.item_fold import Item
from portal.language import N_
from portal.permissions import Entitled

DECIDERS = {True: N_("the federal centre"), False: N_("the head of the region, or the federal centre")}
"""Who decides: whether it is about the nation's rules."""


@value
class Asks:
    """`asked` is None where nothing is asked of the reader; `until` a time in ISO 8601."""

    until: str | None
    decides: str | None
    asked: str | None


def asks(proposal: Item, entitled: Entitled) -> Asks:
    data, state = proposal.data, proposal.state
    layer = str(data.get("patch", {}).get("layer", ""))
    decides = DECIDERS[layer == "national"]
    match state:
        case "in_deliberation":
            asked = N_("your voice")
            return Asks(data["deliberation"]["until"], decides, asked)
        case "to_be_decided" | "checked":
            return Asks(None, decides, N_("your decision") if entitled.decide(layer) else None)
        case "review_due":
            return Asks(None, decides, N_("your review") if entitled.review(layer) else None)
        case "on_trial":
            return Asks(None, None, None)
        case _:
            return Asks(data.get("review_at") if state == "adopted" else None, None, None)
