"""The effective settings: read from every place they can come from, with all problems in one message.

The command line wins over the environment, the environment over `.env`, that over the environment's overlay
(luigi.staging.cfg), the overlay over luigi.cfg, luigi.cfg over the defaults of `pipeline.settings.sections`.
"""

from __future__ import annotations

import configparser
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import luigi
from pydantic import ValidationError
from pydantic_core import ErrorDetails

from pipeline.errors import ConfigurationError, sanitise, without_password
from pipeline.settings import environment, luigi_config
from pipeline.settings.sections import Settings

_SECTIONS: dict[str, type[luigi.Config]] = {
    name: luigi_config.luigi_section(name, info.annotation, __name__)
    for name, info in Settings.model_fields.items()
    if isinstance(info.annotation, type)
}


def load_settings() -> Settings:
    """The effective settings. Raises ConfigurationError with every problem in one message."""
    settings, problems = check_settings()
    if problems or settings is None:
        raise ConfigurationError(f"invalid settings: {'; '.join(problems)}")
    return settings


def check_settings() -> tuple[Settings | None, list[str]]:
    """The effective settings and every problem with them, a phrase each; None if they are incomplete."""
    problems = [*environment.apply(), *luigi_config.unknown(_SECTIONS)]
    try:
        given = given_settings()
    except ValueError as error:
        return None, [*problems, _unset_variable(error)]
    problems += _nowhere(given)
    settings, wrong = _validated(given)
    overlay = environment.overlay_name()
    if settings and overlay and overlay != f"luigi.{settings.environment}.cfg":
        wrong.append(
            f"[pipeline] environment is {settings.environment}, but {overlay} is in force: set NIC_ENVIRONMENT"
        )
    return settings, [*problems, *wrong]


def _unset_variable(error: ValueError) -> str:
    """What is wrong if Luigi cannot fill a value's ${VARIABLE} in. Raises the error again if it is another."""
    cause = error.__cause__
    if not isinstance(cause, configparser.InterpolationError):
        raise error
    return f"the value of [{cause.section}] {cause.option} names an environment variable that is not set"


def _nowhere(given: dict[str, dict[str, str]]) -> list[str]:
    """The defaults name folders of the project, and in any other folder they would give a strange collection."""
    named = os.environ.get("LUIGI_CONFIG_PATH")
    if named and not Path(named).is_file():
        return [f"LUIGI_CONFIG_PATH names a file that is not there: {Path(named).name}"]
    if environment.config_files() or "data_dir" in given["pipeline"]:
        return []
    return [
        "there is no luigi.cfg in this folder: go to the project's folder, set LUIGI_CONFIG_PATH, or give the settings "
        "by the environment, NIC_DATA_DIR among them"
    ]


def given_settings() -> dict[str, dict[str, str]]:
    """Section -> setting -> what is given for it, as it is written, right or wrong."""
    return {name: luigi_config.values(section) for name, section in _SECTIONS.items()}


def _validated(given: dict[str, dict[str, str]]) -> tuple[Settings | None, list[str]]:
    """What is wrong by itself is taken out, so that contradictions between the rest show in the same message."""
    problems: list[str] = []
    wrong: set[str] = set()
    while True:
        try:
            settings = Settings.model_validate(given)
        except ValidationError as error:
            found = error.errors()
        else:
            return settings, problems
        problems += _phrases(found, given, wrong)
        if not found[0]["loc"]:  # of the whole, which is looked at when its parts are well
            return None, problems
        for section, *field in (problem["loc"] for problem in found):
            values = given[str(section)]
            for name in map(str, field or list(values)):
                values.pop(name, None)
                wrong |= {name, variable_of(str(section), name) or name}


def _phrases(found: Sequence[ErrorDetails], given: dict[str, dict[str, str]], wrong: set[str]) -> Iterator[str]:
    """What pydantic found, but for contradictions to a setting that is wrong by itself and stands at its default."""
    for problem in found:
        message = problem["msg"].removeprefix("Value error, ")
        match problem["loc"]:
            case (section, field, *_):
                yield _phrase(str(section), str(field), given, message)
            case (section,) if not any(name in message for name in wrong):
                yield f"[{section}] {message}"
            case () if not any(name in message for name in wrong):
                yield message


def _phrase(section: str, field: str, given: dict[str, dict[str, str]], message: str) -> str:
    origin = luigi_config.origin(section, field, variable_of(section, field))
    return f"[{section}] {field} = {shown(given[section].get(field))} ({origin}): {message}"


def variable_of(section: str, field: str) -> str | None:
    """The environment variable of a setting, if it has one."""
    model = Settings.model_fields[section].annotation
    return luigi_config.variable(model.model_fields[field]) if isinstance(model, type) else None


def shown(value: Any) -> str:
    """A value as it may be shown: as luigi.cfg writes it, without what an address holds before its @."""
    if isinstance(value, list | tuple):
        return " ".join(map(str, value))
    return without_password(str(value)) if value not in (None, "") else "not set"


def differing_settings(before: dict[str, dict[str, Any]], now: Settings) -> list[str]:
    """The settings that decide results and differ from those of an earlier run, a phrase each."""
    names = [(section, name) for section, values in now.deciding.items() for name in values]
    pairs = ((s, n, before.get(s, {}).get(n), now.deciding[s][n]) for s, n in names)
    return [
        sanitise(f"[{section}] {name} was {shown(old)}, is {shown(new)}")
        for section, name, old, new in pairs
        if old != new
    ]
