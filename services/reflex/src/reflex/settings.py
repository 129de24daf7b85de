"""What this process alone may be told, from environment variables named OTKLIK_*."""

from __future__ import annotations

from collections.abc import Iterable

from common.messaging.settings import SettingsError
from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class ReflexSettings(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="OTKLIK_", extra="ignore", frozen=True)

    loops: str = Field(
        default="", description="comma-separated names of the loops to run, alike in every replica; empty: all of them"
    )


def chosen(settings: ReflexSettings, known: Iterable[str]) -> list[str]:
    """Names of the loops to run, in the order of `known`; raises SettingsError for one that there is not."""
    names = list(known)
    given = {name.strip() for name in settings.loops.split(",")} - {""}
    if unknown := sorted(given - set(names)):
        raise SettingsError(f"OTKLIK_LOOPS: there is no loop {', '.join(unknown)}; there are {', '.join(names)}")
    return [name for name in names if not given or name in given]
