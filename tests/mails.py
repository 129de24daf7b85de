"""Mails as programs of citizens and mail servers write them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from email.message import EmailMessage
from email.policy import SMTP

OURS = "help@city.example"


def mail(
    text: str = "A hole in the road",
    *,
    sender: str = "Ann Lee <ann@example.org>",
    subject: str = "Hole",
    message_id: str = "<1@example.org>",
    headers: Mapping[str, str] | None = None,
    files: Sequence[tuple[str, bytes]] = (),
) -> bytes:
    """A mail of a citizen; `files` are media types and bytes."""
    message = EmailMessage(policy=SMTP)
    message.set_content(text)
    given = {"From": sender, "To": OURS, "Subject": subject, "Message-ID": message_id, **(headers or {})}
    for name, value in given.items():
        if value:
            message[name] = value
    for kind, data in files:
        main, _, sub = kind.partition("/")
        message.add_attachment(data, maintype=main, subtype=sub, filename="file")
    return message.as_bytes()


def returned(action: str = "failed", status: str = "5.1.1") -> bytes:
    """A report on a mail of ours (RFC 3464)."""
    lines = [
        "From: MAILER-DAEMON@example.org", f"To: {OURS}", "Subject: Undelivered Mail Returned to Sender",
        "Message-ID: <dsn@example.org>", "Auto-Submitted: auto-replied",
        'Content-Type: multipart/report; report-type=delivery-status; boundary="b"', "", "--b",
        "Content-Type: text/plain", "", "Your mail could not be delivered.", "--b",
        "Content-Type: message/delivery-status", "", "Reporting-MTA: dns; mx.example.org", "",
        "Final-Recipient: rfc822; ann@example.org", f"Action: {action}", f"Status: {status}",
        "Diagnostic-Code: smtp; 550 no such user ann@example.org", "", "--b", "Content-Type: text/rfc822-headers", "",
        "Subject: [K-1] Re: Hole", "", "--b--", "",
    ]  # fmt: skip
    return "\r\n".join(lines).encode()
