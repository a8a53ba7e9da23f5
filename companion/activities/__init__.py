"""The social map: what there is to do nearby, from whoever publishes it."""
