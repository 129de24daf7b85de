"""Records of calls that somebody took elsewhere: lines of JSON, each answered by itself.

Each record is a conversation whose name follows from its id, so what is sent again changes nothing.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
from datetime import UTC, datetime
from functools import partial
from typing import Any

from common.contracts.events.base import GivenInstant, Place
from common.contracts.events.channel import Contact, MessageReceived
from common.contracts.hotline_pass import vouched_for_records
from common.contracts.reference import reference_of
from common.contracts.rights import INSTALLATION
from common.messaging.failures import TransientError
from common.messaging.postgres import DATABASE_AWAY
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.requests import Request
from starlette.responses import Response

from channels import store
from channels.adapters.hotline import store as hotline_store
from channels.adapters.hotline.calls import CHANNEL
from channels.adapters.hotline.form import MAX_NAME
from channels.adapters.hotline.numbers import MAX_NUMBER, number_of
from channels.adapters.hotline.store import Begun, Call, Recorded
from channels.adapters.report_form.form import MAX_PLACE, MAX_WORDS
from channels.bodies import Refused, must_be, parse_json, read_body, words_of
from channels.edge import Edge, OthersConversation, source_of
from channels.edge_key import fingerprint
from channels.form_fields import FormWrong
from channels.store import Claim

KIND = "application/x-ndjson"
SIGNATURE = "x-otklik-signature"
MOST_LINES = 200
AT_ONCE = 20
FILE = "file"
"""The call of records that came from one."""


class CallRecord(BaseModel):
    """A call as a file tells of it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str = Field(min_length=1, max_length=200)
    """The same call is the same id, in whatever file."""
    number: str = Field(default="", max_length=MAX_NUMBER)
    """Empty: withheld."""
    words: str = Field(min_length=1, max_length=MAX_WORDS)
    category: str | None = Field(default=None, max_length=200)
    address: str | None = Field(default=None, max_length=MAX_PLACE)
    lat: float | None = Field(default=None, ge=-90, le=90, allow_inf_nan=False)
    lon: float | None = Field(default=None, ge=-180, le=180, allow_inf_nan=False)
    called_at: GivenInstant
    name: str | None = Field(default=None, max_length=MAX_NAME)
    language: str | None = Field(default=None, max_length=12)


class Records:
    """Takes them from the installation's operator alone."""

    def __init__(self, edge: Edge) -> None:
        self._edge = edge

    async def post(self, request: Request) -> Response:
        """One answer a line, in their order; nothing of a line that is refused is repeated."""
        must_be(request, KIND)
        body = await read_body(request)
        given = request.headers.get(SIGNATURE, "")
        if not vouched_for_records(given, body, datetime.now(UTC), self._edge.verifier):
            raise Refused(403, "these records are not signed by the operator of the installation, or too long ago")
        lines = [line for line in body.splitlines() if line.strip()]
        if len(lines) > MOST_LINES:
            raise Refused(413, f"more than {MOST_LINES} lines: send them in parts")
        places = asyncio.Semaphore(AT_ONCE)

        async def one(line: bytes) -> dict[str, Any]:
            async with places:
                return await self._answer(line)

        with self._edge.places.one(source_of(request)):
            answers = await asyncio.gather(*[one(line) for line in lines])
        return Response("".join(f"{json.dumps(a)}\n" for a in answers), media_type=KIND)

    async def _answer(self, line: bytes) -> dict[str, Any]:
        try:
            record = CallRecord.model_validate(parse_json(line))
            number = number_of(record.number, self._edge.federation.country) if record.number.strip() else None
            self._edge.check_time(record.called_at)
            return await self._take(record, number)
        except ValidationError as error:
            return {"state": "refused", "reason": words_of(error)}
        except FormWrong as wrong:
            return {"state": "refused", "reason": f"{wrong.field}: {wrong}"}
        except Refused as refused:
            return {"state": "again" if refused.status in (429, 503) else "refused", "reason": str(refused)}

    async def _take(self, record: CallRecord, number: str | None) -> dict[str, Any]:
        edge, keys = self._edge, self._edge.key
        conversation = keys.event_id("call record", record.id)
        whose, event_id = fingerprint(keys.secret(CHANNEL, conversation)), keys.event_id("call", conversation)
        language = record.language if record.language in edge.federation.languages else edge.federation.languages[0]
        event = MessageReceived(
            conversation=conversation, text=record.words, category=record.category, sent_at=record.called_at,
            contact=Contact(address=number or f"anonymous {conversation}", name=record.name, language=language),
            place=Place(lat=record.lat, lon=record.lon, address=record.address),
        )  # fmt: skip
        message_id = edge.message_id(event_id)
        known = await edge.query(partial(store.was_posted, message_id=message_id, fingerprint=whose))
        caller = keys.event_id("hotline caller", number) if number is not None else None
        call = Call(FILE, INSTALLATION.id, caller, None)
        try:
            await hotline_store.note_record(
                edge.pool, Recorded(message_id, call, "record", record.called_at), Begun(whose, conversation, language)
            )
        except (TransientError, *DATABASE_AWAY) as error:
            raise Refused(503, "who recorded it could not be noted, so it was not taken: send it again") from error
        told = {"reference": reference_of(edge.case_id(event_id))}
        try:
            await edge.take(
                CHANNEL, event, event_id, body=hashlib.sha256(event.model_dump_json().encode()).digest(), key=event_id,
                claim=Claim(whose, event_id), fingerprint=whose,
            )  # fmt: skip
        except (OthersConversation, Refused) as refused:
            if isinstance(refused, Refused) and refused.status != 422:
                raise
            return told | {"state": "refused", "reason": "id: a call of this id was recorded before, with other words"}
        return told | {"state": "taken" if known is None else "repeated"}
