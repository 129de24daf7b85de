"""The rulebook: decision tables in layers, compiled, patched, checked. Pure: no I/O."""

from common.rulebook.bitsets import CompiledTable, Hit, compile_table
from common.rulebook.book import ReleaseBook
from common.rulebook.check import Finding, check_table
from common.rulebook.errors import PatchConflict, ReleaseMissing, RulebookError
from common.rulebook.jdm import Table, parse_table
from common.rulebook.layers import Rulebook, RuleDecision
from common.rulebook.no_looser import Loosening, loosened_rows
from common.rulebook.patch import apply_patch, reverse
from common.rulebook.release import NATIONAL, Release, release_hash, sealed
from common.rulebook.tables import TABLES, TableSpec
from common.rulebook.trial import NO_UNIT, Unit

__all__ = [
    "NATIONAL",
    "NO_UNIT",
    "TABLES",
    "CompiledTable",
    "Finding",
    "Hit",
    "Loosening",
    "PatchConflict",
    "Release",
    "ReleaseBook",
    "ReleaseMissing",
    "RuleDecision",
    "Rulebook",
    "RulebookError",
    "Table",
    "TableSpec",
    "Unit",
    "apply_patch",
    "check_table",
    "compile_table",
    "loosened_rows",
    "parse_table",
    "release_hash",
    "reverse",
    "sealed",
]
