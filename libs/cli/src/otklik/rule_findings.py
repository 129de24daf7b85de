"""What a machine can say about a release: its tables, the names in them, whether it keeps the national standard."""

from __future__ import annotations

from collections.abc import Iterator

from common.federation.rule_references import KnownNames, unknown_names
from common.rulebook.check import check_table
from common.rulebook.errors import RulebookError
from common.rulebook.jdm import parse_table
from common.rulebook.no_looser import loosened_rows
from common.rulebook.release import NATIONAL, Release

from otklik.known_rules import KnownRules


def findings(rules: KnownRules, release: Release) -> Iterator[tuple[bool, str]]:
    """Whether it is a fault, and what is found, of one release."""
    country = rules.federation
    areas = [area for region in country.regions for area in region.areas]
    known = KnownNames(areas, [a.id for a in country.authorities], [c.code for c in country.categories])
    for name, document in sorted(release.tables.items()):
        for found in check_table(name, document, release.layer):
            where = f"table {name}" + (f", row {found.row_id}" if found.row_id is not None else "")
            yield found.severity == "error", f"{where}: {found.words}"
        try:
            table = parse_table(name, document)
        except RulebookError:
            continue  # check_table has said so
        for row_id, words in unknown_names(table, known):
            yield True, f"table {name}, row {row_id}: {words}"
    if release.layer != NATIONAL:
        for loose in loosened_rows(rules.layer(NATIONAL)[-1].tables, release.tables):
            yield True, loose.in_words()
