"""Who sees the files of a case, and by which links."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from common.contracts.events.base import Actor
from common.contracts.events.intake import AttachmentGiven, MessageAdded
from common.contracts.signing import Signer, generate_key
from common.federation.country import load_federation
from portal.case_files import files_of
from portal.case_fold import CaseView
from portal.permissions import Entitled

NOW = datetime(2026, 1, 1, tzinfo=UTC)
FEDERATION = load_federation(Path("tests/federation"))


def given(name: str, size: int = 2049) -> dict[str, object]:
    data = {"attachment_id": name, "size": size, "media_type": "image/jpeg", "picture": True}
    return {"type": AttachmentGiven.type, "data": data}


def test_each_file_of_a_history_is_listed_once_with_a_link_to_the_edge(tmp_path: Path) -> None:
    generate_key(tmp_path, "portal")
    signer = Signer.load(tmp_path, "portal")
    assert signer is not None
    history = [given("a"), {"type": MessageAdded.type, "data": {}}, given("b", 1), given("a")]
    found = files_of(history, "https://edge.example.org", "desk:yard-01", NOW, signer)
    assert [(one.kilobytes, one.link.partition("?")[0]) for one in found] == [
        (3, "https://edge.example.org/attachments/a"),
        (1, "https://edge.example.org/attachments/b"),
    ]


@pytest.mark.parametrize(
    ("actor", "region", "sees"),
    [
        (Actor(id="desk:yard-01", role="desk", scope="yard-01"), "north", True),
        (Actor(id="desk:yard-02", role="desk", scope="yard-02"), "north", False),
        (Actor(id="operator:north", role="operator", scope="north"), "north", True),
        (Actor(id="operator:south", role="operator", scope="south"), "north", False),
        (Actor(id="operator:south", role="operator", scope="south"), None, True),
        (Actor(id="desk:yard-01", role="desk", scope="yard-01"), None, False),
        (None, "north", False),
    ],
)
def test_files_are_for_whoever_may_answer_the_case_or_place_it(
    actor: Actor | None, region: str | None, sees: bool
) -> None:
    authority = "yard-01" if region is not None else None
    case = CaseView("c", "K-1", "accepted" if region else "triage", NOW, region=region, authority=authority)
    assert Entitled(FEDERATION, actor).see_files(case) is sees
