"""Hears and speaks: sound, voice activity, recognition, synthesis, turns."""
