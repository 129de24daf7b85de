"""What people call the rulebook's tables, their columns and the values that these list; English here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from common.federation.languages import name_of
from common.rulebook.about_changes import DELIBERATION, LOOP_LIMITS, STANDING_CONSENT, TRIAL

from portal.language import N_, _, language
from portal.loop_pages import LOOPS
from portal.names import MATTERS, NOTICES


@dataclass(frozen=True, slots=True)
class TableTitle:
    title: str
    about: str
    """What the table decides."""
    columns: Mapping[str, str]


TABLES = {
    "category_map": TableTitle(
        N_("Categories as channels call them"),
        N_("What citizens write, and which category it is."),
        {"given": N_("A channel says"), "category": N_("Category")},
    ),
    "classification": TableTitle(
        N_("What a text is about"),
        N_(
            "Which model reads a text whose category nobody named, and how sure it must be: to decide, or to ask the"
            " citizen. Otherwise a person says."
        ),
        {
            "channel": N_("Channel"), "language": N_("Language"), "model": N_("Model"),
            "automatic_percent": N_("Decides from"), "ask_percent": N_("Asks the citizen from"),
            "known_percent": N_("Words that the model has seen, at least"), "choices": N_("Choices offered, at most"),
            "if_missing": N_("Where the model is missing"),
        },
    ),
    "jurisdiction": TableTitle(
        N_("Jurisdiction"),
        N_("Which authority must act, by category and area. The first row that fits decides."),
        {"category": N_("Category"), "area": N_("Area"), "authority": N_("Authority that must act")},
    ),
    "deadline": TableTitle(
        N_("Deadlines"),
        N_("How long an authority has for an answer, and for one extension, in working time."),
        {
            "category": N_("Category"), "priority": N_("Priority"), "answer_minutes": N_("Answer within"),
            "extension_minutes": N_("One extension of up to"),
        },
    ),
    "priority": TableTitle(
        N_("Priorities"),
        N_("How urgent a category is; 4 and more is urgent."),
        {"category": N_("Category"), "priority": N_("Priority")},
    ),
    "answer_quality": TableTitle(
        N_("Quality of answers"),
        N_("How long an answer to a citizen must be at least; a shorter one is refused."),
        {"category": N_("Category"), "least_characters": N_("Characters at least")},
    ),
    "waiting": TableTitle(
        N_("Waiting for a reply"),
        N_("When a citizen who was asked is reminded, how long their reply is awaited, and what follows without it."),
        {
            "category": N_("Category"), "remind_minutes": N_("Reminded after"), "term_minutes": N_("Awaited for"),
            "then": N_("Without a reply"),
        },
    ),
    "conversation": TableTitle(
        N_("Later messages"),
        N_("What becomes of a message in a conversation that is about a case already."),
        {
            "state": N_("The case"), "brings": N_("The message brings"), "days": N_("Days since the case moved"),
            "minutes": N_("Minutes since the citizen spoke last"), "then": N_("The message"),
            "wait_minutes": N_("Where the citizen is asked, an answer is awaited for"),
        },
    ),
    "daily_messages": TableTitle(
        N_("Messages of a day"),
        N_(
            "How many messages of one conversation are taken in a day; emergencies and answers to questions go through."
        ),
        {"channel": N_("Channel"), "most": N_("Messages a day"), "call": N_("Number to call in an emergency")},
    ),
    "matters": TableTitle(
        N_("Emergencies, thanks, spam, abuse"),
        N_(
            "What follows where a message's words show one of these, from which weight of the words or which certainty"
            " of a model."
        ),
        {
            "kind": N_("Kind"), "repeats": N_("Earlier ones that people closed"), "then": N_("What follows"),
            "weight": N_("Weight of the words from"), "percent": N_("A model is sure from"),
            "priority": N_("Priority at least"), "call": N_("Number to call"),
        },
    ),
    "matter_words": TableTitle(
        N_("Words that show emergencies, thanks, spam, abuse"),
        N_(
            "How much phrases weigh. A star stands for any ending, two dots for up to four other words; what speaks"
            " against it weighs less than nothing."
        ),
        {"kind": N_("Kind"), "language": N_("Language"), "words": N_("Phrases"), "weight": N_("Weight")},
    ),
    "disputes": TableTitle(
        N_("Cases that go to and fro"),
        N_("How often a case may be passed on before an arbiter decides whose it is."),
        {
            "category": N_("Category"), "authorities": N_("Between authorities of a region"),
            "regions": N_("Between regions"),
        },
    ),
    "duplicates": TableTitle(
        N_("Duplicates"),
        N_(
            "Which kinds of cases are suggested to be about the same thing as an earlier one near by. Nothing is joined"
            " before a person says so."
        ),
        {
            "category": N_("Category"), "suggest": N_("Suggested"), "radius_metres": N_("Metres apart at most"),
            "window_hours": N_("Hours apart at most"), "least_likeness": N_("Percent of words shared at least"),
            "ask_citizen": N_("The citizen is asked too"),
        },
    ),
    "warnings": TableTitle(
        N_("After an early warning"),
        N_(
            "What follows for new cases of its category in its circle while an early warning stands: whether its first"
            " case is suggested to join, which priority they have at least, for how long after it was raised, and"
            " whether the citizens with a case there are told."
        ),
        {
            "category": N_("Category"), "suggest_parent": N_("Its first case is suggested"),
            "priority": N_("Priority at least"), "priority_hours": N_("Hours of that priority"),
            "tell_citizens": N_("Citizens are told"), "told_at_most": N_("Citizens told of one warning at most"),
            "tell_end": N_("They are told its end too"),
        },
    ),
    "triage": TableTitle(
        N_("Triage"),
        N_("Which kinds a person must confirm before they go anywhere."),
        {
            "category": N_("Category"), "confirm": N_("A person confirms it first"),
            "several": N_("A person looks first at what seems to be about several matters"),
            "text_place": N_("A house that the text alone names"),
        },
    ),
    "escalation": TableTitle(
        N_("Escalation"),
        N_(
            "Who is told, level by level, how long after a deadline has passed, and how long a directive gives."
            " Level 0: how long after its receipt a case that nobody holds must be placed."
        ),
        {
            "level": N_("Level"), "priority": N_("Priority"), "after_minutes": N_("How long after"),
            "to": N_("Who is told"),
            "directive": N_("The centre issues a directive"), "directive_minutes": N_("The directive gives"),
        },
    ),
    "loops": TableTitle(
        N_("Settings of the loops"),
        N_("The loops' own settings: the rules about changing rules."),
        {"loop": N_("Loop"), "setting": N_("Setting"), "value": N_("Value")},
    ),
    "background": TableTitle(
        N_("Usual shares passed on"),
        N_("What share of a category's cases is passed on to another authority while the rules are right."),
        {"category": N_("Category"), "rate": N_("Share passed on")},
    ),
    "deliberation": TableTitle(
        N_("Deliberation"),
        N_(
            "Who may speak about a proposed change, how long, and how many voices it takes."
            " Without a row nobody is asked."
        ),
        {
            "table": N_("Table"), "layer": N_("Layer"), "term_days": N_("Open for"),
            "longest_days": N_("At the latest until"), "quorum_citizen": N_("Voices of citizens"),
            "quorum_expert": N_("Voices of experts"), "quorum_organisation": N_("Voices of organisations"),
            "quorum_region": N_("Voices of regions"), "quorum_federal": N_("Voices of the federal centre"),
            "support_percent": N_("Least support, %"), "formula": N_("How support is counted"),
            "speakers": N_("Who may speak"), "told_at_most": N_("Citizens told of it, at most"),
        },
    ),
    "standing_consent": TableTitle(
        N_("Standing consents"),
        N_("Which changes pass without a deliberation, who agreed to that and until when."),
        {
            "author": N_("Author"), "table": N_("Table"), "rows": N_("Rows changed"), "passes": N_("Passes"),
            "given_by": N_("Given by"), "until": N_("Holds until"),
        },
    ),
    "trial": TableTitle(
        N_("Trials"),
        N_("How an accepted change is tried in a part before all follow it. Without a row it is not tried."),
        {
            "table": N_("Table"), "rows": N_("Rows changed"), "cases_a_day": N_("Cases a day that it concerns"),
            "unit": N_("Divided by"), "steps": N_("Shares, %"),
            "least_outcomes": N_("Least outcomes of each part"), "longest_days": N_("At most, days"),
            "holdout_percent": N_("Kept under the old rule afterwards, %"), "holdout_days": N_("For, days"),
            "cases_beside": N_("Trials of one office at once, cases a day"),
        },
    ),
    "loop_limits": TableTitle(
        N_("Limits of loops"),
        N_(
            "How much a loop may propose, by how many of its judged proposals of the last year were right; how long it"
            " leaves a row alone; when a person must decide. Without a row loops are not limited."
        ),
        {
            "loop": N_("Loop"), "table": N_("Table"), "precision": N_("Proposals that were right, %"),
            "most_proposals": N_("Proposals in 30 days, at most"), "cooldown_days": N_("Pause after a setback, days"),
            "settling_days": N_("Pause after a change, days"),
            "return_days": N_("Going back needs a person for, days"),
        },
    ),
    "texts": TableTitle(
        N_("Texts of notices"),
        N_("What citizens are told, by notice and language."),
        {"notice": N_("Notice"), "language": N_("Language"), "text": N_("Text")},
    ),
}  # fmt: skip

ABOUT_CHANGES = (DELIBERATION, STANDING_CONSENT, TRIAL, LOOP_LIMITS)
"""Tables that are asked about a proposed change."""

VALUES: dict[tuple[str, str], Mapping[str, str]] = {
    ("escalation", "to"): {
        "triage": N_("the triage desk"),
        "authority_head": N_("the head of the authority"),
        "regional_head": N_("the head of the region"),
        "federal": N_("the federal centre"),
    },
    ("conversation", "then"): {
        "joins": N_("joins the case"),
        "opens": N_("opens a case of its own"),
        "reopens": N_("opens the case again"),
        "asks": N_("waits until the citizen has said which case it is about"),
    },
    ("conversation", "state"): {
        "open": N_("an open case"),
        "answered": N_("an answered case"),
        "closed": N_("a closed case"),
    },
    ("conversation", "brings"): {
        "words": N_("words"),
        "place": N_("a place"),
        "category": N_("a category"),
        "category_and_place": N_("a category and a place"),
        "file": N_("a file"),
    },
    ("matters", "then"): {
        "urgent": N_("the citizen is told whom to call, and it goes on as urgent"),
        "thanks": N_("it is closed as thanks"),
        "person": N_("a person looks at it first"),
        "closes": N_("it is closed, and the citizen told"),
    },
    ("triage", "text_place"): {
        "shown": N_("is shown to a person"),
        "decides": N_("places the message"),
    },
    ("matters", "kind"): MATTERS,
    ("matter_words", "kind"): MATTERS,
    ("waiting", "then"): {"goes_on": N_("work goes on without it"), "closes": N_("the case is closed")},
    ("loop_limits", "loop"): {name: page.title for name, page in LOOPS.items()},
    ("loops", "loop"): {name: page.title for name, page in LOOPS.items()},
    ("loops", "setting"): {name: words for page in LOOPS.values() for name, words in page.settings.items()},
    ("texts", "notice"): NOTICES,
    **{(table, "table"): {name: table.title for name, table in TABLES.items()} for table in ABOUT_CHANGES},
    ("deliberation", "layer"): {"national": N_("the nation"), "overlay": N_("a region")},
    ("classification", "if_missing"): {
        "triage": N_("a person is asked"),
        "waits": N_("the message waits for it"),
    },
    ("classification", "then"): {
        "automatic": N_("that decides"),
        "ask": N_("the citizen is asked"),
        "triage": N_("a person is asked"),
    },
    ("deliberation", "formula"): {
        "majority": N_("among all voices"),
        "group_aware": N_("in every group of opinion"),
    },
    ("standing_consent", "author"): {"person": N_("a person"), **{name: page.title for name, page in LOOPS.items()}},
    ("trial", "unit"): {
        "case": N_("case"),
        "area": N_("area"),
        "authority": N_("authority"),
        "none": N_("nothing: not tried"),
    },
}
"""Columns whose values are a closed list, and what each value is called."""


GAZETTEER = TableTitle(
    N_("List of streets"),
    N_("Which area a street or house lies in."),
    {
        "house": N_("House"), "words": N_("Words that were read in the text"), "area": N_("Area"),
        "point": N_("The point is known"),
    },
)  # fmt: skip
TITLED: Mapping[str, TableTitle] = {**TABLES, "gazetteer": GAZETTEER}
"""The tables of the rulebook, and what stands among the reasons beside their rows."""


def table_title(name: str) -> str:
    return _(TITLED[name].title) if name in TITLED else name


def about_table(name: str) -> str:
    """What a table decides; empty for one that nobody described."""
    return _(TABLES[name].about) if name in TABLES else ""


def column_title(table: str, column: str) -> str:
    return _(TITLED[table].columns[column]) if table in TITLED else column


def value_title(table: str, column: str, value: str) -> str | None:
    """The words for a value of a closed list; None where the column holds no such list, or not this value."""
    if column == "language":
        return name_of(value, language())
    words = VALUES.get((table, column), {}).get(value)
    return None if words is None else _(words)
