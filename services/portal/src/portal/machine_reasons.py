"""What the service rules says about a patch, in the reader's words; what is not known here is quoted as it is."""

from __future__ import annotations

import re
from collections.abc import Callable

from portal.language import N_, _
from portal.titles import TABLES, column_title, table_title

ROW = re.compile(r"^table (?P<table>\w+), row (?P<row>.+?): (?P<rest>.+)$", re.S)
NAMES_NOBODY = N_("it names an authority, an area or a category that is not there.")
REASONS: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"the base moved"), N_("a row that it changes says something else by now, so it no longer applies.")),
    (re.compile(r"^the patch changes nothing$"), N_("it changes nothing.")),
    (re.compile(r"has no release \d+; its newest is \d+$"), N_("it rests on a release that does not exist.")),
    (re.compile(r"would not be readable$"), N_("the table could not be read after it.")),
    (re.compile(r"^zen-engine reads table"), N_("two programs that read rules would read the table differently.")),
    (re.compile(r"loosens the national standard$"), N_("it would be looser than the national standard.")),
    (re.compile(r"there is no row "), N_("a row that it changes is not there any more.")),
    (re.compile(r"is there already$"), N_("a row that it adds is there already.")),
    (re.compile(r"there is no place \d+ for row"), N_("the place where it adds a row is not there.")),
    (re.compile(r"it stands at \d+, not at \d+$"), N_("a row that it removes stands elsewhere by now.")),
    (re.compile(r"must hold cells of"), N_("a row that it writes has other columns than the table.")),
    (re.compile(r"^there is no table "), N_("it changes a table that does not exist.")),
    (re.compile(r"no input reaches this row"), N_("no case can come to this row: the rows above take all of them.")),
    (re.compile(r"takes everything; rows below it are dead"), N_("it takes every case; the rows below do nothing.")),
    (re.compile(r"^no row answers for "), N_("there are cases for which the table has no row.")),
    (re.compile(r"has no end in this row"), N_("this row takes every number without end.")),
    (re.compile(r"it must lie from "), N_("a number lies outside of what is allowed.")),
    (re.compile(r"it must be one of "), N_("a cell holds a word that is not among those allowed.")),
    (re.compile(r"above it answers otherwise"), N_("a row above decides some of its cases otherwise.")),
    (re.compile(r"which no row of table"), N_("no case can come to this row: no rule gives what it asks for.")),
    (re.compile(r"is never reached: level"), N_("no case can come to this row: the level below has no row.")),
    (re.compile(r"^(there is no (authority|category)|no region has the area) "), NAMES_NOBODY),
    (
        re.compile(r"^it returns to what the rules said until "),
        N_("it returns to what the rules said not long ago: a person must decide it."),
    ),
    (re.compile(r"names what this federation does not have$"), NAMES_NOBODY),
)  # fmt: skip
LOOSER = re.compile(
    r"^table (?P<table>\w+), row .+?: for (?P<asked>.*) it sets (?P<column>\w+) to (?P<overlay>.+),"
    r" looser than the national (?P<national>.+)$"
)


def in_words(reason: str, value: Callable[[str, str, str], str]) -> str:
    """`value` puts a cell's value into words: (table, column, text)."""
    looser = LOOSER.match(reason)
    if looser and looser["table"] in TABLES:
        table, column = looser["table"], looser["column"]
        return _("{table}, {column}: {overlay}, where the national standard is {national}.").format(
            table=table_title(table), column=column_title(table, column).lower(),
            overlay=value(table, column, looser["overlay"]), national=value(table, column, looser["national"]),
        )  # fmt: skip
    found = ROW.match(reason)
    rest = found["rest"] if found else reason
    known = next((_(words) for pattern, words in REASONS if pattern.search(rest)), None)
    if known is None:
        return _("In the words of the check: “{words}”").format(words=reason)
    if found and found["table"] in TABLES:
        return _("{table}: {words}").format(table=table_title(found["table"]), words=known)
    return known[:1].upper() + known[1:]
