"""The whole device in a browser page on a loopback address."""
