"""`--loop-set`: which loops run as processes of their own, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest
from otklik.loop_sets import LoopSetsWrong, asked_for, parsed, with_begun
from otklik.main import app
from otklik.process_plan import NICENESS_OF_THOSE_WHO_GIVE_WAY, Process, set_processes
from typer.testing import CliRunner

KNOWN = ("deadline", "emergence", "recurrence")


def test_each_option_names_a_set_and_its_loops_in_the_order_in_which_they_speak() -> None:
    assert parsed(["places=recurrence, emergence", "late=deadline"], KNOWN) == {
        "places": ["emergence", "recurrence"],
        "late": ["deadline"],
    }
    assert asked_for([]) == {}
    assert asked_for(["places=emergence"]) == {"places": ["emergence"]}


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["places=emergency"], "there is no loop emergency; there are deadline, emergence, recurrence"),
        (["a=emergence", "b=deadline,emergence"], "emergence is in the set a too"),
        (["a="], "the set a has no loop; write --loop-set NAME=LOOP,LOOP"),
        (["a"], "the set a has no loop"),
        (["a=,"], "the set a has no loop"),
        (["=emergence"], "'' cannot name a set"),
        (["A-b=emergence"], "'A-b' cannot name a set"),
        ([f"{'a' * 32}=emergence"], "at most 31"),
        (["a=emergence", "a=deadline"], "the set a is named twice"),
    ],
)
def test_what_cannot_run_is_refused_with_the_option_and_what_to_write(options: list[str], words: str) -> None:
    with pytest.raises(LoopSetsWrong) as refused:
        parsed(options, KNOWN)
    assert words in str(refused.value)
    assert f"--loop-set {options[-1]}" in str(refused.value)


def test_a_set_that_has_begun_runs_on_unasked_and_beside_new_ones() -> None:
    begun = {"places": ["emergence", "recurrence"]}
    assert with_begun({}, begun) == begun
    assert with_begun({"places": ["recurrence", "emergence"]}, begun).keys() == {"places"}
    assert with_begun({"late": ["deadline"]}, begun) == {**begun, "late": ["deadline"]}


def test_a_set_that_has_begun_keeps_its_loops() -> None:
    begun = {"places": ["emergence", "recurrence"]}
    with pytest.raises(LoopSetsWrong, match="places has begun here as places=emergence,recurrence"):
        with_begun({"places": ["emergence"]}, begun)
    with pytest.raises(LoopSetsWrong, match="emergence runs here in the set places"):
        with_begun({"other": ["deadline", "emergence"]}, begun)


def test_a_set_runs_as_reflex_does_on_a_port_of_its_own() -> None:
    reflex = Process("reflex", "reflex.app", {"OTKLIK_NAME": "reflex", "OTKLIK_HTTP_PORT": "8087"}, 8087)
    last = Process("exporter", "common.runtime.exporter", {}, 8090)
    late, places = set_processes([reflex, last], {"places": ["emergence", "recurrence"], "late": ["deadline"]})
    assert (late.name, late.port, places.name, places.port) == ("reflex.set_late", 8091, "reflex.set_places", 8092)
    assert places.module == reflex.module
    assert places.niceness == NICENESS_OF_THOSE_WHO_GIVE_WAY
    assert places.environment == {
        "OTKLIK_NAME": "reflex",
        "OTKLIK_HTTP_PORT": "8092",
        "OTKLIK_LOOP_SET": "places",
        "OTKLIK_LOOPS": "emergence,recurrence",
    }


@pytest.mark.parametrize("command", ["up", "demo"])
def test_a_wrong_set_is_refused_before_anything_starts(command: str, tmp_path: Path) -> None:
    told = CliRunner().invoke(app, [command, "--folder", str(tmp_path / "here"), "--loop-set", "places=emergency"])
    assert told.exit_code == 1
    assert "there is no loop emergency" in told.output
    assert not (tmp_path / "here").exists()
