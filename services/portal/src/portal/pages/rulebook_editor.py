"""The editor of the rulebook: rows of one table are changed one by one, gathered, and proposed as one change."""

from __future__ import annotations

import asyncio
import hashlib
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from urllib.parse import quote

from common.contracts.events.base import Actor
from common.contracts.events.deliberation import TakeUpIdea
from common.contracts.events.rules import ProposeChange
from common.rulebook.examination import examine
from common.rulebook.references import names_of
from common.rulebook.release import NATIONAL
from common.rulebook.tables import TABLES
from pydantic import ValidationError
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from portal import row_draft
from portal.cell_fields import CellForm
from portal.change_form import DEFAULT_DAYS, IDEA, proposed, said_in, taken_up
from portal.check_text import CheckText, check_text
from portal.entered import NOTHING, Entered
from portal.forms import Form, FormRefused
from portal.item_fold import Item
from portal.language import _
from portal.names import VALUES
from portal.orders import Order
from portal.pages.frame import Frame, session_of
from portal.pages.orders import takes_form, takes_order
from portal.permissions import Entitled
from portal.proposal_orders import about_idea
from portal.row_draft import RowDraft, fitted
from portal.row_draft_store import KeptDraft
from portal.titles import about_table

IDEAS = 50
"""So many wishes of citizens are offered as what a change is made of."""
SHOWN = 40
"""Rows that are shown at first."""
ROW_FORM, PROPOSE_FORM = "row", "propose"
Edit = Callable[[RowDraft, Form], RowDraft]


@dataclass(frozen=True, slots=True)
class DraftRow:
    """One row as it would be: its place from 1, and whether it is `new`, `changed` or `moved`; empty for as it is."""

    id: str
    place: int
    cells: dict[str, str]
    state: str


@dataclass(frozen=True, slots=True)
class Editing:
    """What one person is changing; `sent` is a proposal that it was sent as, of which nothing is known yet."""

    draft: RowDraft
    kept: KeptDraft
    sent: str | None


def address(layer: str, table: str) -> str:
    return f"/rulebook/edit/{layer}/{table}"


def routes(frame: Frame) -> list[BaseRoute]:
    book, known = frame.releases.book, names_of(frame.federation)
    layers = {NATIONAL, *(r.id for r in frame.federation.regions)}

    async def editing(actor: Actor | None, layer: str, table: str) -> Editing | None:
        """None where there is no such table, or no release of the layer is known yet."""
        base = book.head(layer) if layer in layers and table in TABLES else None
        if base is None:
            return None
        kept = await frame.sessions.rule_drafts.of(actor.id, layer, table) if actor is not None else KeptDraft()
        sent = None
        if kept.sent is not None:
            proposal = await frame.reader.item("proposal", kept.sent)
            if proposal is not None and proposal.state != "refused":
                kept = KeptDraft()
            elif proposal is None:
                sent = kept.sent
        return Editing(await asyncio.to_thread(fitted, base, table, kept.changes), kept, sent)

    async def checked(draft: RowDraft) -> CheckText | None:
        """None for a draft that changes nothing."""
        if not draft.changes:
            return None
        heads = {layer: head for layer in (NATIONAL, draft.base.layer) if (head := book.head(layer)) is not None}
        found = await asyncio.to_thread(examine, draft.patch, heads, known)
        return check_text(found, draft, frame.words, frame.teller.refusals, frame.proposals.machine)

    def editor_page(
        template: str, shown: Callable[[Request, Editing, Entered], Awaitable[dict[str, object] | None]]
    ) -> Callable[[Request, int, Entered], Awaitable[Response]]:
        """A page of the editor; `shown` gives what its template shows, None where there is no such row."""

        async def show(request: Request, status: int, entered: Entered) -> Response:
            layer, table = request.path_params["layer"], request.path_params["table"]
            session, name = session_of(request), request.query_params.get("draft", "")
            if session is not None and name and not entered.form:
                entered = await frame.sessions.drafts.of(name, session.actor.id) or NOTHING
            found = await editing(session.actor if session is not None else None, layer, table)
            values = await shown(request, found, entered) if found is not None else None
            if found is None or values is None:
                words = _("The rulebook has no such table or row. Look for it on the rulebook's page.")
                return await frame.problem(request, 404, _("Nothing to change"), words)
            draft = found.draft
            return await frame.page(
                request, template, status, entered=entered, watch=(), layer=layer, table=table, editing=found,
                draft=draft, spec=TABLES[table], about=about_table(table), here=address(layer, table),
                may_propose=frame.entitled(request).propose(layer),
                place_of={row_id: place for place, row_id in enumerate(draft.rows, 1)},
                changes=[frame.words.differing(d) for d in draft.differences],
                unfit=frame.words.patched(draft.patch.model_copy(update={"changes": draft.unfit})), **values,
            )  # fmt: skip

        return show

    async def table_values(request: Request, found: Editing, entered: Entered) -> dict[str, object]:
        search = request.query_params.get("q", "").strip()
        rows = await asyncio.to_thread(_rows, frame, found.draft, search)
        whole = request.query_params.get("rows") == "all"
        return {
            "rows": rows if whole else rows[:SHOWN], "count": len(rows), "search": search,
            "check_text": await checked(found.draft), "idea": await made_of(found),
        }  # fmt: skip

    async def made_of(found: Editing) -> Item | None:
        """The citizen's idea that a draft was begun with, as long as it is open."""
        named = found.kept.said.get(IDEA)
        idea = await frame.reader.item("idea", named) if named else None
        return idea if idea is not None and idea.state == "open" else None

    async def offered(found: Editing) -> list[Item]:
        """Ideas that a change may be made of, the draft's own first."""
        chosen, newest = await made_of(found), await frame.reader.items("idea", "open", IDEAS)
        return [*([chosen] if chosen is not None else []), *(i for i in newest if chosen is None or i.id != chosen.id)]

    async def row_values(request: Request, found: Editing, entered: Entered) -> dict[str, object] | None:
        draft, row_id = found.draft, request.path_params.get("row")
        if row_id is not None and row_id not in draft.rows:
            return None
        like = request.query_params.get("like", "")
        cells = draft.rows.get(row_id or like, {})
        form = CellForm(frame.federation, draft.base.layer, draft.table)
        typed = entered.into(ROW_FORM)
        place = list(draft.rows).index(row_id or like) + 1 if (row_id or like) in draft.rows else 1
        return {
            "fields": form.entered(cells, typed.fields) if typed.form else form.fields(cells), "row": row_id,
            "row_id": row_id or typed.text("row_id") or f"row-{secrets.token_hex(5)}",
            "place": typed.text("place") or place, "places": len(draft.rows) + (row_id is None),
            "sentence": frame.words.sentence(draft.table, cells) if row_id is not None else "",
            "since": draft.base_rows.get(row_id or ""),
        }  # fmt: skip

    async def propose_values(request: Request, found: Editing, entered: Entered) -> dict[str, object]:
        typed = entered.into(PROPOSE_FORM)
        return {
            "check_text": await checked(found.draft), "values": VALUES, "proposal_id": secrets.token_hex(16),
            "typed": typed if typed.form else Entered(PROPOSE_FORM, found.kept.said), "seen": seen_of(found.draft),
            "days": DEFAULT_DAYS, "ideas": await offered(found),
        }  # fmt: skip

    pages = {
        "table": editor_page("rulebook_edit.html", table_values),
        "row": editor_page("rulebook_edit_row.html", row_values),
        "propose": editor_page("rulebook_edit_propose.html", propose_values),
    }

    async def table(request: Request) -> Response:
        return await pages["table"](request, 200, NOTHING)

    async def row(request: Request) -> Response:
        return await pages["row"](request, 200, NOTHING)

    async def propose(request: Request) -> Response:
        return await pages["propose"](request, 200, NOTHING)

    async def edited(actor: Actor, form: Form) -> tuple[Editing, str, str]:
        """What the person is changing; raises FormRefused where they may not, or there is nothing of the kind."""
        layer, name = form.one_of("layer", layers), form.one_of("table", TABLES)
        if not Entitled(frame.federation, actor).propose(layer):
            raise FormRefused(_("Your role may not propose changes of these rules."))
        found = await editing(actor, layer, name)
        if found is None:
            raise FormRefused(_("No release of this layer is known yet: try again in a moment."))
        return found, layer, name

    def edits(edit: Edit) -> Callable[[Request], Awaitable[Response]]:
        """A form that changes the draft, and leads back to the table."""

        async def carry_out(actor: Actor, form: Form) -> Response:
            found, layer, name = await edited(actor, form)
            try:
                draft = await asyncio.to_thread(edit, found.draft, form)
            except ValidationError as error:
                raise FormRefused(_("One change holds at most 500 rows: propose these first.")) from error
            gathered = (*draft.changes, *draft.unfit)
            await frame.sessions.rule_drafts.keep(actor.id, layer, name, gathered, found.kept.said)
            return RedirectResponse(f"{quote(address(layer, name))}#changes", 303)

        return takes_form(frame, carry_out, pages["row"])

    def put(draft: RowDraft, form: Form) -> RowDraft:
        row_id = form.text("row_id")
        if row_id not in draft.rows:
            form.identifier("row_id")
        cells = CellForm(frame.federation, draft.base.layer, draft.table).read(draft.rows.get(row_id, {}), form.fields)
        return row_draft.put(draft, row_id, cells, form.whole("place", 1, len(draft.rows) + 1) - 1)

    def remove(draft: RowDraft, form: Form) -> RowDraft:
        return row_draft.remove(draft, form.text("row_id"))

    def restore(draft: RowDraft, form: Form) -> RowDraft:
        return row_draft.take_back(draft, form.text("row_id"))

    async def discard(actor: Actor, form: Form) -> Response:
        _found, layer, name = await edited(actor, form)
        await frame.sessions.rule_drafts.discard(actor.id, layer, name)
        return RedirectResponse(quote(address(layer, name)), 303)

    async def keep(actor: Actor, form: Form) -> Response:
        found, layer, name = await edited(actor, form)
        gathered = (*found.draft.changes, *found.draft.unfit)
        await frame.sessions.rule_drafts.keep(actor.id, layer, name, gathered, said_in(form.fields))
        return RedirectResponse(quote(address(layer, name)), 303)

    async def send(actor: Actor, form: Form) -> Order:
        found, layer, name = await edited(actor, form)
        draft, drafts = found.draft, frame.sessions.rule_drafts
        await drafts.keep(actor.id, layer, name, (*draft.changes, *draft.unfit), said_in(form.fields))
        check = await checked(draft)
        if check is None:
            raise FormRefused(_("Nothing is changed yet: change a row first."))
        if check.wrong:
            raise FormRefused(check.wrong)
        if form.text("seen") != seen_of(draft):
            raise FormRefused(_("The change is another one than this page showed. Look at it again, then send it."))
        command = proposed(actor, form, draft.patch, await frame.now())
        if form.text(IDEA):
            idea = form.identifier(IDEA)
            return about_idea(idea, taken_up(command, idea))
        return Order(
            "rules.commands", command.proposal_id, command, "proposal", command.proposal_id, address(layer, name)
        )

    async def sent(actor: Actor, order: Order) -> None:
        assert isinstance(order.command, ProposeChange | TakeUpIdea)
        patch, name = order.command.patch, order.command.proposal_id
        await frame.sessions.rule_drafts.mark_sent(actor.id, patch.layer, patch.table, name)

    async def begin(actor: Actor, form: Form) -> Response:
        """A draft that is made of a citizen's idea; what was gathered before stays in it."""
        found, layer, name = await edited(actor, form)
        idea = await frame.reader.item("idea", form.identifier(IDEA))
        if idea is None or idea.state != "open":
            raise FormRefused(_("This wish is not open any more."))
        gathered = (*found.draft.changes, *found.draft.unfit)
        await frame.sessions.rule_drafts.keep(actor.id, layer, name, gathered, {**found.kept.said, IDEA: idea.id})
        return RedirectResponse(quote(address(layer, name)), 303)

    base = "/rulebook/edit/{layer}/{table}"
    return [
        Route("/rulebook/edit", takes_form(frame, begin), methods=["POST"]),
        Route(base, table),
        Route(f"{base}/new", row),
        Route(f"{base}/new/put", edits(put), methods=["POST"]),
        Route(f"{base}/propose", propose),
        Route(f"{base}/propose/keep", takes_form(frame, keep, pages["propose"]), methods=["POST"]),
        Route(f"{base}/propose/send", takes_order(frame, send, pages["propose"], sent), methods=["POST"]),
        Route(f"{base}/restore", edits(restore), methods=["POST"]),
        Route(f"{base}/discard", takes_form(frame, discard), methods=["POST"]),
        Route(f"{base}/rows/{{row:path}}/put", edits(put), methods=["POST"]),
        Route(f"{base}/rows/{{row:path}}/remove", edits(remove), methods=["POST"]),
        Route(f"{base}/rows/{{row:path}}", row),
    ]


def seen_of(draft: RowDraft) -> str:
    """Stands for what a page showed of a draft: one that is another by now is not sent unseen."""
    return hashlib.sha256(draft.patch.model_dump_json().encode()).hexdigest()[:32]


def _rows(frame: Frame, draft: RowDraft, search: str) -> list[DraftRow]:
    """The rows that are searched for, as they would be."""
    spec = TABLES[draft.table]
    columns = [*(c.name for c in spec.inputs), *(c.name for c in spec.outputs)]
    states = {d.row_id: "new" if d.before is None else "moved" if d.moved else "changed" for d in draft.differences}
    found = []
    for place, (row_id, cells) in enumerate(draft.rows.items(), 1):
        words = {c: frame.words.cell(draft.table, c, cells.get(c, "")) for c in columns}
        if not search or search.lower() in f"{row_id} {' '.join(words.values())}".lower():
            found.append(DraftRow(row_id, place, words, states.get(row_id, "")))
    return found
