"""What the documentation names exists, and what exists is documented."""

import re

import pytest

from pipeline.cli import app
from pipeline.errors import ErrorCode
from pipeline.settings.environment import ENV_FILE
from pipeline.settings.secrets import SECRETS
from pipeline.settings.sections import Settings
from tests.support.paths import ROOT

README = (ROOT / "README.md").read_text(encoding="utf-8")


def environment_variables() -> set[str]:
    names = {*SECRETS, ENV_FILE}
    for section in Settings.model_fields.values():
        for field in getattr(section.annotation, "model_fields", {}).values():
            extra = field.json_schema_extra
            if isinstance(extra, dict) and "env" in extra:
                names.add(str(extra["env"]))
    return names


def test_every_error_code_is_documented_and_no_other() -> None:
    text = (ROOT / "docs" / "errors.md").read_text(encoding="utf-8")
    assert set(re.findall(r"^\| `(\w+)` \|", text, re.M)) == {code.value for code in ErrorCode}


@pytest.mark.parametrize("code", ErrorCode)
def test_the_documentation_gives_the_remedy_that_status_shows(code: ErrorCode) -> None:
    text = (ROOT / "docs" / "errors.md").read_text(encoding="utf-8")
    (row,) = re.findall(rf"^\| `{code}` \| (.*) \|$", text, re.M)
    assert row.split(" | ")[2:] == [code.remedy]


@pytest.mark.parametrize("name", sorted(environment_variables()))
def test_every_environment_variable_stands_in_the_readme(name: str) -> None:
    assert f"`{name}`" in README


def test_every_variable_that_the_readme_names_exists() -> None:
    named = set(re.findall(r"`((?:NIC|GITLAB|QDRANT|DOCLING)_[A-Z_]+)`", README))
    assert named - {"QDRANT_TEST_URL"} <= environment_variables()


def test_every_make_target_of_the_readme_exists() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for target in re.findall(r"\bmake ([a-z]+)", README):
        assert re.search(rf"^{target}:", makefile, re.M), target


def test_every_command_is_in_the_readme_and_every_named_command_exists() -> None:
    commands = {command.name or getattr(command.callback, "__name__", "") for command in app.registered_commands}
    commands |= {group.name for group in app.registered_groups if isinstance(group.name, str)}
    assert set(re.findall(r"(?:^ *|`|\$ |bin/)nic ([a-z][a-z-]*)", README, re.M)) == commands


def test_every_file_that_the_documentation_links_to_exists() -> None:
    for document in (ROOT / "README.md", *(ROOT / "docs").glob("*.md")):
        for link in re.findall(r"\]\((?!http)([^)#]+)", document.read_text(encoding="utf-8")):
            assert (document.parent / link).exists(), f"{document.name}: {link}"
