"""One country's configuration, read from a folder of data."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StrictInt, TypeAdapter, field_validator

from common.contracts.catalogue import PARTITION_CLASSES
from common.contracts.seen_text import as_seen
from common.federation.borders import Borders, load_borders
from common.federation.calendar import CalendarSpec, WorkingCalendar, build_calendar, known_zone
from common.federation.faults import Fault
from common.federation.faults import FederationError as FederationError
from common.federation.gazetteer import load_gazetteers
from common.federation.located_yaml import read_model
from common.federation.service_form import Attribute
from common.rulebook.release import NATIONAL, Release, sealed
from common.rulebook.streets import Gazetteer, Gazetteers

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
FIRST_YEAR, LAST_YEAR = 2005, 2035
"""The years that calendars are built for."""
NAME = r"^[a-z0-9_-]{1,60}$"
"""Of what becomes part of topic names and principals."""
LANGUAGE = re.compile(r"[a-z]{2,3}(?:-[A-Za-z0-9]{2,8})*")


class _Data(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class Region(_Data):
    id: str = Field(pattern=NAME)
    title: str
    areas: tuple[str, ...] = ()
    calendar: str = "default"


ReachedFirst = Literal["nobody", "known", "anyone"]
REACHED: dict[str, ReachedFirst] = {
    "email": "anyone", "sms": "anyone", "telegram": "known", "vk": "known", "max": "known",
}  # fmt: skip
"""By channels of our own adapters. Web forms and the hotline are asked, and public posts are no place for notices."""


class Channel(_Data):
    id: str = Field(pattern=NAME)
    title: str
    staff: bool = False
    """On it the authorities' own people note what they find on their rounds, many at once: when they write says when
    they work, not when something happens."""
    says_again: ReachedFirst | None = None
    """Whom it tells what another channel could not deliver: nobody, those who wrote on it, or any address. None: as our
    own adapter of that name does, nobody where there is none."""

    @property
    def reaches(self) -> ReachedFirst:
        return self.says_again if self.says_again is not None else REACHED.get(self.id, "nobody")


class Person(_Data):
    id: str
    role: Literal["desk", "operator", "regional_head", "federal", "expert", "organisation"]
    scope: str


class Endpoint(_Data):
    """An authority's own Open311 endpoint."""

    url: str = Field(pattern=r"^https?://[^\s?#]+$", max_length=500)
    """What stands before `/requests.xml`."""
    jurisdiction_id: str = Field(default="", max_length=200)
    service_codes: dict[str, str] = Field(default_factory=dict)
    """By category, where the endpoint calls it otherwise."""


class OfficialContact(_Data):
    """Where an official is written to, on one of the federation's channels."""

    channel: str
    address: str = Field(min_length=1, max_length=320)
    """The channel's own handle, such as an e-mail address."""
    language: str | None = Field(default=None, max_length=12)
    """None: the federation's first."""


class Authority(_Data):
    id: str = Field(pattern=NAME)
    title: str
    regions: tuple[str, ...] = ("*",)
    acceptance: Literal["automatic", "by_hand"] = "automatic"
    open311: Endpoint | None = None
    """Where its cases are sent, and asked about."""
    head: OfficialContact | None = None
    """Its head, who is told of early warnings and of deadlines that it will miss."""

    def serves(self, region: str) -> bool:
        return "*" in self.regions or region in self.regions


class Category(_Data):
    code: str
    title: str
    titles: dict[str, str] = Field(default_factory=dict)
    """By language, where the title is another one there."""
    description: str = Field(default="", max_length=1_000)
    group: str = Field(default="", max_length=100)
    """Under which lists of categories show it."""
    keywords: tuple[str, ...] = ()
    on_order: bool = False
    """A service that people order, such as a pickup or a permit: that it is asked for again is no defect."""
    service: Literal["realtime", "batch", "blackbox"] = "realtime"
    """What Open311 answers to a report of it: the number of its case, a token for which that number can be asked later,
    or neither."""
    attributes: tuple[Attribute, ...] = Field(default=(), max_length=50)

    @field_validator("attributes")
    @classmethod
    def _codes_are_different(cls, given: tuple[Attribute, ...]) -> tuple[Attribute, ...]:
        codes = [a.code for a in given]
        for code in codes:
            if codes.count(code) > 1:
                raise ValueError(f"attribute {code!r} stands twice")
        return given


class Head(_Data):
    """federation.yaml."""

    name: str = Field(min_length=1, max_length=100)
    title: str = ""
    country: str | None = None
    timezone: str
    languages: tuple[str, ...] = Field(default=("en",), min_length=1)
    source: str | None = None
    regions: tuple[Region, ...] = Field(min_length=1)
    channels: tuple[Channel, ...] = Field(min_length=1)
    calendar: str = "default"
    """Of what no region holds."""
    people: tuple[Person, ...] = ()
    partitions: dict[str, Annotated[StrictInt, Field(ge=1, le=1000)]] = Field(default_factory=dict)
    """By class of topics; those that are not named have the catalogue's number."""

    @field_validator("partitions")
    @classmethod
    def _classes_are_known(cls, given: dict[str, int]) -> dict[str, int]:
        for name in given:
            if name not in PARTITION_CLASSES:
                raise ValueError(f"{name!r} is no class of topics; there are {', '.join(PARTITION_CLASSES)}")
        return given

    @field_validator("timezone")
    @classmethod
    def _zone_exists(cls, name: str) -> str:
        return known_zone(name)

    @field_validator("languages")
    @classmethod
    def _languages_are_tags(cls, tags: tuple[str, ...]) -> tuple[str, ...]:
        for tag in tags:
            if not LANGUAGE.fullmatch(tag):
                raise ValueError(f"{tag!r} is not a language tag such as en, ru or pt-BR")
        return tags


HEAD: TypeAdapter[Head] = TypeAdapter(Head)
AUTHORITIES: TypeAdapter[tuple[Authority, ...]] = TypeAdapter(tuple[Authority, ...])
CATEGORIES: TypeAdapter[tuple[Category, ...]] = TypeAdapter(tuple[Category, ...])
CALENDAR: TypeAdapter[CalendarSpec] = TypeAdapter(CalendarSpec)


@dataclass(frozen=True, slots=True)
class Located:
    area: str
    region: str
    border_set: str


class Federation:
    """Regions, authorities, calendars, borders and the first releases of a country."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        head, _ = read_model(folder / "federation.yaml", HEAD)
        self.name = head.name
        self.title = head.title or head.name
        self.timezone = head.timezone
        self._country = head.country
        self.languages = head.languages
        self.regions = head.regions
        self.channels = head.channels
        self._calendar = head.calendar
        self.people = head.people
        self.partitions = head.partitions
        self.authorities, _ = read_model(folder / "authorities.yaml", AUTHORITIES)
        self.categories, _ = read_model(folder / "categories.yaml", CATEGORIES)
        self._authorities = {a.id: a for a in self.authorities}
        self._regions = {r.id: r for r in self.regions}
        self._region_of = {area: r.id for r in self.regions for area in r.areas}
        self._areas_as_seen = {as_seen(area): area for area in self._region_of}
        self._titles = {c.code: c.title for c in self.categories}
        self._categories = {c.code: c for c in self.categories}
        self._category_phrases = tuple(
            (phrase, c.code) for c in self.categories for phrase in (c.title, *c.titles.values(), c.code, *c.keywords)
        )
        self._calendars: dict[str, WorkingCalendar] = {}
        self._zones: dict[str, str] = {}

    def category_names(self, code: str) -> tuple[str, ...]:
        """What people may call a category: its titles in every language and its code."""
        found = next((c for c in self.categories if c.code == code), None)
        return (found.title, *found.titles.values(), code) if found is not None else (code,)

    def category_phrases(self) -> tuple[tuple[str, str], ...]:
        """What people may say of the categories: their names and keywords, each with its code."""
        return self._category_phrases

    def category_title_in(self, language: str, code: str) -> str:
        """A category's title in a language, where it has one of its own there."""
        found = next((c for c in self.categories if c.code == code), None)
        return code if found is None else found.titles.get(language, found.title)

    def region(self, region_id: str) -> Region | None:
        return self._regions.get(region_id)

    def authority(self, authority_id: str) -> Authority | None:
        return self._authorities.get(authority_id)

    def region_of_area(self, area: str) -> str | None:
        return self._region_of.get(area)

    def area_named(self, given: str) -> str | None:
        """The area that somebody names, in whatever case and Unicode form; None where no region has it."""
        return given if given in self._region_of else self._areas_as_seen.get(as_seen(given))

    def has_category(self, code: str) -> bool:
        return code in self._titles

    def category(self, code: str) -> Category | None:
        return self._categories.get(code)

    def category_title(self, code: str | None) -> str:
        return self._titles.get(code or "", code or "unknown")

    @property
    def country(self) -> str:
        """The ISO 3166 code: the federation's own, else that of the calendar of what no region holds."""
        return self._country or self._calendar_spec(self._calendar).country

    def calendar(self, region_id: str) -> WorkingCalendar:
        """The working calendar of a region; KeyError for an unknown one."""
        return self._named_calendar(self._regions[region_id].calendar)

    @property
    def national_calendar(self) -> WorkingCalendar:
        """The working calendar of what no region holds."""
        return self._named_calendar(self._calendar)

    def _named_calendar(self, name: str) -> WorkingCalendar:
        if name not in self._calendars:
            self._calendars[name] = build_calendar(self._calendar_spec(name), FIRST_YEAR, LAST_YEAR)
        return self._calendars[name]

    def _calendar_spec(self, name: str) -> CalendarSpec:
        return read_model(self.folder / "calendars" / f"{name}.yaml", CALENDAR)[0]

    def zone(self, region_id: str | None) -> str:
        """The time zone that people of a region live by; the country's for an unknown one, or where none is meant."""
        region = self._regions.get(region_id or "")
        if region is None:
            return self.timezone
        if region.calendar not in self._zones:
            self._zones[region.calendar] = self._calendar_spec(region.calendar).timezone
        return self._zones[region.calendar]

    def prepare(self) -> None:
        """Build now what would be built at first use: a calendar takes seconds that no record should wait for."""
        for region in self.regions:
            self.calendar(region.id)
        _ = self.national_calendar
        _ = self.borders
        _ = self.gazetteers

    @cached_property
    def borders(self) -> Borders:
        return load_borders(self.folder / "borders")

    @cached_property
    def gazetteers(self) -> Gazetteers:
        """Streets, where the folder has any; raises FederationError."""
        try:
            return load_gazetteers(self.folder / "gazetteer")
        except (ValueError, OSError) as error:
            raise FederationError.of([Fault(self.folder / "gazetteer", None, str(error))]) from error

    def streets(self, at: datetime) -> Gazetteer | None:
        """The streets in force at a time; None where the federation has none."""
        return self.gazetteers.at(at)

    def locate(self, lat: float, lon: float, at: datetime) -> Located | None:
        """Area and region of a point; None outside every region."""
        found = self.borders.area_at(lat, lon, at)
        region = self._region_of.get(found[0]) if found else None
        return Located(found[0], region, found[1]) if found and region else None

    def base_releases(self) -> list[Release]:
        """Release 1 of every layer, in force since the epoch."""
        releases = []
        for layer in (NATIONAL, *(r.id for r in self.regions)):
            paths = sorted((self.folder / "rulebook" / layer).glob("*.json"))
            tables: dict[str, dict[str, Any]] = {p.stem: read_table(p) for p in paths}
            releases.append(sealed(Release(layer=layer, number=1, effective_at=EPOCH, tables=tables)))
        return releases


def read_table(path: Path) -> dict[str, Any]:
    """A decision table's JSON; raises FederationError with the line where it ends to be JSON."""
    try:
        found = json.loads(path.read_text())
    except json.JSONDecodeError as error:
        raise FederationError.of([Fault(path, error.lineno, f"not JSON: {error.msg}")]) from error
    except (UnicodeDecodeError, RecursionError) as error:
        raise FederationError.of([Fault(path, None, f"not JSON in UTF-8: {type(error).__name__}")]) from error
    if not isinstance(found, dict):
        raise FederationError.of([Fault(path, 1, "a decision table is a JSON object")])
    return found


def load_federation(folder: Path) -> Federation:
    """Read a federation; raises FederationError."""
    return Federation(folder)
