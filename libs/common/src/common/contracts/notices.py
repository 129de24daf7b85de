"""Which notices there are, and what a text of each may name: rows of the rulebook's table `texts` are checked by it."""

from __future__ import annotations

from collections.abc import Mapping, Set
from string import Formatter

TRANSLATED = ("en", "ru")
"""Languages in which every notice has words without a row of `texts`."""


def _naming(*fields: str) -> frozenset[str]:
    return frozenset({"reference", *fields})


NOTICE_FIELDS: Mapping[str, frozenset[str]] = {
    "registered": _naming(),
    "refused": frozenset({"answer"}),
    "added": _naming(),
    "changed": _naming(),
    "taken_back": _naming(),
    "added_to_answered": _naming(),
    "added_to_closed": _naming(),
    "emergency": _naming("call"),
    "thanked": _naming(),
    "divided": _naming("parts"),
    "limited": _naming(),
    "day_full": frozenset({"until", "call"}),
    "beside": _naming("other"),
    "which_case": _naming("choices", "due"),
    "resumed": _naming("due"),
    "transferred": _naming("authority"),
    "handed_over": _naming("authority", "region"),
    "extended": _naming("due", "reason"),
    "deferred": _naming("due", "reason"),
    "asked": _naming("question"),
    "clarify": _naming("choices"),
    "reminded": _naming("question", "due"),
    "reminded_closing": _naming("question", "due"),
    "went_on": _naming("due"),
    "closed_unheard": _naming(),
    "joined": _naming("other"),
    "may_be_known": _naming("category", "distance", "standing"),
    "head_of_warning": frozenset({"authority", "region", "category", "reports", "expected", "area", "metres"}),
    "head_of_wide_warning": frozenset({"authority", "region", "category", "reports", "expected"}),
    "head_of_no_warning": frozenset({"authority", "region", "category"}),
    "head_of_shortfall": frozenset({"authority", "region", "day", "work", "open", "rate", "short", "needed"}),
    "kept_apart": _naming(),
    "many_reports": _naming("category", "reports", "where", "authority"),
    "many_reports_over": _naming("category"),
    "join_refused": _naming(),
    "answered": _naming("answer"),
    "declined": _naming("reason"),
    "unplaced": _naming("reason"),
    "confirmed": _naming(),
    "confirmed_by_other": _naming(),
    "reopened": _naming("due"),
    "reopened_by_other": _naming("due"),
    "withdrawn": _naming(),
    "joined_withdrawn": _naming(),
    "verdict_refused": _naming(),
    "message_refused": _naming(),
    "escalated": _naming("to"),
    "corrected": _naming(),
    "attachments": _naming(),
    "said_again": _naming("channel", "answer"),
    "said_again_unasked": _naming("channel", "answer"),
    "erased": frozenset(),
    "erasure_waits": frozenset(),
    "link_asked": frozenset(),
    "link_code": frozenset({"code"}),
    "linked": frozenset(),
    "link_wrong": frozenset(),
    "link_ended": frozenset(),
    "address_code": frozenset({"code", "channel"}),
    "address_asked": _naming("channel"),
    "address_unused": _naming("channel"),
    "address_proved": frozenset({"channel"}),
    "address_ended": frozenset(),
    "original_opened": frozenset({"by", "reason"}),
}
"""Of notices about a case or a message, by kind. A notice about a refused message has no reference to name."""


def fits(template: str, names: Set[str]) -> bool:
    """Plain fields of these names, without format or conversion: a text row must not make notices fail."""
    try:
        parts = list(Formatter().parse(template))
    except ValueError:
        return False
    return all(field is None or (field in names and not spec and conversion is None)
               for _, field, spec, conversion in parts)  # fmt: skip
