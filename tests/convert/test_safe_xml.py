"""XML of documents can neither fetch nor unfold anything, whichever reader meets it."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from lxml import etree

from pipeline.convert import safe_xml
from tests.support.paths import ROOT

CONVERT = ROOT / "pipeline" / "convert"


def test_an_entity_of_the_document_is_not_put_in() -> None:
    root = safe_xml.parse(b'<!DOCTYPE a [<!ENTITY e "unfolded">]><a>before &e; after</a>')
    assert root.text == "before "


@pytest.mark.parametrize("recover", [False, True])
def test_entities_that_unfold_each_other_are_refused_or_left_as_they_are(recover: bool) -> None:
    laughs = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    try:
        root = safe_xml.parse(f'<!DOCTYPE a [<!ENTITY l0 "ha">{laughs}]><a>before &l9;</a>'.encode(), recover=recover)
    except etree.XMLSyntaxError:
        return
    assert root is None or len(etree.tostring(root)) < 10_000


def test_a_file_of_this_machine_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "private.txt").write_text("private")
    address = (tmp_path / "private.txt").as_uri()
    root = safe_xml.parse(f'<!DOCTYPE a [<!ENTITY e SYSTEM "{address}">]><a>&e;</a>'.encode())
    assert b"private<" not in etree.tostring(root)


def test_a_dtd_is_not_loaded(tmp_path: Path) -> None:
    (tmp_path / "a.dtd").write_text('<!ATTLIST a loaded CDATA "yes">')
    root = safe_xml.parse(f'<!DOCTYPE a SYSTEM "{(tmp_path / "a.dtd").as_uri()}"><a/>'.encode())
    assert root.get("loaded") is None


def test_nesting_is_bounded() -> None:
    with pytest.raises(etree.XMLSyntaxError):
        safe_xml.parse(b"<a>" * 1000 + b"</a>" * 1000)


def test_comments_and_instructions_do_not_part_a_text() -> None:
    assert safe_xml.parse(b"<a>one<!-- no -->, <?no?>two</a>").text == "one, two"


def test_what_is_not_well_formed_is_mended_on_request_only() -> None:
    assert safe_xml.parse(b"<a><b>text</a>", recover=True).findtext("b") == "text"
    with pytest.raises(etree.XMLSyntaxError):
        safe_xml.parse(b"<a><b>text</a>")


@pytest.mark.parametrize("file", sorted(CONVERT.rglob("*.py")), ids=lambda file: str(file.relative_to(CONVERT)))
def test_nobody_else_makes_a_parser_of_xml(file: Path) -> None:
    names = {node.attr for node in ast.walk(ast.parse(file.read_text("utf-8"))) if isinstance(node, ast.Attribute)}
    assert file.name == "safe_xml.py" or not names & {"XMLParser", "XML", "iterparse", "XMLPullParser"}
