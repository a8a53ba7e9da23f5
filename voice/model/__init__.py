"""Builds the small Dutch Vosk model from synthetic speech.

Only `voice.model.words` and what it needs is used by a running device; the rest
is `script/build-model`.
"""
