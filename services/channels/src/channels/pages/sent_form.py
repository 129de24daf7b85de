"""A form as a browser sends it, with files or without."""

from __future__ import annotations

from collections.abc import Collection

from common.contracts.attachments import MOST_BYTES
from common.contracts.frozen import value
from common.federation.languages import N_
from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import Request

from channels.bodies import MAX_FIELDS, NUL, Refused, must_be, parse_form, read_body
from channels.edge import Edge, source_of
from channels.form_fields import FormWrong

FILE, FILES = "file", "files"
"""The field by which files are sent, and that by which the form remembers those that came before."""
MOST_FILES = 5
MOST_OF_A_FIELD = 65_536
"""Bytes."""
MOST_OF_A_BODY = 2 * MOST_BYTES
NOT_TAKEN = {
    404: N_("No files are kept here. Say in words what they show."),
    413: N_("This file is too large: 16 MB at most."),
    415: N_("A file of this kind is not taken. Send a picture, a PDF, sound or a film."),
    503: N_("Files cannot be taken just now. Send the report without, and add them later."),
    429: N_("Too many files came from your connection. Send the report without, and add them later."),
}
TOO_MANY = N_("These are too many files: five at most.")


@value
class SentForm:
    fields: dict[str, str]
    files: list[bytes]


class _InMemory(MultiPartParser):
    """Files never lie on the disk in clear."""

    spool_max_size = MOST_OF_A_BODY + 1


async def read_form(request: Request, names: Collection[str]) -> SentForm:
    """The fields of these names, and the files. Raises Refused."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "multipart/form-data":
        must_be(request, "application/x-www-form-urlencoded")
        pairs = parse_form(await read_body(request))
        return SentForm({name: text for name, text in pairs if name in names}, [])
    if request.headers.get("content-encoding", "identity").strip().lower() != "identity":
        raise Refused(415, "send the body without a content-encoding")
    parser = _InMemory(
        request.headers, request.stream(), max_files=MOST_FILES, max_fields=MAX_FIELDS, max_part_size=MOST_OF_A_FIELD
    )
    try:
        form = await parser.parse()
    except (MultiPartException, ValueError, LookupError) as error:
        raise Refused(400, "the body is not a form with files") from error
    fields: dict[str, str] = {}
    files = []
    for name, given in form.multi_items():
        if isinstance(given, UploadFile):
            data = await given.read() if name == FILE else b""
            files += [data] if data else []
        elif name in names and NUL in given:
            raise Refused(400, "a field holds NUL; leave it out")
        elif name in names:
            fields[name] = given
    await form.close()
    return SentForm(fields, files)


async def keep_files(edge: Edge, channel: str, request: Request, sent: SentForm) -> None:
    """Keep what came and add its names to the field that remembers them. Raises FormWrong."""
    names = names_of(sent.fields)
    if sent.files and len(names) + len(sent.files) > MOST_FILES:
        raise FormWrong(FILE, TOO_MANY)
    for data in sent.files:
        try:
            names.append((await edge.attachments.keep(channel, data, source_of(request), "form")).name)
        except Refused as refused:
            if refused.status in NOT_TAKEN:
                raise FormWrong(FILE, NOT_TAKEN[refused.status]) from refused
            raise
        finally:
            sent.fields[FILES] = " ".join(names)
    sent.files.clear()


def names_of(fields: dict[str, str]) -> list[str]:
    """What a message may name the files by that came with the form; a name that is none of ours, intake passes over."""
    return fields.get(FILES, "").split()[:MOST_FILES]
