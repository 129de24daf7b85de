"""Rows of decision tables as sentences, and what differs between two releases."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from common.contracts.patch import Cells, Patch
from common.contracts.trial import TrialUnit
from common.federation.country import EPOCH
from common.rulebook.about_changes import STANDING_CONSENT
from common.rulebook.cells import AnyValue, Between, OneOf, parse_output, parse_test
from common.rulebook.classification import MISSING
from common.rulebook.differences import RowDifference, differences
from common.rulebook.jdm import rows_of
from common.rulebook.release import Release
from common.rulebook.tables import TABLES, Type, Value

from portal.formats import iso_day, listed, number, percent, working
from portal.language import N_, _, ngettext
from portal.loop_pages import loop_title
from portal.names import Names
from portal.titles import column_title, table_title, value_title

SENTENCES = {
    "category_map": N_("What a channel calls {given} is the category {category}."),
    "classification": N_(
        "{channel}, {language}: model {model} decides from {automatic_percent}, asks the citizen from {ask_percent}"
        " ({choices} choices at most), where it has seen {known_percent} of the words; where it is missing, "
        "{if_missing}."
    ),
    "jurisdiction": N_("{category}, {area}: {authority} must act."),
    "deadline": N_(
        "{category}, {priority}: an answer within {answer_minutes}, one extension of up to {extension_minutes}."
    ),
    "priority": N_("{category}: priority {priority}."),
    "answer_quality": N_("{category}: an answer has {least_characters} characters or more."),
    "waiting": N_(
        "{category}: a reply to a question is awaited for {term_minutes}, with a reminder after {remind_minutes};"
        " without a reply {then}."
    ),
    "conversation": N_(
        "{state}, the message brings: {brings}; days since the case moved: {days}; minutes since the citizen spoke"
        " last: {minutes}: the message {then}."
    ),
    "daily_messages": N_(
        "{channel}: {most} messages of one conversation are taken in a day, beside the one that begins it; who has"
        " written more is told to call {call} in an emergency."
    ),
    "matters": N_(
        "{kind}, earlier ones closed by people: {repeats}; from a weight of {weight} or where a model is sure by"
        " {percent} percent: {then}. Priority at least {priority}; number to call: {call}."
    ),
    "matter_words": N_("{kind}, {language}: {words} weighs {weight}."),
    "disputes": N_(
        "{category}: the arbiter decides once it was passed on {authorities} times inside a region, or {regions} times"
        " between regions."
    ),
    "duplicates": N_(
        "{category}: an earlier case within {radius_metres} metres and {window_hours} hours, with {least_likeness}"
        " percent of the words or more, is suggested as the same: {suggest}; the citizen is asked too: {ask_citizen}."
    ),
    "warnings": N_(
        "{category}: while an early warning stands, its first case is suggested to new ones in its circle:"
        " {suggest_parent}; for {priority_hours} hours these have a priority of {priority} or more; citizens with a"
        " case there are told: {tell_citizens}, {told_at_most} of them at most, of its end too: {tell_end}."
    ),
    "triage": N_("{category}: no person is asked before it goes on."),
    "escalation": N_("Level {level}, {priority}: {after_minutes} after the deadline {to} is told."),
    "loops": N_("Loop “{loop}”, {setting}: {value}."),
    "background": N_("{category}: {rate} of the cases are passed on while the rules are right."),
    "deliberation": N_(
        "A change of table “{table}” of {layer}: open to argument for {term_days}, at most {longest_days}, to"
        " {speakers}; it takes voices: citizens {quorum_citizen}, experts {quorum_expert},"
        " organisations {quorum_organisation}, regions {quorum_region}, the centre {quorum_federal}, and a support of"
        " {support_percent} {formula};"
        " at most {told_at_most} citizens are told of it."
    ),
    "standing_consent": N_(
        "Changes of table “{table}” by {author}, changed rows: {rows}; pass without a deliberation: {passes}."
        " Given by {given_by}, holds until {until}."
    ),
    "trial": N_(
        "A change of table “{table}”, rows: {rows}, cases a day: {cases_a_day}; divided by: {unit}; shares {steps}; at"
        " least {least_outcomes} outcomes of each part; at most {longest_days}; afterwards {holdout_percent} under the"
        " old rule for {holdout_days}; beside other trials of one office while all together concern at most"
        " {cases_beside} cases a day."
    ),
    "loop_limits": N_(
        "Loop: {loop}, table “{table}”, right proposals in percent: {precision}: at most {most_proposals} proposals in"
        " 30 days about one office; a pause of {cooldown_days} after a setback and of {settling_days} after a change;"
        " going back within {return_days} needs a person."
    ),
    "texts": N_("{notice}, in {language}: “{text}”"),
}  # fmt: skip
"""What a row of each table says, by its columns."""
CONFIRMED = N_("{category}: a person confirms it before it goes anywhere.")
PLACED_BY_TEXT = N_("A house that its text alone names places it.")
LOOKED_AT_IF_SEVERAL = N_("{category}: a person looks first at what seems to be about several matters.")
NOT_PLACED = N_("{priority}: {after_minutes} after its receipt {to} is told of a case that nobody holds.")
AWAITED = N_("Without an answer within {wait_minutes} it joins the case.")
DIRECTIVE = N_("The centre issues a directive, which gives {directive_minutes}.")
ANY = {
    "channel": N_("any channel"),
    "language": N_("any language"),
    "category": N_("any category"),
    "area": N_("every area"),
    "priority": N_("any priority"),
}
"""An empty cell inside a sentence; the others are said by `any`."""
LISTS: dict[tuple[str, str], Mapping[str, str]] = {
    ("deliberation", "speakers"): {
        "citizen": N_("citizens"),
        "expert": N_("experts"),
        "organisation": N_("organisations"),
        "region": N_("regions"),
        "federal": N_("the centre"),
    },
    ("trial", "steps"): {},
}
"""Columns that hold several words with blanks between, and what each is called."""
SHARE_FOLLOWS: Mapping[TrialUnit, str] = {
    "case": N_("On trial: {share} of the cases follow a change."),
    "area": N_("On trial: the cases of {share} of the areas follow a change."),
    "authority": N_("On trial: the cases of {share} of the authorities follow a change."),
}
"""How many are decided by a change that is tried, by what its trial divides."""
FOLLOWS = N_("This one does; the change says {candidate}, the rule for the others {current}.")
FOLLOWS_NOT = N_("This one does not; the rule before the change says {current}, the change {candidate}.")
BY_THE_CLOCK = frozenset({("conversation", "minutes"), ("conversation", "wait_minutes")})
"""Minutes, night and day."""
SHARES = frozenset({"rate"})
"""Columns that hold a share."""


@dataclass(frozen=True, slots=True)
class RowChanged:
    """One row before and after; None where there is none. `cells` are the columns that differ, in words.

    `places` are those among the table's rows, from 1, where only these have changed.
    """

    table: str
    row_id: str
    before: str | None
    after: str | None
    cells: Sequence[tuple[str, str, str]] = ()
    places: tuple[int, int] | None = None


class RuleWords:
    """Reads cells and rows with a federation's names."""

    def __init__(self, names: Names) -> None:
        self._names = names

    def value(self, table: str, column: str, value: Value) -> str:
        """One value of a column."""
        if isinstance(value, str):
            if column == "category":
                return self._names.category(value)
            if column == "authority":
                return self._names.authority(value)
            if column == "channel":
                return self._names.channel(value)
            if column == "model":
                return value[:12]
            if table == STANDING_CONSENT and column in ("author", "given_by", "until"):
                return self._of_consent(column, value)
            if (table, column) in LISTS:
                return listed([_(LISTS[table, column].get(word, word)) for word in value.split()])
            return value_title(table, column, value) or value
        if not isinstance(value, bool):
            if (table, column) in BY_THE_CLOCK:
                return ngettext("{n} minute", "{n} minutes", int(value)).format(n=number(value))
            if column.endswith("minutes"):
                return working(value)
            if column.endswith("_days"):
                return ngettext("{n} day", "{n} days", int(value)).format(n=number(value))
            if column.endswith("_percent"):
                return percent(value / 100)
            if column in SHARES:
                return percent(value)
        return number(value)

    def _of_consent(self, column: str, value: str) -> str:
        """Who a consent is for, who gave it, and its last day."""
        if column == "given_by":
            return self._names.actor(value)
        if column == "author":
            return _("a person") if value == "person" else _("the loop “{loop}”").format(loop=loop_title(value))
        return iso_day(value)

    def cell(self, table: str, column: str, text: str) -> str:
        """A cell in words; a cell nobody can read as it stands."""
        spec = TABLES[table]
        try:
            for given in spec.inputs:
                if given.name == column:
                    return self._test(table, column, text, given.type)
            for out in spec.outputs:
                if out.name == column:
                    return self.value(table, column, parse_output(text, out.type))
        except ValueError:
            return text
        return text

    def _test(self, table: str, column: str, text: str, kind: Type) -> str:
        test = parse_test(text, kind)
        if isinstance(test, AnyValue):
            return _("any")
        if isinstance(test, OneOf):
            return listed([self.value(table, column, v) for v in test.values], either=True)
        assert isinstance(test, Between)
        if test.high == float("inf"):
            text = _("more than {n}") if test.low_open else _("at least {n}")
            return text.format(n=number(test.low))
        if test.low == float("-inf"):
            text = _("less than {n}") if test.high_open else _("at most {n}")
            return text.format(n=number(test.high))
        return _("{low} to {high}").format(low=number(test.low), high=number(test.high))

    def sentence(self, table: str, cells: Mapping[str, str]) -> str:
        """A row as `Pothole, area 06: Street yard 06 must act.`"""
        spec = TABLES.get(table)
        if spec is None:
            return listed([f"{k}: {v}" for k, v in cells.items()])
        columns = [*(c.name for c in spec.inputs), *(c.name for c in spec.outputs)]
        words = {c: self._phrase(table, c, cells.get(c, "")) for c in columns}
        said = " ".join(_(text).format(**words) for text in _sentences(table, cells))
        return said[:1].upper() + said[1:]

    def _phrase(self, table: str, column: str, text: str) -> str:
        """A cell as a part of a sentence."""
        said = self.cell(table, column, text)
        inputs = {c.name for c in TABLES[table].inputs}
        if column in inputs and said == _("any"):
            return _(ANY[column]) if column in ANY else said
        if column in inputs and column == "area":
            return _("area {area}").format(area=said)
        if column in inputs and column == "priority":
            return _("priority {n}").format(n=said)
        return said

    def because(self, because: Mapping[str, Any]) -> dict[str, str]:
        """A decision's row in words: what was asked, what it said, and of which release."""
        table = str(because["table"])
        inputs, outputs = because.get("inputs", {}), because.get("outputs", {})
        asked = {column.name for column in TABLES[table].inputs} if table in TABLES else set(inputs)

        def said(values: Mapping[str, Value]) -> str:
            return listed([self._is(table, column, value) for column, value in values.items()])

        own = {name: one for name, one in inputs.items() if name in asked}
        circle = [_("the circle of an early warning")] if table == "warnings" and "warning" in inputs else []
        return {
            "table": table,
            "title": table_title(table),
            "row_id": str(because["row_id"]),
            "layer": str(because["layer"]),
            "number": str(because["number"]),
            "asked": listed([*([words] if (words := said(own)) else []), *circle]) or _("nothing"),
            "said": self._read(inputs, outputs) if "then" in inputs else said(outputs),
        }

    def _read(self, read: Mapping[str, Value], outputs: Mapping[str, Value]) -> str:
        """What a model read in a text and what followed, in words: how sure it was, and what else it may be."""
        if read.get(MISSING):
            return _("model {model} was missing; a person is asked").format(
                model=self.value("classification", "model", outputs["model"])
            )
        words = [
            _("model {model} reads {category} ({sure})").format(
                model=self.value("classification", "model", outputs["model"]), sure=percent_of(read["first_percent"]),
                category=self._names.category(str(read["first"])),
            )
        ]  # fmt: skip
        if "second" in read:
            other = self._names.category(str(read["second"]))
            words.append(
                _("else {category} ({sure})").format(category=other, sure=percent_of(read["second_percent"]))
            )  # fmt: skip
        words.append(_("it has seen {share} of the words").format(share=percent_of(read["read_percent"])))
        words.append(
            _("{then}, by the limits {automatic} and {ask}").format(
                then=value_title("classification", "then", str(read["then"])),
                automatic=percent_of(outputs["automatic_percent"]), ask=percent_of(outputs["ask_percent"]),
            )
        )  # fmt: skip
        if "chosen" in read:
            chosen = self._names.category(str(read["chosen"]))
            words.append(_("the citizen chose {category}").format(category=chosen))
        return "; ".join(words)

    def arm(self, arm: Mapping[str, Any]) -> dict[str, str]:
        """A decision that a trial concerned, in words: how many follow the change, what each rule says, which held."""
        table, follows = str(arm["table"]), arm["arm"] == "candidate"
        share = percent(arm["probability"] if follows else 1 - arm["probability"])

        def said(answer: Mapping[str, Value] | None) -> str:
            return listed([self._is(table, column, value) for column, value in (answer or {}).items()]) or _("nothing")

        return {
            "title": table_title(table),
            "proposal_id": str(arm["proposal_id"]),
            "arm": str(arm["arm"]),
            "share": _(SHARE_FOLLOWS[arm["unit"]]).format(share=share),
            "words": _(FOLLOWS if follows else FOLLOWS_NOT).format(
                candidate=said(arm.get("candidate")), current=said(arm.get("current"))
            ),
        }

    def _is(self, table: str, column: str, value: Value) -> str:
        title = column_title(table, column)
        return _("{column}: {value}").format(
            column=title[:1].lower() + title[1:], value=self.value(table, column, value)
        )

    def differences(self, before: Release, after: Release) -> list[RowChanged]:
        """Rows that were added, removed, changed or moved between two releases of a layer, in words."""
        return [self.differing(d) for d in differences(before.tables, after.tables)]

    def differing(self, found: RowDifference) -> RowChanged:
        """One such row."""
        changed = self.changed(found.table, found.row_id, found.before, found.after)
        if not found.moved or found.place_before is None or found.place_after is None:
            return changed
        return replace(changed, places=(found.place_before + 1, found.place_after + 1))

    def changed(self, table: str, row_id: str, before: Cells | None, after: Cells | None) -> RowChanged:
        """A row's change in words."""
        cells = []
        if before is not None and after is not None and table in TABLES:
            for column in (*(c.name for c in TABLES[table].inputs), *(c.name for c in TABLES[table].outputs)):
                old, new = before.get(column, ""), after.get(column, "")
                if old != new:
                    title = column_title(table, column)
                    cells.append((title, self.cell(table, column, old), self.cell(table, column, new)))

        def said(row: Cells | None) -> str | None:
            return None if row is None else self.sentence(table, row)

        return RowChanged(table, row_id, said(before), said(after), cells)

    def patched(self, patch: Patch) -> list[RowChanged]:
        """A patch row by row, in words."""
        return [self.changed(patch.table, c.row_id, c.before, c.after) for c in patch.changes]


def percent_of(hundredths: Value) -> str:
    """A whole number of percents in words."""
    return percent(float(hundredths) / 100, 0)


def _sentences(table: str, cells: Mapping[str, str]) -> list[str]:
    """The texts that fit a row."""
    if table == "triage":
        return [_asked_first(cells), *([PLACED_BY_TEXT] if cells.get("text_place") == '"decides"' else [])]
    if table == "escalation":
        first = NOT_PLACED if cells.get("level") == "0" else SENTENCES[table]
        return [first, DIRECTIVE] if cells.get("directive") == "true" else [first]
    if table == "conversation" and cells.get("then") == '"asks"':
        return [SENTENCES[table], AWAITED]
    return [SENTENCES[table]]


def _asked_first(cells: Mapping[str, str]) -> str:
    """What a row of `triage` says of a person."""
    if cells.get("confirm") == "true":
        return CONFIRMED
    return LOOKED_AT_IF_SEVERAL if cells.get("several") == "true" else SENTENCES["triage"]


def rows_by_id(release: Release, table: str) -> dict[str, Cells]:
    """Empty where the release has no such table."""
    return dict(rows_of(table, release.tables[table])) if table in release.tables else {}


def in_force_since(release: Release) -> str | None:
    """None for a layer's first release, which was in force from the beginning."""
    return None if release.effective_at == EPOCH else release.effective_at.isoformat()
