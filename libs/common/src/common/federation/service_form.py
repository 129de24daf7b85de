"""What a form asks about a category beside words and place: the attributes of Open311's service definitions."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

Datatype = Literal["string", "number", "datetime", "text", "singlevaluelist", "multivaluelist"]
LISTS: frozenset[Datatype] = frozenset({"singlevaluelist", "multivaluelist"})


class _Data(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class AttributeValue(_Data):
    """One choice of a list."""

    key: str = Field(min_length=1, max_length=100)
    name: str = Field(min_length=1, max_length=200)


class Attribute(_Data):
    """One question; a form shows them in the order of the file."""

    code: str = Field(pattern=r"^[^\[\]\s]{1,100}$")
    datatype: Datatype = "string"
    required: bool = False
    variable: bool = True
    """False: it is shown and not answered."""
    description: str = Field(default="", max_length=500)
    datatype_description: str = Field(default="", max_length=500)
    values: tuple[AttributeValue, ...] = Field(default=(), max_length=500)

    @model_validator(mode="after")
    def _fits_its_datatype(self) -> Self:
        if (self.datatype in LISTS) != bool(self.values):
            raise ValueError(f"attribute {self.code!r}: a list has values, and nothing else has")
        if len({v.key for v in self.values}) != len(self.values):
            raise ValueError(f"attribute {self.code!r}: a key of its values stands twice")
        if self.required and not self.variable:
            raise ValueError(f"attribute {self.code!r}: what is not answered cannot be required")
        return self
