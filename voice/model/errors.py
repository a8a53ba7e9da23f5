"""What can go wrong while the model is built."""


class ModelBuildError(Exception):
    """Base of the errors of building the model; the message is for the builder."""


class EspeakMissing(ModelBuildError, LookupError):
    """The library of espeak-ng, or one of its voices, is not installed."""


class ForeignSounds(ModelBuildError, ValueError):
    """espeak-ng spoke part of a text as another language, or as no speech."""
