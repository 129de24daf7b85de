"""Channels in and out, the contact vault, receipts."""
