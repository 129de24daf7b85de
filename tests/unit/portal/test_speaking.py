"""What pages say about speaking on a channel: it has to be understood there."""

from __future__ import annotations

from pathlib import Path

import pytest
from common.federation.country import load_federation
from deliberation.judging_words import Verdicts, verdicts_in
from deliberation.words import named_in, understood
from intake.voices import REFERENCE, STANCE_BEFORE
from portal.language import CATALOGUES
from portal.pages.frame import headers_of
from portal.speaking import JUDGING, WAYS, edge_of, form_at, others

from tests.conftest import ROOT

BOSTON = load_federation(Path(ROOT) / "deploy/federations/boston")
SAID = ["support", "object", "question", "comment", "amendment"]


@pytest.mark.parametrize("language", CATALOGUES.languages)
def test_words_that_pages_propose_are_understood_as_what_they_are(language: str) -> None:
    written = [CATALOGUES.of(language).gettext(way).format(reference="P-7K2MNA") for way in WAYS]
    for text in written:
        found = REFERENCE.search(text)
        assert found is not None
        assert STANCE_BEFORE.fullmatch(text[: found.start()])
    assert [named_in(text)[0] for text in written] == ["P-7K2MNA"] * len(WAYS)
    heard = [understood(named_in(text)[1]) for text in written]
    assert [one.stance if one is not None else None for one in heard] == SAID
    assert all(one.words for one in heard[1:] if one is not None)


@pytest.mark.parametrize("language", CATALOGUES.languages)
def test_words_by_which_pages_propose_to_judge_others_are_understood(language: str) -> None:
    text = CATALOGUES.of(language).gettext(JUDGING).format(reference="P-7K2MNA")
    assert verdicts_in(named_in(text)[1]) == (Verdicts((12,), (14,)), "")


def test_a_form_goes_to_the_edge_alone_and_only_where_there_is_a_web_channel() -> None:
    edge = edge_of("https://speak.example.org/", BOSTON.channels)
    assert form_at(edge) == "https://speak.example.org/speak/voice"
    assert "form-action 'self' https://speak.example.org;" in headers_of(edge)["Content-Security-Policy"]
    assert "form-action 'self';" in headers_of("")["Content-Security-Policy"]
    without = others(BOSTON.channels)
    assert len(without) == len(BOSTON.channels) - 1
    assert (edge_of("https://speak.example.org", without), edge_of(None, BOSTON.channels), form_at("")) == ("", "", "")
