"""Logs as bad as feeds get: each with what must be said of it. Rows are few; every fault is one that is really met."""

from __future__ import annotations

import gzip
from dataclasses import dataclass

HEAD = "case_id,region,opened_at,due_at,closed_at,channel,type,queue,district,lat,lon,loc_placeholder,duplicate_of"


@dataclass(frozen=True)
class Hostile:
    """Bytes of a file; how many rows it has to replay, how many are left out by reason, and faults by name."""

    raw: bytes
    rows: int
    left_out: dict[str, int]
    faults: dict[str, int]
    name: str = "log.csv"


def table(*lines: str, head: str = HEAD) -> bytes:
    return "\n".join((head, *lines, "")).encode()


def plain(number: int, day: int = 1, **changes: str) -> str:
    """One sound row, but for what is changed."""
    row = {
        "case_id": str(number), "region": "x", "opened_at": f"2022-03-{day:02}T10:00:00", "due_at": "",
        "closed_at": f"2022-03-{day + 1:02}T10:00:00", "channel": "web", "type": "Pothole", "queue": "Roads",
        "district": "1", "lat": "42.3", "lon": f"-71.{number % 100:02}", "loc_placeholder": "0", "duplicate_of": "",
    } | changes  # fmt: skip
    return ",".join(row[name] for name in HEAD.split(","))


SOUND = table(*(plain(n, 1 + n % 3) for n in range(9)))

HOSTILE: dict[str, Hostile] = {
    "two columns": Hostile(table("1,2022-03-01", "2,2022-03-02", head="case_id,opened_at"), 2, {}, {}),
    "one row": Hostile(table(plain(1)), 1, {}, {}),
    "no place at all": Hostile(table(*(plain(n, district="", lat="", lon="") for n in range(3))), 3, {}, {}),
    "no type": Hostile(table(plain(1, type=""), plain(2, type="")), 2, {}, {}),
    "closed before opened": Hostile(
        table(plain(1, closed_at="2021-01-01"), plain(2)), 2, {}, {"closed_before_opened": 1}
    ),
    "open for ever": Hostile(table(plain(1, closed_at=""), plain(2, closed_at="")), 2, {}, {}),
    "placeholder points": Hostile(
        table(plain(1, loc_placeholder="1"), plain(2, lat="0", lon="0"), plain(3, lat="x", lon="1e999")),
        3, {}, {"placeholder_point": 1, "bad_point": 2},
    ),
    "repeated ids": Hostile(table(plain(1), plain(1), plain(2), plain(1, 2)), 2, {"case id repeated": 2}, {}),
    "ids and times missing": Hostile(
        table(plain(1), plain(2, case_id=""), plain(3, opened_at=""), plain(4, opened_at="yesterday")),
        1, {"no case id": 1, "no time of opening": 1, "time of opening unreadable": 1}, {},
    ),
    "times before any calendar": Hostile(
        table(plain(1), plain(2, opened_at="1800-01-01"), plain(3, opened_at="2099-12-31T23:59:59")),
        1, {"opened outside 2006 to 2033": 2}, {},
    ),
    "huge texts": Hostile(
        table(plain(1, type="x" * 300_000, queue="q" * 5_000), plain(2, case_id="c" * 4_000)), 2, {}, {"text_cut": 1}
    ),
    "times not in order": Hostile(table(plain(1, 9), plain(2, 3), plain(3, 6)), 3, {}, {}),
    "windows text": Hostile(table(plain(1, type="Nid de poule caché")).decode().encode("cp1252"), 1, {}, {}),
    "utf-16": Hostile(table(plain(1, type="Яма")).decode().encode("utf-16"), 1, {}, {}),
    "byte order mark": Hostile(b"\xef\xbb\xbf" + SOUND, 9, {}, {}),
    "control characters": Hostile(table(plain(1, type="Pot\x00hole\x07")), 1, {}, {}),
    "gzip by another name": Hostile(gzip.compress(SOUND), 9, {}, {}),
    "semicolons and spaces": Hostile(SOUND.replace(b",", b" ; ").replace(b"case_id", b" Case_ID"), 9, {}, {}),
    "zones of every kind": Hostile(
        table(
            plain(1, opened_at="2022-03-01T10:00:00Z"), plain(2, opened_at="2022-03-01T10:00:00+05:30"),
            plain(3, opened_at="2022-03-13T02:30:00", closed_at=""),
            plain(4, opened_at="2022-11-06T01:30:00", closed_at="2022-11-06T01:10:00"),
        ),
        4, {}, {"missing_hour": 1},
    ),
    "parents later, never, in a ring and itself": Hostile(
        table(
            plain(1, duplicate_of="2"), plain(2, 3, duplicate_of="1"), plain(3, duplicate_of="nowhere"),
            plain(4, duplicate_of="4"), plain(5, duplicate_of="6"), plain(6, 5),
        ),
        6, {}, {},
    ),
    "rows too short and too long": Hostile(
        table("1,x,2022-03-01", plain(2) + ",more,and more", "", ","), 2, {"no case id": 1}, {}
    ),
    "scripts of the world": Hostile(
        table(plain(1, type="Яма", queue="Дороги", channel="телефон"), plain(2, type="路面", channel="电话")), 2, {}, {}
    ),
    "a quote that is not closed": Hostile(
        table(plain(1), plain(2, type='"Pothole'), *(plain(n) for n in range(3, 700))),
        698, {"a quote that is not closed": 1}, {},
    ),
    "a quote that a later one closes": Hostile(
        table(plain(1, type='"Pothole'), *(plain(n) for n in range(2, 300)), plain(300, type='"Light"'), plain(301)),
        300, {"a quote that is not closed": 1}, {},
    ),
    "a quote out of place": Hostile(
        table(plain(1, type='"Pot"hole'), plain(2)), 1, {"a quote out of place": 1}, {}
    ),
    "a text of several lines": Hostile(table(plain(1, type='"Pothole,\nvery, very deep\n"'), plain(2)), 2, {}, {}),
    "decimal commas": Hostile(
        table(plain(1, lat='"42,36"', lon='"-71,06"'), plain(2, lat='"4,2,3"')), 2, {}, {"bad_point": 1}
    ),
    "headers as others spell them": Hostile(
        SOUND.replace(b"case_id", b"Case Enquiry ID").replace(b"opened_at", b"Created Date"), 9, {}, {},
    ),
    "days before months": Hostile(
        table(plain(1, opened_at="25/03/2022 10:00", closed_at="26/03/2022"), plain(2, opened_at="04/03/2022 9:05 PM")),
        2, {}, {"closed_before_opened": 1},
    ),
    "months before days, and names of months": Hostile(
        table(plain(1, opened_at="03/25/2022 10:00:00 AM", closed_at=""), plain(2, opened_at="05-Mar-2022 10:00"),
              plain(3, opened_at="Mar 5 2022"), plain(4, opened_at="1646474400"), plain(5, opened_at="99/99/2022")),
        4, {"time of opening unreadable": 1}, {"closed_before_opened": 3},
    ),
}  # fmt: skip
