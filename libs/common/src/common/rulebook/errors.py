"""What can be wrong with rules."""

from __future__ import annotations


class RulebookError(ValueError):
    """A table that cannot be read; names the table, the row and the cell."""


class PatchConflict(ValueError):
    """A patch does not fit the tables it is applied to: its base has moved, or it names a row that is not there."""


class ReleaseMissing(LookupError):
    """No release of this layer and number, or none in force at this time, is known here yet."""
