"""`otklik rules` over a federation's folder and over exported files."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from common.contracts.patch import Patch, RowChange
from common.contracts.trial import TrialPlan
from common.federation.country import load_federation
from common.rulebook import reverse, sealed
from otklik.main import app
from otklik.rule_files import RuleFilesError, read_releases, write_releases
from routing.classify.model_file import write
from routing.classify.training import Labelled, train
from typer.testing import CliRunner, Result

ROOT = Path(__file__).parents[3]
SQUARES = ROOT / "tests" / "federation"
BOSTON = ROOT / "deploy" / "federations" / "boston"


def rules(*words: str, federation: Path = SQUARES) -> Result:
    return CliRunner().invoke(app, ["rules", *words, "--federation", str(federation)])


@pytest.fixture
def broken(tmp_path: Path) -> Path:
    """Two squares with a table in which the first row takes all, and the second names nobody."""
    folder = tmp_path / "broken"
    shutil.copytree(SQUARES, folder)
    path = folder / "rulebook" / "north" / "jurisdiction.json"
    body = json.loads(path.read_text())
    (table,) = (n["content"] for n in body["nodes"] if n["type"] == "decisionTableNode")
    table["rules"][0] |= {"in_category": "", "in_area": ""}
    table["rules"][1] |= {"out_authority": '"nobody"'}
    path.write_text(json.dumps(body))
    return folder


def test_check_finds_nothing_wrong_with_the_demonstration_and_names_the_gaps() -> None:
    found = rules("check", federation=BOSTON)
    assert found.exit_code == 0, found.output
    assert "national: remark: table jurisdiction: no row answers for" in found.output
    assert "0 faults" in found.output


def test_check_names_layer_table_and_row_of_each_fault(broken: Path) -> None:
    found = rules("check", federation=broken)
    assert found.exit_code == 1
    assert "north: table jurisdiction, row p2: no input reaches this row" in found.output
    assert "north: table jurisdiction, row p2: there is no authority 'nobody'" in found.output


def test_explain_says_which_row_decides_and_which_nearly_did() -> None:
    found = rules("explain", "jurisdiction", "category=pothole", "area=02", "--region", "north")
    assert found.exit_code == 0, found.output
    assert "north, row p1 does not hold: area differs" in found.output
    assert "north release 1, table jurisdiction, row p2" in found.output
    assert "together: authority yard-02" in found.output


def test_explain_shows_the_nations_layer_once_when_it_is_named_as_the_region() -> None:
    asked = ("explain", "deadline", "category=pothole", "priority=1")
    alone, named = rules(*asked), rules(*asked, "--region", "national")
    assert named.exit_code == 0, named.output
    assert named.output == alone.output


def test_explain_merges_both_layers_by_the_stricter_answer() -> None:
    found = rules("explain", "deadline", "category=pothole", "priority=1", "--region", "north")
    assert "answer_minutes 960" in found.output
    assert "together: answer_minutes 480, extension_minutes 480" in found.output


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("explain", "roads", "a=b"), "there is no table 'roads'"),
        (("explain", "jurisdiction", "category=pothole"), "write category=... area=..."),
        (("explain", "deadline", "category=pothole", "priority=high"), "priority: 'high' is not a test on a number"),
        (("explain", "deadline", "category=pothole", "priority=1,2"), "give one number"),
        (("explain", "deadline", "category=x", "priority=1", "--region", "east"), "there is no region 'east'"),
        (("explain", "deadline", "category=x", "priority=1", "--at", "soon"), "'soon' is no time"),
        (("simulate", "--category", "Pothole", "--area", "99"), "there is no area '99'; there are 01, 02, 03"),
        (("simulate", "--category", "Pothole", "--area", "01", "--proposal", "p"), "'p' names 0 proposals"),
        (("diff", "north:1", "south:1"), "are releases of two layers"),
        (("diff", "north:1", "north:2"), "layer north has releases 1 to 1"),
        (("history", "--layer", "east"), "there is no layer 'east'"),
    ],
)
def test_what_is_not_there_is_said_with_what_there_is(words: tuple[str, ...], said: str) -> None:
    found = rules(*words)
    assert found.exit_code == 1
    assert said in found.output


def test_simulate_says_where_a_message_would_go_and_by_which_rows() -> None:
    found = rules("simulate", "--category", "Pothole", "--lat", "0.5", "--lon", "1.5")
    assert found.exit_code == 0, found.output
    assert "north, area 02" in found.output
    assert "authority  yard-02" in found.output
    assert "because    north release 1, table jurisdiction, row p2" in found.output


def test_simulate_says_what_the_words_show_and_what_follows() -> None:
    thanks = rules("simulate", "--text", "Thank you very much!")
    assert (thanks.exit_code, "the words show thanks: it is closed as thanks" in thanks.output) == (0, True)
    fire = rules("simulate", "--category", "Pothole", "--area", "01", "--text", "The house is on fire")
    assert "the words show emergency" in fire.output
    assert "table matter_words" in fire.output
    assert "authority" in fire.output
    plain = rules("simulate", "--category", "Pothole", "--area", "01", "--text", "A hole in the road")
    assert "the words show" not in plain.output


def test_simulate_says_into_which_parts_a_text_seems_to_fall_and_that_a_person_looks_first(tmp_path: Path) -> None:
    several = ("simulate", "--category", "Pothole", "--area", "01", "--text", "A pothole here. Also, a lamp is dark.")
    placed = rules(*several)
    assert "it seems to be about 2 matters:" in placed.output
    assert "street-light: Also, a lamp is dark." in placed.output
    assert "authority" in placed.output
    asked = rules(*several, federation=_triage(tmp_path, "several", "true"))
    assert "a person is asked: confirm" in asked.output


def test_simulate_places_a_text_by_the_house_that_it_names_where_a_rule_says_so(tmp_path: Path) -> None:
    named = ("simulate", "--category", "Pothole", "--text", "A pothole at 5 Larkspur Street.", "--at", "2012-01-01")
    assert "a person is asked: no place; missing: area" in rules(*named).output
    assert "north, area 01" in rules(*named, federation=_triage(tmp_path, "text_place", '"decides"')).output


def _triage(folder: Path, column: str, cell: str) -> Path:
    """The federation, with another word in every row of table `triage`."""
    changed = folder / column
    shutil.copytree(SQUARES, changed)
    path = changed / "rulebook" / "national" / "triage.json"
    body = json.loads(path.read_text())
    (table,) = (n["content"] for n in body["nodes"] if n["type"] == "decisionTableNode")
    for row in table["rules"]:
        row[f"out_{column}"] = cell
    path.write_text(json.dumps(body))
    return changed


def test_simulate_says_what_a_model_reads_in_the_words(tmp_path: Path) -> None:
    texts = [Labelled(f"a deep hole in the asphalt, lane {n}", "pothole") for n in range(30)]
    texts += [Labelled(f"the lamp is dark, pole {n}", "street-light") for n in range(30)]
    write(train(texts), tmp_path / "m")
    found = rules("simulate", "--text", "such a deep hole", "--area", "01", "--model", str(tmp_path / "m"))
    assert (found.exit_code, "the model reads pothole (" in found.output) == (0, True), found.output
    (tmp_path / "no").write_text("no model")
    broken = rules("simulate", "--text", "a hole", "--model", str(tmp_path / "no"))
    assert "cannot be read as a model" in " ".join(broken.output.split())
    for args, words in ((("--model", str(tmp_path / "m"), "--category", "Pothole"), "give --text"), ((), "--text")):
        assert words in rules("simulate", *args).output


def test_simulate_says_when_a_person_would_be_asked() -> None:
    unknown = rules("simulate", "--category", "Sculpture", "--area", "01")
    assert "a person is asked: unknown category; missing: category" in unknown.output
    nowhere = rules("simulate", "--category", "Pothole")
    assert "a person is asked: no place; missing: area" in nowhere.output


@pytest.fixture
def tried(tmp_path: Path) -> Path:
    """The squares with a shorter deadline of potholes in the north, which a fifth of the cases follow; by the salt one
    with the id that a simulated message has would be among them."""
    releases = {r.layer: r for r in load_federation(SQUARES).base_releases()}
    north = releases["north"]
    after = {"category": '"pothole"', "priority": "", "answer_minutes": "120", "extension_minutes": "60"}
    change = RowChange(op="add", row_id="quick", after=after, at=0)
    patch = Patch(layer="north", base_number=1, table="deadline", changes=(change,))
    plan = TrialPlan(
        proposal_id="0b8f6f0e-trial", patch=patch, reversal=reverse(patch, north.tables), unit="case", share=0.2,
        salt="two", started_at=north.effective_at,
    )  # fmt: skip
    releases["north"] = sealed(north.model_copy(update={"trials": (plan,)}))
    write_releases(tmp_path / "tried", list(releases.values()))
    return tmp_path / "tried"


def test_simulate_says_what_those_get_who_follow_a_change_on_trial(tried: Path) -> None:
    found = rules("simulate", "--category", "Pothole", "--area", "02", "--files", str(tried))
    assert found.exit_code == 0, found.output
    held, _, other = found.output.partition(
        "on trial: 20 % of the cases follow the change of proposal 0b8f6f0e; they get:"
    )
    assert "answer in  480 working minutes" in held
    assert "answer in  120 working minutes" in other
    assert "row quick" in other
    elsewhere = rules("simulate", "--category", "Pothole", "--area", "03", "--files", str(tried))
    assert "on trial" not in elsewhere.output


def test_explain_says_what_a_change_on_trial_would_answer(tried: Path) -> None:
    asked = ("explain", "deadline", "--region", "north", "--files", str(tried))
    found = rules(*asked, "category=pothole", "priority=1")
    held, _, other = found.output.partition("on trial: 20 %")
    assert "together: answer_minutes 480, extension_minutes 480" in held
    assert "together: answer_minutes 120, extension_minutes 60" in other
    assert "on trial" not in rules(*asked, "category=light", "priority=1").output


def test_an_export_keeps_the_trials_of_a_release(tried: Path) -> None:
    (north,) = [r for r in read_releases(tried) if r.layer == "north"]
    assert [plan.share for plan in north.trials] == [0.2]
    path = tried / "north" / "00001" / "release.json"
    path.write_text(path.read_text().replace('"share": 0.2', '"share": 0.9'))
    with pytest.raises(RuleFilesError):
        read_releases(tried)


def test_an_export_reads_back_as_the_same_releases_and_is_written_once(tmp_path: Path) -> None:
    target = tmp_path / "rules"
    assert rules("export", str(target)).exit_code == 0
    before = {path: path.read_bytes() for path in target.rglob("*.json")}
    assert rules("export", str(target)).exit_code == 0
    assert {path: path.read_bytes() for path in target.rglob("*.json")} == before
    live, read_back = (rules("history", "--layer", "north", *files) for files in ((), ("--files", str(target))))
    assert live.exit_code == 0, live.output
    assert live.output == read_back.output


def test_an_export_that_was_changed_since_is_refused(tmp_path: Path) -> None:
    target = tmp_path / "rules"
    rules("export", str(target))
    path = target / "north" / "00001" / "jurisdiction.json"
    path.write_text(path.read_text().replace("yard-01", "yard-02"))
    found = rules("check", "--files", str(target))
    assert found.exit_code == 1
    assert "its tables are not those that release 1 was sealed with" in found.output.replace("\n", " ")
    shutil.rmtree(target / "national")
    shutil.rmtree(target / "north")
    overlay = rules("check", "--files", str(target))
    assert overlay.exit_code == 1
    assert "there is no layer 'national'; there are south" in overlay.output
    nothing = rules("check", "--files", str(tmp_path / "empty"))
    assert nothing.exit_code == 1
    assert "holds no exported rulebook" in nothing.output
