"""What reflex may be told."""

from __future__ import annotations

from collections.abc import Iterable

from common.messaging.settings import SettingsError
from common.runtime.settings import Settings
from pydantic import Field


class ReflexSettings(Settings):
    """As every process, and which loops it runs."""

    loops: str = Field(
        default="", description="comma-separated names of the loops to run, alike in every replica; empty: all of them"
    )


def chosen(loops: str, known: Iterable[str]) -> list[str]:
    """Names of the loops to run, in the order of `known`; raises SettingsError for one that there is not."""
    names = list(known)
    given = {name.strip() for name in loops.split(",")} - {""}
    if unknown := sorted(given - set(names)):
        raise SettingsError(f"OTKLIK_LOOPS: there is no loop {', '.join(unknown)}; there are {', '.join(names)}")
    return [name for name in names if not given or name in given]
