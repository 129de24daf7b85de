"""A forecast that may do harm is drawn whole."""

from __future__ import annotations

import re

import pytest
from portal.drawing import interval


@pytest.mark.parametrize("low", [-40.0, 0.0, 12.0])
def test_every_mark_of_an_interval_lies_inside_the_picture_in_its_order(low: float) -> None:
    drawn = str(interval(low, 20, 60, width=560))
    places = [float(x) for x in re.findall(r'<text x="([\d.-]+)"', drawn)]
    assert len(places) == 4
    assert all(0 <= x <= 560 for x in places)
    zero, left, at, right = places
    assert left < at < right
    assert (zero > left) == (low < 0)
