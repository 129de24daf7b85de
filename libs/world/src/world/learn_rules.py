"""The first rulebook of a federation, from how a city's cases went: who acted, by when, how urgently."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from statistics import median
from typing import Any

from common.contracts.patch import Cells
from common.federation.calendar import WorkingCalendar
from common.rulebook.jdm import document_of

from world.cell_text import text_cell
from world.matter_words import matter_rows, word_rows
from world.notice_texts import TEXTS
from world.plan import Planted, most, slug

Documents = dict[str, dict[str, Any]]
FEWEST_IN_CELL = 5
"""A cell of (category, area) departs from the nation only on so many cases."""
FEWEST_DEADLINES = 3
WORKING_DAY = 480
THIRTY_DAYS = 21 * WORKING_DAY
"""Thirty calendar days in working minutes: the law's term where the city published none, and the longest extension."""
SHORTEST = 60
URGENT = re.compile(
    r"emergen|knock ?down|major system failure|carbon monoxide|watermain|gas leak|unsafe|dangerous|\bfire in\b", re.I
)
MIN_BACKGROUND, PSEUDO_CASES = 0.03, 20
CONFIRM_BELOW, CONFIRM_CASES = 0.4, 10
"""Where the commonest authority has less than this share of so many cases, a person confirms."""


@dataclass(frozen=True, slots=True)
class Seen:
    """A case as the rules see it: its place, who really acted (None: not known) and the published term."""

    given: str
    area: str | None
    authority: str | None
    opened: datetime
    due: datetime | None
    duplicate: bool = False
    """The log marks it as one about the same thing as another."""


class PlantError(ValueError):
    """A row cannot be made wrong on purpose, because it does not say what the plan says is right."""


@dataclass
class Jurisdiction:
    """Who acts: the nation's row by category, and rows by (category, area) where they differ."""

    national: dict[str, str] = field(default_factory=dict)
    cells: dict[tuple[str, str], str] = field(default_factory=dict)

    def authority(self, category: str, area: str) -> str | None:
        return self.cells.get((category, area)) or self.national.get(category)


@dataclass(frozen=True)
class _Counts:
    """Who had cases: of each category, of each (category, area), and of these on each day."""

    category: dict[str, Counter[str]]
    cell: dict[tuple[str, str], Counter[str]]
    day: dict[tuple[str, str], dict[date, Counter[str]]]
    owner: dict[str, str]
    """Area -> its territorial authority."""
    territorial: Collection[str]

    @classmethod
    def of(cls, seen: Iterable[Seen], territory: Mapping[str, str]) -> _Counts:
        category: dict[str, Counter[str]] = defaultdict(Counter)
        cell: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
        day: dict[tuple[str, str], dict[date, Counter[str]]] = defaultdict(lambda: defaultdict(Counter))
        for case in seen:
            if case.authority is not None:
                name = slug(case.given)
                category[name][case.authority] += 1
                if case.area is not None:
                    cell[name, case.area][case.authority] += 1
                    day[name, case.area][case.opened.date()][case.authority] += 1
        owner = {area: authority for authority, area in sorted(territory.items(), reverse=True)}
        return cls(category, cell, day, owner, territory)

    def is_local(self, all_: Counter[str]) -> bool:
        """Whether most cases of a category go to territorial authorities."""
        return sum(n for a, n in all_.items() if a in self.territorial) * 2 >= all_.total()

    def choice(self, all_: Counter[str], here: Counter[str], area: str) -> tuple[str | None, bool]:
        """Who acts in an area by the cases of its category, all of them and those `here`; and whether that takes a row
        of its own."""
        usual, own = most(all_), most(here) if here.total() >= FEWEST_IN_CELL else None
        if self.is_local(all_):
            choice = own or self.owner.get(area)
            return choice, choice is not None and area in self.owner
        departs = own is not None and own != usual and here[own] > here[usual or ""]
        return (own, True) if departs else (usual, False)


def learn_jurisdiction(seen: Iterable[Seen], territory: Mapping[str, str]) -> Jurisdiction:
    """Modal authorities; `territory` is authority -> its one area. Where most cases of a category go to
    territorial authorities, each area's own one acts and the nation says nothing."""
    counts = _Counts.of(seen, territory)
    found = Jurisdiction()
    for category, all_ in sorted(counts.category.items()):
        usual = most(all_)
        local = counts.is_local(all_)
        if not local and usual is not None:
            found.national[category] = usual
        areas = sorted(counts.owner) if local else sorted(a for c, a in counts.cell if c == category)
        for area in areas:
            choice, row = counts.choice(all_, counts.cell.get((category, area), Counter()), area)
            if row and choice is not None:
                found.cells[(category, area)] = choice
    return found


def background_rates(seen: Iterable[Seen], territory: Mapping[str, str]) -> tuple[float, dict[str, float]]:
    """Shares of cases that end elsewhere even by right rules: of all, and of each category, drawn towards that of all
    by PSEUDO_CASES; at least MIN_BACKGROUND. With no known case, one in ten.

    The cases of one day in a cell are held against the rule that all others give: a rule fits those that it was learnt
    from, and what was entered in a batch would be right by itself.
    """
    counts = _Counts.of(seen, territory)
    known: Counter[str] = Counter()
    missed: Counter[str] = Counter()
    for (category, area), days in counts.day.items():
        all_, here = counts.category[category], counts.cell[category, area]
        for of_day in days.values():
            rule, _ = counts.choice(all_ - of_day, here - of_day, area)
            known[category] += of_day.total()
            missed[category] += sum(n for authority, n in of_day.items() if authority != rule)
    if not known:
        return 0.1, {}
    share = missed.total() / known.total()
    rates = {
        c: round(max(MIN_BACKGROUND, (missed[c] + PSEUDO_CASES * share) / (n + PSEUDO_CASES)), 3)
        for c, n in sorted(known.items())
    }
    return round(max(MIN_BACKGROUND, share), 3), rates


def with_wrong_rows(rules: Jurisdiction, planted: Planted) -> Jurisdiction:
    """The rules with the wrong rows in place of the right ones; raises PlantError."""
    national, cells = dict(rules.national), dict(rules.cells)
    for row in planted.rows:
        for area in row.areas:
            learnt = rules.authority(row.category, area)
            if learnt != row.right:
                raise PlantError(f"{row.category} in {area}: the rule learnt is {learnt}, not {row.right}")
            if not row.national:
                cells[(row.category, area)] = row.wrong
            else:
                cells.pop((row.category, area), None)
        if row.national:
            national[row.category] = row.wrong
    return Jurisdiction(national, cells)


def jurisdiction_rows(cells: Mapping[tuple[str, str], str]) -> list[tuple[str, Cells]]:
    return [
        (f"{category}@{area}", {"category": text_cell(category), "area": text_cell(area), "authority": text_cell(to)})
        for (category, area), to in sorted(cells.items())
    ]


def learn_terms(seen: Iterable[Seen], calendar: WorkingCalendar) -> dict[str, int]:
    """Working minutes from opening to the published deadline, the median of each category that has enough."""
    terms: dict[str, list[int]] = defaultdict(list)
    for case in seen:
        if case.due is not None and case.due > case.opened:
            try:
                terms[slug(case.given)].append(calendar.minutes_between(case.opened, case.due))
            except ValueError:
                continue
    return {c: max(SHORTEST, round(median(ts))) for c, ts in sorted(terms.items()) if len(ts) >= FEWEST_DEADLINES}


def priorities(givens: Sequence[str], terms: Mapping[str, int], urgent: Sequence[str]) -> dict[str, int]:
    """4 for what the plan or its words call an emergency; else by the term: 3 within a working day, 2 within five."""
    found = {}
    for given in givens:
        category = slug(given)
        term = terms.get(category, THIRTY_DAYS)
        if category in urgent or URGENT.search(given):
            found[category] = 4
        else:
            found[category] = 3 if term <= WORKING_DAY else 2 if term <= 5 * WORKING_DAY else 1
    return found


LADDER = (
    ("not-placed", 0, "", WORKING_DAY, "triage", False),
    ("1-urgent", 1, ">= 4", 0, "authority_head", False),
    ("2-urgent", 2, ">= 4", 240, "regional_head", False),
    ("3-urgent", 3, ">= 4", 480, "federal", True),
    ("1", 1, "", 0, "authority_head", False),
    ("2", 2, "", 3 * WORKING_DAY, "regional_head", False),
    ("3", 3, "", 7 * WORKING_DAY, "federal", True),
)
"""Row, level, priority, working minutes after the deadline, to whom, with a directive.

Level 0 is until a case that nobody holds must be placed, from its receipt."""

LEAST_CHARACTERS = "12"
"""Of an answer: more than one word."""
WAITING = {
    "remind_minutes": str(3 * WORKING_DAY), "term_minutes": str(10 * WORKING_DAY), "then": '"goes_on"',
}  # fmt: skip
"""For a citizen's reply: nobody loses a case for want of it unless somebody says so."""
LONGEST_ASSEMBLY = 30
"""Minutes after the last message within which a category and a place still belong to the one that is put together."""
HALF_A_DAY = 12 * 60
LATER: list[tuple[str, Cells]] = [
    ("closed", {"state": '"closed"', "then": '"opens"'}),
    ("answered_another", {"state": '"answered"', "brings": '"place", "category_and_place"', "then": '"opens"'}),
    ("open_another", {
        "state": '"open"', "brings": '"category_and_place"', "minutes": f"> {LONGEST_ASSEMBLY}", "then": '"opens"',
    }),
    ("open_elsewhere", {"state": '"open"', "brings": '"place"', "minutes": f"> {HALF_A_DAY}", "then": '"asks"'}),
    ("answered_long_ago", {"state": '"answered"', "days": "> 60", "then": '"opens"'}),
    ("any", {"then": '"joins"'}),
]  # fmt: skip
LATER_MESSAGES = [(row, {**cells, "wait_minutes": "60"}) for row, cells in LATER]
"""What becomes of a message in a conversation that is about a case already."""
EMERGENCY_NUMBER = "911"
MOST_A_DAY = "200"
"""Messages of one conversation: nobody has so much to say, and a program that errs does no more harm."""
TRANSFERS_ALLOWED = {"authorities": "4", "regions": "2"}
"""Before the arbiter decides: real cases go through many hands."""
AFTER_A_WARNING = {
    "suggest_parent": "true", "priority": "3", "priority_hours": "48", "tell_citizens": "true", "told_at_most": "200",
    "tell_end": "false",
}  # fmt: skip
"""New cases in the circle of an early warning go before all others that are not urgent, for two days."""
DOUBLED_SHARE, FEWEST_DOUBLED = 0.05, 3
"""From this share of a category's cases on, and so many, earlier ones near by are suggested as the same."""
SILENCE = {"chance": "0.03", "window_days": "56"}


def national_tables(
    seen: Sequence[Seen],
    givens: Sequence[str],
    rules: Jurisdiction,
    calendar: WorkingCalendar,
    *,
    background: tuple[float, Mapping[str, float]],
    urgent: Sequence[str] = (),
    languages: Sequence[str] = ("en",),
) -> Documents:
    """All tables of the nation's first release; `givens` is every category text that a channel may send."""
    terms = learn_terms(seen, calendar)
    by_slug: dict[str, list[str]] = defaultdict(list)
    for given in sorted(givens):
        by_slug[slug(given)].append(given)
    known = sorted(by_slug.items())
    rows: dict[str, list[tuple[str, Cells]]] = {
        "category_map": [(c, {"given": text_cell(*texts, c), "category": text_cell(c)}) for c, texts in known],
        "jurisdiction": [
            (c, {"category": text_cell(c), "authority": text_cell(a)}) for c, a in sorted(rules.national.items())
        ],
        "deadline": [*((c, _term(c, t)) for c, t in terms.items()), ("any", _term(None, THIRTY_DAYS))],
        "priority": [
            *((c, _priority(c, p)) for c, p in sorted(priorities(givens, terms, urgent).items()) if p > 1),
            ("any", _priority(None, 1)),
        ],
        "answer_quality": [("any", {"least_characters": LEAST_CHARACTERS})],
        "waiting": [("any", WAITING)],
        "conversation": LATER_MESSAGES,
        "daily_messages": [("any", {"most": MOST_A_DAY, "call": text_cell(EMERGENCY_NUMBER)})],
        "matters": matter_rows(EMERGENCY_NUMBER),
        "matter_words": word_rows(languages),
        "disputes": [("any", TRANSFERS_ALLOWED)],
        "duplicates": [
            *((c, duplicates_row(c, suggest=True)) for c in often_doubled(seen)),
            ("any", duplicates_row(None, suggest=False)),
        ],
        "warnings": [("any", AFTER_A_WARNING)],
        "triage": [
            *((c, {"category": text_cell(c), "confirm": "true"}) for c in _doubtful(seen, rules)),
            ("any", {"confirm": "false"}),
        ],
        "escalation": [
            (
                row,
                {
                    "level": str(level),
                    "priority": priority,
                    "after_minutes": str(after),
                    "to": text_cell(to),
                    "directive": "true" if directive else "false",
                    "directive_minutes": str(WORKING_DAY),
                },
            )
            for row, level, priority, after, to, directive in LADDER
        ],
        "loops": [
            *(_setting("misrouting", name, value) for name, value in _misrouting(background[0]).items()),
            *(_setting("silence", name, value) for name, value in SILENCE.items()),
        ],
        "background": [(c, {"category": text_cell(c), "rate": str(rate)}) for c, rate in background[1].items()],
        "texts": [
            (f"{notice}-{lang}", {"notice": text_cell(notice), "language": text_cell(lang), "text": text_cell(text)})
            for (notice, lang), text in TEXTS.items()
            if lang in languages
        ],
    }
    return {name: document_of(name, found) for name, found in rows.items()}


def often_doubled(seen: Iterable[Seen]) -> list[str]:
    """The categories of which the log marks enough cases as duplicates."""
    cases: Counter[str] = Counter()
    doubled: Counter[str] = Counter()
    for case in seen:
        category = slug(case.given)
        cases[category] += 1
        doubled[category] += case.duplicate
    return [c for c, n in sorted(cases.items()) if doubled[c] >= max(FEWEST_DOUBLED, DOUBLED_SHARE * n)]


def duplicates_row(category: str | None, *, suggest: bool) -> Cells:
    """A row of table `duplicates`: within a hundred metres and a week, whatever the words."""
    return {
        "category": text_cell(category) if category else "", "suggest": "true" if suggest else "false",
        "radius_metres": "100", "window_hours": "168", "least_likeness": "0",
        "ask_citizen": "true" if suggest else "false",
    }  # fmt: skip


def _term(category: str | None, minutes: int) -> Cells:
    return {
        "category": text_cell(category) if category else "",
        "answer_minutes": str(minutes),
        "extension_minutes": str(min(minutes, THIRTY_DAYS)),
    }


def _priority(category: str | None, priority: int) -> Cells:
    return {"category": text_cell(category) if category else "", "priority": str(priority)}


def _misrouting(rate: float) -> dict[str, str]:
    return {
        "sr_threshold": "10000",
        "win_probability": "0.85",
        "min_cases": "5",
        "outcome_working_minutes": str(3 * WORKING_DAY),
        "late_working_minutes": str(20 * WORKING_DAY),
        "cooldown_days": "14",
        "background_rate": str(rate),
        "rollup_cells": "3",
        "rollup_days": "14",
        "flip_days": "60",
    }


def _setting(loop: str, setting: str, value: str) -> tuple[str, Cells]:
    cells = {"loop": text_cell(loop), "setting": text_cell(setting), "value": value}
    return f"{loop}-{setting.replace('_', '-')}", cells


def _doubtful(seen: Iterable[Seen], rules: Jurisdiction) -> list[str]:
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for case in seen:
        if case.authority is not None and slug(case.given) in rules.national:
            counts[slug(case.given)][case.authority] += 1
    return [
        category
        for category, c in sorted(counts.items())
        if c.total() >= CONFIRM_CASES and max(c.values()) < CONFIRM_BELOW * c.total()
    ]
