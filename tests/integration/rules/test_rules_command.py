"""`otklik rules` at a running installation: releases, who decided on them, and proposals that wait."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
import rules.app
from common.contracts.events.base import Actor
from common.contracts.events.rules import DecideProposal, ProposalChecked, ProposeChange
from common.contracts.patch import Patch, RowChange
from common.runtime.service import Service

from tests.conftest import Ground
from tests.end_to_end.system import command
from tests.kafka import at_rest, records_of
from tests.operator_commands import otklik

HEAD = Actor(id="head:north", role="regional_head", scope="north")
NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
P1 = {"category": '"pothole"', "area": '"01"', "authority": '"yard-01"'}
P2 = {"category": '"pothole"', "area": '"02"', "authority": '"yard-02"'}


def change(proposal_id: str, row_id: str, before: dict[str, str]) -> ProposeChange:
    change = RowChange(op="set", row_id=row_id, before=before, after={**before, "authority": '"yard-03"'})
    patch = Patch(layer="north", base_number=1, table="jurisdiction", changes=(change,))
    return ProposeChange(actor=HEAD, proposal_id=proposal_id, title=f"Row {row_id} to yard 3", words="", patch=patch)


async def test_history_tells_who_decided_and_a_proposal_that_waits_can_be_tried(
    ground: Ground, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def said(*words: str) -> str:
        found = await otklik(ground, monkeypatch, "rules", *words)
        assert found.exit_code == 0, found.output
        return str(found.output)

    service = Service(ground.settings("rules"), rules.app.build)
    await service.start()
    try:
        await command(ground, "rules.commands", "accepted-1", change("accepted-1", "p1", P1), at=NOW)
        yes = DecideProposal(actor=HEAD, proposal_id="accepted-1", accept=True, reason="Yard 3 is nearer")
        await command(ground, "rules.commands", "accepted-1", yes, at=NOW)
        await command(ground, "rules.commands", "waiting-2", change("waiting-2", "p2", P2), at=NOW)
        await records_of(ground, "world", "rules.proposals", 4)
        await records_of(ground, "portal", "rules.releases", 4)
        await at_rest(ground, "rules")
    finally:
        await service.stop()

    history = await said("history", "--layer", "north")
    assert "north:2 since 2026-03-02T12:01:00+00:00, 1 row" in history
    assert "proposal accepted by head:north: Row p1 to yard 3" in history
    assert "accepted by head:north: Yard 3 is nearer" in history
    assert 'row p1: authority was "yard-01", is "yard-03"' in await said("diff", "north:1", "north:2")
    tried = await said("simulate", "--category", "Pothole", "--area", "02", "--proposal", "wait")
    assert "under national:1+north:2:" in tried
    assert [line.split()[1] for line in tried.splitlines() if "authority" in line] == ["yard-02", "yard-03"]
    earlier = await said("simulate", "--category", "Pothole", "--area", "01", "--at", "2026-03-01")
    assert "under national:1+north:1:" in earlier


async def test_a_row_changed_in_files_is_proposed_for_the_installation_and_refused_where_it_may_not_stand(
    ground: Ground, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    service = Service(ground.settings("rules"), rules.app.build)
    await service.start()
    try:
        await records_of(ground, "portal", "rules.releases", 3)
        await otklik(ground, monkeypatch, "rules", "export", str(tmp_path), "--newest")
        path = tmp_path / "north" / "jurisdiction.json"
        path.write_text(path.read_text().replace("yard-01", "yard-02"))
        shown = await otklik(ground, monkeypatch, "rules", "import", str(tmp_path))
        assert 'row p1: authority was "yard-01", is "yard-02"' in shown.output
        assert "nothing is proposed yet" in shown.output
        words = ("rules", "import", str(tmp_path), "--why", "Yard 2 took over", "--propose")
        asked = await otklik(ground, monkeypatch, *words)
        assert asked.exit_code == 0, asked.output
        assert "is checked; no argument is asked for: whoever is entitled may decide now" in asked.output
        again = await otklik(ground, monkeypatch, *words)
        assert again.exit_code == 1
        assert "is there already, checked" in again.output
        path.write_text(path.read_text().replace("yard-02", "nobody"))
        wrong = await otklik(ground, monkeypatch, "rules", "import", str(tmp_path), "--propose")
        assert wrong.exit_code == 1
        assert "row p1: there is no authority 'nobody'" in wrong.output
    finally:
        await service.stop()

    (checked, *_) = await records_of(ground, "portal", "rules.proposals", 3)
    said = ProposalChecked.model_validate_json(checked.value or b"")
    assert (said.actor, said.words, said.needs_person) == ("installation", "Yard 2 took over", True)
