"""May a post be published: whose conversation is it, and was its idempotency key used for something else.

Posts that come together are asked about together.
"""

from __future__ import annotations

import asyncio
from typing import Literal

import asyncpg
from common.contracts.frozen import value
from common.messaging.postgres import transaction

from channels import page_store, service_request_store, store
from channels.case_state import CaseState
from channels.citizen_page import NewPage
from channels.service_request import ServiceRequest

Answer = Literal["taken", "another_body", "others_conversation"]


@value
class Post:
    """What is asked about one post."""

    claim: store.Claim | None
    """The conversation that it would begin; None when it proved to know that conversation's secret."""
    key: str | None
    """Under which its body is remembered; None where a repetition with another body is another message."""
    body: bytes
    """A digest."""
    message: store.PostedMessage
    case: CaseState | None
    """The one that it opens where it is the first of its conversation; None for a verdict or a voice."""
    request: ServiceRequest | None = None
    """What anybody may read of it; None: nothing."""
    page: NewPage | None = None
    """The citizen's own, where it begins one."""


class Admission:
    """While one question is under way the next ones gather, so that many posts cost what one does."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool
        self._waiting: list[tuple[Post, asyncio.Future[Answer]]] = []
        self._asking: asyncio.Task[None] | None = None

    async def ask(self, post: Post) -> Answer:
        """Claim the conversation, and remember body and message, whoever comes first. The same post gets the same
        answer.

        Raises what the database raises.
        """
        answer: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._waiting.append((post, answer))
        if self._asking is None or self._asking.done():
            self._asking = asyncio.create_task(self._ask())
        return await answer

    async def _ask(self) -> None:
        while self._waiting:
            asked, self._waiting = self._waiting, []
            try:
                found = await self._judge([post for post, _ in asked])
            except asyncio.CancelledError:
                for _, answer in (*asked, *self._waiting):
                    answer.cancel()
                raise
            except Exception as error:  # noqa: BLE001 - it is raised by each who waits
                for _, answer in asked:
                    if not answer.done():
                        answer.set_exception(error)
                continue
            for (_, answer), one in zip(asked, found, strict=True):
                if not answer.done():
                    answer.set_result(one)

    async def _judge(self, posts: list[Post]) -> list[Answer]:
        """A body is remembered for those alone whose conversation it is: a stranger takes nobody's keys."""
        async with transaction(self._pool) as db:
            openings = await store.claim_conversations(db, [p.claim for p in posts if p.claim is not None])
            own = [p.claim is None or openings.get(p.claim.fingerprint) == p.claim.opening for p in posts]
            used = [(p.key, p.body) for p, its in zip(posts, own, strict=True) if its and p.key is not None]
            first = await store.first_bodies(db, used) if used else {}
            found: list[Answer] = [
                "others_conversation" if not its
                else "another_body" if p.key is not None and first.get(p.key) != p.body
                else "taken"
                for p, its in zip(posts, own, strict=True)
            ]  # fmt: skip
            taken = [(p.message, p.case) for p, answer in zip(posts, found, strict=True) if answer == "taken"]
            if taken:
                await store.add_posted(db, taken)
                ours = [p for p, its in zip(posts, found, strict=True) if its == "taken"]
                shown = [p.request for p in ours if p.request is not None]
                await service_request_store.add(db, shown)
                await page_store.add_pages(db, [p.page for p in ours if p.page is not None])
        return found
