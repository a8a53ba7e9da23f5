"""Video calls: sound and picture to a browser and back."""
