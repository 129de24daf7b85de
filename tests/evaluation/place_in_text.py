"""How well the house that a message is about is read in its own text: `python -m tests.evaluation.place_in_text`.

The texts are place_texts.txt and those that are held out, place_texts_held_out.txt: of each the house that it is about,
or none, where a street is only mentioned. Prints how many of the houses that are read are right, how many of the texts
about a house are placed by it, those that are read wrongly, and microseconds a text.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime
from pathlib import Path

from common.rulebook.place_in_text import place_in_text
from common.rulebook.streets import Gazetteer, Stretch

FOLDER = Path(__file__).parent
TEXTS = {"first part": FOLDER / "place_texts.txt", "held out": FOLDER / "place_texts_held_out.txt"}
NOBODYS = "-"
ROUNDS = 50
STREETS = (
    ("Elm Street", "east", 1, 99), ("Oak Street", "east", None, None), ("Oak Avenue", "west", None, None),
    ("Long Road", "east", 1, 99), ("Long Road", "west", 100, 199), ("Pine Street", "west", 1, 60),
    ("Washington Street", "east", None, None), ("Washington Street", "west", None, None),
    ("Lincoln Avenue", "west", 1, 400), ("Main Street", "east", 1, 200), ("Park Drive", "west", 1, 50),
    ("Martin Luther King Boulevard", "east", None, None),
    ("улица Ленина", "east", 1, 60), ("Пушкинская улица", "east", 1, 30), ("улица Пушкина", "west", 1, 30),
    ("проспект Мира", "west", None, None), ("Садовая улица", "east", None, None), ("Садовая улица", "west", None, None),
    ("Лесная улица", "west", 1, 40), ("улица Гагарина", "west", 1, 40), ("улица Чехова", "east", 1, 40),
    ("Московское шоссе", "west", None, None), ("Набережная улица", "east", 1, 20),
)  # fmt: skip


def streets() -> Gazetteer:
    rows = [(Stretch(street, area, low, high, "", None, None), ()) for street, area, low, high in STREETS]
    return Gazetteer("evaluation", datetime(2026, 1, 1, tzinfo=UTC), rows)


def labelled(path: Path) -> list[tuple[str, str]]:
    lines = (line.split("\t", 1) for line in path.read_text(encoding="utf-8").splitlines() if line[:1] != "#")
    return [(about, text) for about, text in lines]


def read(known: Gazetteer, text: str) -> str:
    found = place_in_text(known, text)
    return NOBODYS if found is None else f"{found.place.street} {found.place.house}"


def main() -> None:
    known = streets()
    for name, path in TEXTS.items():
        texts = labelled(path)
        told = [(about, read(known, text), text) for about, text in texts]
        placed = [one for one in told if one[1] != NOBODYS]
        right = sum(about == found for about, found, _text in placed)
        about_a_house = sum(about != NOBODYS for about, _text in texts)
        print(f"{name}: {len(texts)} texts, {about_a_house} about a house; {len(placed)} placed, {right} of them right")
        for about, found, text in told:
            if about != found:
                print(f"  {'WRONG' if found != NOBODYS else 'to a person'}: {text} [{about}; read: {found}]")
    both = [text for path in TEXTS.values() for _about, text in labelled(path)]
    began = time.perf_counter()
    for _round in range(ROUNDS):
        for text in both:
            place_in_text(known, text)
    spent = (time.perf_counter() - began) / ROUNDS / len(both)
    print(f"{spent * 1e6:.0f} microseconds a text")


if __name__ == "__main__":
    main()
