"""One module for each form in which a social map is published."""
