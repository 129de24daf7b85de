"""Sets of loops that run as reflex processes of their own: what the command line asks for, and what has begun."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import TypeAlias

import asyncpg
from embedded.errors import EmbeddedError

LoopSets: TypeAlias = Mapping[str, Sequence[str]]
"""The loops of each set, by its name."""
NAME = re.compile(r"[a-z][a-z0-9_]{0,30}")
FORM = "write --loop-set NAME=LOOP,LOOP"


class LoopSetsWrong(EmbeddedError):
    """What was asked for cannot run; the message says why and what to write."""


def asked_for(options: Iterable[str]) -> dict[str, list[str]]:
    """The sets that `--loop-set` names, checked against the loops that there are. Raises LoopSetsWrong."""
    given = list(options)
    if not given:
        return {}
    # Imported where it is needed: most starts name no set.
    from reflex.loops import LOOPS

    return parsed(given, LOOPS)


def parsed(options: Iterable[str], known: Collection[str]) -> dict[str, list[str]]:
    """The sets that options NAME=LOOP,LOOP name; the loops of each in the order of `known`. Raises LoopSetsWrong."""
    found: dict[str, list[str]] = {}
    set_of: dict[str, str] = {}
    for option in options:
        name, _, words = option.partition("=")
        loops = {word.strip() for word in words.split(",")} - {""}
        if not NAME.fullmatch(name):
            raise LoopSetsWrong(
                f"--loop-set {option}: {name!r} cannot name a set; take small letters, digits and _, a letter first,"
                f" at most 31 in all: {FORM}"
            )
        if name in found:
            raise LoopSetsWrong(f"--loop-set {option}: the set {name} is named twice; name all its loops at once")
        if not loops:
            raise LoopSetsWrong(f"--loop-set {option}: the set {name} has no loop; {FORM}")
        if unknown := sorted(loops - set(known)):
            raise LoopSetsWrong(
                f"--loop-set {option}: there is no loop {', '.join(unknown)}; there are {', '.join(known)}"
            )
        for loop in sorted(loops):
            if set_of.setdefault(loop, name) != name:
                raise LoopSetsWrong(
                    f"--loop-set {option}: {loop} is in the set {set_of[loop]} too; a loop runs in one place"
                )
        found[name] = [loop for loop in known if loop in loops]
    return found


def with_begun(asked: LoopSets, begun: LoopSets) -> dict[str, list[str]]:
    """Those asked for, and those that began at an earlier start: what their loops know is kept with them, so they run
    on unasked and unchanged. Raises LoopSetsWrong."""
    for name, loops in asked.items():
        if name in begun and set(begun[name]) != set(loops):
            raise LoopSetsWrong(f"the set {name} has begun here as {in_words(begun, name)}; {_AS_BEFORE}")
        for other in begun:
            if name != other and (taken := sorted(set(loops) & set(begun[other]))):
                raise LoopSetsWrong(
                    f"--loop-set {in_words(asked, name)}: {', '.join(taken)} runs here in the set {other}"
                    f" ({in_words(begun, other)}); {_AS_BEFORE}"
                )
    return {name: list(loops) for name, loops in (dict(begun) | dict(asked)).items()}


_AS_BEFORE = (
    "it keeps what its loops know and goes on without being named. services/reflex/README.md says how a set gives its"
    " loops back"
)


def in_words(sets: LoopSets, name: str) -> str:
    """A set as the command line writes it."""
    return f"{name}={','.join(sets[name])}"


async def begun_in(database_url: str) -> dict[str, list[str]]:
    """The sets that have begun in reflex's database."""
    from reflex.loop_homes import sets_begun

    connection = await asyncpg.connect(database_url)
    try:
        return await sets_begun(connection)
    finally:
        await connection.close()
