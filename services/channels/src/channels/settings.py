"""What channels may be told."""

from __future__ import annotations

from common.runtime.http.settings import HttpSettings
from pydantic import Field, SecretStr


class ChannelsSettings(HttpSettings):
    """As every process that serves more than health, and the keys of its edges."""

    edge_key: SecretStr = Field(
        description="base64 of 32 bytes; secrets of conversations and ids of posts are made under it"
    )
    conversation_rate: float = Field(
        default=12.0, ge=1, description="messages and other words a minute taken of one conversation over HTTP"
    )
    conversation_burst: float = Field(default=30.0, ge=1, description="of them taken at once after a quiet time")
    reading_rate: float = Field(
        default=300.0, ge=1, description="times a minute that one conversation's page, files and states are shown"
    )
    reading_burst: float = Field(default=120.0, ge=1, description="of them shown at once after a quiet time")
    key_rate: float = Field(
        default=100.0, ge=0, description="posts a second taken under one API key, from all addresses; 0: no limit"
    )
    key_burst: float = Field(default=300.0, ge=1, description="of them taken at once after a quiet time")
    form_origins: str = Field(
        default="",
        description="comma-separated, such as https://portal.example.org: sites whose pages may hold our form for"
        " voices, the portal's first; a form from another site is shown before it is taken",
    )
    delivery_hours: float = Field(
        default=72.0, gt=0, le=168, description="how long a notice that cannot be delivered is tried again"
    )
    forwarding_keys: SecretStr | None = Field(
        default=None, description="comma-separated, AUTHORITY=KEY: api_key for the Open311 endpoint of an authority"
    )
    forwarding_seconds: float = Field(
        default=300.0, gt=0, description="how often an authority's endpoint is asked what became of a case"
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
    telegram_name: str = Field(
        default="",
        pattern=r"^[A-Za-z0-9_]{0,32}$",
        description="of the bot, without @: citizens' pages have a link to it",
    )
    vk_token: SecretStr | None = Field(default=None, description="of the community; none: there is no VK here")
    vk_secret: SecretStr | None = Field(default=None, description="the secret key of the community's Callback API")
    vk_group: int | None = Field(default=None, description="the number of the community")
    vk_confirmation: str = Field(default="", description="what VK shall read when it asks whether the server is ours")
    vk_url: str = Field(default="https://api.vk.com", description="VK's API")
    max_token: SecretStr | None = Field(default=None, description="of the bot; none: there is no MAX here")
    max_secret: SecretStr | None = Field(
        default=None, description="secret of the bot's subscription; nobody else can post updates"
    )
    max_name: str = Field(
        default="",
        pattern=r"^\w{0,64}$",
        description="of the bot, as in max.ru/NAME: citizens' pages have a link to it",
    )
    max_url: str = Field(default="https://platform-api2.max.ru", description="MAX's API")
    email_addresses: str = Field(
        default="", description="comma-separated: where citizens write to; notices come from the first; none: no e-mail"
    )
    email_lmtp_host: str = Field(default="127.0.0.1", description="where mails are handed over by LMTP, without TLS")
    email_lmtp_port: int | None = Field(default=None, gt=0, le=65_535, description="none: nothing is taken by LMTP")
    email_imap: str = Field(
        default="", description="a mailbox to read, in place of LMTP or beside it: imaps://HOST; none: none is read"
    )
    email_imap_user: str = Field(default="", description="of the account there")
    email_imap_password: SecretStr | None = Field(default=None, description="of that account")
    email_imap_folder: str = Field(default="INBOX", description="of which unread mails are taken")
    email_smtp: str = Field(
        default="", description="by which notices go out: smtps://HOST, smtp://HOST (STARTTLS) or smtp+plain://HOST"
    )
    email_smtp_user: str = Field(default="", description="of the account there; none: no password is asked")
    email_smtp_password: SecretStr | None = Field(default=None, description="of that account")
    email_authserv: str = Field(
        default="",
        description="the name under which our mail server writes Authentication-Results; none: it writes none",
    )
    email_hourly: float = Field(default=60.0, gt=0, description="mails an hour that are taken from one sender")
    sms_account: str = Field(default="", description="the account with the provider of SMS (Twilio's AC...)")
    sms_token: SecretStr | None = Field(
        default=None, description="of the account; the provider's posts are signed with it; none: there is no SMS here"
    )
    sms_sender: str = Field(default="", description="who sends: a number, or a messaging service (Twilio's MG...)")
    sms_webhook: str = Field(
        default="",
        description="the address of our webhook exactly as the provider was told, such as"
        " https://edge.example.org/sms/webhook#rc=5&rp=all",
    )
    sms_url: str = Field(default="https://api.twilio.com", description="the provider's API")
    posts_keys: SecretStr | None = Field(
        default=None,
        description="comma-separated, CHANNEL=KEY: who posts public posts and comments of a channel and fetches the"
        " replies; none: nobody does",
    )
    attachments: str = Field(
        default="",
        description="where files that citizens send are kept: file:///folder, or s3://bucket/prefix with its"
        " credentials in the environment (AWS_*); empty: none are taken",
    )
