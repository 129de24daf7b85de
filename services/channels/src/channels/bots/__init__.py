"""What bots of all messengers have in common: what they ask, their buttons, and the records that come of both."""
