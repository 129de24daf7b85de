"""The words of notices: the rulebook's text in the citizen's language, else the catalogue's, with times as they are
written in that language; only then the next language."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from datetime import datetime
from pathlib import Path

from common.contracts.envelope import parse_time
from common.contracts.notices import fits
from common.federation.country import Federation
from common.federation.languages import N_, SOURCE, Catalogues, languages_to_try, local_moment
from common.messaging.release_cache import Releases
from common.rulebook.errors import ReleaseMissing
from common.rulebook.release import NATIONAL
from common.rulebook.trial import NO_UNIT

from intake.notice_kinds import KINDS
from intake.proposal_kinds import FACTS, PREFIX, PROPOSAL_KINDS, fields_of
from intake.telling import (
    Authority,
    CaseChoices,
    CategoryName,
    Choices,
    Field,
    Fields,
    OurWords,
    PartsNamed,
    RegionName,
)

ANOTHER_MATTER = N_("another matter")
OF_A_CASE = N_("{reference}, of {moment}")
LOCALE = Path(__file__).parent / "locale"


class Phrasing:
    """Reads the catalogues once."""

    def __init__(self, federation: Federation, releases: Releases) -> None:
        self._federation = federation
        self._releases = releases
        self._catalogues = Catalogues(LOCALE, "notices")

    @property
    def spoken(self) -> str:
        """The language where the citizen's is not known."""
        return self._federation.languages[0]

    def text(
        self, kind: str, language: str, now: datetime, fields: Fields,
        region: str | None = None,
    ) -> str:  # fmt: skip
        """`region` is whose time zone `fields` are told in; the country's where none is given."""
        row, spoken = self._choose(kind, language, now, fields.keys())
        text = row or self._catalogues.of(spoken).gettext(KINDS[kind].text)
        return text.format(**{name: self._word(one, spoken, region) for name, one in fields.items()})

    def proposal_text(self, kind: str, language: str, now: datetime, facts: Mapping[str, str]) -> str:
        """Of a notice about a proposal: the rulebook's text, else those sentences of which all is known."""
        known = {name: given for name, given in facts.items() if given}
        row, spoken = self._choose(PREFIX + kind, language, now, known.keys())
        said = {name: self._fact(name, given, spoken) for name, given in known.items()}
        if row is not None:
            return row.format(**said)
        translated = self._catalogues.of(spoken).gettext
        sentences = [one for one in PROPOSAL_KINDS[kind].sentences if fields_of(one) <= said.keys()]
        return "\n".join(translated(one).format(**said) for one in sentences)

    def _fact(self, name: str, given: str, language: str) -> str:
        """A fact in the reader's words: a time as it is there, a word of ours translated, a person's own as it is."""
        if name == "until":
            try:
                return local_moment(parse_time(given), self._federation.zone(None), language)
            except ValueError:
                return given
        known = FACTS.get(name, {}).get(given)
        return given if known is None else self._translated(known, language)

    def _choose(self, kind: str, language: str, now: datetime, names: Set[str]) -> tuple[str | None, str]:
        """The row to be filled with these names, None for the catalogue's text; and the language of either.

        Row and catalogue of a language are asked before the next language is: who reads Russian is told in Russian,
        though the rulebook has the text in English alone.
        """
        for each in languages_to_try(language, self.spoken):
            row = self._row(kind, each, now)
            if row is not None and fits(row, names):
                return row, each
            if each in self._catalogues.languages:
                return None, each
        return None, SOURCE

    def _translated(self, text: str, language: str) -> str:
        """Words of ours, in English where no catalogue has the language."""
        return self._catalogues.of(self._catalogues.best([language])).gettext(text)

    def _word(self, one: Field, language: str, region: str | None) -> str:
        if isinstance(one, OurWords):
            return self._translated(one.text, language)
        if isinstance(one, RegionName):
            place = self._federation.region(one.id)
            return place.title if place is not None else one.id
        if isinstance(one, datetime):
            return local_moment(one, self._federation.zone(region), language)
        if isinstance(one, Authority):
            known = self._federation.authority(one.id)
            return known.title if known is not None else one.id
        if isinstance(one, CategoryName):
            return self._federation.category_title_in(language, one.code)
        if isinstance(one, Choices):
            titles = [self._federation.category_title_in(language, code) for code in one.codes]
            return _numbered(titles)
        if isinstance(one, PartsNamed):
            return "\n".join(f"{number}: {words}" for number, words in one.parts)
        if isinstance(one, CaseChoices):
            said = [self._case(number, begun_at, language, region) for number, begun_at in one.cases]
            return _numbered([*said, self._translated(ANOTHER_MATTER, language)])
        return one

    def _case(self, number: str, begun_at: datetime | None, language: str, region: str | None) -> str:
        if begun_at is None:
            return number
        moment = local_moment(begun_at, self._federation.zone(region), language)
        return self._translated(OF_A_CASE, language).format(reference=number, moment=moment)

    def _row(self, kind: str, language: str, now: datetime) -> str | None:
        """The nation's text in a language; None where the rulebook has none yet, since a receipt must not wait."""
        try:
            rulebook = self._releases.book.in_force(NATIONAL, now)
        except ReleaseMissing:
            return None
        decision = rulebook.decide("texts", {"notice": kind, "language": language}, NO_UNIT)
        return str(decision.outputs["text"]) if decision is not None else None


def _numbered(choices: Sequence[str]) -> str:
    return "\n".join(f"{number}. {choice}" for number, choice in enumerate(choices, 1))
