"""Who wrote a mail: a citizen, or a program. Pure.

By RFC 3834 (automatic answers), RFC 3464 (reports on delivery), RFC 2919 and 2369 (lists), and what programs say that
know none of them. Nothing automatic becomes a message, so that two programs never answer each other for ever.
"""

from __future__ import annotations

import re
from typing import Literal

from common.contracts.frozen import value

from channels.adapters.email.reading import Mail

LOOP = "x-loop"
"""The header by which our own mails are known, wherever they were sent on to."""
Kind = Literal["citizen", "failed", "notification", "automatic_answer", "list", "automatic", "own"]
MAILERS = re.compile(r"(?:mailer-daemon|postmaster|no-?reply|do-?not-?reply|bounces?)(?:[+=-].*)?@.*", re.IGNORECASE)
BULK = frozenset({"bulk", "junk", "list", "auto_reply"})
ANSWERS = ("x-autoreply", "x-autorespond", "x-autoresponse", "x-auto-reply", "x-vacation")
LISTS = ("list-id", "list-unsubscribe", "list-post", "x-mailing-list")
VACATION = re.compile(
    r"(?:out of office|automatic reply|auto(?:matic)?[ -]?reply|автоответ|автоматический ответ|respuesta automática)\b",
    re.IGNORECASE,
)
STATUS = re.compile(r"^status:[ \t]*([245]\.\d{1,3}\.\d{1,3})", re.IGNORECASE | re.MULTILINE)
ACTION = re.compile(r"^action:[ \t]*([a-z]+)", re.IGNORECASE | re.MULTILINE)


@value
class Nature:
    """What kind of mail it is."""

    kind: Kind
    status: str | None = None
    """Of a mail of ours that came back: the enhanced status code (RFC 3463), where it names one."""


def nature_of(mail: Mail, sender: str, *, own: bool) -> Nature:
    """`sender`: of the envelope, empty for reports. `own`: whether it was sent from an address of ours."""
    if mail.content_type == "multipart/report":
        return _report(mail.report)
    if mail.header("x-failed-recipients"):
        return Nature("failed")
    submitted = mail.header("auto-submitted").lower().partition(";")[0].strip()
    if own or mail.header(LOOP):
        return Nature("own")
    if submitted.startswith("auto-replied") or any(mail.header(name) for name in ANSWERS):
        return Nature("automatic_answer")
    if VACATION.match(mail.subject) and (not sender or mail.references):
        return Nature("automatic_answer")
    if any(mail.header(name) for name in LISTS):
        return Nature("list")
    if mail.header("precedence").lower() in BULK:
        return Nature("list")
    if submitted and submitted != "no":
        return Nature("automatic")
    if not sender or any(MAILERS.fullmatch(one) for one in (sender, *mail.senders)):
        return Nature("notification")
    return Nature("citizen")


def _report(report: str) -> Nature:
    actions = [one.lower() for one in ACTION.findall(report)]
    if "failed" in actions:
        found = STATUS.search(report)
        return Nature("failed", found[1] if found is not None else None)
    return Nature("notification")
