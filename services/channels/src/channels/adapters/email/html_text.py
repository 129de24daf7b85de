"""Words of a mail that is HTML alone. Pure.

What mail programs put around an earlier mail is marked as a quotation, so that the sender's own words can be told.
"""

from __future__ import annotations

import re

import lxml.html
from inscriptis.css_profiles import CSS_PROFILES
from inscriptis.html_engine import Inscriptis
from inscriptis.model.config import ParserConfig
from lxml.etree import ErrorLevels, LxmlError, ParserError

MOST_CHARACTERS = 1_000_000
TAG = re.compile(r"<[^<>]*>")
CONFIG = ParserConfig(css=CSS_PROFILES["relaxed"], display_links=False, display_images=False)
DROPPED = ("script", "style", "head", "template", "noscript", "object", "iframe")
QUOTED = "//blockquote[@type='cite' or contains(@class, 'gmail_quote') or ancestor::*[contains(@class, 'gmail_quote')]]"


def text_of_html(html: str) -> str:
    """Lines of words, with `> ` before those that are quoted."""
    html = html[:MOST_CHARACTERS]
    try:
        # An encoding that the text itself declares is that of its bytes, which are decoded already.
        parser = lxml.html.HTMLParser(encoding="utf-8", huge_tree=True)
        tree = lxml.html.document_fromstring(html.encode(), parser=parser)
        if any(fault.level == ErrorLevels.FATAL for fault in parser.error_log):
            raise ParserError("the parser gave up before the end")
        for name in DROPPED:
            for element in list(tree.iter(name)):
                element.drop_tree()
        return _words(tree)
    except (LxmlError, ParserError, ValueError, RecursionError, AssertionError):
        return TAG.sub(" ", html)


def _words(tree: lxml.html.HtmlElement) -> str:
    for quoted in tree.xpath(QUOTED):
        if quoted.getparent() is None:
            continue
        inside = Inscriptis(quoted, CONFIG).get_text()
        marked = lxml.html.Element("pre")
        marked.text = "\n".join(f"> {line.strip()}" for line in inside.strip().split("\n"))
        marked.tail = quoted.tail
        quoted.getparent().replace(quoted, marked)
    return "\n".join(line.rstrip() for line in Inscriptis(tree, CONFIG).get_text().split("\n"))
