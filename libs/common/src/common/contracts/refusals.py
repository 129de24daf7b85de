"""Why an order is refused: a code with its details, from which pages make words in the reader's language, and the same
in English prose for readers that know no codes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, get_args

RefusalCode = Literal[
    "impossible_in_state",
    "no_such_case",
    "no_such_authority",
    "no_such_category",
    "no_such_area",
    "no_such_directive",
    "no_such_layer",
    "no_such_proposal",
    "no_such_letter",
    "no_such_release",
    "with_authority_already",
    "not_for_region",
    "which_region",
    "wrong_region",
    "extended_already",
    "no_extension",
    "deadline_passed",
    "date_not_in_future",
    "date_too_far",
    "nothing_said",
    "too_long",
    "answer_too_short",
    "joins_itself",
    "no_case_to_join",
    "joined_elsewhere",
    "not_joinable",
    "confirmed_already",
    "directive_known",
    "role_not_allowed",
    "role_not_held",
    "other_scope",
    "principal_not_allowed",
    "not_proven",
    "time_not_possible",
    "time_in_future",
    "expired",
    "not_in_triage",
    "not_placed",
    "no_point",
    "point_outside",
    "national_layer",
    "proposal_known",
    "proposal_settled",
    "not_yet_decidable",
    "no_trial",
    "trial_paused",
    "trial_not_paused",
    "no_next_step",
    "not_for_review",
    "not_the_author",
    "forecast_impossible",
    "patch_empty",
    "patch_moved",
    "patch_invalid",
    "layer_too_large",
    "table_unreadable",
    "table_ambiguous",
    "names_unknown",
    "loosens_standard",
    "deliberation_closed",
    "may_not_speak",
    "spoke_in_another_role",
    "no_such_voice",
    "not_an_objection",
    "own_moderation",
    "voice_state",
    "no_such_consent",
    "author_not_proven",
    "no_such_idea",
    "idea_settled",
    "citizens_words",
    "not_suggested",
    "suggestion_settled",
    "no_such_citizen",
    "erased_already",
    "in_dispute",
    "dispute_settled",
    "passed_on_too_often",
    "no_dispute",
    "arbiter_is_federal",
    "number_of_parts",
    "part_already",
    "taken_back",
    "row_taken",
    "row_cools_down",
    "row_settles",
    "budget_spent",
    "taken_up",
    "no_such_order",
    "order_answered",
]

DETAILS: dict[RefusalCode, tuple[str, ...]] = {
    "impossible_in_state": ("state", "states"),
    "no_such_authority": ("authority",),
    "no_such_category": ("category",),
    "no_such_area": ("area",),
    "no_such_layer": ("layer",),
    "no_such_release": ("layer", "number", "newest"),
    "with_authority_already": ("authority",),
    "not_for_region": ("authority", "region"),
    "which_region": ("authority", "regions"),
    "wrong_region": ("region",),
    "deadline_passed": ("due_at",),
    "date_not_in_future": ("until",),
    "date_too_far": ("until",),
    "nothing_said": ("field",),
    "too_long": ("field", "most"),
    "answer_too_short": ("characters", "least"),
    "no_case_to_join": ("other",),
    "joined_elsewhere": ("other", "into"),
    "not_joinable": ("other", "state"),
    "role_not_allowed": ("role", "roles"),
    "role_not_held": ("actor", "role", "scope"),
    "other_scope": ("actor", "scope", "needed"),
    "time_not_possible": ("time",),
    "time_in_future": ("time", "now"),
    "expired": ("time", "now"),
    "not_placed": ("why", "missing"),
    "proposal_known": ("proposal_state",),
    "proposal_settled": ("proposal_state",),
    "not_yet_decidable": ("proposal_state",),
    "no_trial": ("proposal_state",),
    "not_for_review": ("proposal_state",),
    "not_the_author": ("author",),
    "idea_settled": ("idea_state",),
    "table_unreadable": ("table",),
    "table_ambiguous": ("table",),
    "passed_on_too_often": ("times", "arbiter"),
    "number_of_parts": ("fewest", "most"),
    "row_taken": ("other_proposal", "until"),
    "row_cools_down": ("times", "until"),
    "row_settles": ("until",),
    "budget_spent": ("about", "most", "until"),
    "taken_up": ("other_proposal",),
}
"""What a code is told with; nothing where it is not named. `other` and `into` are ids of cases, times are ISO 8601,
`states`, `regions`, `roles` and `missing` are lists separated by commas. Where a loop must wait, `until` is from when
on it may propose the change again."""

CODES: tuple[RefusalCode, ...] = get_args(RefusalCode)


class Reason(str):
    """English prose that knows its code and details."""

    __slots__ = ("code", "details")

    code: RefusalCode
    details: dict[str, str]

    def __new__(cls, code: RefusalCode, prose: str, **details: str) -> Reason:
        made = super().__new__(cls, prose)
        made.code, made.details = code, details
        return made


def coded(reason: str) -> Mapping[str, Any]:
    """The fields of an event that says this reason."""
    if isinstance(reason, Reason):
        return {"reason": str(reason), "code": reason.code, "details": reason.details}
    return {"reason": reason}
