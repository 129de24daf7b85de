"""Each loop declares what it watches and its settings, with their bounds, as numbers of table `loops`."""

from __future__ import annotations

from datetime import UTC, datetime

from common.federation.country import load_federation
from common.rulebook.book import ReleaseBook
from reflex.declarations import declaration_of
from reflex.loop import LoopContext
from reflex.loops import LOOPS

from tests.conftest import FEDERATION

T = datetime(2026, 3, 2, tzinfo=UTC)


def test_every_loop_declares_itself() -> None:
    context = LoopContext(load_federation(FEDERATION), ReleaseBook())
    for name, build in LOOPS.items():
        loop = build(context)
        declared = declaration_of(loop, T)
        assert declared.loop == name
        assert declared.watches
        assert [s.name for s in declared.settings] == list(loop.settings.model_fields)
        loop.settings(**{s.name: s.default for s in declared.settings})


def test_bounds_are_those_of_the_setting() -> None:
    context = LoopContext(load_federation(FEDERATION), ReleaseBook())
    found = {s.name: s for s in declaration_of(LOOPS["silence"](context), T).settings}
    assert (found["chance"].default, found["chance"].least, found["chance"].most) == (0.025, 0, 1)
    assert (found["min_days"].least, found["min_days"].most) == (3, None)
