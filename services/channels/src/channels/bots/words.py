"""What bots say by themselves; notices are intake's words."""

from __future__ import annotations

from pathlib import Path

from common.federation.languages import N_, Catalogues

CATALOGUES = Catalogues(Path(__file__).parent / "locale", "bots")

GREETING = N_(
    "Tell us what is wrong and where, in one message or in several: words, a place, photos. You will be told here what"
    " becomes of it. To have everything about you erased, send /erase."
)
ASK_WORDS = N_("What is wrong there? Write it in a few words.")
ASK_PLACE = N_("Where is it? Send the place, or write the address.")
SEND_PLACE = N_("Send the place where I am")
NOT_UNDERSTOOD = N_("This cannot be taken here. Send words, a place, a photo, a voice message or a file.")
SOLVED, NOT_SOLVED = N_("It is solved"), N_("It is not solved")
ABOUT_IT, ANOTHER_MATTER = N_("It is about this one"), N_("Another matter")
SAME, ANOTHER = N_("Yes, it is the same"), N_("No, it is another matter")
RATE = N_("Thank you. How was it dealt with?")
THANKS = N_("Thank you.")
WHY_REOPEN = N_("Work on it goes on. What is still wrong? Write it here.")
FOR, AGAINST = N_("For"), N_("Against")
WHY_AGAINST = N_("Why are you against {reference}? Write the reason here: it is published without your name.")
ERASE = N_("Everything that we know about you will be erased, and you will be told no answers any more. Erase it?")
YES_ERASE, KEEP = N_("Erase everything"), N_("Keep it")
ERASING = N_("It will be erased.")
KEPT = N_("Nothing was erased.")
BEING_REGISTERED = N_("Your report is being registered. Ask again in a minute.")
STANDS = {
    "registered": N_("{reference}: it is registered."),
    "in_work": N_("{reference}: it is in work."),
    "deferred": N_("{reference}: it is put off."),
    "answered": N_("{reference}: it is answered."),
    "confirmed": N_("{reference}: it is answered, and you confirmed it."),
    "declined": N_("{reference}: it is closed and will not be dealt with."),
    "withdrawn": N_("{reference}: it is closed, since you took it back."),
    "thanked": N_("{reference}: your thanks were passed on."),
    "divided": N_("{reference}: it was divided, and its parts go on under numbers of their own."),
    "joined": N_("{reference}: it goes on as part of {other}."),
}
"""How a case stands, by its state; any other state is work on it."""
YOUR_REPLY = N_("{reference}: your reply is needed. It stands on your page.")
DUE, LATE = N_("An answer is due by {due}."), N_("An answer was due by {due}: it is late.")
MORE_CASES = N_("Your earlier reports stand on your page.")
SMS_HINTS = {
    "confirm": N_("Reply SOLVED or NOT SOLVED."),
    "support": N_("Reply {reference}: for, or {reference}: against, because ..."),
    "erase": N_("To erase it, reply ERASE ALL."),
}
"""By the first button in place of which it stands."""
SMS_STOPPED = N_("You will be sent no SMS any more. Reply START to be sent them again.")
SMS_STARTED = N_("You will be told by SMS what becomes of your reports.")


def said(text: str, language: str | None, spoken: tuple[str, ...]) -> str:
    """A text in the citizen's language, else in the first of the federation's (`spoken`) that there is."""
    return CATALOGUES.of(spoken_in(language, spoken)).gettext(text)


def spoken_in(language: str | None, spoken: tuple[str, ...]) -> str:
    """The language in which a bot's own words to a citizen are."""
    return CATALOGUES.best([*([language] if language else []), *spoken])
