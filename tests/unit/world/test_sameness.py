"""Two runs are compared by what they said, not by who could read it first or by whose keys."""

from __future__ import annotations

import json

from world.compare_runs import RecordSeen, canonical, differences


def said(key: str, sequence: int, body: dict[str, object], topic: str = "region.north.cases") -> RecordSeen:
    return RecordSeen(topic, key, sequence, f"2011-07-0{sequence}", f"{key}-{sequence}", (), json.dumps(body))


def test_the_order_of_arrival_and_the_keys_of_pseudonyms_do_not_matter() -> None:
    one = [said("a", 1, {"citizen": "x1", "actor": "x1"}), said("a", 2, {}), said("b", 1, {"citizen": "x2"})]
    other = [said("b", 1, {"citizen": "y2"}), said("a", 2, {}), said("a", 1, {"citizen": "y1", "actor": "y1"})]
    assert differences(canonical(one), canonical(other)) == []


def test_who_is_the_same_person_as_whom_does_matter() -> None:
    one = canonical([said("a", 1, {"citizen": "x1"}), said("b", 1, {"citizen": "x1"})])
    other = canonical([said("a", 1, {"citizen": "y1"}), said("b", 1, {"citizen": "y2"})])
    assert len(differences(one, other)) == 1


def test_what_one_run_said_and_the_other_did_not_is_shown() -> None:
    one = canonical([said("a", 1, {}), said("a", 2, {"state": "answered"})])
    found = differences(one, one[:1])
    assert len(found) == 1
    assert "answered" in found[0]
    assert "nothing more" in found[0]
