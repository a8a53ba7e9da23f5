"""Is pressed and lights up: buttons, light, screen, microphone switch."""
