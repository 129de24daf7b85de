"""Pages speak every language there is a catalogue for: no text of theirs stands outside of it."""

from __future__ import annotations

import ast
import json
import re
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path
from typing import Any, get_args
from zoneinfo import ZoneInfo

import pytest
from common.contracts.events import operations, region, routing, rules
from common.contracts.events.base import Command, Event
from common.federation.country import load_federation
from portal import formats, language
from portal.formats import Times, number, plain_type, share, working
from portal.language import CATALOGUES, _, read_in
from portal.language_choice import wanted
from portal.names import Names
from portal.timeline import Teller
from rules.model import Fact
from starlette.datastructures import Headers

PORTAL = Path(language.__file__).parent
GOLDEN = Path(__file__).parents[2] / "contract" / "golden"
NAMES = Names(load_federation(Path(__file__).parents[2] / "federation"))
TELLER = Teller(NAMES, Times(ZoneInfo("UTC")))
OTHERS = [name for name in CATALOGUES.languages if name != "en"]
SAID_BY_A_PERSON = ("aria-label", "alt", "data-name", "placeholder", "title")
NAMES_OF_OURS = {"Otklik", "SHA"}
NOT_A_TEXT = re.compile(r"\{#.*?#\}|\{% *trans\b.*?\{% *endtrans *%\}", re.S)
EXPRESSION = re.compile(r"\{\{.*?\}\}|\{%.*?%\}", re.S)
CALL = re.compile(r"_\((\"(?:[^\"\\]|\\.)*\")\)")
STRING = re.compile(r"\"((?:[^\"\\]|\\.)*)\"")
WORD = re.compile(r"[A-Za-z]{2,}")
SENTENCE = re.compile(r"^[A-Z][a-z]+\b|[A-Za-z]{2,} [a-z]{2,}")
RAISED = {"FormRefused", "QuestionRefused", "LinkRefused", "problem", "needed", "told"}
"""What is given words for people, all of which go through `_`."""


class Texts(HTMLParser):
    """Collects what a page says to people."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._inside: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._inside.append(tag)
        self.found += [value for name, value in attrs if name in SAID_BY_A_PERSON and value]

    def handle_endtag(self, tag: str) -> None:
        if tag in self._inside:
            del self._inside[len(self._inside) - 1 - self._inside[::-1].index(tag) :]

    def handle_data(self, data: str) -> None:
        if not {"code", "pre"} & set(self._inside):
            self.found.append(data)


@pytest.mark.parametrize("zone", ["America/New_York", "Asia/Tokyo"])
@pytest.mark.parametrize("year", ["0001-01-01T00:00:00", "9999-12-31T23:59:59"])
def test_the_first_and_the_last_moment_of_the_calendar_can_be_shown(zone: str, year: str) -> None:
    times = Times(ZoneInfo(zone))
    assert times.plain(f"{year}+00:00")
    assert times.when(f"{year}+00:00")


@pytest.mark.parametrize("name", CATALOGUES.languages)
@pytest.mark.parametrize("value", [1e30, 1e308, 10**400, -(10**400)], ids=["long", "longest", "whole", "negative"])
def test_a_number_of_any_size_is_written_in_a_few_characters(name: str, value: float) -> None:
    with read_in(name):
        assert len(number(value)) < 12


def texts_outside_of_catalogues(source: str) -> list[str]:
    source = NOT_A_TEXT.sub("", source)
    parser = Texts()
    parser.feed(EXPRESSION.sub("", source))
    plain = [text.strip() for text in parser.found if set(WORD.findall(text)) - NAMES_OF_OURS]
    expressions = [CALL.sub("", found) for found in EXPRESSION.findall(source)]
    quoted = [text for found in expressions for text in STRING.findall(found) if SENTENCE.search(text)]
    return plain + quoted


@pytest.mark.parametrize("path", sorted((PORTAL / "templates").glob("*.html")), ids=lambda p: p.name)
def test_a_template_says_nothing_outside_of_the_catalogues(path: Path) -> None:
    assert texts_outside_of_catalogues(path.read_text()) == []


def test_a_text_outside_of_the_catalogues_is_found() -> None:
    assert texts_outside_of_catalogues('<p title="A tip">Hello {{ name }}</p>') == ["A tip", "Hello"]
    assert texts_outside_of_catalogues('{{ "The nation" if x else _("A region") }}') == ["The nation"]


@pytest.mark.parametrize("path", sorted(PORTAL.rglob("*.py")), ids=lambda p: p.name)
def test_words_of_problems_and_refusals_are_in_the_catalogues(path: Path) -> None:
    calls = [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)]
    given = [arg for call in calls if called(call) in RAISED for arg in call.args]
    bare = [ast.unparse(arg) for arg in given if isinstance(arg, ast.JoinedStr) or is_sentence(arg)]
    assert bare == []


def called(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")


def is_sentence(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str) and " " in node.value


@pytest.mark.parametrize("name", OTHERS)
@pytest.mark.parametrize("kind", sorted(TELLER._sentences))
def test_each_event_is_told_in_each_language(kind: str, name: str) -> None:
    for path in sorted((GOLDEN / kind).glob("*.json")):
        data = json.loads(path.read_text())
        english = TELLER.sentence(kind, data)
        with read_in(name):
            told = TELLER.sentence(kind, data)
            known = str(data) + "".join(_known_words(data))
        assert told != english
        assert set(WORD.findall(told)) - set(WORD.findall(known)) == set()


def _known_words(data: dict[str, Any]) -> list[str]:
    """Words of the record itself and of the federation, which are as they are."""
    return [f"{NAMES.region(v)} {NAMES.authority(v)} {NAMES.category(v)} {NAMES.channel(v)} " for v in strings(data)]


def strings(data: dict[str, Any]) -> list[str]:
    lists = [value if isinstance(value, list) else [value] for value in data.values()]
    return [value for values in lists for value in values if isinstance(value, str)]


@pytest.mark.parametrize("name", OTHERS)
def test_each_kind_of_order_and_fact_has_words_in_each_language(name: str) -> None:
    modules = (region, routing, rules, operations)
    models = [m for module in modules for m in vars(module).values() if isinstance(m, type) and issubclass(m, Event)]
    orders = {m.type for m in models if issubclass(m, Command) and "type" in vars(m)}
    facts = {kind for kind in TELLER._sentences if kind.startswith("region.case.")}
    with read_in(name):
        assert [kind for kind in orders | facts if WORD.search(plain_type(kind))] == []


@pytest.mark.parametrize("name", OTHERS)
def test_each_step_of_the_chained_record_has_words_in_each_language(name: str) -> None:
    """A step is named as the event that it holds."""
    apart = (Command, rules.RulesCommandRefused, rules.StepRecorded, rules.ChainHeadPublished)
    models = [m for m in vars(rules).values() if isinstance(m, type) and issubclass(m, Event)]
    own = {m.type for m in models if not issubclass(m, apart) and "type" in vars(m)}
    steps = own | {heard.type for heard in get_args(Fact)}
    assert len(steps) > 20
    with read_in(name):
        assert [kind for kind in steps if WORD.search(plain_type(kind))] == []


def test_the_language_is_the_chosen_one_else_the_browsers_else_the_federations() -> None:
    def of(**headers: str) -> str:
        return wanted(Headers({k.replace("_", "-"): v for k, v in headers.items()}), ["ru"])

    assert of(cookie="otklik_language=en", accept_language="ru") == "en"
    assert of(accept_language="de, ru-RU;q=0.5, en;q=0.8") == "en"
    assert of(accept_language="en;q=0, ru;q=x") == "ru"
    assert of(cookie="otklik_language=../../x; =;") == "ru"
    assert of() == "ru"


def test_numbers_and_times_are_written_as_in_the_readers_language() -> None:
    times, at = Times(ZoneInfo("America/New_York")), datetime(2011, 7, 14, 13, 32, tzinfo=UTC)
    assert (times.plain(at), number(12345), number(0.1234567)) == ("14 Jul 2011, 09:32", "12,345", "0.1235")
    assert (share(1234, 10000), working(2400), working(1)) == ("12.3 %", "40 working hours", "1 working minute")
    with read_in("ru"):
        assert times.plain(at) == "14 июл. 2011, 09:32"
        assert (number(12345), number(0.1234567)) == ("12\xa0345", "0,1235")
        assert (share(1234, 10000), share(3, 8)) == ("12,3 %", "3 из 8")
        assert (working(2400), formats.mean(3.5)) == ("40 раб. ч", "3,50")


def test_an_empty_text_stays_empty() -> None:
    with read_in("ru"):
        assert _("") == ""
