"""Writes the generated parts of luigi.cfg and .env.example from the declarations of the settings, for `make docs`."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

from reference import NOT_SETTINGS

from pipeline.settings.load import variable_of
from pipeline.settings.secrets import LIBRARIES_SECRETS, SECRETS
from pipeline.settings.sections import Settings

WIDTH = 120


def luigi_cfg() -> str:
    """Every section with every setting: what it means, and its default."""
    lines: list[str] = []
    for section, model in _sections():
        lines += [*_comment(model.__dict__.get("__doc__") or ""), f"[{section}]"]
        for name, info in model.model_fields.items():
            variable = variable_of(section, name)
            comment = f"{_meaning(info)} [{variable}]" if variable else _meaning(info)
            lines += [*_comment(comment), *_line(name, _value(info))]
        lines.append("")
    return "\n".join(lines[:-1]) + "\n"


def env_example() -> str:
    """Every variable, switched off by a # before it: those of settings, and secrets, which stand empty."""
    lines: list[str] = []
    for section, model in _sections():
        found = list(_variables(section, model))
        lines += [*found, ""] if found else []
    lines += ["# secrets of libraries: an object store's, the model hub's", "#AWS_ACCESS_KEY_ID="]
    return "\n".join([*lines, *(f"#{name}=" for name in LIBRARIES_SECRETS)]) + "\n"


def _variables(section: str, model: Any) -> Iterator[str]:
    for name, info in model.model_fields.items():
        if variable := variable_of(section, name):
            yield from _comment(_meaning(info))
            yield f"#{variable}={_value(info) or _extra(info, 'example')}"
    for secret in SECRETS:
        if secret.lower().startswith(f"{section}_"):
            yield from _comment(NOT_SETTINGS[secret][1].replace("`", ""))
            yield f"#{secret}="


def _sections() -> Iterator[tuple[str, Any]]:
    return ((name, info.annotation) for name, info in Settings.model_fields.items())


def _line(name: str, value: str) -> list[str]:
    """A long value goes on in indented lines, as configuration files have it."""
    line = f"{name} = {value}".rstrip()
    if len(line) <= WIDTH:
        return [line]
    indent = " " * 4
    return [f"{name} =", *textwrap.wrap(value, WIDTH, initial_indent=indent, subsequent_indent=indent)]


def _comment(text: str) -> list[str]:
    return textwrap.wrap(
        " ".join(text.split()),
        WIDTH,
        initial_indent="# ",
        subsequent_indent="# ",
        break_long_words=False,
        break_on_hyphens=False,
    )


def _meaning(info: Any) -> str:
    """The description, the values of a choice, and the details."""
    choices = get_args(info.annotation) if get_origin(info.annotation) is Literal else ()
    named = f"{info.description}: {', '.join(choices[:-1])} or {choices[-1]}" if choices else str(info.description)
    return "; ".join(filter(None, (named, _extra(info, "details"))))


def _extra(info: Any, name: str) -> str:
    return str(info.json_schema_extra.get(name, ""))


def _value(info: Any) -> str:
    match info.default:
        case None:
            return ""
        case bool(value):
            return str(value).lower()
        case tuple(values):
            return " ".join(map(str, values))
        case Path() as path:
            return path.as_posix()
    return str(info.default)
