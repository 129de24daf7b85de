"""How much is taken of one conversation and of one API key, from however many addresses it comes.

Only what proved to be whose it is counts: whoever makes up names and secrets is told what is wrong with them, counts by
address alone and can neither use up what others may say nor fill what is remembered here.
"""

from __future__ import annotations

import hashlib
import math
import time
from collections.abc import Callable

from common.contracts.seen_text import same_name
from common.messaging.telemetry.metrics import HTTP_LIMITED
from common.runtime.http.rate_limit import RateLimit

from channels.bodies import Refused
from channels.settings import ChannelsSettings

MINUTE_SECONDS = 60.0


class TooSoon(Refused):
    """A conversation or a key that has said or asked too much; `seconds` later one more is taken."""

    def __init__(self, limit: str, words: str, seconds: float) -> None:
        whole = max(1, math.ceil(seconds))
        super().__init__(429, f"{words}: try again in {whole} s", {"retry-after": str(whole)})
        self.limit = limit


class EdgeLimits:
    """Of one process. Methods raise TooSoon, and count what they let pass."""

    def __init__(self, settings: ChannelsSettings, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._said = RateLimit(settings.conversation_rate / MINUTE_SECONDS, settings.conversation_burst)
        self._read = RateLimit(settings.reading_rate / MINUTE_SECONDS, settings.reading_burst)
        self._used = RateLimit(settings.key_rate, settings.key_burst)

    @property
    def remembered(self) -> int:
        """Conversations, readers and keys."""
        return len(self._said) + len(self._read) + len(self._used)

    def say(self, channel: str, conversation: str) -> None:
        """Something is said in a conversation by whoever may."""
        wait = self._said.wait(_whose(channel, conversation), self._clock())
        _must_be_due("conversation", "too much was said in this conversation in a short time", wait)

    def must_be_due(self, channel: str, conversation: str) -> None:
        """Whether something may be said, before work is spent on it; counts nothing."""
        wait = self._said.left(_whose(channel, conversation), self._clock())
        _must_be_due("conversation", "too much was said in this conversation in a short time", wait)

    def read(self, fingerprint: bytes) -> None:
        """Whoever has the secret of a conversation, of which this is the fingerprint, asks how it stands."""
        wait = self._read.wait(fingerprint, self._clock())
        _must_be_due("reading", "this was asked for too often", wait)

    def use(self, key: str) -> None:
        """A request under a key that is known; `key` names it among all edges."""
        wait = self._used.wait(key, self._clock())
        _must_be_due("key", "too many requests under this key", wait)

    def charge(self, key: str, units: float) -> None:
        """What a request under the key held beside the request itself."""
        self._used.charge(key, units, self._clock())


def _must_be_due(limit: str, words: str, wait: float) -> None:
    if wait > 0:
        HTTP_LIMITED.labels(limit).inc()
        raise TooSoon(limit, words, wait)


def _whose(channel: str, conversation: str) -> bytes:
    """Of one length, whatever the name; two spellings of a name are one."""
    return hashlib.blake2b(f"{channel} {same_name(conversation)}".encode(), digest_size=16).digest()
