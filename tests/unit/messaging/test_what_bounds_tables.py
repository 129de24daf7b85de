"""Every table of every service has something that bounds it: a table that only grows is noticed when it is made."""

from __future__ import annotations

import re

import pytest
from common.messaging.postgres import PLUMBING

from tests.conftest import ROOT

STEP = re.compile(
    r"^(CREATE TABLE(?: IF NOT EXISTS)?|DROP TABLE) (\w+)|ALTER TABLE (\w+) RENAME TO (\w+)", re.MULTILINE
)

DELETES = "DELETE FROM "

FIXED = "as many rows as there are partitions, slots, loops, areas, layers or topics, or one"
CASE = "a row a case, or some of each, for as long as cases are kept: without end"
MESSAGE = "a row a message or voice, for as long as its citizen's words are kept"
CITIZEN = "a row a citizen, conversation or address"
PROPOSAL = "a row a proposal, idea or release, or a row of each citizen on each: the record of rules is kept for ever"
FACT = "a read side or archive of topics that are kept without limit"
LEFT = "nothing writes it any more; it is there to be copied"
DELETED = "rows are deleted when they have no more use"

BOUNDS: dict[str, dict[str, str]] = {
    "common": {
        "position": FIXED, "inbox": DELETED, "outbox": DELETED, "outbox_sequence": CASE, "relay_position": FIXED,
        "release": PROPOSAL, "dead_letter": DELETED, "parked": DELETED, "blocked_key": DELETED, "heard_tick": FIXED,
        "outbox_held": DELETED, "case_trace": DELETED, "refused_tick": FIXED, "time_correction": FIXED,
        "tick_buffer": DELETED, "tick_batch": DELETED,
    },
    "archive": {"journal": FACT, "segment": FACT, "waiting_proposal": DELETED, "checked_proposal": PROPOSAL},
    "channels": {
        "edge_claim": CITIZEN, "idempotency": DELETED, "posted_message": MESSAGE, "case_state": CASE,
        "notice_delivery": DELETED, "bot_talk": DELETED, "attachment": MESSAGE, "attachment_opening": MESSAGE,
        "erased_citizen": CITIZEN, "service_request": CASE, "case_history": CASE, "case_step": CASE,
        "citizen_page": CITIZEN, "forwarded_case": CASE, "mail_thread": DELETED, "mail_sent": DELETED,
        "operator_session": DELETED, "used_pass": DELETED, "hotline_call": MESSAGE, "hotline_record": MESSAGE,
        "hotline_conversation": CITIZEN, "sms_opt_out": CITIZEN, "public_post": DELETED, "public_talk": CITIZEN,
        "mail_opt_out": CITIZEN, "conversation_citizen": CITIZEN, "attachment_room": DELETED, "erased_words": MESSAGE,
    },
    "deliberation": {
        "deliberation": PROPOSAL, "speaker": PROPOSAL, "voice": PROPOSAL, "revoked_consent": PROPOSAL,
        "telling": DELETED, "open_case": DELETED, "judgement": PROPOSAL, "idea": PROPOSAL, "erased_citizen": CITIZEN,
        "linked_citizen": CITIZEN, "joined_speaker": PROPOSAL, "erased_words": MESSAGE,
    },
    "federal": {"watched": CASE, "directives": CASE},
    "intake": {
        "conversation": CASE, "message": MESSAGE, "notice_delivery": DELETED,
        "told_escalation": DELETED, "joined_case": CASE,
        "voice_conversation": CITIZEN, "idempotency": LEFT, "edge_claim": LEFT, "given_voice": MESSAGE,
        "told_proposal": DELETED, "opened_proposal": DELETED,
        "erased_citizen": CITIZEN, "citizen_key": CITIZEN, "told_question": DELETED, "erasure_request": CITIZEN,
        "linked_citizen": CITIZEN, "linked_conversation": CITIZEN, "awaited_code": DELETED, "case_standing": CASE,
        "held_message": DELETED, "may_be_known": DELETED, "other_contact": CITIZEN, "notice_copy": DELETED,
        "unasked_notice": DELETED, "told_elsewhere": CASE, "link_code_sent": DELETED,
        "said_today": DELETED, "early_warning": DELETED,
        "told_warning": "goes with its warning",
    },
    "portal": {
        "case_event": FACT, "case_view": FACT, "day_count": FACT, "item": FACT, "chain_link": FACT, "clock": FIXED,
        "area_tally": FIXED, "session": DELETED, "used_link": DELETED, "draft": DELETED, "voice": FACT,
        "voice_tally": PROPOSAL, "rule_draft": DELETED, "judgement": FACT, "erased_citizen": CITIZEN,
        "case_citizen": FACT, "item_count": FIXED, "erased_words": FACT,
    },
    "reflex": {
        "loop_state": FIXED, "last_tick": FIXED, "long_tick": DELETED, "loop_state_before": "goes with its long tick",
        "fact_taken": DELETED, "proposal_made": DELETED, "stopped_loop": DELETED, "fact_missed": DELETED,
        "declared_loop": FIXED, "loop_home": FIXED, "trial_ordered": DELETED,
    },
    "regional": {"cases": CASE, "erased_citizen": CITIZEN, "erased_words": MESSAGE},
    "routing": {
        "route": CASE, "held": DELETED, "erased_citizen": CITIZEN, "known_case": DELETED, "marked_message": DELETED,
        "linked_citizen": CITIZEN, "erased_words": MESSAGE, "early_warning": DELETED,
    },
    "rules": {"layer_release": PROPOSAL, "proposal": PROPOSAL, "chain_head": FIXED, "revoked_consent": PROPOSAL},
}  # fmt: skip
MIGRATIONS = {"common": PLUMBING} | {p.parent.name: p for p in sorted((ROOT / "services").glob("*/migrations"))}
SOURCES = {
    name: ROOT / ("libs/common/src" if name == "common" else f"services/{name}/src") for name in MIGRATIONS
}  # fmt: skip


def tables(service: str) -> set[str]:
    """Those that are there once all migrations have run."""
    found: set[str] = set()
    for path in sorted(MIGRATIONS[service].glob("*.sql")):
        for step, table, old, new in STEP.findall(path.read_text()):
            if step.startswith("CREATE"):
                found.add(table)
            elif step:
                found.discard(table)
            else:
                found.discard(old)
                found.add(new)
    return found


@pytest.mark.parametrize("service", MIGRATIONS)
def test_each_table_has_something_that_bounds_it(service: str) -> None:
    assert tables(service) == set(BOUNDS[service]), "say in BOUNDS what bounds a new table"


@pytest.mark.parametrize("service", MIGRATIONS)
def test_what_is_said_to_be_deleted_is_deleted_somewhere(service: str) -> None:
    code = "\n".join(path.read_text() for path in SOURCES[service].rglob("*.py"))
    kept = [
        table for table, bound in BOUNDS[service].items()
        if bound == DELETED and not re.search(DELETES + table + r"\b", code)
    ]  # fmt: skip
    assert kept == []
