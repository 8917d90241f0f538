"""How a setting reaches the pipeline through Luigi (command line, environment, overlay, luigi.cfg), and from where.

Nothing here knows which settings there are: that is in `pipeline.settings.sections`.
"""

from __future__ import annotations

import configparser
import difflib
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import luigi
import luigi.interface
from luigi.cmdline_parser import CmdlineParser
from luigi.configuration import LuigiConfigParser
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from pipeline.settings import environment


class EnvironmentParameter(luigi.OptionalParameter):
    """A Luigi parameter whose environment variable, when set, wins over luigi.cfg."""

    def __init__(self, env: str | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.env = env

    def _get_value_from_config(self, section: str, name: str) -> Any:
        value = os.environ.get(self.env) if self.env else None
        return value if value else super()._get_value_from_config(section, name)


def variable(info: FieldInfo) -> str | None:
    """The environment variable of a setting, if it has one."""
    extra = info.json_schema_extra if isinstance(info.json_schema_extra, dict) else {}
    return str(extra["env"]) if "env" in extra else None


def luigi_section(name: str, model: type[BaseModel], module: str) -> type[luigi.Config]:
    """The luigi.Config that makes `--<section>-<setting>` exist on Luigi's command line."""
    parameters: dict[str, Any] = {
        field: EnvironmentParameter(env=variable(info), default=None, description=info.description)
        for field, info in model.model_fields.items()
    }
    return type(name, (luigi.Config,), {**parameters, "__module__": module, "__doc__": f"[{name}]"})


def values(section: type[luigi.Config]) -> dict[str, str]:
    """What is given for a section; what is empty is not given."""
    return {name: value for name, value in section().param_kwargs.items() if value not in (None, "")}


def unknown(sections: Mapping[str, type[luigi.Config]]) -> list[str]:
    """A phrase for every setting in the files that does not exist, and for misspelt sections."""
    parser = luigi.configuration.get_config()
    problems = []
    for name in parser.sections():
        if name in sections:
            known = [field for field, _ in sections[name].get_params()]
            strange = sorted(set(parser.options(name)) - set(known) - set(parser.defaults()))
            problems += [f"[{name}] {each} does not exist{_hint(each, known)}" for each in strange]
        elif close := difflib.get_close_matches(name, sections, n=1, cutoff=0.8):
            problems.append(f"section [{name}] does not exist; is [{close[0]}] meant?")
    return problems


def scheduler_url() -> str:
    """Where Luigi looks for its central scheduler, as far as the files say."""
    core = luigi.interface.core()
    return str(core.scheduler_url) or f"http://{core.scheduler_host}:{core.scheduler_port}"


def origin(section: str, field: str, env: str | None) -> str:
    """Where a setting's value comes from, in words."""
    command_line = CmdlineParser.get_instance()
    if command_line and getattr(command_line.known_args, f"{section}_{field}", None) is not None:
        return "command line"
    if env and os.environ.get(env):
        return ".env" if env in environment.taken_from_file else f"environment {env}"
    for path in reversed(LuigiConfigParser._config_paths):
        file = configparser.ConfigParser(interpolation=None)
        file.optionxform = str  # type: ignore[assignment, method-assign]
        file.read(path, encoding="utf-8")
        if file.get(section, field, fallback=""):
            return Path(path).name
    return "default" if not luigi.configuration.get_config().get(section, field, "") else "this program"


def _hint(name: str, known: list[str]) -> str:
    close = difflib.get_close_matches(name, known, n=1)
    return f"; is {close[0]} meant?" if close else ""
