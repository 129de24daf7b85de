"""Whose words a citizen's own words agree with, by their numbers: "agree 12, 14; disagree 3", in English and Russian.
Pure."""

from __future__ import annotations

import re

from common.contracts.frozen import value
from common.contracts.judged import MOST_JUDGED

MOST_DIGITS = 9


@value
class Verdicts:
    """Numbers of words of others on one proposal; none is in both."""

    agree: tuple[int, ...] = ()
    disagree: tuple[int, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.agree or self.disagree)


NO_VERDICTS = Verdicts()
_AGREE = r"(?:i |we |я )?(?:agree|agreed|am for|согласен|согласна|согласны)"
_DISAGREE = (
    r"(?:i |we |я )?(?:disagree|do not agree|don't agree|don’t agree|am against|не согласен|не согласна|не согласны"
    r"|несогласен|несогласна)"
)
_WITH = r"(?:\s*(?:with|on|с|со|по))?(?:\s*(?:numbers?|nos?\.?|номер(?:ом|ами|а|у)?|№|#))*"
_END = r"(?![\w%]|[.-]\d)"
_NUMBER = rf"[№#]?\s*\d{{1,{MOST_DIGITS}}}{_END}"
_JOINED = r"(?:\s*[,;&+]\s*|\s+(?:and|и)\s+|\s+)"
_ONE = re.compile(
    rf"\s*(?:[,;.!]\s*)*(?:(?:and|but|и|а|но)\s+)?(?:(?P<no>{_DISAGREE})|(?P<yes>{_AGREE})){_WITH}"
    rf"\s*(?P<numbers>{_NUMBER}(?:{_JOINED}{_NUMBER})*)"
    r"(?=\s*$|\s*[.,;:!—–-](?!\d)|\s+(?:and|but|because|since|as|и|а|но|потому|так|поскольку)(?!\w)"
    r"|\s+(?:i |we |я )?(?:agree|disagree|do not|don't|don’t|am|не|согласен|согласна|согласны|несоглас))",
    re.IGNORECASE,
)
_DIGITS = re.compile(r"\d+")
_MARKS = " \t\n\r.,;:!—–-\"'«»()"


def verdicts_in(text: str) -> tuple[Verdicts, str]:
    """The verdicts by which a text begins, and the text without them. The last word on a number holds."""
    said = " ".join(text.split()).lstrip(_MARKS)
    found: dict[int, bool] = {}
    at = 0
    while (one := _ONE.match(said, at)) is not None:
        for digits in _DIGITS.findall(one["numbers"]):
            if int(digits):
                found[int(digits)] = one["yes"] is not None
        at = one.end()
    if not found:
        return NO_VERDICTS, text
    return verdicts(found), said[at:].strip(_MARKS)


def given(agree: tuple[int, ...], disagree: tuple[int, ...]) -> Verdicts:
    """What a form or a button says; who says both of one number disagrees with it."""
    return verdicts({**dict.fromkeys(agree, True), **dict.fromkeys(disagree, False)})


def verdicts(agreed: dict[int, bool]) -> Verdicts:
    of = {yes: tuple(number for number, one in agreed.items() if one is yes)[:MOST_JUDGED] for yes in (True, False)}
    return Verdicts(of[True], of[False])
