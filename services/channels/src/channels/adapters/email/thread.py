"""A thread of mails as programs of citizens show it: what an answer of ours continues. Pure."""

from __future__ import annotations

from common.contracts.frozen import value
from pydantic import BaseModel, ConfigDict

MOST_REFERENCES = 20
"""The first of a thread, and the last ones."""
MOST_SUBJECT = 250
ANSWERS = ("re:", "aw:", "sv:", "antw:", "ответ:", "на:", "rv:", "tr:")


class Thread(BaseModel):
    """What is kept of a conversation's mails, sealed."""

    model_config = ConfigDict(frozen=True)

    conversation: str = ""
    subject: str
    references: tuple[str, ...]
    """Message-IDs, the last mail of the citizen last."""


@value
class Heading:
    """Headers of an answer."""

    subject: str
    in_reply_to: str | None
    references: tuple[str, ...]


def continued(
    thread: Thread | None, conversation: str, subject: str, message_id: str | None, before: tuple[str, ...]
) -> Thread:  # fmt: skip
    """After a mail of the citizen; `before` are the mails that it names, the nearest first."""
    known = thread.references if thread is not None else tuple(reversed(before))
    ids = [*(one for one in known if one != message_id), *([message_id] if message_id is not None else [])]
    if len(ids) > MOST_REFERENCES:
        ids = [ids[0], *ids[-MOST_REFERENCES + 1 :]]
    first = thread.subject if thread is not None else subject
    return Thread(conversation=conversation, subject=first[:MOST_SUBJECT], references=tuple(ids))


def heading(thread: Thread | None, reference: str, title: str) -> Heading:
    """Of an answer: under the subject that the citizen gave, with the number; `title` is the federation's."""
    mark = f"[{reference}]" if reference else ""
    if thread is None:
        return Heading(" ".join(filter(None, (mark, title))), None, ())
    subject = without_answer_marks(thread.subject.replace(mark, " ") if mark else thread.subject)
    words = f"Re: {subject}" if subject else title
    last = thread.references[-1] if thread.references else None
    return Heading(" ".join(filter(None, (mark, words))), last, thread.references)


def without_answer_marks(subject: str) -> str:
    """Without the signs of an answer in front."""
    found = " ".join(subject.split())
    while found.lower().startswith(ANSWERS):
        found = found.partition(":")[2].strip()
    return found
