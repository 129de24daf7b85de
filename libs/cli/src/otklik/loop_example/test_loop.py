"""The loop over recorded outcomes: python -m unittest."""

from __future__ import annotations

import unittest
from pathlib import Path

from loop import HandedOn
from otklik_runner import replay

RECORDED = Path(__file__).parent / "recorded.jsonl"


class OverRecordedOutcomes(unittest.TestCase):
    """Two months: the cases of one area are handed on from the second on, those of another hardly ever."""

    def test_the_cell_whose_cases_are_handed_on_is_named_and_no_other(self) -> None:
        (said,) = replay(RECORDED, HandedOn())
        assert (said.layer, said.table) == ("north", "jurisdiction")
        assert said.rows[0].cells == {"authority": '"yard-02"'}
        assert said.rows[0].match["area"] == '"01"'

    def test_the_same_facts_give_the_same_proposals(self) -> None:
        assert replay(RECORDED, HandedOn()) == replay(RECORDED, HandedOn())


if __name__ == "__main__":
    unittest.main()
