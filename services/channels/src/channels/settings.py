"""What channels may be told."""

from __future__ import annotations

from common.runtime.http.settings import HttpSettings
from pydantic import Field, SecretStr


class ChannelsSettings(HttpSettings):
    """As every process that serves more than health, and the keys of its edges."""

    edge_key: SecretStr = Field(
        description="base64 of 32 bytes; secrets of conversations and ids of posts are made under it"
    )
    form_origins: str = Field(
        default="",
        description="comma-separated, such as https://portal.example.org: sites whose pages may hold our form for"
        " voices, the portal's first; a form from another site is shown before it is taken",
    )
    delivery_hours: float = Field(
        default=72.0, gt=0, le=168, description="how long a notice that cannot be delivered is tried again"
    )
    open311_contact: str = Field(
        default="",
        description="whom to ask about the Open311 endpoint and its keys, as its discovery tells it",
    )
    open311_keys: SecretStr | None = Field(
        default=None, description="comma-separated; api_key of Open311 must be one of these; none: no key is asked"
    )
    telegram_token: SecretStr | None = Field(default=None, description="of the bot; none: there is no Telegram here")
    telegram_secret: SecretStr | None = Field(
        default=None, description="secret_token of the bot's webhook; nobody else can post updates"
    )
    telegram_url: str = Field(default="https://api.telegram.org", description="a Bot API server")
    attachments: str = Field(
        default="",
        description="where files that citizens send are kept: file:///folder, or s3://bucket/prefix with its"
        " credentials in the environment (AWS_*); empty: none are taken",
    )
