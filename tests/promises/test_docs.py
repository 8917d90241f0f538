"""What the documentation names exists, and what exists is documented."""

from __future__ import annotations

import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline.cli import app
from pipeline.cli.app import COMMANDS
from pipeline.errors import ErrorCode
from pipeline.settings.environment import ENV_FILE
from pipeline.settings.secrets import SECRETS
from pipeline.settings.sections import Settings
from pipeline.web.problems import Refusal
from tests.support.paths import ROOT

DOCS = ROOT / "docs"
PAGES = tuple(sorted([*ROOT.glob("*.md"), *DOCS.rglob("*.md")]))
TEXTS = {page: page.read_text(encoding="utf-8") for page in PAGES}
ALL = "\n".join(TEXTS.values())
README, CONTRIBUTING = TEXTS[ROOT / "README.md"], TEXTS[ROOT / "CONTRIBUTING.md"]
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
OF_BENCHMARKS = {f"NIC_BENCHMARK_{name}" for name in ("CORPUS", "REPEATS", "RUN", "SECONDS")}
OF_TESTS = {"QDRANT_TEST_URL", *OF_BENCHMARKS}
MOST_WORDS = 1100
_FENCED = re.compile(r"^```.*?^```", re.M | re.S)
_LINK = re.compile(r"\]\((?!https?:|mailto:)([^)\s]*)\)")


def name_of(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


def environment_variables() -> set[str]:
    names = {*SECRETS, ENV_FILE}
    for section in Settings.model_fields.values():
        for field in getattr(section.annotation, "model_fields", {}).values():
            extra = field.json_schema_extra
            if isinstance(extra, dict) and "env" in extra:
                names.add(str(extra["env"]))
    return names


def anchors(page: Path) -> set[str]:
    """The anchors that GitHub gives to a page's headings."""
    seen: Counter[str] = Counter()
    found = set()
    for heading in re.findall(r"^#{1,6} (.+?)\s*$", _FENCED.sub("", TEXTS[page]), re.M):
        shown = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading)
        slug = re.sub(r"[^\w\- ]", "", shown.lower()).replace(" ", "-")
        found.add(f"{slug}-{seen[slug]}" if seen[slug] else slug)
        seen[slug] += 1
    return found


def broken_links(page: Path) -> Iterator[str]:
    for link in _LINK.findall(_FENCED.sub("", TEXTS[page])):
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        if not target.exists() or (anchor and anchor not in anchors(target)):
            yield link


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_link_leads_to_a_file_and_heading_that_exist(page: Path) -> None:
    assert not list(broken_links(page))


def test_the_map_leads_to_every_page() -> None:
    maps = (DOCS / "index.md", DOCS / "decisions" / "README.md")
    linked = {(page.parent / link.partition("#")[0]).resolve() for page in maps for link in _LINK.findall(TEXTS[page])}
    assert set(PAGES) - linked == {DOCS / "index.md"}


def test_the_readme_is_short() -> None:
    assert len(README.split()) <= MOST_WORDS


@pytest.mark.slow
def test_generated_parts_are_up_to_date() -> None:
    files = (ROOT / ".env.example", ROOT / "luigi.cfg", *PAGES)
    generated = [name_of(file) for file in files if "[[[cog" in file.read_text(encoding="utf-8")]
    assert generated == re.findall(r"^GENERATED := (.*)$", MAKEFILE, re.M)[0].split()
    command = [sys.executable, "-m", "cogapp", "--check", "-I", "docs", *generated]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"run make docs\n{done.stdout}{done.stderr}"


def test_every_error_code_is_documented_and_no_other() -> None:
    documented = set(re.findall(r"^\| `(\w+)` \|", TEXTS[DOCS / "errors.md"], re.M))
    assert documented == {*(code.value for code in ErrorCode), *(refusal.value for refusal in Refusal)}


@pytest.mark.parametrize("code", ErrorCode)
def test_the_documentation_gives_the_remedy_that_status_shows(code: ErrorCode) -> None:
    (row,) = re.findall(rf"^\| `{code}` \| (.*) \|$", TEXTS[DOCS / "errors.md"], re.M)
    assert row.split(" | ")[2:] == [code.remedy]


@pytest.mark.parametrize("name", sorted(environment_variables()))
def test_every_environment_variable_is_documented(name: str) -> None:
    assert f"| `{name}` |" in TEXTS[DOCS / "configuration.md"]


def test_every_variable_that_the_documentation_names_exists() -> None:
    named = set(re.findall(r"\b(?:NIC|GITLAB|QDRANT|DOCLING)_[A-Z_]+\b", ALL))
    assert named - OF_TESTS <= environment_variables()


def test_every_make_target_that_the_documentation_names_exists() -> None:
    for target in re.findall(r"(?:`|^|\$ )make ([a-z]+)", ALL, re.M):
        assert re.search(rf"^{target}:", MAKEFILE, re.M), target


@pytest.mark.parametrize("target", re.findall(r"^([a-z]+):.*## ", MAKEFILE, re.M))
def test_every_make_target_is_documented(target: str) -> None:
    assert re.search(rf"`(?:\$ )?make {target}\b|^make {target}\b", ALL, re.M)


def test_every_command_is_documented_and_every_named_command_exists() -> None:
    commands = {command.name or getattr(command.callback, "__name__", "") for command in app.registered_commands}
    commands |= {group.name for group in app.registered_groups if isinstance(group.name, str)}
    assert commands == {name for names in COMMANDS.values() for name in names}
    assert set(re.findall(r"^### nic ([a-z-]+)", TEXTS[DOCS / "commands.md"], re.M)) == commands
    assert set(re.findall(r"(?:^ *|`|\$ |bin/)nic ([a-z][a-z-]*)", ALL, re.M)) == commands


def test_every_file_of_the_code_that_the_documentation_names_exists() -> None:
    named = set(re.findall(r"`((?:pipeline|tests|docs|benchmarks)/[\w./-]+)`", ALL))
    assert [name for name in sorted(named) if not (ROOT / name).exists()] == []
