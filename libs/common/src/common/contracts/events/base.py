"""What every event and command shares: a frozen model and a wire type."""

from __future__ import annotations

from typing import Annotated, ClassVar, get_args

import orjson
from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field

from common.contracts.utc import as_utc

Instant = AwareDatetime
"""A time with its zone; on the wire and in code always UTC."""

GivenInstant = Annotated[AwareDatetime, AfterValidator(as_utc)]
"""A time as somebody outside gives it, in any zone; UTC in code. Refused where UTC has no such year."""


class Event(BaseModel):
    """A fact (past tense) or a command (imperative) that travels on a topic.

    Unknown fields are ignored, so a reader of an older version reads a newer record.
    """

    model_config = ConfigDict(frozen=True, extra="ignore", ser_json_timedelta="float")

    type: ClassVar[str]
    """The CloudEvents type, for example `region.case.answered.v1`."""

    signed: ClassVar[bool] = False
    """Whether a record of it must be signed by the principal that wrote it."""

    required_nullable: ClassVar[frozenset[str]] = frozenset()
    """Fields that may be empty and may not be absent: every reader insists on them."""

    @classmethod
    def __pydantic_init_subclass__(cls, **_: object) -> None:
        cls.required_nullable = frozenset(
            name
            for name, field in cls.model_fields.items()
            if field.is_required() and type(None) in get_args(field.annotation)
        )

    def wire(self) -> bytes:
        """The body of the record: JSON without empty fields, but for those that readers insist on."""
        if any(getattr(self, name) is None for name in self.required_nullable):
            there = self.model_dump(mode="json", exclude_none=True)
            return orjson.dumps({**there, **{name: there.get(name) for name in self.required_nullable}})
        return self.model_dump_json(exclude_none=True).encode()


class Refusal(Event):
    """Common to events that say why something was not done."""

    reason: str
    """In English prose."""
    code: str | None = None
    """Of `reason`, see refusals.RefusalCode: what it is put into the reader's words by, with `details`."""
    details: dict[str, str] | None = None


class Place(BaseModel):
    """A point on the earth in WGS 84 degrees, with the citizen's own words for it."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    lat: float | None = Field(default=None, ge=-90, le=90)
    lon: float | None = Field(default=None, ge=-180, le=180)
    address: str | None = Field(default=None, max_length=500)


class Actor(BaseModel):
    """Who acts: a person in a role over a scope, vouched for by the signing principal."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    id: str = Field(max_length=120)
    role: str = Field(max_length=40)
    """citizen, desk, operator, regional_head, federal, installation, loop or system."""
    scope: str = Field(default="*", max_length=120)
    """A region, an authority, or `*`."""


class RowNamed(BaseModel):
    """The row of a release that took part in a decision."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    layer: str
    number: int
    table: str
    row_id: str


class Because(RowNamed):
    """The row of a release that made a decision, with the inputs it was asked."""

    inputs: dict[str, str | int | float | bool] = Field(default_factory=dict)
    outputs: dict[str, str | int | float | bool] = Field(default_factory=dict)


class Command(Event):
    """An order to the owner of a topic, signed by a principal on behalf of `actor`."""

    signed: ClassVar[bool] = True
    subject_field: ClassVar[str]
    """The field that says what it is about: the record's key and ce_subject must say the same."""

    actor: Actor
    synthetic: bool = False
    """True when a model, not a log or a person, made it up."""
