"""The commands of `praatpaal`, one module each."""
