"""Immutable values that are made by the ten thousand."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeVar, dataclass_transform

T = TypeVar("T")


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def value(cls: type[T]) -> type[T]:
    """A dataclass with slots whose fields the type checker lets nobody assign to.

    At run time that is not checked again: `frozen=True` pays for it with a call for each field of each new object,
    three times the price of making one.
    """
    return dataclass(slots=True, unsafe_hash=True)(cls)
