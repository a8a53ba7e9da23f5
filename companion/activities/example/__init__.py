"""The social map of Voorbeelddorp, a place that does not exist, in every form."""
