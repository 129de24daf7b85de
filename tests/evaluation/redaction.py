"""How much of what is personal redaction leaves, and how much else it strikes: `python -m tests.evaluation.redaction`.

The texts are made up, by the same people as the patterns: what they measure is what is known to be missed and struck
wrongly, not what strangers write. To the texts held out no pattern was fitted: they show how little
patterns find of names that nothing announces. They were known to whoever wrote the rules beside the model of names
(`intake/names.py`); the list of the second pass was written before it, and tells how well that works. So were the lists
of names after a post and of English names before their rules, which then were made with them at hand; the list
`_english_after` was written when the rules for English stood, and no rule was changed for it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import process_time

from intake.given_names import given_names
from intake.name_model import NamesNotLoaded, NatashaNames
from intake.names import CYRILLIC
from intake.redaction import redact
from intake.second_pass import SecondPass

TEXTS = Path(__file__).with_name("redaction_texts.txt")
HELD_OUT = Path(__file__).with_name("redaction_texts_held_out.txt")
SECOND_PASS = Path(__file__).with_name("redaction_texts_second_pass.txt")
POSTS = Path(__file__).with_name("redaction_texts_posts.txt")
ENGLISH_NAMES = Path(__file__).with_name("redaction_texts_english_names.txt")
ENGLISH_AFTER = Path(__file__).with_name("redaction_texts_english_after.txt")
LISTS = (TEXTS, HELD_OUT, SECOND_PASS, POSTS, ENGLISH_NAMES, ENGLISH_AFTER)
MARKED = re.compile("⟦(.*?)⟧")
WORD = re.compile(r"\w+")
STRUCK = re.compile(r"\[[a-z-]+\]")


@dataclass(frozen=True, slots=True)
class Judged:
    """One text after redaction."""

    text: str
    clean: str
    left: tuple[str, ...]
    """Personal items of which a word or number stays."""
    items: int
    struck: tuple[str, ...]
    """Words that are not personal and went."""
    words: int
    """That are not personal."""


def texts(of: Path = TEXTS) -> Iterator[str]:
    """The marked texts."""
    for line in of.read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            yield line


def judge(marked: str, redacting: Callable[[str], str] = redact) -> Judged:
    """Redact the text of a marked line. An item is left when more than half of its letters and digits still stand."""
    items, rest = MARKED.findall(marked), MARKED.sub(" ", marked)
    clean = redacting(MARKED.sub(r"\1", marked))
    words = WORD.findall(STRUCK.sub(" ", clean))
    left = tuple(item for item in items if _stays(item, words))
    kept = list(words)
    struck = []
    for word in WORD.findall(rest):
        if word in kept:
            kept.remove(word)
        else:
            struck.append(word)
    return Judged(marked, clean, left, len(items), tuple(struck), len(WORD.findall(rest)))


def _stays(item: str, words: list[str]) -> bool:
    parts = WORD.findall(item)
    there = sum(len(part) for part in parts if part in words)
    return 2 * there > sum(map(len, parts))


def report(of: Path, redacting: Callable[[str], str] = redact) -> None:
    """Print what of one list stays, what was struck wrongly, the sums, and what a text costs."""
    judged = [judge(text, redacting) for text in texts(of)]
    for one in judged:
        if one.left:
            print(f"stays   {', '.join(one.left)}: {one.clean}")
    for one in judged:
        if one.struck:
            print(f"struck  {', '.join(one.struck)}: {one.clean}")
    for language, some in (("Russian", True), ("other", False)):
        part = [one for one in judged if (CYRILLIC.search(one.text) is not None) is some]
        print(f"{of.stem}, {language}: {_sums(part)}, {_cost_us(part, redacting):.0f} us a text")


def _sums(judged: Sequence[Judged]) -> str:
    items, left = sum(one.items for one in judged), sum(len(one.left) for one in judged)
    words, struck = sum(one.words for one in judged), sum(len(one.struck) for one in judged)
    return f"{len(judged)} texts: {left} of {items} personal items stay, {struck} of {words} other words are struck"


def _cost_us(judged: Sequence[Judged], redacting: Callable[[str], str]) -> float:
    plain = [MARKED.sub(r"\1", one.text) for one in judged]
    begun = process_time()
    for text in plain:
        redacting(text)
    return (process_time() - begun) / max(len(plain), 1) * 1e6


def main() -> None:
    """Report on all lists, by patterns alone and with the model of names where it is installed."""
    for of in LISTS:
        report(of)
    print("\nwith the list of English names")
    for of in LISTS:
        report(of, SecondPass(None, given_names()).redact)
    try:
        second = SecondPass(NatashaNames())
    except NamesNotLoaded as error:
        print(error)
        return
    print("\nwith the model of names")
    for of in LISTS:
        report(of, second.redact)


if __name__ == "__main__":
    main()
