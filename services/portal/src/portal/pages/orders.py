"""The way of a form that a person sends; an order goes on to a command on a topic, and back to the page it was on."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from inspect import isawaitable
from urllib.parse import quote, urlencode

from common.contracts.events.base import Actor
from common.messaging.failures import TransientError
from common.messaging.works import left_undone
from pydantic import ValidationError
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from portal import orders
from portal.drafts import FORM
from portal.entered import Entered
from portal.forms import Form, FormRefused, check_origin, read_fields
from portal.language import _
from portal.orders import Order, Unconfirmed
from portal.pages.frame import Frame, session_of

Acts = Callable[[Actor, Form], Awaitable[Response]]
Reads = Callable[[Actor, Form], Order | Awaitable[Order]]
Shows = Callable[[Request, int, Entered], Awaitable[Response]]
"""Makes the page that a form is on, with what was typed into it."""
Given = Callable[[Actor, Order], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Wrong:
    """Why a form could not be sent; `field` is the one that is wrong, empty when it is none of them."""

    title: str
    words: str
    field: str = ""


def takes_form(frame: Frame, acts: Acts, shows: Shows | None = None) -> Callable[[Request], Awaitable[Response]]:
    """A form of a person's own session.

    One that cannot be taken is shown again by `shows`, with what was typed and what is wrong.
    """

    async def again(request: Request, status: int, fields: Mapping[str, str], wrong: Wrong) -> Response:
        if shows is None or FORM not in fields:
            return await frame.problem(request, status, wrong.title, wrong.words)
        async with frame.snapshots.taken():
            return await shows(request, status, Entered(fields[FORM], fields, wrong.words, wrong.field))

    async def handle(request: Request) -> Response:
        session = session_of(request)
        fields: dict[str, str] = {}
        try:
            fields = await read_fields(request)
            if session is None:
                return await _sign_in_again(frame, request, fields)
            check_origin(fields, session.form_check)
            return await acts(session.actor, Form(fields, frame.federation, frame.context.installation))
        except FormRefused as refused:
            wrong = Wrong(_("This could not be sent"), str(refused), refused.field)
            return await again(request, 400, fields, wrong)
        except ValidationError as error:
            names = ", ".join(sorted({str(e["loc"][0]) for e in error.errors() if e["loc"]}))
            words = _("Too long, or not as it must be: {fields}. Open the page again and fill the form once more.")
            wrong = Wrong(_("This could not be sent"), words.format(fields=names))
            return await again(request, 400, fields, wrong)
        except Unconfirmed:
            words = _(
                "Kafka did not confirm it in time. It may have been sent or not: look on the page in a moment whether"
                " it took effect, and only then send it again."
            )
            return await again(request, 503, fields, Wrong(_("It is not known whether this was sent"), words))
        except TransientError as error:
            words = _("Nothing was sent; {reason}.").format(reason=error)
            return await again(request, 503, fields, Wrong(_("This could not be sent"), words))

    return handle


def takes_order(
    frame: Frame, reads: Reads, shows: Shows | None = None, given: Given | None = None
) -> Callable[[Request], Awaitable[Response]]:
    """A form that gives one order; its outcome is shown on the page that the order names.

    `given` is told of an order that was given.
    """

    async def give(actor: Actor, form: Form) -> Response:
        order = reads(actor, form)
        if isawaitable(order):
            order = await order
        order_id = await orders.give(frame.context, order, await frame.now())
        # The order is given: without its draft only the words of a refused one would be lost.
        with left_undone("keep_the_draft_of_an_order"):
            if form.text(FORM):
                await frame.sessions.drafts.keep(order_id, actor.id, form.fields)
            if given is not None:
                await given(actor, order)
        query = urlencode({"order": order_id, "about": order.about, "name": order.name})
        return RedirectResponse(f"{quote(order.back)}?{query}#order", 303)

    return takes_form(frame, give, shows)


async def _sign_in_again(frame: Frame, request: Request, fields: Mapping[str, str]) -> Response:
    """Only people with a role may give orders: the page for signing in keeps what was typed."""
    kept = {name: text for name, text in fields.items() if name != "check"}
    words = _("You are not signed in, or your session has ended. Nothing was sent; what you wrote is kept.")
    return await frame.page(
        request, "login.html", 403, refused=words, person=None, code="", kept=kept, kept_path=request.url.path
    )
