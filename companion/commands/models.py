"""`praatpaal models`: which models there are, and fetching and checking them."""

import argparse
import functools
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypedDict, cast

import yaml

from voice.download import ModelError
from voice.models import Model, ModelStore

_TEXTS = Path(__file__).parent.parent / "nl" / "replies" / "models.yaml"

FINE, FAILED, WRONG_USE = 0, 1, 2
"""Exit codes."""


@functools.cache
def _texts() -> dict[str, Any]:
    return cast(dict[str, Any], yaml.safe_load(_TEXTS.read_text()))


def _say(key: str, **values: str) -> str:
    return str(_texts()[key]).format(**values)


def _describe(model: Model, key: str) -> str:
    """Say in Dutch what a model is (not) good for."""
    return str(_texts()["models"][model.name][key])


def _explain(error: ModelError) -> str:
    return str(_texts()["errors"][error.reason]).format(**error.details)


class Report(TypedDict, total=False):
    """One model in a JSON answer."""

    name: str
    kind: str
    language: str
    size: int
    licence: str
    sources: list[str]
    good_for: str
    not_for: str
    installed: bool
    has_hash: bool


def add_parser(
    subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]",
) -> None:
    """Add the command; the caller sets `models_folder` in the arguments."""
    models = subparsers.add_parser("models", help=_say("help"))
    actions = models.add_subparsers(dest="action", required=True)

    def add(name: str, run: Callable[[argparse.Namespace], int]) -> Any:
        parser = actions.add_parser(name, help=_say(f"help_{name}"))
        parser.add_argument("--json", action="store_true", help=_say("help_json"))
        parser.set_defaults(run=functools.partial(_guarded, run))
        return parser

    add("list", _list)
    install = add("install", _install)
    install.add_argument("names", nargs="*", metavar="NAME", help=_say("help_name"))
    install.add_argument("--default", action="store_true", help=_say("help_default"))
    remove = add("remove", _remove)
    remove.add_argument("name", metavar="NAME", help=_say("help_name"))
    verify = add("verify", _verify)
    verify.add_argument("name", nargs="?", metavar="NAME", help=_say("help_name"))


def _guarded(run: Callable[[argparse.Namespace], int], args: argparse.Namespace) -> int:
    try:
        return run(args)
    except ModelError as error:
        _complain(args, _explain(error), error.reason)
        is_wrong_use = error.reason == "unknown_model"
        return WRONG_USE if is_wrong_use else FAILED


def _complain(args: argparse.Namespace, sentence: str, reason: str) -> None:
    print(sentence, file=sys.stderr)
    if args.json:
        print(json.dumps({"error": reason, "text": sentence}, ensure_ascii=False))


def _answer(args: argparse.Namespace, sentence: str, data: dict[str, Any]) -> None:
    print(json.dumps(data, ensure_ascii=False) if args.json else sentence)


def _store(args: argparse.Namespace) -> ModelStore:
    return ModelStore(Path(args.models_folder))


def _report(store: ModelStore, model: Model) -> Report:
    return Report(
        name=model.name,
        kind=model.kind,
        language=model.language,
        size=model.size,
        licence=model.licence,
        sources=list(model.sources),
        good_for=_describe(model, "good_for"),
        not_for=_describe(model, "not_for"),
        installed=store.is_installed(model),
        has_hash=all(part.checksum.is_known for part in model.parts),
    )


def _list(args: argparse.Namespace) -> int:
    store = _store(args)
    reports = [_report(store, model) for model in store.manifest]
    if args.json:
        print(json.dumps(reports, ensure_ascii=False, indent=1))
        return FINE
    for report in reports:
        state = "installed" if report["installed"] else "absent"
        if not report["has_hash"]:
            state = "no_hash"
        megabytes = report["size"] / 1e6
        print(
            f"{report['name']:26} {report['kind']:8} {report['language']}"
            f" {megabytes:6.0f} MB  {_say(state)}"
        )
        print(f"    {_say('good_for')}: {report['good_for']}")
        print(f"    {_say('not_for')}: {report['not_for']}")
        print(f"    {report['licence']}; {', '.join(report['sources'])}")
    return FINE


class _Bar:
    """A progress bar on a terminal, nothing elsewhere."""

    def __init__(self) -> None:
        self._shown = ""

    def __call__(self, name: str, have: int, size: int) -> None:
        share = have / size if size else 1.0
        line = f"\r{name} [{'#' * int(30 * share):30}] {share:4.0%} {have / 1e6:.0f} MB"
        if sys.stderr.isatty() and line != self._shown:
            print(line, end="", file=sys.stderr, flush=True)
            self._shown = line

    def close(self) -> None:
        if self._shown:
            print(file=sys.stderr)


def _install(args: argparse.Namespace) -> int:
    if bool(args.names) == args.default:
        key = "not_both" if args.default else "name_or_default"
        _complain(args, _say(key), key)
        return WRONG_USE
    store = _store(args)
    for name in args.names:
        store.find(name)
    bar = _Bar()
    try:
        if args.default:
            return _install_default(args, store, bar)
        for name in args.names:
            is_new = store.install(name, bar)
            sentence = _say("done" if is_new else "already", name=name)
            _answer(args, sentence, {"name": name, "installed": True, "new": is_new})
        return FINE
    finally:
        bar.close()


def _install_default(args: argparse.Namespace, store: ModelStore, bar: _Bar) -> int:
    done = store.install_default(bar)
    name = done.model.name
    sentence = _say("default_done", name=name)
    if done.passed_over:
        wanted, error = done.passed_over[0]
        sentence = _say(
            "second_best",
            wanted=wanted.name,
            reason=_texts()["short_reasons"][error.reason],
            name=name,
            good_for=_describe(done.model, "good_for"),
        )
    passed_over = {model.name: error.reason for model, error in done.passed_over}
    data = {"name": name, "installed": True, "passed_over": passed_over}
    _answer(args, sentence, {**data, "text": sentence})
    return FINE


def _remove(args: argparse.Namespace) -> int:
    _store(args).remove(args.name)
    _answer(args, _say("removed", name=args.name), {"name": args.name, "removed": True})
    return FINE


def _verify(args: argparse.Namespace) -> int:
    store = _store(args)
    names = [args.name] if args.name else []
    if not args.name:
        names = [model.name for model in store.manifest if store.is_installed(model)]
    if not names:
        _complain(args, _say("nothing_installed"), "nothing_installed")
        return FAILED
    outcome = FINE
    for name in names:
        damaged = store.verify(name)
        data = {"name": name, "sound": not damaged, "damaged": list(damaged)}
        if damaged:
            outcome = FAILED
            sentence = _say("damaged", name=name, files=", ".join(damaged[:3]))
            print(sentence, file=sys.stderr)
            if args.json:
                print(json.dumps(data))
        else:
            _answer(args, _say("sound", name=name), data)
    return outcome
