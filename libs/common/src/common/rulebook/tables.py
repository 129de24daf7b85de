"""Which decision tables there are: their columns, types and how a region's answer joins the nation's."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from common.contracts.waiting import WaitEnd

Value = str | int | float | bool
Type = Literal["text", "number", "boolean"]
YEAR = 366 * 24 * 60
"""Working minutes; the calendars have room for this after any case."""
LONGEST_DUPLICATE_WINDOW_HOURS = 60 * 24
"""So long a case is remembered as one that others may be duplicates of."""
LONGEST_WARNING_HOURS = 60 * 24
"""So long an early warning is known that nobody ends."""
IfMissing = Literal["triage", "waits"]
TextPlace = Literal["shown", "decides"]
LONGEST_WAIT_MINUTES = 3 * 24 * 60
"""So long a message waits at most for its citizen to say which case it is about; by the clock."""
Merge = Literal["min", "max", "or", "own"]
NEVER = 101
"""Percent that nothing reaches."""
RECIPIENTS = ("triage", "authority_head", "regional_head", "federal")
"""Whom `escalation` may tell."""


@dataclass(frozen=True, slots=True)
class Column:
    """`ends`: no row may take every number above some bound."""

    name: str
    type: Type
    ends: bool = False


@dataclass(frozen=True, slots=True)
class OutputColumn:
    """`merge` says how both layers' answers become one; `fixed` that a region may not answer otherwise.

    A number lies from `low` to `high`: one beyond would make every case that it decides fail. A text is one of `among`,
    unless that is empty.
    """

    name: str
    type: Type
    merge: Merge = "own"
    fixed: bool = False
    low: float = -1e9
    high: float = 1e9
    among: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TableSpec:
    """`complete`: the nation's rows must answer every input, or cases would stop. `exclusive`: rows stand beside each
    other, so two that answer the same input otherwise are a mistake, where elsewhere their order is meant to decide.
    """

    name: str
    inputs: tuple[Column, ...]
    outputs: tuple[OutputColumn, ...]
    complete: bool = False
    exclusive: bool = False


def _text(*names: str) -> tuple[Column, ...]:
    return tuple(Column(name, "text") for name in names)


TABLES: dict[str, TableSpec] = {
    spec.name: spec
    for spec in (
        TableSpec("category_map", _text("given"), (OutputColumn("category", "text"),), exclusive=True),
        TableSpec(
            "classification",
            _text("channel", "language"),
            (
                OutputColumn("model", "text"),
                OutputColumn("automatic_percent", "number", "max", low=0, high=NEVER),
                OutputColumn("ask_percent", "number", "max", low=0, high=NEVER),
                OutputColumn("known_percent", "number", "max", low=0, high=100),
                OutputColumn("choices", "number", "min", low=2, high=9),
                OutputColumn("if_missing", "text", among=get_args(IfMissing)),
            ),
        ),
        TableSpec("jurisdiction", _text("category", "area"), (OutputColumn("authority", "text"),)),
        TableSpec(
            "deadline",
            (*_text("category"), Column("priority", "number")),
            (
                OutputColumn("answer_minutes", "number", "min", low=1, high=YEAR),
                OutputColumn("extension_minutes", "number", "min", low=0, high=YEAR),
            ),
            complete=True,
        ),
        TableSpec("priority", _text("category"), (OutputColumn("priority", "number", "max", low=0, high=100),)),
        TableSpec(
            "answer_quality",
            _text("category"),
            (OutputColumn("least_characters", "number", "max", low=0, high=2000),),
        ),
        TableSpec(
            "waiting",
            _text("category"),
            (
                OutputColumn("remind_minutes", "number", "min", low=0, high=YEAR),
                OutputColumn("term_minutes", "number", "own", fixed=True, low=1, high=YEAR),
                OutputColumn("then", "text", "own", fixed=True, among=get_args(WaitEnd)),
            ),
        ),
        TableSpec(
            "conversation",
            (*_text("state", "brings"), Column("days", "number"), Column("minutes", "number")),
            (
                OutputColumn("then", "text", among=("joins", "opens", "reopens", "asks")),
                OutputColumn("wait_minutes", "number", low=1, high=LONGEST_WAIT_MINUTES),
            ),
        ),
        TableSpec(
            "triage",
            _text("category"),
            (
                OutputColumn("confirm", "boolean", "or"),
                OutputColumn("several", "boolean", "or"),
                OutputColumn("text_place", "text", among=get_args(TextPlace)),
            ),
        ),
        TableSpec(
            "daily_messages",
            _text("channel"),
            (
                OutputColumn("most", "number", fixed=True, low=1, high=1_000_000),
                OutputColumn("call", "text", fixed=True),
            ),
        ),
        TableSpec(
            "matters",
            (*_text("kind"), Column("repeats", "number")),
            (
                OutputColumn("then", "text", among=("urgent", "thanks", "person", "closes")),
                OutputColumn("weight", "number", low=1, high=1_000),
                OutputColumn("percent", "number", low=1, high=NEVER),
                OutputColumn("priority", "number", "max", low=0, high=100),
                OutputColumn("call", "text"),
            ),
        ),
        TableSpec(
            "matter_words",
            _text("kind", "language", "words"),
            (OutputColumn("weight", "number", low=-1_000, high=1_000),),
        ),
        TableSpec(
            "disputes",
            _text("category"),
            (
                OutputColumn("authorities", "number", "own", low=0, high=100),
                OutputColumn("regions", "number", "own", fixed=True, low=0, high=100),
            ),
        ),
        TableSpec(
            "duplicates",
            _text("category"),
            (
                OutputColumn("suggest", "boolean"),
                OutputColumn("radius_metres", "number", low=1, high=5_000),
                OutputColumn("window_hours", "number", low=1, high=LONGEST_DUPLICATE_WINDOW_HOURS),
                OutputColumn("least_likeness", "number", low=0, high=100),
                OutputColumn("ask_citizen", "boolean"),
            ),
        ),
        TableSpec(
            "warnings",
            _text("category"),
            (
                OutputColumn("suggest_parent", "boolean", "or"),
                OutputColumn("priority", "number", "max", low=0, high=100),
                OutputColumn("priority_hours", "number", "max", low=0, high=LONGEST_WARNING_HOURS),
                OutputColumn("tell_citizens", "boolean", "or"),
                OutputColumn("told_at_most", "number", "min", low=0, high=10_000),
                OutputColumn("tell_end", "boolean", "or"),
            ),
        ),
        TableSpec(
            "escalation",
            (Column("level", "number", ends=True), Column("priority", "number")),
            (
                OutputColumn("after_minutes", "number", "min", low=0, high=YEAR),
                OutputColumn("to", "text", "own", fixed=True, among=RECIPIENTS),
                OutputColumn("directive", "boolean", "or"),
                OutputColumn("directive_minutes", "number", "min", low=1, high=YEAR),
            ),
        ),
        TableSpec("loops", _text("loop", "setting"), (OutputColumn("value", "number"),), exclusive=True),
        TableSpec("background", _text("category"), (OutputColumn("rate", "number", low=0, high=1),), exclusive=True),
        TableSpec(
            "deliberation",
            _text("table", "layer"),
            (
                OutputColumn("term_days", "number", low=0, high=366),
                OutputColumn("longest_days", "number", low=0, high=732),
                OutputColumn("quorum_citizen", "number", low=0),
                OutputColumn("quorum_expert", "number", low=0),
                OutputColumn("quorum_organisation", "number", low=0),
                OutputColumn("quorum_region", "number", low=0),
                OutputColumn("quorum_federal", "number", low=0),
                OutputColumn("support_percent", "number", low=0, high=100),
                OutputColumn("formula", "text", among=("majority", "group_aware")),
                OutputColumn("speakers", "text"),
                OutputColumn("told_at_most", "number", low=0, high=100_000),
            ),
        ),
        TableSpec(
            "standing_consent",
            (*_text("author", "table"), Column("rows", "number", ends=True)),
            (
                OutputColumn("passes", "boolean"),
                OutputColumn("given_by", "text"),
                OutputColumn("until", "text"),
            ),
        ),
        TableSpec(
            "trial",
            (*_text("table"), Column("rows", "number"), Column("cases_a_day", "number")),
            (
                OutputColumn("unit", "text", among=("case", "area", "authority", "none")),
                OutputColumn("steps", "text"),
                OutputColumn("least_outcomes", "number", low=1, high=100_000),
                OutputColumn("longest_days", "number", low=1, high=366),
                OutputColumn("holdout_percent", "number", low=0, high=50),
                OutputColumn("holdout_days", "number", low=0, high=366),
                OutputColumn("cases_beside", "number", low=0, high=100_000),
            ),
        ),
        TableSpec(
            "loop_limits",
            (*_text("loop", "table"), Column("precision", "number")),
            (
                OutputColumn("most_proposals", "number", low=0, high=100_000),
                OutputColumn("cooldown_days", "number", low=0, high=366),
                OutputColumn("settling_days", "number", low=0, high=366),
                OutputColumn("return_days", "number", low=0, high=366),
            ),
        ),
        TableSpec("texts", _text("notice", "language"), (OutputColumn("text", "text"),), exclusive=True),
    )
}
"""Every table by its name. Deadlines are working minutes of the region's calendar.

`answer_quality` says how long an answer to a citizen must be at least; without a row any answer will do.

`waiting` says when a citizen who was asked something is reminded, how long their reply is waited for, and what follows
without it. Term and end are the nation's: a shorter term takes time from the citizen, a longer one from the answer.

`conversation` says what becomes of a message in a conversation that is about a case already: it joins the case, opens
it again (where it was answered), opens one of its own, or waits until its citizen has said which (`asks`): at most
`wait_minutes` of the clock, then it joins. `state` is how the case stands (`open`, `answered`, `closed`;
the reply to a question joins always), `brings` what the message has of its own (`words`, `place`, `category`,
`category_and_place`, `file`), `days` how long ago the case last moved, `minutes` how long ago the citizen
spoke last in the conversation: a message that is put together, place after words, has a limit.

`daily_messages` says how many messages of one conversation are taken in a day, by the country's clock, beside the one
that begins it (`most`), and where a citizen whose day is full is told to call in an emergency (`call`). An emergency in
progress and an answer to our question go through up to as many again. Without a row nothing is limited.

`classification` is asked where no category was understood. `model` is the version of a classifier. From
`automatic_percent` of probability a category decides, from `ask_percent` the citizen is asked which of the likely ones
it is (`choices` at most); below, or where the model has seen less than `known_percent` of the words, a person says.
Without a row, as in a federation that has no model, a person says always. `if_missing` says what becomes of a message
where the model is not on the machine that would read it: a person says (`triage`), or routing waits for the file
(`waits`), with all that comes behind the message.

`triage` says which categories a person confirms before they go anywhere (`confirm`), and where a person looks first at
a message whose words seem to be about several matters (`several`). `text_place` says what the one house does that a
message's own text names where it came without a point and without an address that serves: a person is shown it
(`shown`), or it places the message (`decides`). Where no category is known, rows of every category say it.

`matters` says what follows where a message's words show an emergency in progress, thanks, spam or abuse (`kind`):
`urgent` (the citizen is told to call `call`, the case has at least `priority` and is asked nothing), `thanks` (it is
closed as such), `person` (a person looks at it first) or `closes` (it is closed, and the citizen told). A kind is meant
where its words weigh `weight` or a model is `percent` sure; `repeats` is how many messages of the citizen of that kind
people have closed in the last 30 days. `matter_words` weighs phrases: words in their order, `*` for any ending, `..`
for up to four other words; what speaks against a kind weighs less than nothing. Without a row nothing is looked for.

`disputes` says how often a case may be passed on, between authorities of a region and between regions, before the
arbiter decides whose it is: the region's operator or head, the federal centre. Without a row as often as they like.

`duplicates` says of which categories an earlier case is suggested as the same: how near it is at most, how many hours
older, and how much of their words, in percent, both share at least where both have words; `ask_citizen` that the
citizen is asked too whether it is the same.

Level 0 of `escalation` is of a case that nobody holds, and counts from its receipt.

`deliberation`, `standing_consent` and `trial` say what a proposed change must pass; a federation may leave them out,
and then nothing is asked. `layer` is `national` or `overlay`; `author` a loop or `person`; `rows` how many rows a patch
changes; `speakers` roles with blanks between, `steps` percents with blanks between, `until` an ISO date. `cases_a_day`
is how many cases a change would decide otherwise, by its backtest, and very many where that is not known;
`cases_beside` how many trials that share an office, and no case, may concern together when one more begins beside them:
0, one at a time. One that concerns more runs alone.

`loop_limits` says how much a loop may propose, by how many percent of its judged proposals of the last year were right
(`precision`, 50 for one that has none): `most_proposals` in 30 days about one office, or of one table where a change
names no office; `cooldown_days` after a setback of a row, twice as many after each further one in a year;
`settling_days` after a change of a row; and that a state of the rules which was left less than `return_days` ago comes
back only by a person's word. Asked by the service rules of every loop, ours or not. Without a row nothing is limited
but that no loop proposes what changes a row of an open proposal.

A loop's settings are rows of `loops`: what a setting means and what it may be, the loop itself declares.
"""

RETIRED = frozenset({"loop_settings"})
"""Tables of older releases that nothing asks any more; a release that holds one is read without it."""
