"""What can go wrong while the model is built or given more words."""


class ModelBuildError(Exception):
    """Base of the errors of this package; the message is for who builds or installs."""


class EspeakMissing(ModelBuildError, LookupError):
    """The library of espeak-ng, or one of its voices, is not installed."""


class ForeignSounds(ModelBuildError, ValueError):
    """espeak-ng spoke part of a text as another language, or as no speech."""


class DamagedModel(ModelBuildError, ValueError):
    """A file or folder is no model that this program wrote, or not a whole one."""


class NotPronounced(ModelBuildError, ValueError):
    """espeak-ng cannot say a word as Dutch."""
