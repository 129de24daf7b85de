"""A loop as its page shows it: which loops there are, how they stand, where each value of a setting came from."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from common.rulebook.jdm import document_of
from common.rulebook.release import NATIONAL, Release, sealed
from portal.blame import makers
from portal.item_fold import Item
from portal.loop_view import loops_of, settings_of, standings

T = datetime(2026, 3, 2, tzinfo=UTC)
DECLARED = {
    "settings": [
        {"name": "sr_threshold", "default": 10_000.0, "least": 1.0},
        {"name": "min_cases", "default": 5.0, "least": 1.0},
    ]
}


def release(number: int, **values: str) -> Release:
    rows = [
        (name, {"loop": '"misrouting"', "setting": f'"{name}"', "value": value}) for name, value in values.items()
    ]  # fmt: skip
    others = [("p", {"loop": '"silence"', "setting": '"chance"', "value": "0.03"})]
    tables = {"loops": document_of("loops", [*rows, *others])}
    return sealed(Release(layer=NATIONAL, number=number, effective_at=T, tables=tables))


def item(kind: str, name: str, state: str, **data: Any) -> Item:
    return Item(kind, name, state, T, data)


def test_a_setting_tells_its_value_its_default_the_release_and_the_proposal_that_gave_it() -> None:
    releases = [release(2, sr_threshold="30000", odd="7"), release(1, sr_threshold="10000", odd="7")]
    step = {"step": "adopted", "layer": NATIONAL, "number": 2}
    made = makers([item("proposal", "p1", "adopted", steps=[step])])
    found = {s.name: s for s in settings_of("misrouting", DECLARED, releases, 2, made)}
    assert list(found) == ["sr_threshold", "min_cases", "odd"]
    changed = found["sr_threshold"]
    assert (changed.value, changed.default, changed.changed) == (30_000, 10_000, True)
    assert changed.since is not None
    assert changed.since.number == 2
    assert changed.proposal is not None
    assert changed.proposal.id == "p1"
    assert (found["min_cases"].value, found["min_cases"].row_id, found["min_cases"].since) == (5, "", None)
    assert (found["odd"].value, found["odd"].default, found["odd"].proposal) == (7, None, None)
    assert found["odd"].since is not None
    assert found["odd"].since.number == 1


def test_what_is_not_in_force_yet_is_not_the_value() -> None:
    releases = [release(2, sr_threshold="30000"), release(1, sr_threshold="10000")]
    first = settings_of("misrouting", DECLARED, releases, 1, {})[0]
    assert (first.value, first.changed) == (10_000, False)


def test_loops_from_outside_stand_in_the_list_by_what_they_said() -> None:
    record = {"author": "theirs", "loop": True, "judged": 0}
    person = {"author": "head:north", "loop": False}
    found = loops_of(
        [item("loop", "silence", "declared")],
        [item("record", "loop|theirs", "published", **record), item("record", "person|x", "published", **person)],
        {"theirs": {"proposal": 3}, "silence": {"finding": 2}},
        {"silence": "stopped"},
    )
    assert [(x.name, x.declared, x.stopped, x.findings, x.proposals) for x in found] == [
        ("silence", True, True, 2, 0), ("theirs", False, False, 0, 3),
    ]  # fmt: skip
    assert found[1].record == record


def test_a_loop_is_stopped_by_the_last_word_about_itself_alone() -> None:
    def said(loop: str, kind: str, key: str | None = None) -> Item:
        return item("finding", "", kind, loop=loop, key=key or f"loop|{loop}")

    newest_first = [
        said("a", "resumed"), said("b", "alarm", "silence|north"), said("a", "stopped"), said("b", "stopped"),
        said("evaluation", "too bold", "loop|a"),
    ]  # fmt: skip
    assert standings(newest_first) == {"a": "resumed", "b": "stopped"}
