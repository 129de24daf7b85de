"""What each loop declares, said once and whenever it has changed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import asyncpg
from common.contracts.events.reflex.observations import LoopDeclared, SettingDeclared
from pydantic.fields import FieldInfo

from reflex.loop import Loop


async def news(db: asyncpg.Connection, loops: Sequence[Loop], now: datetime) -> list[LoopDeclared]:
    """Declarations that were not said before, which are kept as said from now on."""
    said = {row["loop"]: row["body"] for row in await db.fetch("SELECT loop, body FROM declared_loop")}
    found = []
    for loop in loops:
        declared = declaration_of(loop, now)
        body = declared.model_dump_json(exclude={"declared_at"})
        if said.get(loop.name) != body:
            found.append(declared)
            await db.execute(
                "INSERT INTO declared_loop (loop, body) VALUES ($1, $2)"
                " ON CONFLICT (loop) DO UPDATE SET body = EXCLUDED.body",
                loop.name,
                body,
            )
    return found


def declaration_of(loop: Loop, now: datetime) -> LoopDeclared:
    fields = loop.settings.model_fields
    return LoopDeclared(
        loop=loop.name,
        watches=tuple(sorted(kind.event.type for kind in loop.facts)),
        settings=tuple(_setting(name, field) for name, field in fields.items()),
        declared_at=now,
    )


def _setting(name: str, field: FieldInfo) -> SettingDeclared:
    def bound(*kinds: str) -> float | None:
        found = [getattr(limit, kind) for limit in field.metadata for kind in kinds if hasattr(limit, kind)]
        return float(found[0]) if found else None

    return SettingDeclared(
        name=name, default=float(field.default), least=bound("ge", "gt"), most=bound("le", "lt")
    )  # fmt: skip
