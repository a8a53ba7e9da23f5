"""Imports point one way, so that each package can be read by itself."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
OURS = ("companion", "voice", "hardware", "calls")

MAY_IMPORT = {
    "companion": ("companion", "voice", "hardware", "calls"),
    "calls": (
        "calls.agenda_messages", "calls.call", "calls.call_messages", "calls.family",
        "calls.hub_client",
        "calls.keys", "calls.link", "calls.messages",
        "calls.note_messages", "calls.video", "calls.wire",
        "voice.audio",
    ),
    # Runs elsewhere, on a small server: it shares with the device what travels.
    "calls/hub": (
        "calls.agenda_messages", "calls.call_messages", "calls.family.files",
        "calls.hub", "calls.keys",
        "calls.link", "calls.messages", "calls.note_messages", "calls.wire",
    ),
    "voice": ("voice",),
    "hardware": ("hardware",),
}  # fmt: skip

# What is a device, an engine or a file of this machine, and not a value or a rule.
REAL_PARTS = {
    "GpioPanel", "TerminalPanel", "SdlScreen", "SoundCard", "FileSound",
    "EspeakSynthesiser", "PiperSynthesiser", "VoskRecogniser", "WhisperRecogniser",
    "MockPins", "Simulator", "BrowserSound", "BrowserScreen", "BrowserCamera",
    "V4l2Camera", "FileCamera", "TestCamera", "HubClient", "VideoPhone",
}  # fmt: skip
BUILDERS = tuple(
    Path(f"companion/{name}.py") for name in ("device", "family_parts", "calls_check")
)


def modules(package: str) -> list[Path]:
    return [path.relative_to(ROOT) for path in sorted((ROOT / package).rglob("*.py"))]


def imports(module: Path, tree: ast.AST) -> Iterator[str]:
    """Every module that is imported, also within functions."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module} uses a relative import"
            # "from voice import audio" imports voice.audio.
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def wrong_imports(module: Path, source: str) -> list[str]:
    package = "/".join(module.parts[:2])
    allowed = MAY_IMPORT.get(package) or MAY_IMPORT[module.parts[0]]
    return [
        f"{module} imports {name}; it may only use {', '.join(allowed)} of ours"
        for name in imports(module, ast.parse(source))
        if name.split(".")[0] in OURS
        and not any(f"{name}.".startswith(f"{it}.") for it in allowed)
    ]


def wrong_constructions(module: Path, source: str) -> list[str]:
    calls = [n for n in ast.walk(ast.parse(source)) if isinstance(n, ast.Call)]
    names = [call.func.id for call in calls if isinstance(call.func, ast.Name)]
    return [
        f"{module} makes a {name}; only {BUILDERS[0]} makes real parts"
        for name in names
        if name in REAL_PARTS and module not in BUILDERS
    ]


@pytest.mark.parametrize("package", [name for name in OURS if (ROOT / name).is_dir()])
def test_imports_point_one_way(package: str) -> None:
    assert modules(package)
    for module in modules(package):
        problems = wrong_imports(module, (ROOT / module).read_text(encoding="utf-8"))
        assert not problems, "\n".join(problems)


def test_only_the_app_makes_real_parts() -> None:
    for module in modules("companion"):
        source = (ROOT / module).read_text(encoding="utf-8")
        problems = wrong_constructions(module, source)
        assert not problems, "\n".join(problems)


def test_every_real_part_still_has_this_name() -> None:
    sources = [ROOT / module for package in OURS for module in modules(package)]
    defined = {
        node.name
        for path in sources
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ClassDef)
    }
    assert defined >= REAL_PARTS


@pytest.mark.parametrize(
    ("module", "source", "is_wrong"),
    [
        ("voice/a.py", "from voice.audio import Samples", False),
        ("voice/a.py", "from companion.talk import Talk", True),
        ("voice/a.py", "def f():\n    import hardware.panel", True),
        ("hardware/a.py", "from voice import audio", True),
        ("calls/a.py", "from voice.audio import Samples", False),
        ("calls/a.py", "from voice import audio", False),
        ("calls/a.py", "from voice.mouth import Mouth", True),
        ("calls/a.py", "from calls.hub.store import Store", True),
        ("calls/hub/a.py", "from calls.hub.store import Store", False),
        ("calls/hub/a.py", "from calls.hub_client import HubClient", True),
        ("companion/a.py", "import voice.mouth, asyncio", False),
    ],
)
def test_the_rule_sees_what_is_wrong(module: str, source: str, is_wrong: bool) -> None:
    assert bool(wrong_imports(Path(module), source)) == is_wrong


def test_the_rule_sees_who_makes_parts() -> None:
    source = "card = SoundCard('x')"
    assert wrong_constructions(Path("companion/talk.py"), source)
    assert not wrong_constructions(Path("companion/device.py"), source)
