"""What an adapter gives to have its channel's notices delivered, and what it is given."""

from __future__ import annotations

from datetime import timedelta
from typing import Protocol

from common.contracts.frozen import value


@value
class Outgoing:
    """One notice to one citizen."""

    notice_id: str
    """The same at each try: where the far side knows ids of its senders, a repeated try is known by it."""
    channel: str
    conversation: str
    address: str
    name: str | None
    language: str | None
    """As the channel gave them."""
    notice: str | None
    """The class of a notice about a case, such as `answered`; None for one about a proposal."""
    kind: str
    """Exactly which news it is."""
    text: str
    reference: str
    """Of the case or of the proposal."""
    case_id: str | None = None
    proposal_id: str | None = None
    outside_id: str | None = None
    """The ce_id of the citizen's message that it is the first word on, or the answer to."""
    unasked: bool = False
    """The address was given elsewhere, and may be a stranger's: no answer counts as the citizen's."""


@value
class Awaited:
    """The far side has taken the notice and will say by itself what became of it: see `delivery.store.settle_awaited`.

    Where it says nothing within this time, the notice counts as delivered if it was at least passed on.
    """

    within: timedelta


@value
class Fetched:
    """A channel whose notices the far side fetches, and of which it says itself what became."""

    channel: str


class NotNow(Exception):
    """The far side may take the notice later. `reason` is told to the operator: no address, no words, no secret."""

    def __init__(self, reason: str, after: timedelta | None = None, *, everyone: bool = False) -> None:
        """`after`: not before that, where the far side says so. `everyone`: nobody on the channel can be reached now:
        the channel pauses, not this citizen's notices alone."""
        super().__init__(reason)
        self.reason = reason
        self.after = after
        self.everyone = everyone


class Never(Exception):
    """This notice cannot reach this citizen, however often it is tried. `reason` as for NotNow."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Deliverer(Protocol):
    """The way out of one channel."""

    @property
    def channel(self) -> str:
        """The federation's id of it."""
        ...

    async def deliver(self, out: Outgoing) -> Awaited | None:
        """Returns once the far side has taken the notice; None: that is its delivery.

        Raises NotNow and Never; anything else is taken for a fault of ours, and tried again. May be called for several
        citizens at once, and is cancelled after TRY_SECONDS.
        """
        ...
