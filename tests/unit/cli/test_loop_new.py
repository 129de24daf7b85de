"""What `otklik loop new` writes: a program that works, and secrets for its owner alone."""

from __future__ import annotations

import dataclasses
import json
import subprocess
import sys
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from types import ModuleType

import pytest
from common.contracts.catalogue import Installation
from common.contracts.delivery import Delivery
from common.contracts.envelope import from_headers
from common.contracts.events.rules import ProposeChange
from common.contracts.signing import SignatureRefused, Verifier
from common.federation.country import Federation
from common.rulebook.jdm import rows_of
from otklik.loop_new import ACCESS_FILE, KEY_FILE, FolderInTheWay, check_free, lay_out
from provision.loop_access import LoopAccess

from tests.conftest import ROOT

NOW = datetime(2011, 7, 1, 12, 30, 15, 250, tzinfo=UTC)
ACCESS = LoopAccess("127.0.0.1:9092", Installation(regions=("north", "south")), "handed-on", "s3cret")


@pytest.fixture
def made(tmp_path: Path) -> Path:
    """The folder that was laid out; the public key is under `keys` beside it."""
    lay_out(tmp_path / "mine", ACCESS, tmp_path / "keys")
    return tmp_path / "mine"


def module(made: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """A module of the folder."""
    monkeypatch.syspath_prepend(str(made))
    for known in ("otklik_facts", "otklik_proposals", "otklik_runner", "loop"):
        monkeypatch.delitem(sys.modules, known, raising=False)
    return import_module(name)


def test_access_and_key_may_be_read_by_their_owner_alone_and_stand_in_no_other_file(made: Path) -> None:
    assert {(made / name).stat().st_mode & 0o777 for name in (ACCESS_FILE, KEY_FILE)} == {0o600}
    assert [f.name for f in made.iterdir() if f.is_file() and "s3cret" in f.read_text()] == [ACCESS_FILE]
    assert {ACCESS_FILE, KEY_FILE} <= set((made / ".gitignore").read_text().split())
    said = (made / ACCESS_FILE).read_text()
    assert "OTKLIK_COMMANDS='otklik.rules.commands.v1'" in said
    assert "otklik.region.south.cases.v1" in said
    assert "channel." not in said


def test_the_test_that_is_laid_out_passes_over_the_recorded_outcomes(made: Path) -> None:
    done = subprocess.run([sys.executable, "-m", "unittest"], cwd=made, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "Ran 2 tests" in done.stderr


def test_nothing_is_overwritten(made: Path) -> None:
    with pytest.raises(FolderInTheWay, match="nothing in it is overwritten"):
        check_free(made)


def test_the_fields_of_the_clients_facts_are_those_that_are_published(
    made: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    facts = module(made, "otklik_facts", monkeypatch)
    for kind, model in facts.FACTS.items():
        schema = json.loads((ROOT / f"libs/common/schemas/{kind}.json").read_text())
        needed = {f.name for f in dataclasses.fields(model)} - {"id", "at"}
        assert needed <= schema["properties"].keys(), kind


def delivered(made: Path, monkeypatch: pytest.MonkeyPatch, principal: str = "loop-handed-on") -> Delivery:
    """What the client sends of what the example proposes, as a service reads it."""
    proposals, runner = (module(made, name, monkeypatch) for name in ("otklik_proposals", "otklik_runner"))
    example = import_module("loop")
    (said,) = runner.replay(made / "recorded.jsonl", example.HandedOn())
    body = proposals.command(said, "handed-on", proposals.Release(7, {}))
    key = proposals.signing_key(made / KEY_FILE)
    headers = [(n, v.encode()) for n, v in proposals.signed(key, principal, said.id, NOW, body).items()]
    envelope = from_headers(headers, ("rules.commands", 0, 0), said.id, NOW, outside=True)
    event = ProposeChange.model_validate_json(body)
    return Delivery(envelope, event, "rules.commands", 0, 0, said.id, body)


def test_what_the_client_signs_is_believed_and_says_what_the_loop_proposed(
    made: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    delivery = delivered(made, monkeypatch)
    assert Verifier.load(made.parent / "keys").prove(delivery) == "loop-handed-on"
    event = delivery.event
    assert isinstance(event, ProposeChange)
    assert (event.patch.layer, event.patch.base_number, event.patch.table) == ("north", 7, "jurisdiction")
    assert (event.actor.id, event.actor.role) == ("handed-on", "loop")


def test_a_row_that_the_layer_has_is_set_and_another_is_put_before_all(
    made: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    proposals = module(made, "otklik_proposals", monkeypatch)
    document = Federation(ROOT / "tests/federation").base_releases()[1].tables["jurisdiction"]
    assert proposals.rows_of(document) == rows_of("jurisdiction", document) != []
    (name, cells), *_ = rows_of("jurisdiction", document)
    rows = (
        proposals.Row({"category": cells["category"], "area": cells["area"]}, {"authority": '"yard-02"'}),
        proposals.Row({"category": '"new"', "area": ""}, {"authority": '"yard-02"'}),
    )
    said = proposals.Proposal("p", "t", "w", "north", "jurisdiction", rows)
    body = proposals.command(said, "handed-on", proposals.Release(1, {"jurisdiction": document}))
    first, second = ProposeChange.model_validate_json(body).patch.changes
    assert (first.op, first.row_id, first.before) == ("set", name, cells)
    assert first.after == {**cells, "authority": '"yard-02"'}
    assert (second.op, second.at, second.after) == ("add", 0, {**rows[1].match, **rows[1].cells})


def test_a_key_that_was_taken_away_is_believed_no_more_by_who_runs_on(
    made: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    verifier, delivery = Verifier.load(made.parent / "keys"), delivered(made, monkeypatch)
    verifier.prove(delivery)
    (made.parent / "keys/public/loop-handed-on.pem").unlink()
    with pytest.raises(SignatureRefused, match="has no public key here"):
        verifier.prove(delivery)


def test_one_loops_key_does_not_speak_for_another(made: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lay_out(made.parent / "other", dataclasses.replace(ACCESS, loop="other"), made.parent / "keys")
    with pytest.raises(SignatureRefused, match="does not fit"):
        Verifier.load(made.parent / "keys").prove(delivered(made, monkeypatch, "loop-other"))
