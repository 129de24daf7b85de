"""A notice as a mail. Pure."""

from __future__ import annotations

import email.policy
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage

from common.contracts.frozen import value

from channels.adapters.email.addresses import checked
from channels.adapters.email.nature import LOOP
from channels.adapters.email.thread import Heading

POLICY = email.policy.SMTP.clone(max_line_length=76)


@value
class Letter:
    """One notice on its way."""

    sender: str
    title: str
    """Whose notices they are, as it stands beside the sender's address."""
    recipient: str
    message_id: str
    heading: Heading
    text: str
    language: str | None
    at: datetime


def written(letter: Letter) -> bytes:
    """The mail as it is sent. Raises NoAddress; no header can be made of two, whatever its text."""
    message = EmailMessage(policy=POLICY)
    message["From"] = Address(_line(letter.title), addr_spec=letter.sender)
    message["To"] = Address(addr_spec=checked(letter.recipient))
    message["Subject"] = _line(letter.heading.subject)
    message["Date"] = letter.at
    message["Message-ID"] = letter.message_id
    if letter.heading.in_reply_to is not None:
        message["In-Reply-To"] = _line(letter.heading.in_reply_to)
        message["References"] = " ".join(_line(one) for one in letter.heading.references)
    message["Auto-Submitted"] = "auto-generated"
    message["X-Auto-Response-Suppress"] = "OOF, AutoReply"
    message[LOOP] = letter.sender
    message.set_content(letter.text.rstrip() + "\n", charset="utf-8", cte="quoted-printable")
    if letter.language:
        message["Content-Language"] = _line(letter.language)
    return message.as_bytes()


def _line(text: str) -> str:
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())
