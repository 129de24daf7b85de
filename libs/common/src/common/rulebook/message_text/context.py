"""What reading a message's text may know: the federation's places and categories, the rules, the models."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Protocol

from common.contracts.frozen import value
from common.rulebook.classification import Reading
from common.rulebook.layers import Rulebook
from common.rulebook.streets import Gazetteer


class Position(Protocol):
    """Where a point lies."""

    @property
    def area(self) -> str: ...
    @property
    def region(self) -> str: ...
    @property
    def border_set(self) -> str: ...


class Places(Protocol):
    """A federation, as far as texts are read by it."""

    def locate(self, lat: float, lon: float, at: datetime) -> Position | None: ...
    def region_of_area(self, area: str) -> str | None: ...
    def area_named(self, given: str) -> str | None: ...
    def streets(self, at: datetime) -> Gazetteer | None: ...
    def has_category(self, code: str) -> bool: ...
    def category_phrases(self) -> tuple[tuple[str, str], ...]: ...


Read = Callable[[str, str], Reading | None]
"""(a model's version, a text) -> what it reads in it; None where the model is not here."""


def nothing_read(model: str, text: str) -> Reading | None:
    """Where there are no models."""
    return None


class TextContext(Protocol):
    """`rulebook`: (layer, time) -> what is in force there then."""

    @property
    def country(self) -> Places: ...
    @property
    def rulebook(self) -> Callable[[str, datetime], Rulebook]: ...
    @property
    def read(self) -> Read: ...


@value
class TextKnown:
    """Where nothing else is to be known."""

    country: Places
    rulebook: Callable[[str, datetime], Rulebook]
    read: Read = nothing_read


class ModelMissing(ValueError):
    """The rules have a message wait for a model that is not here. That may pass: its file is brought."""
