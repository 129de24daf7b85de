"""SMS: a provider's webhook in, its API out, its word on each delivery."""

from __future__ import annotations

from urllib.parse import urlsplit

from common.messaging.settings import SettingsError
from starlette.routing import Mount, Route

from channels.adapters.sms.inbound import Inbound
from channels.adapters.sms.outbound import Sms
from channels.adapters.sms.twilio import Twilio
from channels.bots.bot import Bot
from channels.edge import Edge
from channels.mounting import mounted

PATH = "/sms"
WEBHOOK, STATUS = "/webhook", "/status"


def error_form(status: int, words: str) -> dict[str, object]:
    return {"code": status, "message": words}


def routes(edge: Edge) -> Mount:
    """The webhooks; without credentials there are none."""
    found = _messenger(edge)
    if found is None:
        return mounted(PATH, [], error_form)
    inbound = Inbound(edge, *found)
    return mounted(
        PATH,
        [
            Route(WEBHOOK, inbound.post_message, methods=["POST"]),
            Route(STATUS, inbound.post_status, methods=["POST"]),
        ],
        error_form,
    )


def deliverer(edge: Edge) -> Bot | None:
    """What delivers the notices of `sms`."""
    found = _messenger(edge)
    return Bot(edge, found[0]) if found is not None else None


def _messenger(edge: Edge) -> tuple[Sms, Twilio] | None:
    """Raises SettingsError."""
    settings = edge.settings
    if settings.sms_token is None:
        return None
    if not (settings.sms_account and settings.sms_sender):
        raise SettingsError("OTKLIK_SMS_TOKEN needs OTKLIK_SMS_ACCOUNT and OTKLIK_SMS_SENDER: who sends, and as whom")
    webhook = urlsplit(settings.sms_webhook)
    if webhook.scheme not in ("https", "http") or not webhook.path.endswith(PATH + WEBHOOK):
        raise SettingsError(
            f"OTKLIK_SMS_WEBHOOK must be the address that the provider posts to, such as"
            f" https://edge.example.org{PATH}{WEBHOOK}: its signatures are made of it"
        )
    twilio = Twilio(
        settings.sms_url, settings.sms_account, settings.sms_token.get_secret_value(), settings.sms_sender,
        settings.sms_webhook, settings.sms_webhook.partition("#")[0].removesuffix(WEBHOOK) + STATUS,
    )  # fmt: skip
    return Sms(twilio, edge), twilio
