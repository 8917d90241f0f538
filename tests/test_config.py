"""Where a setting comes from, and what a wrong one says."""

import re
from pathlib import Path

import luigi
import pytest

from pipeline.config import Settings, load_settings, secret
from pipeline.errors import ConfigurationError
from tests.conftest import Workspace

ROOT = Path(__file__).parent.parent


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


def test_a_misspelt_setting_is_refused_by_name(workspace: Workspace) -> None:
    workspace.set("chunking", "target_size", "300")
    with pytest.raises(ConfigurationError, match="target_size"):
        load_settings()


def test_the_delivered_luigi_cfg_states_the_defaults() -> None:
    assert load_settings() == Settings()


def test_every_setting_stands_in_luigi_cfg_with_a_comment() -> None:
    text = (ROOT / "luigi.cfg").read_text(encoding="utf-8")
    gitlab_from_environment = {"url", "project", "ca_file"}
    for name, section in Settings.model_fields.items():
        body = re.search(rf"^\[{name}\]\n(.*?)(?=^\[|\Z)", text, re.M | re.S)
        assert body, name
        for option in getattr(section.annotation, "model_fields", {}):
            if name == "gitlab" and option in gitlab_from_environment:
                assert f"GITLAB_{option.upper()}" in body.group(1)
            else:
                assert re.search(rf"^#.*\n{option} =", body.group(1), re.M), f"[{name}] {option}"


def test_the_hash_changes_with_any_setting() -> None:
    settings = Settings()
    other = settings.model_copy(update={"chunking": settings.chunking.model_copy(update={"overlap": 10})})
    assert settings.config_hash != other.config_hash
    assert settings.config_hash == Settings().config_hash


def test_secrets_are_stripped_and_never_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QDRANT_API_KEY", "s3cret\n")
    assert secret("QDRANT_API_KEY") == "s3cret"
    assert "s3cret" not in load_settings().model_dump_json()
    assert all("s3cret" not in str(value) for value in luigi.configuration.get_config().values())
