"""Answers of GeoReport v2 in its two forms: JSON, and the XML that the same data stands for. Pure.

JSON has a list where XML has an element of elements with one name; what is not known is null in JSON and an empty
element in XML.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any, Literal
from xml.etree import ElementTree

Format = Literal["xml", "json"]
CONTENT_TYPES: Mapping[Format, str] = {
    "xml": "text/xml; charset=utf-8",
    "json": "application/json; charset=utf-8",
}
ITEMS: Mapping[str, str] = {
    "services": "service",
    "attributes": "attribute",
    "values": "value",
    "service_requests": "request",
    "service_request_updates": "request_update",
    "errors": "error",
    "endpoints": "endpoint",
    "formats": "format",
}
"""By the name of a list: what one of it is called in XML."""
NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that no XML document may hold."""


def format_of(path: str, accept: str = "") -> Format | None:
    """By the ending of a path; without one by what the client accepts, else XML, which every client reads. None for
    another ending."""
    name, dot, ending = path.rpartition("/")[2].rpartition(".")
    if dot and name:
        return "json" if ending == "json" else "xml" if ending == "xml" else None
    return "json" if "json" in accept and "xml" not in accept else "xml"


def rendered(root: str, data: Any, form: Format) -> bytes:
    """`data` under the name `root`, which only XML shows."""
    if form == "json":
        return json.dumps(data, ensure_ascii=False, separators=(",", ":")).encode()
    document = ElementTree.Element(root)
    _fill(document, data)
    ElementTree.indent(document)
    body: bytes = ElementTree.tostring(document, encoding="utf-8", xml_declaration=True)
    return body


def errors(status: int, words: Iterable[str]) -> list[dict[str, object]]:
    """What is wrong with a request, one item each."""
    return [{"code": status, "description": one} for one in words]


def _fill(element: ElementTree.Element, data: Any) -> None:
    if isinstance(data, Mapping):
        for name, value in data.items():
            _fill(ElementTree.SubElement(element, name), value)
    elif isinstance(data, list):
        for value in data:
            _fill(ElementTree.SubElement(element, ITEMS[element.tag]), value)
    elif isinstance(data, bool):
        element.text = "true" if data else "false"
    elif data is not None:
        element.text = NOT_XML.sub("", str(data))
