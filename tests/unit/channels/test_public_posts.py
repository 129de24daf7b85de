"""Public posts: how a line is read, and what message it is."""

from __future__ import annotations

from typing import Any

import pytest
from channels.adapters.public_posts import keys_of
from channels.adapters.public_posts.post import PublicPost, message_of
from channels.settings import ChannelsSettings
from common.messaging.settings import SettingsError
from pydantic import SecretStr, ValidationError

LINE: dict[str, Any] = {
    "network": "vk", "id": "-1_43", "author": {"handle": "@Ann", "name": "Ann Lee"}, "text": "A hole",
    "posted_at": "2011-07-01T14:00:00Z",
}  # fmt: skip


def post(**changes: Any) -> PublicPost:
    return PublicPost.model_validate(LINE | changes)


def test_a_line_is_the_message_of_its_author_with_addresses_that_stay_in_the_vault() -> None:
    one = post(url="https://vk.com/wall-1_43", media=["https://img.example.org/a.jpg"], parent="-1_42")
    said = message_of(one, "conversation", None)
    assert (said.contact.address, said.contact.name, said.text) == ("vk:ann", "Ann Lee", "A hole")
    assert said.links == ("https://vk.com/wall-1_43", "https://img.example.org/a.jpg")
    assert said.attachments == ()
    assert said.sent_at == one.posted_at


def test_an_edit_is_said_when_it_was_edited() -> None:
    one = post(edited_at="2011-07-01T15:00:00Z", text="")
    assert message_of(one, "conversation", "first").sent_at == one.edited_at
    assert message_of(one, "conversation", "first").replaces == "first"


@pytest.mark.parametrize(
    "changes",
    [
        {"network": "V K"}, {"network": "vk:ann"}, {"id": ""}, {"id": "x" * 121}, {"author": {}},
        {"author": {"handle": " "}},
        {"text": "x" * 10_001}, {"url": "javascript:alert(1)"}, {"url": "https://a b"}, {"media": ["file:///etc/passwd"]},
        {"media": ["https://a"] * 21}, {"posted_at": "yesterday"}, {"place": {"lat": 91, "lon": 0}}, {"text": None},
    ],
)  # fmt: skip
def test_a_line_that_is_none_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        post(**changes)


class _Edge:
    def __init__(self, keys: str) -> None:
        self.settings = ChannelsSettings.model_construct(posts_keys=SecretStr(keys))


def test_each_channel_has_its_key() -> None:
    assert keys_of(_Edge(f"posts={'k' * 16}, other={'o' * 16}")) == {  # type: ignore[arg-type]
        "posts": b"k" * 16, "other": b"o" * 16,
    }  # fmt: skip
    for wrong in ("posts", "posts=short", f"posts={'k' * 16},posts={'o' * 16}", f"{'k' * 20}"):
        with pytest.raises(SettingsError):
            keys_of(_Edge(wrong))  # type: ignore[arg-type]
