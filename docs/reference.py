"""Writes the generated parts of the documentation: help, tables of settings and error codes, the floors of the code.

`make docs` runs it through cog; `tests/promises/test_docs.py` fails when a page is out of date.
"""

from __future__ import annotations

import ast
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

import typer.main

from pipeline.cli import app
from pipeline.cli.app import COMMANDS
from pipeline.errors import ErrorCode
from pipeline.settings.declaration import Role
from pipeline.settings.environment import ENV_FILE
from pipeline.settings.load import variable_of
from pipeline.settings.secrets import SECRETS
from pipeline.settings.sections import Settings, settings_of
from pipeline.web.problems import Refusal

ROOT = Path(__file__).parents[1]
WIDTH = 88  # of the terminal that help is wrapped for, so that the pages are the same everywhere
NOT_SETTINGS = {
    ENV_FILE: ("`.env`", "file of variables that the environment lacks; empty: none"),
    "GITLAB_TOKEN": ("–", "secret: access token with the scope `read_api`"),
    "QDRANT_API_KEY": ("–", "secret: key of the Qdrant server"),
}
"""Variables that stand for no setting -> default and description."""


ERROR_PAGES = {
    ErrorCode.TOO_LARGE: "[limits.md](limits.md#what-a-file-may-cost)",
    ErrorCode.INCOMPLETE_TEXT: "[limits.md](limits.md#how-much-text-must-be-there)",
    ErrorCode.LFS_MISSING: "[gitlab.md](gitlab.md#lfs)",
    ErrorCode.WITHHELD: "[gitlab.md](gitlab.md#what-is-read)",
    ErrorCode.PURGED: "[data-directory.md](data-directory.md#forgetting-a-document)",
    ErrorCode.ROLLED_BACK: "[reindexing.md](reindexing.md)",
    ErrorCode.QUALITY: "[retrieval.md](retrieval.md)",
}
"""Error code -> the page that says more about it."""


def commands() -> str:
    """A heading for each group of commands, and the help of each command below it."""
    root: Any = typer.main.get_command(app)
    context = _context(root, "nic", None)
    options, _, _ = _help(root, context).partition("\n\nCommands:")
    lines = ["```text", options, "```", ""]
    for panel, names in COMMANDS.items():
        lines += [f"## {panel}", ""]
        for name in names:
            for title, text in _helps(root.commands[name], name, context):
                lines += [f"### {title}", "", "```text", text, "```", ""]
    return "\n".join(lines[:-1]) + "\n"


def variables() -> str:
    """The table of environment variables."""
    lines = ["| variable | setting | default | description |", "|---|---|---|---|"]
    for section, name, info in _settings():
        if variable := variable_of(section, name):
            cells = (f"`{variable}`", f"`[{section}] {name}`", _default(info.default), _text(info))
            lines.append(_row(*cells))
    missing = {*SECRETS, ENV_FILE} ^ set(NOT_SETTINGS)
    if missing:
        raise KeyError(f"NOT_SETTINGS of docs/reference.py and the code differ: {sorted(missing)}")
    for variable, (default, description) in NOT_SETTINGS.items():
        lines.append(_row(f"`{variable}`", "–", default, description))
    return "\n".join(lines) + "\n"


def settings() -> str:
    """The table of settings, a row each, in the order of luigi.cfg."""
    roles = {name: role for role in Role for names in settings_of(role).items() for name in _pairs(*names)}
    lines = ["| section | setting | default | environment | role | description |", "|---|---|---|---|---|---|"]
    for section, name, info in _settings():
        variable = variable_of(section, name)
        shown = f"`{variable}`" if variable else "–"
        cells = f"`{section}`", f"`{name}`", _default(info.default), shown, roles[section, name], _text(info)
        lines.append(_row(*cells))
    return "\n".join(lines) + "\n"


def error_codes() -> str:
    """The table of error codes: severity, meaning with a link to more, remedy."""
    lines = ["| code | severity | meaning | what to do |", "|---|---|---|---|"]
    for code in ErrorCode:
        more = f" ({ERROR_PAGES[code]})" if code in ERROR_PAGES else ""
        lines.append(_row(f"`{code}`", code.severity, code.meaning + more, code.remedy))
    return "\n".join(lines) + "\n"


def refusals() -> str:
    """The table of codes that the service answers requests with."""
    lines = ["| code | HTTP status | meaning | what to do |", "|---|---|---|---|"]
    lines += [_row(f"`{each}`", str(each.status.value), each.meaning, each.remedy) for each in Refusal]
    return "\n".join(lines) + "\n"


def floors() -> str:
    """The packages of each layer of the import rules, top first, with the first sentence of their docstring."""
    rules = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]["contracts"]
    (layers,) = (rule["layers"] for rule in rules if rule.get("containers") == ["pipeline"])
    lines = ["| floor | package | what it is for |", "|---|---|---|"]
    for number, layer in zip(range(len(layers), 0, -1), layers, strict=True):
        lines += [_row(str(number), f"`{name}`", _purpose(name)) for name in layer.split(" | ")]
    return "\n".join(lines) + "\n"


def _pairs(section: str, names: set[str]) -> Iterator[tuple[str, str]]:
    return ((section, name) for name in names)


def _purpose(name: str) -> str:
    package = ROOT / "pipeline" / name
    file = package / "__init__.py" if package.is_dir() else package.with_suffix(".py")
    text = " ".join((ast.get_docstring(ast.parse(file.read_text(encoding="utf-8"))) or "").split())
    return text.partition(". ")[0].rstrip(".")


def _settings() -> Iterator[tuple[str, str, Any]]:
    for section, model in Settings.model_fields.items():
        for name, info in getattr(model.annotation, "model_fields", {}).items():
            yield section, name, info


def _helps(command: Any, name: str, parent: Any) -> Iterator[tuple[str, str]]:
    """Full name and help of a command, or of the commands of a group."""
    context = _context(command, name, parent)
    if not hasattr(command, "commands"):
        yield context.command_path, _help(command, context)
        return
    for each in command.list_commands(context):
        yield from _helps(command.commands[each], each, context)


def _context(command: Any, name: str, parent: Any) -> Any:
    options = {"terminal_width": WIDTH, "max_content_width": WIDTH, "color": False, "resilient_parsing": True}
    return command.make_context(name, [], parent=parent, **options)


def _help(command: Any, context: Any) -> str:
    command.rich_markup_mode = None  # plain text, without the boxes that rich fits to the terminal
    return "\n".join(line.rstrip() for line in command.get_help(context).splitlines())


def _default(value: Any) -> str:
    if value is None or value == "":
        return "–"
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    return f"`{' '.join(map(str, value)) if isinstance(value, tuple) else value}`"


def _text(info: Any) -> str:
    """The description, and the values of a choice."""
    choices = get_args(info.annotation) if get_origin(info.annotation) is Literal else ()
    named = f"{info.description}: {', '.join(f'`{choice}`' for choice in choices)}" if choices else info.description
    return str(named).replace("|", "\\|")


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"
