"""One country's configuration, read from a folder of data."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from common.borders import Borders, load_borders
from common.calendar import CalendarSpec, WorkingCalendar, build_calendar
from common.rulebook.release import NATIONAL, Release, sealed

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
FIRST_YEAR, LAST_YEAR = 2005, 2035
"""The years that calendars are built for."""


class FederationError(ValueError):
    """A federation's folder is not as it should be; names the file and what is wrong with it."""


class _Data(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class Region(_Data):
    id: str = Field(pattern=r"^[a-z0-9_-]+$")
    title: str
    areas: tuple[str, ...] = ()
    calendar: str = "default"


class Channel(_Data):
    id: str = Field(pattern=r"^[a-z0-9_-]+$")
    title: str


class Person(_Data):
    id: str
    role: Literal["desk", "operator", "regional_head", "federal"]
    scope: str


class Authority(_Data):
    id: str = Field(pattern=r"^[a-z0-9_-]+$")
    title: str
    regions: tuple[str, ...] = ("*",)
    acceptance: Literal["automatic", "by_hand"] = "automatic"

    def serves(self, region: str) -> bool:
        return "*" in self.regions or region in self.regions


class Category(_Data):
    code: str
    title: str


@dataclass(frozen=True, slots=True)
class Located:
    area: str
    region: str
    border_set: str


class Federation:
    """Regions, authorities, calendars, borders and the first releases of a country."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        head = _read(folder / "federation.yaml")
        try:
            self.name: str = head["name"]
            self.title: str = head.get("title", self.name)
            self.timezone: str = head["timezone"]
            self.languages: tuple[str, ...] = tuple(head.get("languages", ["en"]))
            self.regions = tuple(Region.model_validate(r) for r in head["regions"])
            self.channels = tuple(Channel.model_validate(c) for c in head["channels"])
            self.people = tuple(Person.model_validate(p) for p in head.get("people", []))
            self.authorities = tuple(Authority.model_validate(a) for a in _read(folder / "authorities.yaml"))
            self.categories = tuple(Category.model_validate(c) for c in _read(folder / "categories.yaml"))
        except (KeyError, ValidationError) as error:
            raise FederationError(f"{folder}: {error}") from error
        self._authorities = {a.id: a for a in self.authorities}
        self._regions = {r.id: r for r in self.regions}
        self._region_of = {area: r.id for r in self.regions for area in r.areas}
        self._titles = {c.code: c.title for c in self.categories}
        self._calendars: dict[str, WorkingCalendar] = {}

    def region(self, region_id: str) -> Region | None:
        return self._regions.get(region_id)

    def authority(self, authority_id: str) -> Authority | None:
        return self._authorities.get(authority_id)

    def region_of_area(self, area: str) -> str | None:
        return self._region_of.get(area)

    def has_category(self, code: str) -> bool:
        return code in self._titles

    def category_title(self, code: str | None) -> str:
        return self._titles.get(code or "", code or "unknown")

    def calendar(self, region_id: str) -> WorkingCalendar:
        """The working calendar of a region; KeyError for an unknown one."""
        name = self._regions[region_id].calendar
        if name not in self._calendars:
            spec = CalendarSpec.model_validate(_read(self.folder / "calendars" / f"{name}.yaml"))
            self._calendars[name] = build_calendar(spec, FIRST_YEAR, LAST_YEAR)
        return self._calendars[name]

    def prepare(self) -> None:
        """Build now what would be built at first use: a calendar takes seconds that no record should wait for."""
        for region in self.regions:
            self.calendar(region.id)
        _ = self.borders

    @cached_property
    def borders(self) -> Borders:
        return load_borders(self.folder / "borders")

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
            tables: dict[str, dict[str, Any]] = {p.stem: json.loads(p.read_text()) for p in paths}
            releases.append(sealed(Release(layer=layer, number=1, effective_at=EPOCH, tables=tables)))
        return releases


def _read(path: Path) -> Any:
    try:
        return yaml.safe_load(path.read_text())
    except FileNotFoundError as error:
        raise FederationError(f"{path} is missing") from error
    except yaml.YAMLError as error:
        raise FederationError(f"{path} is not YAML: {error}") from error


def load_federation(folder: Path) -> Federation:
    """Read a federation; raises FederationError."""
    return Federation(folder)
