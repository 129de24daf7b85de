"""A pass by which the portal says who sits at the hotline: short-lived, good once, bound to the person; and the word of
the installation's operator for records of calls from a file."""

from __future__ import annotations

import base64
import binascii
from datetime import UTC, datetime
from hashlib import sha256

from common.contracts.frozen import value
from common.contracts.signing import Signer, Verifier

GIVER = "portal"
"""The principal that gives passes."""
MOST_CHARACTERS = 800


@value
class HotlinePass:
    """Who was signed in at the portal; `nonce` tells one pass from another."""

    person: str
    nonce: str


def pass_for(person: str, until: datetime, nonce: str, signer: Signer) -> str:
    """Good until then. What it says of the person is an id alone: the role is the federation's to say."""
    named = base64.urlsafe_b64encode(person.encode()).decode().rstrip("=")
    seconds = str(int(until.timestamp()))
    return ".".join((named, seconds, nonce, signer.vouch(_words(person, seconds, nonce))))


def read_pass(given: str, now: datetime, verifier: Verifier) -> HotlinePass | None:
    """None for what is no pass of the portal's, or is not one any more."""
    parts = given.split(".")
    if len(given) > MOST_CHARACTERS or len(parts) != 4:
        return None
    named, seconds, nonce, signature = parts
    try:
        person = base64.b64decode(named + "=" * (-len(named) % 4), altchars=b"-_", validate=True).decode()
        ends = datetime.fromtimestamp(int(seconds), UTC)
    except (binascii.Error, ValueError, OverflowError, OSError):
        return None
    fits = verifier.vouches(GIVER, _words(person, seconds, nonce), signature)
    return HotlinePass(person, nonce) if fits and now < ends else None


def _words(person: str, seconds: str, nonce: str) -> tuple[str, ...]:
    return "otklik hotline pass", person, seconds, nonce


SENDER = "operator"
"""The principal that sends records of calls from a file."""


def vouch_for_records(body: bytes, until: datetime, signer: Signer) -> str:
    """What goes with records of calls that are sent together; good until then."""
    seconds = str(int(until.timestamp()))
    return f"{seconds}.{signer.vouch(_records(body, seconds))}"


def vouched_for_records(given: str, body: bytes, now: datetime, verifier: Verifier) -> bool:
    """Whether these very records are sent by the installation's operator, and not long ago."""
    seconds, _, signature = given.partition(".")
    try:
        ends = datetime.fromtimestamp(int(seconds), UTC)
    except (ValueError, OverflowError, OSError):
        return False
    return verifier.vouches(SENDER, _records(body, seconds), signature) and now < ends


def _records(body: bytes, seconds: str) -> tuple[str, ...]:
    return "otklik records of calls", sha256(body).hexdigest(), seconds
