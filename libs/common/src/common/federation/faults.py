"""What is wrong with a federation's folder: each fault with its file and line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong, or, as a remark, one that is allowed and may not be meant."""

    path: Path
    line: int | None
    """Counted from 1; None where the fault is of the whole file or of a file that is missing."""
    words: str
    remark: bool = False

    def __str__(self) -> str:
        place = str(self.path) if self.line is None else f"{self.path}:{self.line}"
        return f"{place}: {'remark: ' if self.remark else ''}{self.words}"


class FederationError(ValueError):
    """A federation's folder is not as it should be; `faults` names each file, line and what is wrong there."""

    def __init__(self, words: str, faults: Sequence[Fault] = ()) -> None:
        super().__init__(words)
        self.faults = tuple(faults)

    @classmethod
    def of(cls, faults: Sequence[Fault]) -> FederationError:
        """One error for all faults, a line each."""
        return cls("\n".join(map(str, faults)), faults)
