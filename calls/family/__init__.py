"""The page on which family answers and calls; served by the hub, runs in a browser."""
