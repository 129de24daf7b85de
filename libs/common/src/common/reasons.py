"""Why something could not be handled, in one line that pages may show: never with a value, which may be personal."""

from __future__ import annotations

import asyncpg
from pydantic import ValidationError

from common.envelope import EnvelopeError
from common.failures import Permanent


def reason_of(error: Exception) -> str:
    """In words. A database's own words repeat the values that it refused, so of those only the kind is told; the log
    has them all."""
    if isinstance(error, ValidationError):
        parts = [f"{'.'.join(map(str, e['loc'])) or 'body'}: {e['msg']}" for e in error.errors(include_input=False)]
        return "; ".join(parts[:5])
    if isinstance(error, EnvelopeError | Permanent):
        return str(error)
    if isinstance(error, asyncpg.PostgresError | asyncpg.InterfaceError):
        return f"{type(error).__name__} of the database: see the service's log"
    return f"{type(error).__name__}: {error}"
