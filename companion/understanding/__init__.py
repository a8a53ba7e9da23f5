"""From words to meaning: numbers, times, intents, danger."""
