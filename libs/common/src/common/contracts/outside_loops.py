"""Loops that others run: how they are called, and which names they may not have."""

from __future__ import annotations

import re

WORD = "loops"
"""The catalogue's word for all of them, among the writers and consumers of a topic."""
OWN_LOOPS = frozenset(
    {
        "introspection", "misrouting", "deadlines", "deadline", "emergence", "recurrence", "duplicates",
        "classification", "diffusion", "equity", "evaluation", "prediction", "silence", "trial",
    }
)  # fmt: skip
"""Names of the service reflex's own: nobody else speaks as one of them."""
NAME = re.compile(r"[a-z0-9_-]{1,60}")
_BEGINS = "loop-"


def principal_of_loop(name: str) -> str:
    """The principal of who runs a loop outside; its consumer groups begin with the prefix and this name."""
    return f"{_BEGINS}{name}"


def loop_of_principal(principal: str) -> str | None:
    """The loop that a principal runs, None for one that runs none."""
    name = principal.removeprefix(_BEGINS)
    return name if name != principal and not wrong_name(name) else None


def wrong_name(name: str) -> str:
    """Why a loop outside cannot be called so; empty where it can."""
    if not NAME.fullmatch(name):
        return f"{name!r} cannot be a loop: small letters, digits, - and _, 60 at most"
    return f"{name!r} is a loop of the service reflex: take another name" if name in OWN_LOOPS else ""
