"""docs/nic-schema.md describes the payload that is really stored."""

from __future__ import annotations

import re

import pytest

from pipeline.schema import ChunkType
from pipeline.store.nic_schema import Payload
from tests.support.paths import ROOT

PAGE = (ROOT / "docs" / "nic-schema.md").read_text(encoding="utf-8")
ROWS = re.findall(r"^\| `(\w+)` \| (.+?) \| (always|if known) \| (.+?) \|$", PAGE, re.MULTILINE)
TYPES = {name: kind for name, kind, _, _ in ROWS}
PRESENCE = {name: presence for name, _, presence, _ in ROWS}


def test_the_page_lists_the_payload_fields_in_order_and_no_others() -> None:
    assert [name for name, *_ in ROWS] == list(Payload.model_fields)


@pytest.mark.parametrize("field", Payload.model_fields)
def test_the_page_says_which_fields_can_be_absent(field: str) -> None:
    info = Payload.model_fields[field]
    can_be_absent = not info.is_required() and info.default is None
    assert PRESENCE[field] == ("if known" if can_be_absent else "always")


@pytest.mark.parametrize("field", ["document_type", "status"])
def test_the_page_lists_the_values_of_a_choice(field: str) -> None:
    choices = Payload.model_json_schema()["properties"][field]["enum"]
    assert re.findall(r"`(\w+)`", TYPES[field]) == choices


def test_the_page_lists_the_chunk_types() -> None:
    assert re.findall(r"`(\w+)`", TYPES["chunk_type"]) == [kind.value for kind in ChunkType]
