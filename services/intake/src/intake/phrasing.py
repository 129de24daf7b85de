"""The words of notices: the rulebook's text in the citizen's language, else the catalogue's; times as it is there."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from string import Formatter

from common.contracts.envelope import parse_time
from common.federation.country import Federation
from common.federation.languages import Catalogues, languages_to_try, local_moment
from common.messaging.release_cache import Releases
from common.rulebook.errors import ReleaseMissing
from common.rulebook.release import NATIONAL
from common.rulebook.trial import NO_UNIT

from intake.notice_kinds import KINDS
from intake.proposal_kinds import FACTS, PREFIX, PROPOSAL_KINDS, fields_of
from intake.telling import Authority, Fields

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
        tried = languages_to_try(language, self.spoken)
        template = self._template(kind, tried, now)
        found = self._catalogues.best(tried)
        said = {name: self._word(one, found, region) for name, one in fields.items()}
        return words(template, self._catalogues.of(found).gettext(KINDS[kind].text), **said)

    def proposal_text(self, kind: str, language: str, now: datetime, facts: Mapping[str, str]) -> str:
        """Of a notice about a proposal: the rulebook's text, else those sentences of which all is known."""
        tried = languages_to_try(language, self.spoken)
        found = self._catalogues.best(tried)
        translated = self._catalogues.of(found).gettext
        said = {name: self._fact(name, given, found) for name, given in facts.items() if given}
        template = self._template(PREFIX + kind, tried, now)
        if template is not None and _uses_only(template, set(said)):
            return template.format(**said)
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
        return given if known is None else self._catalogues.of(language).gettext(known)

    def _word(self, one: str | datetime | Authority, language: str, region: str | None) -> str:
        if isinstance(one, datetime):
            return local_moment(one, self._federation.zone(region), language)
        if isinstance(one, Authority):
            known = self._federation.authority(one.id)
            return known.title if known is not None else one.id
        return one

    def _template(self, kind: str, languages: tuple[str, ...], now: datetime) -> str | None:
        """The nation's text in the first of these languages; None where the rulebook has none yet, since a receipt must
        not wait for one."""
        try:
            rulebook = self._releases.book.in_force(NATIONAL, now)
        except ReleaseMissing:
            return None
        for each in languages:
            decision = rulebook.decide("texts", {"notice": kind, "language": each}, NO_UNIT)
            if decision is not None:
                return str(decision.outputs["text"])
        return None


def words(template: str | None, otherwise: str, **fields: str) -> str:
    """The text of a notice; a template with fields it may not use falls back to the other one."""
    text = template if template is not None and _uses_only(template, set(fields)) else otherwise
    return text.format(**fields)


def _uses_only(template: str, names: set[str]) -> bool:
    """Plain fields of these names, without format or conversion: a text row must not make notices fail."""
    try:
        parts = list(Formatter().parse(template))
    except ValueError:
        return False
    return all(field is None or (field in names and not spec and conversion is None)
               for _, field, spec, conversion in parts)  # fmt: skip
