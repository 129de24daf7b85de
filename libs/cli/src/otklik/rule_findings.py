"""What a machine can say about a release: its tables, the names in them, whether it keeps the national standard."""

from __future__ import annotations

from collections.abc import Iterator

from common.rulebook.between_tables import never_asked, readable
from common.rulebook.check import check_table
from common.rulebook.errors import RulebookError
from common.rulebook.jdm import parse_table
from common.rulebook.no_looser import loosened_rows
from common.rulebook.references import names_of, unknown_names
from common.rulebook.release import NATIONAL, Release

from otklik.known_rules import KnownRules
from otklik.rules_asked import known_layer


def findings(rules: KnownRules, release: Release) -> Iterator[tuple[bool, str]]:
    """Whether it is a fault, and what is found, of one release; raises NotSaid for an overlay without a standard."""
    known = names_of(rules.federation)
    tables = {}
    for name, document in sorted(release.tables.items()):
        for found in check_table(name, document, release.layer):
            where = f"table {name}" + (f", row {found.row_id}" if found.row_id is not None else "")
            yield found.severity == "error", f"{where}: {found.words}"
        try:
            table = tables[name] = parse_table(name, document)
        except RulebookError:
            continue  # check_table has said so
        for row_id, words in unknown_names(table, known):
            yield True, f"table {name}, row {row_id}: {words}"
    standard = release if release.layer == NATIONAL else rules.layer(known_layer(rules, NATIONAL))[-1]
    nation = tables if release.layer == NATIONAL else readable(standard.tables)
    for name, row_id, words in never_asked([nation, tables], tables):
        yield False, f"table {name}, row {row_id}: {words}"
    if release.layer != NATIONAL:
        for loose in loosened_rows(standard.tables, release.tables):
            yield True, loose.in_words()
