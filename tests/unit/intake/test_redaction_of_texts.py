"""What redaction is known to miss and to strike wrongly, over a list of texts; it may only become less."""

from __future__ import annotations

from tests.evaluation.redaction import HELD_OUT, judge, texts


def test_of_a_hundred_texts_these_items_stay_and_these_words_are_struck() -> None:
    judged = [judge(text) for text in texts()]
    assert len(judged) >= 100
    assert [item for one in judged for item in one.left] == ["12", "Николаев"]
    assert [word for one in judged for word in one.struck] == ["7707083893"]


def test_of_texts_that_no_pattern_was_made_for_so_many_names_stay_and_these_words_are_struck() -> None:
    judged = [judge(text) for text in texts(HELD_OUT)]
    assert (len(judged), sum(one.items for one in judged)) == (156, 67)
    assert sum(len(one.left) for one in judged) <= 60
    assert [word for one in judged for word in one.struck] == ["Учительница", "Домком"]


def test_an_item_that_stays_and_a_word_that_goes_are_both_seen() -> None:
    nothing = judge("Call ⟦Ann Example⟧ now", redacting=lambda text: text)
    everything = judge("Call ⟦Ann Example⟧ now", redacting=lambda _: "[name]")
    assert (nothing.left, nothing.struck) == (("Ann Example",), ())
    assert (everything.left, everything.struck) == ((), ("Call", "now"))
