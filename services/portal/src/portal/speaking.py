"""How people without a role speak about a proposal: the form of the web channel, and words on every other. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from common.federation.country import Channel

from portal.language import N_

WEB = "web"
"""The channel whose form pages hold."""
HOTLINE = "hotline"
"""The channel whose form is for operators."""
WAYS: tuple[str, ...] = (
    N_("{reference}: for"),
    N_("{reference}: against, because it is too far away"),
    N_("{reference}: question: who pays for it?"),
    N_("{reference}: comment: it was tried before"),
    N_("{reference}: amendment: only at night"),
)
"""What a citizen may write or say anywhere; in each language words that `deliberation` understands."""
JUDGING = N_("{reference}: agree 12, disagree 14")
"""So they judge the words of others, by their numbers on the page."""


def edge_of(channels_url: str | None, channels: Sequence[Channel]) -> str:
    """Where the edges of channels are; empty where nobody said it, or the federation has no web channel."""
    served = any(c.id == WEB for c in channels)
    return channels_url.rstrip("/") if channels_url is not None and served else ""


def hotline_of(channels_url: str | None, channels: Sequence[Channel]) -> str:
    """Where the hotline's form is; empty where nobody said it, or the federation has no hotline."""
    served = any(c.id == HOTLINE for c in channels)
    return channels_url.rstrip("/") if channels_url is not None and served else ""


def form_at(edge: str) -> str:
    return f"{edge}/speak/voice" if edge else ""


def report_at(edge: str) -> str:
    """The form by which anybody reports something."""
    return f"{edge}/report" if edge else ""


def others(channels: Sequence[Channel]) -> tuple[Channel, ...]:
    """The channels on which people speak in words alone."""
    return tuple(c for c in channels if c.id != WEB)
