"""What a message's words show beside what it is about: an emergency in progress, thanks, spam, abuse. Pure.

Table `matter_words` weighs phrases by kind and language, table `matters` says from which weight a kind is meant and
what follows.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Literal, Protocol, cast, get_args

from common.contracts.events.base import Because
from common.contracts.frozen import value
from common.contracts.text_words import text_words
from common.rulebook.classification import TABLE as CLASSIFICATION
from common.rulebook.classification import Words, asked_of, waits_for_model
from common.rulebook.layers import Rulebook, RuleDecision
from common.rulebook.tables import NEVER, Value
from common.rulebook.trial import Unit

TABLE = "matters"
WORDS = "matter_words"
Kind = Literal["emergency", "abuse", "spam", "thanks"]
KINDS: tuple[Kind, ...] = get_args(Kind)
"""In the order in which they are looked for: the first that is meant counts."""
Then = Literal["urgent", "thanks", "person", "closes"]
LABEL = "matter:"
"""Begins the labels by which a model tells kinds from categories: `matter:spam`."""
ALONE = 1_000
"""What a text weighs at least that says nothing else, such as `Thank you!`; of an emergency that is not enough."""
MOST_CHARACTERS = 10_000
LONGEST_GAP = 4
"""Words that `..` in a phrase may stand for."""
ROWS_TOLD = 6
MOST_WORDS_KNOWN = 50_000
LONGEST_KNOWN = 40
"""Characters of a word that is remembered."""
MOST_KNOWN = 10_000
"""Phrases, by the languages asked, whose rows are remembered: a citizen may name any language."""
SENTENCE_ENDS = re.compile(r"[.!?;…\n]+")
WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)*")


class MatterWords(Words, Protocol):
    """A message's words. `languages`: those whose rows are asked, in order. `bare`: neither category nor place came
    with them. `repeats`: how many earlier messages of the citizen people have closed, by the kind they were taken
    for."""

    @property
    def text(self) -> str: ...
    @property
    def languages(self) -> tuple[str, ...]: ...
    @property
    def bare(self) -> bool: ...
    @property
    def repeats(self) -> Mapping[str, int]: ...


@value
class Matter:
    """`call`: where a citizen in danger is told to call; empty where the federation names nothing."""

    kind: Kind
    then: Then
    priority: int
    call: str
    because: tuple[Because, ...]


@value
class _Part:
    """A word of a phrase; `open`: with any ending. `gap`: other words may stand before it."""

    word: str
    open: bool
    gap: bool

    def fits(self, said: str) -> bool:
        return said.startswith(self.word) if self.open else said == self.word


@value
class Phrase:
    """As a row writes it: words in their order, `*` for any ending, `..` for up to LONGEST_GAP other words."""

    text: str
    parts: tuple[_Part, ...]

    def at(self, said: Sequence[str], start: int) -> tuple[int, ...] | None:
        """Which words it takes up, where its first one stands at `start`; None where the others do not follow."""
        if len(self.parts) == 1:
            return (start,)
        taken = [start]
        for part in self.parts[1:]:
            place = taken[-1] + 1
            for n, word in enumerate(said[place : place + LONGEST_GAP + 1 if part.gap else place + 1], place):
                if part.fits(word):
                    taken.append(n)
                    break
            else:
                return None
        return tuple(taken)


@value
class _Phrases:
    """By their first word, as it stands and by its beginning where any ending will do."""

    whole: Mapping[str, tuple[Phrase, ...]]
    begun: Mapping[str, tuple[Phrase, ...]]
    lengths: tuple[int, ...]
    """Of the beginnings."""
    found: dict[str, tuple[Phrase, ...]]
    """By a word that was asked for: most words of a text were seen in another."""

    def look(self, word: str) -> tuple[Phrase, ...]:
        """The phrases whose first word this may be; they are in `found` from then on."""
        found = list(self.whole.get(word, ()))
        for length in self.lengths:
            if length > len(word):
                break
            found += self.begun.get(word[:length], ())
        if len(self.found) >= MOST_WORDS_KNOWN:
            self.found.clear()
        if len(word) <= LONGEST_KNOWN:
            self.found[word] = tuple(found)
        return tuple(found)


@value
class _Hit:
    sentence: int
    phrase: str
    taken: tuple[int, ...]


_Rows = dict[Kind, RuleDecision]
_Weighed = tuple[_Hit, _Rows]


def phrase(text: str) -> Phrase | None:
    """None for one without words."""
    parts: list[_Part] = []
    gap = False
    for given in _plain(text.replace("..", " .. ")).split():
        if given == "..":
            gap = bool(parts)
            continue
        word = "".join(WORD.findall(given))
        if word:
            parts.append(_Part(word, given.endswith("*"), gap))
            gap = False
    return Phrase(text, tuple(parts)) if parts else None


def matter_of(words: MatterWords, rulebook: Rulebook, unit: Unit) -> Matter | None:
    """The first kind that is meant; None for none, and for a federation without the tables."""
    said = sentences(words.text)
    hits = _weighed(_hits(said, _phrases(rulebook)), words.languages, rulebook, unit)
    length = sum(map(len, said)) if words.bare else None
    read: Mapping[str, int] | None = None
    for kind in KINDS:
        inputs: dict[str, str | int] = {"kind": kind, "repeats": words.repeats.get(kind, 0)}
        terms = rulebook.decide(TABLE, inputs, unit)
        if terms is None or (not hits and int(terms.outputs["percent"]) >= NEVER):
            continue
        counted = _counted(kind, hits)
        weight, rows = _weight(kind, counted)
        if weight > 0 and kind != "emergency" and sum(len(hit.taken) for hit, _row in counted) == length:
            weight = max(weight, ALONE)
        percent = 0
        if int(terms.outputs["percent"]) < NEVER:
            read = _read(words, rulebook, unit) if read is None else read
            percent = read.get(kind, 0)
        if weight >= int(terms.outputs["weight"]) or percent >= int(terms.outputs["percent"]):
            return Matter(
                kind, cast("Then", terms.outputs["then"]), int(terms.outputs["priority"]),
                str(terms.outputs["call"]), _because(terms, rows, weight, percent),
            )  # fmt: skip
    return None


@lru_cache(maxsize=64)
def _phrases(rulebook: Rulebook) -> _Phrases:
    """The phrases that a rulebook's rows weigh."""
    by_first: dict[bool, dict[str, list[Phrase]]] = {False: {}, True: {}}
    for text in sorted(rulebook.named(WORDS, "words")):
        read = phrase(text)
        if read is not None:
            first = read.parts[0]
            by_first[first.open].setdefault(first.word, []).append(read)
    whole, begun = ({word: tuple(found) for word, found in by_first[o].items()} for o in (False, True))
    return _Phrases(whole, begun, tuple(sorted({len(word) for word in begun})), {})


def _plain(text: str) -> str:
    return text_words(text).seen_lines.replace("’", "'").replace("ё", "е")


def sentences(text: str) -> list[list[str]]:
    """The words of each sentence, as phrases are compared with them."""
    found = map(WORD.findall, SENTENCE_ENDS.split(_plain(text[:MOST_CHARACTERS])))
    return [said for said in found if said]


def _hits(said: Sequence[Sequence[str]], phrases: _Phrases) -> list[_Hit]:
    # Most words begin no phrase, and that is known of them: nothing is called for those.
    known, look = phrases.found, phrases.look
    return [
        _Hit(number, one.text, taken)
        for number, words in enumerate(said)
        for start, word in enumerate(words)
        for one in (known[word] if word in known else look(word))
        if (taken := one.at(words, start)) is not None
    ]


def _weighed(hits: Iterable[_Hit], languages: tuple[str, ...], rulebook: Rulebook, unit: Unit) -> list[_Weighed]:
    """With the rows that weigh them, by kind; the longest first, so that of two that share a word it counts."""
    known = _rows_known(rulebook) if not rulebook.on_trial else {}
    if len(known) >= MOST_KNOWN:
        known.clear()
    found = []
    for hit in hits:
        key = (hit.phrase, languages)
        rows = known.get(key)
        if rows is None:
            rows = known[key] = _rows_of(hit.phrase, languages, rulebook, unit)
        if rows:
            found.append((hit, rows))
    return sorted(found, key=lambda one: (-len(one[0].taken), one[0].sentence, one[0].taken, one[0].phrase))


def _rows_of(text: str, languages: Iterable[str], rulebook: Rulebook, unit: Unit) -> _Rows:
    rows: _Rows = {}
    for kind in KINDS:
        for language in languages:
            row = rulebook.decide(WORDS, {"kind": kind, "language": language, "words": text}, unit)
            if row is not None:
                rows[kind] = row
                break
    return rows


@lru_cache(maxsize=64)
def _rows_known(rulebook: Rulebook) -> dict[tuple[str, tuple[str, ...]], _Rows]:
    """What was found, as long as the rulebook is remembered and nothing is on trial."""
    return {}


def _counted(kind: Kind, weighed: Iterable[_Weighed]) -> list[tuple[_Hit, RuleDecision]]:
    """The phrases that rows of a kind weigh, none of which shares a word with another."""
    used: set[tuple[int, int]] = set()
    found = []
    for hit, rows in weighed:
        row = rows.get(kind)
        if row is None:
            continue
        places = {(hit.sentence, place) for place in hit.taken}
        if used.isdisjoint(places):
            used |= places
            found.append((hit, row))
    return found


def _weight(kind: Kind, counted: Sequence[tuple[_Hit, RuleDecision]]) -> tuple[int, list[RuleDecision]]:
    """What they weigh together, and by which rows: an emergency's in the heaviest sentence, any other's in the whole
    text, each phrase once."""
    if not counted:
        return 0, []
    rows: dict[tuple[int, str], RuleDecision] = {}
    for hit, row in counted:
        rows.setdefault((hit.sentence if kind == "emergency" else 0, hit.phrase), row)
    by_part: dict[int, list[RuleDecision]] = {}
    for (part, _phrase), row in rows.items():
        by_part.setdefault(part, []).append(row)
    sums = {part: sum(int(row.outputs["weight"]) for row in found) for part, found in by_part.items()}
    heaviest = max(sums, key=lambda part: (sums[part], -part))
    return sums[heaviest], by_part[heaviest]


def _read(words: MatterWords, rulebook: Rulebook, unit: Unit) -> Mapping[str, int]:
    """How probable each kind is by the model that the rules name, in percent."""
    model = rulebook.decide(CLASSIFICATION, asked_of(words), unit)
    if model is None:
        return {}
    reading = words.read(str(model.outputs["model"]), waits=waits_for_model(model))
    return {one.category.removeprefix(LABEL): one.percent for one in reading.matters} if reading is not None else {}


def _because(terms: RuleDecision, rows: Iterable[RuleDecision], weight: int, percent: int) -> tuple[Because, ...]:
    """The rows, with the weight of the words beside what the first were asked."""
    read: dict[str, Value] = {"words_weight": weight, **({"read_percent": percent} if percent else {})}
    bare: dict[str, Value] = {}
    told = [(hit, read) for hit in terms.because] + [(hit, bare) for row in rows for hit in row.because][:ROWS_TOLD]
    return tuple(
        Because(
            layer=hit.layer, number=hit.number, table=hit.table, row_id=hit.row_id, inputs={**hit.inputs, **more},
            outputs=hit.outputs,
        )
        for hit, more in told
    )  # fmt: skip
