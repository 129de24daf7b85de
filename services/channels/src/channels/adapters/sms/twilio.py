"""Twilio's dialect (https://www.twilio.com/docs/messaging): what it posts, how it signs that, and what it is told.

Another provider is another module with the same class; nothing else of the adapter knows Twilio.
"""

from __future__ import annotations

import base64
import hmac
import re
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Literal
from urllib.parse import parse_qsl, urlencode

import httpx
from common.contracts.frozen import value

from channels.bodies import MAX_FIELDS, Refused
from channels.bots.fetching import fetch
from channels.bots.messenger import File, Heard
from channels.delivery.deliverer import Never, NotNow

SIGNATURE = "x-twilio-signature"
TIMEOUT_SECONDS = 20.0
LONGEST = 1_600
"""Characters of one message; Twilio cuts it into SMS, and the telephone joins them again."""
MOST_FILES = 10
PAUSE = timedelta(seconds=5)
FILES = re.compile(
    r"https://(?:api\.twilio\.com/2010-04-01/Accounts/|(?:mms|media)\.twiliocdn\.com/"
    r"|s3-external-1\.amazonaws\.com/media\.twiliocdn\.com/)"
)
"""Where files of messages lie."""
WRONG: Mapping[int, str] = {
    21211: "there is no such number", 21214: "there is no such number", 21217: "there is no such number",
    21408: "the account may not send to the number's country", 21610: "the citizen wants no SMS of this number",
    21612: "the number cannot be reached by this sender", 21614: "the number takes no SMS",
    30003: "the telephone cannot be reached", 30004: "the citizen or the operator has blocked it",
    30005: "the number is unknown, or no more in use", 30006: "the number takes no SMS",
    30007: "the operator took it for spam",
}  # fmt: skip
"""Codes of Twilio's errors about one citizen."""
SENT = frozenset({"sent", "partially_delivered"})
REACHED = frozenset({"delivered", "read"})
LOST = frozenset({"failed", "undelivered", "canceled"})
CODES = re.compile(r"\d{1,6}")


@value
class Status:
    """The provider's word on what it sends."""

    word: Literal["on_its_way", "sent", "reached", "lost"]
    """`sent`: the operator of the telephone has it; whether the telephone does, not all of them say."""
    reason: str | None = None


class Twilio:
    """One account. Raises NotNow and Never, whose words hold neither the token nor what was sent."""

    longest = LONGEST

    def __init__(self, url: str, account: str, token: str, sender: str, webhook: str, status: str) -> None:
        """`sender`: a number, a short code, or the id of a messaging service (MG...). `webhook` and `status`: addresses
        that Twilio posts to, the first with its connection overrides after `#` where there are such."""
        self._http = httpx.AsyncClient(timeout=TIMEOUT_SECONDS, follow_redirects=False)
        self._messages = f"{url.rstrip('/')}/2010-04-01/Accounts/{account}/Messages.json"
        self._auth = (account, token)
        self._sender = {"MessagingServiceSid" if sender.startswith("MG") else "From": sender}
        self._webhook = webhook
        self._status = status
        own = url.rstrip("/")
        self._files = FILES if own == "https://api.twilio.com" else re.compile(re.escape(own + "/"))

    def read(self, body: bytes, signature: str, *, query: str | None = None) -> dict[str, str]:
        """The fields of a post to the webhook, or with `query` to the address for statuses.

        Raises Refused (400, 403).
        """
        try:
            # Empty ones are signed too.
            given = parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=MAX_FIELDS, errors="strict")
        except ValueError as error:
            raise Refused(400, f"the body is not a form in UTF-8 of at most {MAX_FIELDS} fields") from error
        addresses = [self._webhook, self._webhook.partition("#")[0]] if query is None else [f"{self._status}?{query}"]
        made = [signature_of(self._auth[1], one, given) for one in addresses]
        if not any(hmac.compare_digest(signature.encode(), one.encode()) for one in made):
            raise Refused(403, f"the header {SIGNATURE} does not fit this address, body and account")
        return dict(given)

    async def send(self, to: str, text: str, *, about: Mapping[str, str] | None = None) -> None:
        """Returns once Twilio has it. `about`: what its words on the delivery shall come back with."""
        form = {"To": to, "Body": text, **self._sender}
        if about is not None:
            form["StatusCallback"] = f"{self._status}?{urlencode(about)}"
        try:
            answer = await self._http.post(self._messages, data=form, auth=self._auth)
        except httpx.HTTPError as error:
            raise NotNow(f"Twilio does not answer: {type(error).__name__}", everyone=True) from None
        if not answer.is_success:
            raise _meaning(answer)

    async def download(self, file: File) -> bytes:
        return await fetch(self._http, file.name, self._files, auth=self._auth)


def signature_of(token: str, address: str, fields: Iterable[tuple[str, str]]) -> str:
    """As Twilio signs a post: HMAC-SHA1 over the address and every field, in order of the names."""
    signed = address + "".join(name + text for name, text in sorted(set(fields)))
    return base64.b64encode(hmac.digest(token.encode(), signed.encode(), "sha1")).decode()


def id_of(fields: Mapping[str, str]) -> str:
    """Twilio's id of a message; the same at each repetition. Raises Refused (422)."""
    found = fields.get("MessageSid") or fields.get("SmsSid", "")
    if not 0 < len(found) <= 64:
        raise Refused(422, "MessageSid is missing: without it a repetition is not known as such")
    return found


def heard(fields: Mapping[str, str], number: str, at: datetime, language: str | None) -> Heard:
    """A message of somebody with this number."""
    count = fields.get("NumMedia", "0")
    files = min(int(count), MOST_FILES) if count.isdecimal() and len(count) < 4 else 0
    return Heard(
        chat=number, message=id_of(fields), name=None, language=language, sent_at=at,
        text=fields.get("Body", "").replace("\x00", ""),
        files=tuple(
            File(fields[f"MediaUrl{n}"], _kind(fields.get(f"MediaContentType{n}", "")))
            for n in range(files) if f"MediaUrl{n}" in fields
        ),
    )  # fmt: skip


def answered_by_twilio(fields: Mapping[str, str], word: str) -> bool:
    """Whether Twilio itself answers a word about being sent SMS: those that operators ask for, and those of the
    account's own list."""
    return "OptOutType" in fields or word.casefold() in {
        "stop", "stopall", "unsubscribe", "cancel", "end", "quit", "revoke", "optout", "start", "unstop", "help",
        "info",
    }  # fmt: skip


def status_of(fields: Mapping[str, str]) -> Status:
    """What a post about a message that was sent says."""
    word, code = fields.get("MessageStatus", ""), fields.get("ErrorCode", "")
    if word in REACHED:
        return Status("reached")
    if word in LOST:
        known = WRONG.get(int(code)) if CODES.fullmatch(code) else None
        said = f"Twilio: {word}" + (f" ({code})" if CODES.fullmatch(code) else "")
        return Status("lost", f"{known} ({code})" if known is not None else said)
    return Status("sent" if word in SENT else "on_its_way")


def _kind(media_type: str) -> str:
    kinds = {"image": "photo", "audio": "voice", "video": "video"}
    return kinds.get(media_type.partition("/")[0].lower(), "document")


def _meaning(answer: httpx.Response) -> NotNow | Never:
    """What an error says about trying again."""
    status = answer.status_code
    try:
        told = answer.json()
    except ValueError:
        told = {}
    code = told.get("code") if isinstance(told, dict) else None
    if status == 429:
        given = answer.headers.get("retry-after", "")
        after = timedelta(seconds=int(given)) if given.isdigit() and len(given) < 6 else PAUSE
        return NotNow("Twilio asks for a pause", after, everyone=True)
    if status in (401, 403):
        return NotNow("Twilio refuses the account or its token", everyone=True)
    if isinstance(code, int) and code in WRONG:
        return Never(f"{WRONG[code]} ({code})")
    if status == 404:
        return NotNow("Twilio knows no such account", everyone=True)
    if 400 <= status < 500:
        return Never(f"Twilio refuses the message: {code if isinstance(code, int) else status}")
    return NotNow(f"Twilio has a fault: {status}", everyone=True)
