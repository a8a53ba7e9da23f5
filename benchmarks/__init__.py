"""How well and how fast Praatpaal does what it does; one command each."""
