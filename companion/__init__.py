"""Decides: conversations, check-ins, what is kept and what is shared."""
