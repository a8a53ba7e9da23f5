"""Reaches people: video calls, the hub between both ends, and the family page."""
