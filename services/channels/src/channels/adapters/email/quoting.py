"""What a citizen says in an answer, without what the answer quotes and without the signature. Pure.

Cut is only what is surely not the citizen's own: lines behind `>` with the line that introduces them, in whatever
language; what follows the headers of an earlier mail; what follows the sign of a signature. Where nothing would be left
everything stays.
"""

from __future__ import annotations

import re

QUOTE = re.compile(r"[ \t]{0,3}>")
SEPARATOR = re.compile(
    r"-{3,}[ ]?(?:original message|forwarded message|исходное сообщение|пересылаемое сообщение|mensaje original"
    r"|mensaje reenviado|originalnachricht|ursprüngliche nachricht|message d'origine)[ ]?-{3,}",
    re.IGNORECASE,
)
HEADER = re.compile(
    r"\*?(from|sent|to|subject|date|cc|от|от кого|отправлено|кому|тема|дата|копия|de|enviado|para|asunto|fecha|von"
    r"|gesendet|an|betreff|datum)[ ]?:\*?[ \t]+\S",
    re.IGNORECASE,
)
LEAST_HEADERS = 3
LONGEST_INTRODUCTION = 300
"""Characters of the lines that say who wrote what is quoted."""
NAMES_WHO_OR_WHEN = re.compile(r"[@\d]")
SIGN = re.compile(r"(?:-- |--|—)")
MOST_SIGNATURE_LINES = 12
PHONE = re.compile(
    r"(?:sent from my|sent from|get outlook for|отправлено с|отправлено из|enviado desde mi|gesendet von)\b[^\n]{0,80}",
    re.IGNORECASE,
)
"""What telephones put under a mail, as its last line."""


def own_words(text: str, *, reply: bool) -> str:
    """Of a mail that is no answer the signature alone is cut: what it quotes or forwards is what it is about."""
    lines = text.replace("\r\n", "\n").split("\n")
    kept = _without_quotes(lines) if reply else lines
    found = "\n".join(_without_signature(kept)).strip()
    return re.sub(r"\n{3,}", "\n\n", found) if found else text.strip()


def _without_quotes(lines: list[str]) -> list[str]:
    kept: list[str] = []
    for number, line in enumerate(lines):
        if _begins_earlier_mail(lines, number) and any(one.strip() for one in kept):
            break
        if QUOTE.match(line):
            if not number or not QUOTE.match(lines[number - 1]):
                _drop_introduction(kept)
            continue
        kept.append(line)
    return kept


def _drop_introduction(kept: list[str]) -> None:
    """Before a quotation: one or two lines that end in a colon, such as "On Monday Ann wrote:"."""
    end = len(kept)
    while end and not kept[end - 1].strip():
        end -= 1
    if not end or not kept[end - 1].rstrip().endswith(":"):
        return
    begin = end - 1
    while begin and end - begin < 3 and not NAMES_WHO_OR_WHEN.search(" ".join(kept[begin:end])):
        begin -= 1
    if begin and kept[begin - 1].rstrip().endswith(("<", ",")):
        begin -= 1
    block = kept[begin:end]
    joined = " ".join(block)
    if all(one.strip() for one in block) and len(joined) <= LONGEST_INTRODUCTION and NAMES_WHO_OR_WHEN.search(joined):
        del kept[begin:]


def _begins_earlier_mail(lines: list[str], number: int) -> bool:
    line = lines[number].strip()
    if SEPARATOR.fullmatch(line):
        return True
    if not HEADER.match(line):
        return False
    ahead = [one.strip() for one in lines[number : number + 8]]
    return len({found[1].lower() for one in ahead if (found := HEADER.match(one))}) >= LEAST_HEADERS


def _without_signature(lines: list[str]) -> list[str]:
    end = len(lines)
    while end and not lines[end - 1].strip():
        end -= 1
    for number in range(max(0, end - MOST_SIGNATURE_LINES - 1), end):
        if number and SIGN.fullmatch(lines[number]) and any(one.strip() for one in lines[:number]):
            end = number
            break
    while end and not lines[end - 1].strip():
        end -= 1
    if end > 1 and PHONE.fullmatch(lines[end - 1].strip()):
        end -= 1
    return lines[:end]
