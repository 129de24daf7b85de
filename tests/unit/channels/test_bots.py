"""What bots of all messengers ask, which buttons they show, and how they cut long texts."""

from __future__ import annotations

import pytest
from channels.bots.buttons import Choice, choice_of, ratings, under
from channels.bots.links import BotNames, links
from channels.bots.splitting import parts
from channels.bots.talk import Talk, after_message, after_notice, is_address
from channels.bots.words import ASK_PLACE, said
from channels.citizen_page import code_of, fingerprint_in
from channels.edge_key import fingerprint
from intake.notice_kinds import KINDS
from intake.proposal_kinds import PROPOSAL_KINDS


def test_a_bot_asks_once_for_what_is_missing_and_never_for_what_it_has() -> None:
    talk, asks = after_message(Talk(), words=True, place=False)
    assert asks == "place"
    talk, asks = after_message(talk, words=True, place=False)
    assert asks is None
    talk, asks = after_message(talk, words=False, place=True)
    assert (asks, talk.words, talk.place) == (None, True, True)
    assert after_message(Talk(), words=True, place=True)[1] is None


def test_after_a_place_or_a_photo_alone_it_asks_for_words_and_then_for_the_place_if_that_is_missing() -> None:
    talk, asks = after_message(Talk(), words=False, place=False)
    assert asks == "words"
    assert after_message(talk, words=False, place=False)[1] is None
    assert after_message(talk, words=True, place=False)[1] == "place"
    assert after_message(Talk(), words=False, place=True)[1] == "words"


def test_short_words_after_the_question_for_the_place_are_its_answer() -> None:
    asked = Talk(words=True, asked_place=True)
    assert is_address(asked, "5 Main Street")
    assert not is_address(asked, "x" * 301)
    assert not is_address(asked, "")
    assert not is_address(Talk(words=True), "5 Main Street")
    assert not is_address(Talk(words=True, place=True, asked_place=True), "5 Main Street")


def test_an_end_begins_a_new_matter_and_the_answer_to_an_offices_question_needs_no_place() -> None:
    complete = Talk(words=True, place=True, asked_place=True)
    for kind in ("confirmed", "withdrawn", "erased"):
        assert after_notice(complete, "extended", kind) == Talk()
    assert after_notice(complete, "refused", "declined") == Talk()
    objects = Talk(objects_to="P-1")
    assert after_notice(objects, "answered", "confirmed") == after_notice(objects, "refused", "refused") == objects
    assert after_notice(complete, "answered", "answered") == complete
    assert after_message(after_notice(Talk(), "extended", "asked"), words=True, place=False)[1] is None


def test_an_end_of_a_case_does_not_make_the_reason_against_a_proposal_a_message() -> None:
    asked = Talk(words=True, place=True, objects_to="P-1")
    for kind in ("confirmed", "withdrawn"):
        assert after_notice(asked, "extended", kind) == Talk(objects_to="P-1")
    assert after_notice(asked, "refused", "declined") == Talk(objects_to="P-1")
    assert after_notice(asked, "extended", "erased") == Talk()


def test_words_after_an_answer_are_no_address_though_the_place_was_asked_for() -> None:
    asked = Talk(words=True, asked_place=True)
    assert is_address(asked, "Thank you, that was quick")
    assert not is_address(after_notice(asked, "answered", "answered"), "Thank you, that was quick")
    assert not is_address(after_notice(asked, "extended", "transferred"), "Thank you, that was quick")


def test_an_answer_can_be_judged_and_an_open_proposal_spoken_on_by_buttons() -> None:
    assert [b.data for row in under("answered", "K-1", about_case=True) for b in row] == ["confirm:K-1", "reopen:K-1"]
    assert [b.data for b in under("opened", "P-1", about_case=False)[0]] == ["support:P-1", "object:P-1"]
    asked = [b.data for row in under("which_case", "K-1", about_case=True) for b in row]
    assert asked == ["about:K-1", "another:K-1"]
    assert under("registered", "K-1", about_case=True) == ()
    assert under("answered", "P-1", about_case=False) == ()
    assert {"answered", "confirmed", "withdrawn", "asked"} <= KINDS.keys()
    assert "opened" in {kind.removeprefix("proposal_") for kind in PROPOSAL_KINDS}


def test_what_buttons_say_is_read_back_and_fits_every_messenger() -> None:
    kinds = ("answered", "which_case")
    shown = [*(row for kind in kinds for row in under(kind, "K-7K2MNA", about_case=True)), *ratings("K-7K2MNA")]
    assert all(choice_of(button.data) is not None and len(button.data) <= 64 for row in shown for button in row)
    assert choice_of("rate4:K-1") == Choice("rate", 4, "K-1")
    assert choice_of("erase") == Choice("erase", None, None)


@pytest.mark.parametrize(
    "data", ["", "rate", "rate6", "confirm3:K-1", "drop table", "confirm:" + "x" * 60, "confirm:K 1"]
)
def test_data_of_other_buttons_says_nothing(data: str) -> None:
    assert choice_of(data) is None


def test_long_texts_are_cut_at_blanks_and_lose_no_word() -> None:
    text = " ".join(f"word{n}" for n in range(1000))
    found = parts(text, 100)
    assert all(len(part) <= 100 for part in found)
    assert " ".join(found) == text


def test_letters_of_two_units_are_counted_as_two_and_never_halved() -> None:
    found = parts("🙂" * 100, 33)
    assert "".join(found) == "🙂" * 100
    assert max(len(part) for part in found) == 16


def test_a_short_text_is_one_part_and_an_empty_one_too() -> None:
    assert parts("short", 10) == ["short"]
    assert parts("", 10) == [""]


def test_a_bot_speaks_the_citizens_language_or_else_the_federations() -> None:
    assert said(ASK_PLACE, "ru-RU", ("en",)).startswith("Где")
    assert said(ASK_PLACE, "sw", ("ru", "en")).startswith("Где")
    assert said(ASK_PLACE, None, ("en",)) == ASK_PLACE


def test_whether_a_case_is_a_known_one_is_said_by_buttons_or_words_and_words_are_no_address() -> None:
    (row,) = under("may_be_known", "K-7K2MNA", about_case=True)
    assert [choice_of(b.data) for b in row] == [Choice("same", None, "K-7K2MNA"), Choice("apart", None, "K-7K2MNA")]
    assert under("may_be_known", "K-7K2MNA", about_case=False) == ()
    assert "may_be_known" in KINDS
    asked_for_the_place = Talk(words=True, asked_place=True)
    assert not is_address(after_notice(asked_for_the_place, "extended", "may_be_known"), "yes")


def test_a_page_is_known_by_its_code_in_links_into_messengers_which_does_not_hold_its_secret() -> None:
    secret = "s3cret"
    code = code_of(fingerprint(secret))
    assert fingerprint_in(code) == fingerprint(secret)
    assert len(code) <= 64
    assert secret not in code
    assert all(fingerprint_in(other) is None for other in ("", "promo", code[1:], code + "A", "c" + "?" * 43))
    found = links(BotNames(telegram="our_bot", vk_group=9), code)
    assert found == [("Telegram", f"https://t.me/our_bot?start={code}"), ("VK", f"https://vk.me/club9?ref={code}")]
