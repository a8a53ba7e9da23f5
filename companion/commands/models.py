"""`praatpaal models`: which models there are, and fetching and checking them."""

import argparse
import functools
import json
import sys
from collections.abc import Callable, Sequence
from typing import Any, TypedDict

from companion.commands import words
from companion.commands.options import (
    FAILED,
    FINE,
    WRONG_USE,
    add_json,
    answer,
    complain,
    metavar,
    print_json,
)
from companion.commands.texts import Texts
from companion.settings import load
from voice.download import ModelError, Unreachable
from voice.models import Model, ModelStore


def _say(key: str, **values: object) -> str:
    return Texts("models").say(key, **values)


def _describe(model: Model, key: str) -> str:
    """Say in Dutch what a model is (not) good for."""
    return _say(f"models.{model.name}.{key}")


def explain(error: ModelError) -> str:
    """What went wrong with a model, in one sentence."""
    return _say(f"errors.{error.reason}", **error.details)


_COLUMNS = ("name", "kind", "language", "size", "state")


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
    bundled: bool
    hears_people: bool
    made_of: str


def add_parser(subparsers: Any) -> None:
    """Add `models list|install|remove|verify|words`."""
    models = subparsers.add_parser("models", help=_say("help"))
    actions = models.add_subparsers(
        required=True, metavar="list|install|remove|verify|words"
    )

    def add(name: str, run: Callable[[argparse.Namespace], int]) -> Any:
        parser = actions.add_parser(name, help=_say(f"help_{name}"))
        add_json(parser)
        parser.set_defaults(run=functools.partial(_guarded, run))
        return parser

    def add_name(parser: Any, name: str, **options: Any) -> None:
        parser.add_argument(
            name, metavar=metavar("name"), help=_say("help_name"), **options
        )

    add("list", _list)
    install = add("install", _install)
    add_name(install, "names", nargs="*")
    install.add_argument("--default", action="store_true", help=_say("help_default"))
    add_name(add("remove", _remove), "name")
    add_name(add("verify", _verify), "name", nargs="?")
    words.add_words_parser(add("words", words.run))


def _guarded(run: Callable[[argparse.Namespace], int], args: argparse.Namespace) -> int:
    try:
        return run(args)
    except ModelError as error:
        _complain(args, explain(error), error.reason)
        is_wrong_use = error.reason == "unknown_model"
        return WRONG_USE if is_wrong_use else FAILED


def _complain(args: argparse.Namespace, sentence: str, reason: str) -> None:
    complain(sentence)
    if args.json:
        print_json({"error": reason, "text": sentence})


def _store(args: argparse.Namespace) -> ModelStore:
    return ModelStore(load(args.settings).folders.models_path())


def _report(store: ModelStore, model: Model) -> Report:
    return Report(
        name=model.name,
        kind=model.kind,
        language=model.language,
        size=store.size_of(model),
        licence=model.licence,
        sources=list(model.sources),
        good_for=_describe(model, "good_for"),
        not_for=_describe(model, "not_for"),
        installed=store.is_installed(model),
        has_hash=all(part.checksum.is_known for part in model.parts),
        bundled=model.is_bundled,
        hears_people=model.hears_people,
        made_of=_say(f"made_of_what.{model.name}") if model.made_of else "",
    )


def _list(args: argparse.Namespace) -> int:
    store = _store(args)
    reports = [_report(store, model) for model in store.manifest]
    if args.json:
        print(json.dumps(reports, ensure_ascii=False, indent=2))
        return FINE
    print(_table([_row(report) for report in reports]))
    print()
    for report in reports:
        print(report["name"])
        print(f"  {_say('good_for')}: {report['good_for']}")
        print(f"  {_say('not_for')}: {report['not_for']}")
        print(f"  {_say('licence')}: {report['licence']}")
        if report["made_of"]:
            print(f"  {_say('made_of')}: {report['made_of']}")
        for source in report["sources"] or (_say("comes_along"),):
            print(f"  {_say('source')}: {source}")
    return FINE


def _row(report: Report) -> tuple[str, ...]:
    state = "installed" if report["installed"] else "absent"
    if not report["has_hash"]:
        state = "no_hash"
    return (
        report["name"],
        _say(f"kinds.{report['kind']}"),
        report["language"],
        f"{report['size'] / 1e6:.0f} MB",
        _say(state),
    )


def _table(rows: Sequence[Sequence[str]]) -> str:
    """Columns as wide as their widest cell; the size stands to the right."""
    titles = [_say(f"columns.{name}") for name in _COLUMNS]
    table = [titles, *rows]
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    lines = (
        (
            cell.rjust(width) if name == "size" else cell.ljust(width)
            for name, cell, width in zip(_COLUMNS, row, widths, strict=True)
        )
        for row in table
    )
    return "\n".join("  ".join(line).rstrip() for line in lines)


class ProgressBar:
    """A progress bar on a terminal, nothing elsewhere."""

    def __init__(self) -> None:
        """Show nothing yet."""
        self._shown = ""

    def __call__(self, name: str, have: int, size: int) -> None:
        """Show how much of a model there is."""
        share = have / size if size else 1.0
        line = f"\r{name} [{'#' * int(30 * share):30}] {share:4.0%} {have / 1e6:.0f} MB"
        if sys.stderr.isatty() and line != self._shown:
            print(line, end="", file=sys.stderr, flush=True)
            self._shown = line

    def close(self) -> None:
        """End the line."""
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
    bar = ProgressBar()
    try:
        if args.default:
            return _install_default(args, store, bar)
        for name in args.names:
            is_new = store.install(name, bar)
            sentence = _say("done" if is_new else "already", name=name)
            answer(args, sentence, {"name": name, "installed": True, "new": is_new})
        return FINE
    finally:
        bar.close()


def _install_default(
    args: argparse.Namespace, store: ModelStore, bar: ProgressBar
) -> int:
    try:
        done = store.install_default(bar)
    except Unreachable as unreachable:
        _complain(args, _say("default_unreachable"), unreachable.reason)
        return FAILED
    name = done.model.name
    sentence = _say("default_done", name=name)
    if done.passed_over:
        wanted, error = done.passed_over[0]
        sentence = _say(
            "second_best",
            wanted=wanted.name,
            reason=_say(f"short_reasons.{error.reason}"),
            name=name,
            good_for=_describe(done.model, "good_for"),
        )
    passed_over = {model.name: error.reason for model, error in done.passed_over}
    data = {"name": name, "installed": True, "passed_over": passed_over}
    answer(args, sentence, {**data, "text": sentence})
    return FINE


def _remove(args: argparse.Namespace) -> int:
    _store(args).remove(args.name)
    answer(args, _say("removed", name=args.name), {"name": args.name, "removed": True})
    return FINE


def _verify(args: argparse.Namespace) -> int:
    store = _store(args)
    names = [args.name] if args.name else []
    if not args.name:
        names = [model.name for model in store.installed]
    if not names:
        _complain(args, _say("nothing_installed"), "nothing_installed")
        return FAILED
    outcome = FINE
    for name in names:
        damaged = store.verify(name)
        data = {"name": name, "sound": not damaged, "damaged": list(damaged)}
        if damaged:
            outcome = FAILED
            key = "damaged_bundled" if store.find(name).is_bundled else "damaged"
            sentence = _say(key, name=name, files=", ".join(damaged[:3]))
            complain(sentence)
            if args.json:
                print_json(data)
        else:
            answer(args, _say("sound", name=name), data)
    return outcome
