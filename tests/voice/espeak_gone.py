"""A machine whose espeak-ng is missing, or crashes: for children of the tests."""

import sys
from pathlib import Path

import pytest

_SITE = """
import ctypes, os

load = ctypes.cdll.LoadLibrary

def load_what_is_there(name):
    if "espeak" in str(name):
        {reaction}
    return load(name)

ctypes.cdll.LoadLibrary = load_what_is_there
"""
_REACTIONS = {
    "missing": 'raise OSError(f"{name}: cannot open shared object file")',
    "crashing": "os.abort()",
}


def break_espeak(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, how: str = "missing"
) -> None:
    """Break the library of espeak-ng, and hide its program, for every child.

    Args:
        tmp_path: Where the code goes that each Python runs at its start.
        monkeypatch: Undoes it.
        how: "missing" or "crashing".
    """
    site = tmp_path / "site"
    site.mkdir()
    code = _SITE.format(reaction=_REACTIONS[how])
    (site / "sitecustomize.py").write_text(code)
    monkeypatch.setenv("PYTHONPATH", str(site))
    programs = tmp_path / "programs"
    programs.mkdir()
    (programs / "python").symlink_to(sys.executable)
    if how == "missing":
        monkeypatch.setenv("PATH", str(programs))
