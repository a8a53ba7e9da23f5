"""Conversations, each written the way it is spoken."""
