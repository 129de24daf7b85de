"""A federation is read from its folder, and says what is wrong with it."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest
from common.contracts.catalogue import Installation
from common.contracts.provisioning import topics
from common.federation.country import FederationError, load_federation
from common.rulebook import NO_UNIT, ReleaseBook, check_table, loosened_rows

ROOT = Path(__file__).parents[3]
TWO_SQUARES = ROOT / "tests" / "federation"
BOSTON = ROOT / "deploy" / "federations" / "boston"
NOW = datetime(2011, 10, 3, 15, tzinfo=UTC)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    shutil.copytree(TWO_SQUARES, tmp_path / "f")
    (tmp_path / "f" / "authorities.yaml").unlink()
    with pytest.raises(FederationError, match=r"authorities\.yaml: the file is missing"):
        load_federation(tmp_path / "f")


@pytest.mark.parametrize(
    ("given", "words"),
    [("{channels: 6}", "'channels' is no class of topics; there are archive, channel, deliberation, federal"),
     ("{channel: 0}", "greater than or equal to 1"), ("{channel: many}", "valid integer")],
)  # fmt: skip
def test_partitions_that_cannot_be_are_refused_in_words(tmp_path: Path, given: str, words: str) -> None:
    shutil.copytree(TWO_SQUARES, tmp_path / "f")
    head = tmp_path / "f" / "federation.yaml"
    head.write_text(head.read_text() + f"partitions: {given}\n")
    with pytest.raises(FederationError, match=words):
        load_federation(tmp_path / "f")


def test_partitions_are_set_by_class_of_topics_and_the_chain_stays_in_one(tmp_path: Path) -> None:
    shutil.copytree(TWO_SQUARES, tmp_path / "f")
    head = tmp_path / "f" / "federation.yaml"
    head.write_text(head.read_text() + "partitions: {channel: 6, rules: 4}\n")
    installation = Installation("x", ("web",), ("north",), load_federation(tmp_path / "f").partitions)
    found = {installation.logical(t.name): t.partitions for t in topics(installation)}
    assert (found["channel.web.inbound"], found["rules.proposals"], found["rules.lifecycle"]) == (6, 4, 1)
    assert (found["region.north.cases"], found["clock.ticks"]) == (3, 1)


def test_boston_has_four_regions_over_thirteen_areas() -> None:
    boston = load_federation(BOSTON)
    together = [{boston.region_of_area(a) for a in pair} for pair in (("06", "02"), ("03", "07"))]
    assert len(boston.regions) == 4
    assert sum(len(r.areas) for r in boston.regions) == 13
    assert all(len(regions) == 1 for regions in together)


def test_boston_locates_a_street_in_its_yard_and_nothing_at_sea() -> None:
    boston = load_federation(BOSTON)
    found = boston.locate(42.3100, -71.1140, NOW)
    assert found is not None
    assert (found.area, found.region) == ("02", "southwest")
    assert boston.locate(42.0, -69.0, NOW) is None


def test_every_authority_of_bostons_rules_exists_and_serves_the_region() -> None:
    boston = load_federation(BOSTON)
    book = ReleaseBook()
    for release in boston.base_releases():
        book.add(release)
    for region in boston.regions:
        rules = book.in_force(region.id, NOW)
        for category in boston.categories:
            for area in region.areas:
                decision = rules.decide("jurisdiction", {"category": category.code, "area": area}, NO_UNIT)
                if decision is not None:
                    authority = boston.authority(str(decision.outputs["authority"]))
                    assert authority is not None
                    assert authority.serves(region.id)


def test_bostons_tables_have_no_errors_and_loosen_nothing() -> None:
    national, *overlays = load_federation(BOSTON).base_releases()
    for release in (national, *overlays):
        for name, document in release.tables.items():
            assert [f for f in check_table(name, document, release.layer) if f.severity == "error"] == []
    assert [loosened_rows(national.tables, overlay.tables) for overlay in overlays] == [[], [], [], []]


def test_the_demonstration_writes_to_heads_of_authorities_under_a_reserved_domain_alone() -> None:
    boston = load_federation(BOSTON)
    addresses = [one.head.address for one in boston.authorities if one.head is not None]
    assert len(addresses) == len(boston.authorities)
    assert {address.rpartition("@")[2] for address in addresses} == {"example.org"}
