"""What reflex may be told."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Self

from common.messaging.settings import SettingsError
from common.runtime.settings import Settings
from pydantic import Field, model_validator

from reflex.loop_homes import SET_PREFIX


class ReflexSettings(Settings):
    """As every process, and which loops it runs."""

    loops: str = Field(
        default="",
        description="comma-separated names of the loops to run, alike in every replica; empty: all that no set has",
    )
    loop_set: str = Field(
        default="",
        pattern=r"^([a-z][a-z0-9_]{0,30})?$",
        description="name of a set of loops that runs as processes of its own, apart from the other loops",
    )

    @property
    def part(self) -> str:
        return self.loop_set and f"{SET_PREFIX}{self.loop_set}"

    @model_validator(mode="after")
    def _named(self) -> Self:
        if self.loop_set and not self.loops.strip():
            raise ValueError("OTKLIK_LOOP_SET needs OTKLIK_LOOPS: which loops the set is of")
        return self


def chosen(loops: str, known: Iterable[str]) -> list[str]:
    """Names of the loops to run, in the order of `known`; raises SettingsError for one that there is not."""
    names = list(known)
    given = {name.strip() for name in loops.split(",")} - {""}
    if unknown := sorted(given - set(names)):
        raise SettingsError(f"OTKLIK_LOOPS: there is no loop {', '.join(unknown)}; there are {', '.join(names)}")
    return [name for name in names if not given or name in given]
