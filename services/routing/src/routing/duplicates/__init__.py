"""Which cases may be about the same thing as an earlier one: suggested to people, never joined unasked."""
