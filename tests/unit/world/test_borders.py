"""Learnt borders follow where crews really work, not every single case that went astray."""

from __future__ import annotations

import numpy as np
from world.voronoi import Labelled, areas_of, borders_from, nearest_places


def two_halves(stray: int) -> list[Labelled]:
    """A town of a 20 by 20 grid of places some 110 m apart, west A and east B; some of A's places say B."""
    places = [(42.0 + i / 1000, -71.0 + j / 1000) for i in range(20) for j in range(20)]
    west = [p for p in places if p[1] < -70.99]
    wrong = set(west[45 :: len(west) // stray][:stray]) if stray else set()
    return [(lat, lon, "B" if lon >= -70.99 or (lat, lon) in wrong else "A") for lat, lon in places]


def test_a_place_that_once_went_to_the_neighbour_stays_with_those_around_it() -> None:
    strays = [(lat, lon) for lat, lon, area in two_halves(3) if area == "B" and lon < -70.992]
    assert len(strays) == 3
    borders = borders_from(two_halves(3), _all(), "1970-01-01")
    assert areas_of(borders, strays) == ["A", "A", "A"]


def test_the_border_between_two_areas_is_where_their_places_meet() -> None:
    borders = borders_from(two_halves(0), _all(), "1970-01-01")
    assert areas_of(borders, [(42.0105, -70.9925), (42.0105, -70.9885)]) == ["A", "B"]


def _all() -> list[tuple[float, float]]:
    return [(lat, lon) for lat, lon, _ in two_halves(0)]


def test_thenearest_places_places_are_the_same_as_among_all() -> None:
    random = np.random.default_rng(5)
    crowd, far_off = random.normal(0, 1, (1_500, 2)), random.normal(0, 40, (60, 2))
    xy = np.concatenate([crowd, far_off])
    xy = xy[np.argsort(xy[:, 1])]
    for start in range(0, len(xy), 300):
        end = min(start + 300, len(xy))
        near, far = nearest_places(xy, start, end)
        among_all = np.sort(np.linalg.norm(xy[start:end, None] - xy[None], axis=2), axis=1)[:, : near.shape[1]]
        assert np.allclose(np.sort(far, axis=1), among_all)
        assert np.allclose(np.linalg.norm(xy[near] - xy[start:end, None], axis=2), far)
