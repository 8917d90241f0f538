"""What lies in trashes and stores of old versions was not approved."""

from __future__ import annotations

import pytest

from pipeline.sources.selection import hidden_folder

TARGET = "30-Aprovados"
STORES = [".git", ".stversions", ".Trash-1000", ".trash", "$RECYCLE.BIN", "@eaDir", ".snapshot", "~$x", "#recycle"]


@pytest.mark.parametrize("name", [*STORES, "System Volume Information", "__MACOSX", ".sync"])
def test_a_store_is_found_at_any_depth(name: str) -> None:
    assert hidden_folder(f"{TARGET}/{name}/a.md", TARGET) == f"{TARGET}/{name}"
    assert hidden_folder(f"{TARGET}/Normas/{name}/x/.y/a.md", TARGET) == f"{TARGET}/Normas/{name}"


@pytest.mark.parametrize("path", [f"{TARGET}/Normas/a.md", f"{TARGET}/.a.md", f"{TARGET}/v1.2/a.md", f"{TARGET}/~x/a"])
def test_ordinary_folders_are_none(path: str) -> None:
    assert hidden_folder(path, TARGET) is None


def test_the_target_folder_itself_may_have_any_name() -> None:
    assert hidden_folder(".docs/aprovados/a.md", ".docs/aprovados") is None
    assert hidden_folder("a.md", "") is None
    assert hidden_folder(".git/a.md", "") == ".git"
