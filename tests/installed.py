"""Models that the tests use for real; `script/test` installs them."""

from pathlib import Path

import pytest

from companion.settings import Settings
from voice.models import ModelStore


def installed_model(name: str) -> Path:
    """The folder of an installed model; the test fails without it."""
    models = ModelStore(Settings().folders.models_path())
    model = models.find(name)
    if not models.is_installed(model):
        pytest.fail(f"a model is missing: run `praatpaal models install {name}`")
    return models.path_of(model)


OWN_MODEL = "praatpaal-nl-synthetic"
"""The one for synthetic speech; `[ears] model` with this name makes it listen."""


def own_model() -> Path:
    """The folder of the model that comes with Praatpaal; the test fails without it."""
    models = ModelStore(Settings().folders.models_path())
    model = models.find(OWN_MODEL)
    if not models.is_installed(model):
        pytest.fail("the model of our own is missing: make it with script/build-model")
    return models.path_of(model)
