"""Loops outside have principals of their own, and none has the name of one of the service's."""

from __future__ import annotations

import pytest
from common.contracts.catalogue import Installation
from common.contracts.outside_loops import OWN_LOOPS, loop_of_principal, principal_of_loop, wrong_name
from common.contracts.provisioning import grants, loop_grants
from reflex.loops import LOOPS

HERE = Installation(channels=("web",), regions=("north", "south"))


def test_no_loop_of_the_service_can_be_run_outside() -> None:
    assert set(LOOPS) <= OWN_LOOPS
    for name in LOOPS:
        assert "is a loop of the service" in wrong_name(name)
        assert loop_of_principal(principal_of_loop(name)) is None


@pytest.mark.parametrize("name", ["", "A", "../../etc", "a.b", "x" * 61, "with space"])
def test_what_cannot_be_part_of_a_file_or_topic_is_no_name(name: str) -> None:
    assert wrong_name(name)
    assert loop_of_principal(f"loop-{name}") is None


def test_a_principal_names_its_loop() -> None:
    assert loop_of_principal("loop-pigeons") == "pigeons"
    assert loop_of_principal("reflex") is None


def test_a_loop_may_read_facts_and_propose_and_nothing_else() -> None:
    found = {g.topic: (g.read, g.write) for g in loop_grants(HERE, "pigeons")}
    assert found == {
        "otklik.region.north.cases.v1": (True, False), "otklik.region.south.cases.v1": (True, False),
        "otklik.rules.commands.v1": (False, True), "otklik.rules.proposals.v1": (True, False),
        "otklik.rules.releases.v1": (True, False), "otklik.archive.scores.v1": (True, False),
        "otklik.reflex.observations.v1": (True, False), "otklik.reflex.warnings.v1": (True, False),
        "otklik.clock.ticks.v1": (True, False),
    }  # fmt: skip
    assert {g.principal for g in loop_grants(HERE, "pigeons")} == {"loop-pigeons"}
    assert not any(g.principal == "loops" for g in grants(HERE))
