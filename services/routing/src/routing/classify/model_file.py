"""A classifier as bytes that hold data only: a header in JSON and arrays of numbers, little-endian.

Its version is the SHA-256 of these bytes.
"""

from __future__ import annotations

import json
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from routing.classify.classifier import Calibration, Classifier, Weights
from routing.classify.words import FEATURES

MAGIC = b"otklik-classifier-1\n"
MOST_CATEGORIES = 2000


class UnreadableModel(ValueError):
    """These bytes are no model; the message says why."""


class Header(BaseModel):
    """What a model's file says before its numbers."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    categories: tuple[str, ...] = Field(min_length=2, max_length=MOST_CATEGORIES)
    shares: tuple[float, ...]
    features: int = Field(ge=0, le=FEATURES)
    stems: int = Field(ge=0, le=50_000_000)
    rarity_unseen: float = Field(ge=0)
    sharpness: float = Field(gt=0)
    prior: float
    astray: float = Field(ge=0, lt=1)
    least: dict[int, float]


def to_bytes(model: Classifier) -> bytes:
    """The same model gives the same bytes."""
    weights, calibration = model.weights, model.calibration
    header = Header(
        categories=model.categories, shares=model.shares, features=len(weights.features), stems=len(weights.stems),
        rarity_unseen=weights.rarity_unseen, sharpness=calibration.sharpness, prior=calibration.prior,
        astray=calibration.astray, least=dict(calibration.least),
    )  # fmt: skip
    said = json.dumps(header.model_dump(mode="json"), ensure_ascii=False, sort_keys=True).encode()
    arrays = (
        weights.features.astype("<u4"), weights.stems.astype("<u4"), weights.rarity.astype("<f4"),
        weights.bias.astype("<f2"), weights.weights.astype("<f2"),
    )  # fmt: skip
    return b"".join((MAGIC, len(said).to_bytes(8, "little"), said, *(a.tobytes() for a in arrays)))


def from_bytes(content: bytes) -> Classifier:
    """Raises UnreadableModel."""
    start = len(MAGIC) + 8
    if content[: len(MAGIC)] != MAGIC or len(content) < start:
        raise UnreadableModel("this is no model of this program")
    end = start + int.from_bytes(content[len(MAGIC) : start], "little")
    try:
        header = Header.model_validate_json(content[start:end])
    except ValidationError as error:
        raise UnreadableModel(f"its header is not readable: {error.errors()[0]['msg']}") from error
    count = len(header.categories)
    if len(header.shares) != count or len(set(header.categories)) != count or min(header.shares) <= 0:
        raise UnreadableModel("its categories and their shares do not agree")
    arrays = _Arrays(content, end)
    features, stems = arrays.take("<u4", header.features), arrays.take("<u4", header.stems)
    rarity = arrays.take("<f4", header.features)
    bias, weights = arrays.take("<f2", count), arrays.take("<f2", header.features * count)
    if arrays.at != len(content):
        raise UnreadableModel("it is longer than it says")
    if len(features) and (int(features.max()) >= FEATURES or len(np.unique(features)) != len(features)):
        raise UnreadableModel("its features are out of bounds")
    if not all(np.isfinite(numbers).all() for numbers in (rarity, bias, weights)):
        raise UnreadableModel("some of its numbers are none")
    learnt = Weights(
        features.astype(np.uint32), rarity.astype(np.float32), weights.reshape(-1, count).astype(np.float32),
        bias.astype(np.float32), header.rarity_unseen, stems.astype(np.uint32),
    )  # fmt: skip
    calibration = Calibration(header.sharpness, header.prior, header.astray, header.least)
    return Classifier(header.categories, header.shares, learnt, calibration)


class _Arrays:
    """Reads one array after the other."""

    def __init__(self, content: bytes, at: int) -> None:
        self._content = content
        self.at = at

    def take(self, kind: str, count: int) -> np.ndarray[Any, Any]:
        size = np.dtype(kind).itemsize * count
        if self.at + size > len(self._content):
            raise UnreadableModel("it is shorter than it says")
        found = np.frombuffer(self._content, kind, count, self.at)
        self.at += size
        return found


def version_of(content: bytes) -> str:
    """The version of a model with these bytes."""
    return sha256(content).hexdigest()


def write(model: Classifier, path: Path) -> str:
    """Write a model; its version is given back."""
    content = to_bytes(model)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return version_of(content)


def read(path: Path) -> Classifier:
    """Raises UnreadableModel and OSError."""
    return from_bytes(path.read_bytes())
