"""Sound for tests: devices driven by hand and a virtual sound card."""
