"""The adapters: one folder a protocol that citizens speak to us. Those in this list run."""

from __future__ import annotations

from channels.adapters import json_http, open311, web_form

ADAPTERS = (json_http, open311, web_form)
