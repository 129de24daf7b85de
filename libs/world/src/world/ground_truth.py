"""What really became of a case of a log, in the words of the federation that was learnt from it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Literal

import yaml
from common.federation.country import Federation, FederationError, load_federation
from pydantic import BaseModel, ConfigDict, ValidationError

from world.areas import stated_area
from world.log import LogRow
from world.plan import PlantedChange, slug


class _Data(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class PlantedCell(_Data):
    """One cell of the rules that is wrong on purpose, and how many cases of the log it sends astray."""

    category: str
    area: str
    layer: str
    """Whose table holds the wrong row: `national`, or the region's id."""
    right: str
    wrong: str
    cases: int
    """Of the whole log, with a point in the area, that really ended with the right authority."""
    later_cases: int
    """Those of them that were opened after the rules were learnt."""


class LogMap(_Data):
    """`log.yaml` of a federation: how its log's columns map onto it."""

    times_in: str
    learnt_until: str
    authority_column: Literal["queue", "department"] | None = None
    authorities: dict[str, str | None] = {}
    """The log's text -> authority; null: a state or nobody (an unknown end)."""
    area_column: str | None = None
    """The column that says the area where borders do not; null: `neighborhood`, by `places`."""
    places: dict[str, str] = {}
    """Neighbourhood -> the area of most of its cases, for cases without a point."""
    channels: dict[str, str] = {}
    default_channel: str
    planted: tuple[PlantedCell, ...] = ()
    planted_change: PlantedChange | None = None


def _unmapped(federation: Federation) -> LogMap:
    """Channels are known by their ids, the first stands for the rest."""
    ids = [c.id for c in federation.channels]
    if not ids:
        raise FederationError(f"{federation.folder} has no channel; name one in federation.yaml")
    return LogMap(
        times_in=federation.timezone, learnt_until="", channels={i: i for i in ids}, default_channel=ids[0]
    )  # fmt: skip


@dataclass(frozen=True)
class Truth:
    """Answers for rows of the log; the services never see it."""

    federation: Federation
    log: LogMap

    @classmethod
    def load(cls, folder: Path) -> Truth:
        """Read a federation; without a `log.yaml` nothing is known of its log but places by its borders.

        Raises FederationError.
        """
        path = folder / "log.yaml"
        federation = load_federation(folder)
        if not path.exists():
            return cls(federation, _unmapped(federation))
        try:
            found = LogMap.model_validate(yaml.load(path.read_text(), yaml.CSafeLoader))
        except (OSError, yaml.YAMLError, ValidationError) as error:
            raise FederationError(f"{path} does not say how the log maps onto the federation: {error}") from error
        return cls(federation, found)

    def authority(self, row: LogRow) -> str | None:
        """Who acted in the end; None for an unknown end, from which no transfer may be concluded."""
        if self.log.authority_column is None:
            area = self.area(row)
            region = self.federation.region_of_area(area) if area is not None else None
            office = self.federation.authority(f"office-{region}")
            return office.id if office is not None else None
        return self.log.authorities.get(getattr(row, self.log.authority_column))

    def area(self, row: LogRow) -> str | None:
        """Where it was: by the borders, else as far as the log's own columns say."""
        if row.point is not None:
            located = self.federation.locate(*row.point, row.opened)
            if located is not None:
                return located.area
        if self.log.area_column is None and self.log.places:
            return self.log.places.get(row.neighborhood)
        area = stated_area(row, self.log.area_column)
        return area if area is not None and self.federation.region_of_area(area) is not None else None

    def category(self, row: LogRow) -> str:
        return slug(row.given)

    def channel(self, row: LogRow) -> str:
        return self.log.channels.get(row.channel, self.log.default_channel)

    @cached_property
    def planted_by_cell(self) -> dict[tuple[str, str], PlantedCell]:
        """(category, area) -> what is wrong there on purpose."""
        return {(p.category, p.area): p for p in self.log.planted}
