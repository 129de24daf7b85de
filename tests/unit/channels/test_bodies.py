"""Bodies and forms that citizens send."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from channels.adapters.open311 import form as open311
from channels.bodies import Refused, parse_form, parse_json

NOW = datetime(2011, 7, 1, tzinfo=UTC)


def test_brackets_inside_a_text_do_not_nest_and_real_nesting_is_bounded() -> None:
    assert parse_json(b'{"text": "' + b"[" * 50 + b'"}')["text"] == "[" * 50
    with pytest.raises(Refused, match="nested"):
        parse_json(b'{"a":' * 30 + b"1" + b"}" * 30)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "empty"),
        (b"[]", "object"),
        (b'{"a": 1, "a": 2}', "twice"),
        (b'{"a": NaN}', "NaN"),
        (b'{"a": -Infinity}', "Infinity"),
        (b'{"a": "\\u0000"}', "NUL"),
        (b'{"a": {"b": ["\\ud800"]}}', "pair"),
        (b'{"\\udfff": 1}', "pair"),
        (b'{"a": ' + b"9" * 5000 + b"}", "not JSON"),
        (b"\xff", "not JSON"),
    ],
)
def test_json_is_read_strictly(body: bytes, words: str) -> None:
    with pytest.raises(Refused, match=words):
        parse_json(body)


@pytest.mark.parametrize(
    ("form", "words"),
    [
        (b"lat=1&long=2", "service_code"),
        (b"service_code=1&lat=", "lat and long"),
        (b"service_code=1&lat=1", "together"),
        (b"service_code=1&lat=NaN&long=2", "lat"),
        (b"service_code=1&lat=north&long=2", "lat"),
        (b"service_code=1&lat=1&long=1000", "lon"),
        (b"service_code=1&address_string=x&description=" + b"x" * 4001, "description"),
        (b"service_code=1&address_string=%00", "NUL"),
        (b"service_code=1&address_string=%ff", "form"),
        (b"&".join(b"a%d=1" % n for n in range(300)), "form"),
    ],
)
def test_an_open311_form_that_is_wrong_is_refused_in_words(form: bytes, words: str) -> None:
    with pytest.raises(Refused, match=words) as found:
        open311.message(parse_form(form), NOW, "thread")
    assert found.value.status == 400


def test_an_open311_form_is_a_message_with_its_attributes() -> None:
    form = b"service_code=Pothole&lat=1&long=2&description=hole&attribute[DEPTH]=10&attribute[W][]=a&attribute[W][]=b"
    message = open311.message(parse_form(form), NOW, "thread")
    assert (message.category, message.place.lat) == ("Pothole", 1.0)
    assert message.text == "hole\nDEPTH: 10\nW: a, b"
