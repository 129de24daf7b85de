"""What a channel means by the name of a category."""

from __future__ import annotations

import pytest
from common.federation.country import Category
from intake.categories import meanings

CODES = {"Pothole": "pothole", "pot-hole": "pothole", "Street light": "street-light"}
FEDERATION = (
    Category(code="pothole", title="Hole in the road", titles={"ru": "Яма на дороге"}),
    Category(code="street-light", title="Street light"),
    Category(code="noise", title="Noise"),
)


@pytest.mark.parametrize(
    ("seen", "meant"),
    [
        ("pothole", "Pothole"),
        ("pot-hole", "pot-hole"),
        ("hole in the road", "Pothole"),
        ("яма на дороге", "Pothole"),
        ("street-light", "Street light"),
        ("noise", "noise"),
    ],
)
def test_a_category_is_understood_by_word_code_and_title_in_any_language(seen: str, meant: str) -> None:
    assert meanings(CODES, FEDERATION)[seen] == meant


def test_what_nobody_published_means_nothing() -> None:
    assert "ann example" not in meanings(CODES, FEDERATION)
