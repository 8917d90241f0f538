"""The command that shows the effective settings and where each comes from; never a secret."""

from __future__ import annotations

from collections.abc import Iterator

import typer

from pipeline.cli.app import Json, app, console, print_json
from pipeline.schema import Record
from pipeline.settings import environment, luigi_config
from pipeline.settings.load import check_settings, given_settings, shown
from pipeline.settings.secrets import LIBRARIES_SECRETS, SECRETS, secret
from pipeline.settings.sections import Settings

config = typer.Typer(no_args_is_help=True, help="Show the effective settings.")
app.add_typer(config, name="config")


class Setting(Record):
    """A setting, or a secret, of which it is only told whether it is there."""

    section: str
    name: str
    value: str
    origin: str
    variable: str | None
    description: str


class Configuration(Record):
    """What `config show --json` prints."""

    environment: str | None
    overlay: str | None
    files: tuple[str, ...]
    config_hash: str | None
    settings: tuple[Setting, ...]
    problems: tuple[str, ...]


@config.command()
def show(as_json: Json = False) -> None:
    """Show every setting: its value, where that comes from, and what it does; exit 1 when one is invalid."""
    settings, problems = check_settings()
    found = Configuration(
        environment=settings.environment if settings else None,
        overlay=environment.overlay_name(),
        files=tuple(environment.config_files()),
        config_hash=settings.config_hash if settings else None,
        settings=(*_settings(), *_secrets()),
        problems=tuple(problems),
    )
    if as_json:
        print_json(found)
    else:
        _print(found)
    if problems:
        raise typer.Exit(1)


def _settings() -> Iterator[Setting]:
    given = given_settings()
    for section, model in Settings.model_fields.items():
        for name, info in getattr(model.annotation, "model_fields", {}).items():
            variable = luigi_config.variable(info)
            value = given[section].get(name)
            yield Setting(
                section=section,
                name=name,
                value=shown(info.default if value is None else value),
                origin="default" if value is None else luigi_config.origin(section, name, variable),
                variable=variable,
                description=info.description or "",
            )


def _secrets() -> Iterator[Setting]:
    for name in (*SECRETS, *LIBRARIES_SECRETS):
        source = ".env" if name in environment.taken_from_file else "environment"
        value, origin = (f"set ({source})", f"{source} {name}") if secret(name) else ("not set", "default")
        described = "read where it is used, never written down"
        yield Setting(section="secrets", name=name, value=value, origin=origin, variable=name, description=described)


def _print(found: Configuration) -> None:
    files = ", ".join(found.files) or "the environment alone"
    console.print(
        f"environment {found.environment or 'unknown'}, settings {found.config_hash or 'unknown'} from {files}"
    )
    for each in found.settings:
        name = f"[{each.section}] {each.name}"
        console.print(f"{name:<36} {each.value:<24} {each.origin:<32} {each.description}")
    for problem in found.problems:
        console.print(f"WRONG: {problem}")
