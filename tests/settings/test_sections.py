"""Where a setting comes from, and what a wrong one says."""

import configparser
import re

import luigi
import pytest

from pipeline.errors import ConfigurationError
from pipeline.settings.declaration import Role
from pipeline.settings.load import load_settings
from pipeline.settings.secrets import public_message, secret
from pipeline.settings.sections import Settings, settings_of
from tests.conftest import Workspace
from tests.support.paths import ROOT


def test_the_environment_wins_over_luigi_cfg(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    workspace.set("qdrant", "collection_name", "from_file")
    assert load_settings().qdrant.collection_name == "from_file"
    monkeypatch.setenv("QDRANT_COLLECTION", "from_environment")
    assert load_settings().qdrant.collection_name == "from_environment"


def test_the_command_line_wins_over_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    from luigi.cmdline_parser import CmdlineParser

    monkeypatch.setenv("QDRANT_COLLECTION", "from_environment")
    arguments = ["RunAll", "--module", "pipeline", "--qdrant-collection-name", "from_command_line", "--commit", "x"]
    with CmdlineParser.global_instance(arguments):
        assert load_settings().qdrant.collection_name == "from_command_line"


def test_every_problem_is_named_in_one_message(workspace: Workspace) -> None:
    workspace.set("chunking", "target_chunk_size", "many")
    workspace.set("engine", "kind", "cluster")
    with pytest.raises(ConfigurationError, match=r"(?s)target_chunk_size.*engine"):
        load_settings()


def test_problems_of_all_kinds_and_sections_are_told_together_with_origin_and_what_is_allowed(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace.set("chunking", "target_chunk_size", "120")
    workspace.set("qdrant", "timeout", "3")
    workspace.set("embedding", "batch_tokens", "0")
    with monkeypatch.context() as environment, pytest.raises(ConfigurationError) as caught:
        environment.setenv("NIC_ENGINE", "cluster")
        environment.setenv("QDRANT_URL", "https://ana:senha@qdrant.example.org")
        load_settings()
    told = public_message(caught.value)
    for part in (
        "[engine] kind = cluster (environment NIC_ENGINE): Input should be 'inline', 'processes' or 'dask'",
        "[embedding] batch_tokens = 0 (luigi.cfg): Input should be greater than or equal to 1",
        "[chunking] overlap must be at most half of target_chunk_size",
        "[qdrant] timeout does not exist; is timeout_s meant?",
        "QDRANT_URL must not hold a password",
    ):
        assert part in told
    assert "senha" not in told


def test_what_is_wrong_by_itself_makes_no_contradiction_with_a_default(workspace: Workspace) -> None:
    workspace.set("chunking", "overlap", "many")
    workspace.set("chunking", "target_chunk_size", "120")
    with pytest.raises(ConfigurationError) as caught:
        load_settings()
    assert "half" not in str(caught.value)


def test_production_refuses_local_qdrant_files_and_the_delivered_samples() -> None:
    with pytest.raises(ValueError, match=r"(?s)QDRANT_URL.*NIC_SOURCE=gitlab"):
        Settings.model_validate({"pipeline": {"environment": "production"}})
    given = {"pipeline": {"environment": "production"}, "qdrant": {"url": "https://q"}, "source": {"kind": "gitlab"}}
    assert Settings.model_validate(given).environment == "production"


def test_a_misspelt_setting_is_refused_by_name(workspace: Workspace) -> None:
    workspace.set("chunking", "target_size", "300")
    with pytest.raises(ConfigurationError, match="target_size"):
        load_settings()


def test_the_delivered_luigi_cfg_states_the_defaults() -> None:
    file = configparser.ConfigParser(interpolation=None)
    file.read(ROOT / "luigi.cfg", encoding="utf-8")
    sections = {name: dict(file[name]) for name in Settings.model_fields if name in file}
    given = {name: {key: value for key, value in section.items() if value} for name, section in sections.items()}
    assert given
    assert Settings.model_validate(given) == Settings()


def test_every_setting_stands_in_luigi_cfg_with_a_comment() -> None:
    text = (ROOT / "luigi.cfg").read_text(encoding="utf-8")
    for name, section in Settings.model_fields.items():
        body = re.search(rf"^\[{name}\]\n(.*?)(?=^\[|\Z)", text, re.M | re.S)
        assert body, name
        for option in getattr(section.annotation, "model_fields", {}):
            assert re.search(rf"^#.*\n{option} =", body.group(1), re.M), f"[{name}] {option}"


def changed(section: str, name: str, value: object) -> Settings:
    settings = Settings()
    return settings.model_copy(update={section: getattr(settings, section).model_copy(update={name: value})})


@pytest.mark.parametrize(
    ("section", "name", "value"),
    [("chunking", "overlap", 10), ("engine", "memory_limit_mb", 512), ("source", "target_folder", "Outra")],
)
def test_the_hash_changes_with_what_decides_results(section: str, name: str, value: object) -> None:
    assert changed(section, name, value).config_hash != Settings().config_hash


@pytest.mark.parametrize(
    ("section", "name", "value"),
    [("pipeline", "data_dir", "/elsewhere"), ("engine", "kind", "inline"), ("pipeline", "environment", "production")],
)
def test_the_hash_is_the_same_wherever_and_with_however_many_processes(section: str, name: str, value: object) -> None:
    assert changed(section, name, value).config_hash == Settings().config_hash


def test_the_hash_is_the_same_in_every_release_with_these_settings() -> None:
    """A new setting or another default changes it: then write the new one here, and say so in the release's notes."""
    assert Settings().config_hash == "4ef8704a2142"


def test_the_documentation_names_every_setting_that_does_not_enter_the_hash() -> None:
    text = (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(\w+)` \| `(\w+)` \|.*\| (?:server|operation) \|", text, re.M)
    not_deciding = settings_of(Role.SERVER, Role.OPERATION)
    assert sorted(rows) == sorted((section, name) for section, names in not_deciding.items() for name in names)


def test_secrets_are_stripped_and_never_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QDRANT_API_KEY", "s3cret\n")
    assert secret("QDRANT_API_KEY") == "s3cret"
    assert "s3cret" not in load_settings().model_dump_json()
    assert all("s3cret" not in str(value) for value in luigi.configuration.get_config().values())
