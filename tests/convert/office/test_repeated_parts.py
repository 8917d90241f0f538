"""A part of an Office file is read once, however often the file shows it."""

from __future__ import annotations

import io

import pytest
from lxml import etree
from PIL import Image

from pipeline.convert.conversion import extract
from pipeline.convert.office import drawing_texts
from pipeline.convert.office.names import A, C, R
from pipeline.convert.office.package import RELATIONSHIPS, Package
from pipeline.convert.office.stand_ins import SIDE_PX, stand_in
from pipeline.convert.office.tools import Tools
from pipeline.convert.text_export import text_of
from pipeline.settings.sections import ConversionSettings
from tests.promises.hostile.images import saved
from tests.promises.hostile.kinds import WORDS
from tests.promises.hostile.office import pptx_of, rewritten
from tests.support.opendocument import zipped

SETTINGS = ConversionSettings(ocr_engine="none")
DECLARED = f'xmlns:c="{C[1:-1]}" xmlns:a="{A[1:-1]}" xmlns:r="{R[1:-1]}"'
CHART = f"<c:chartSpace {DECLARED}><a:p><a:r><a:t>eixo</a:t></a:r></a:p></c:chartSpace>"


def package_of(**parts: bytes) -> Package:
    link = '<Relationship Id="r1" Type="x/chart" Target="chart.xml"/>'
    listed = f'<Relationships xmlns="{RELATIONSHIPS}">{link}</Relationships>'.encode()
    named = {name.replace("_", "."): data for name, data in parts.items()}
    return Package.open(zipped({"_rels/main.xml.rels": listed, "chart.xml": CHART.encode(), **named}))


def drawing(count: int) -> etree._Element:
    charts = '<c:chart r:id="r1"/>' * count
    return etree.fromstring(f"<x {DECLARED}>{charts}</x>")


def test_a_file_in_the_file_is_unpacked_and_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    unpacked: list[str] = []
    read = Package.read

    def noted(self: Package, name: str) -> bytes:
        unpacked.append(name)
        return read(self, name)

    monkeypatch.setattr(Package, "read", noted)
    package, tools = package_of(a_bin=b"x", b_png=b"y"), Tools.of(SETTINGS, lambda name, data, tools: [((name,),)])
    assert [len(tools.embedded("a.bin", package)) for _ in range(5)] == [1, 0, 0, 0, 0]
    assert [tools.picture("b.png", package) for _ in range(5)] == [[]] * 5
    assert tools.embedded("missing.bin", package) == []
    assert unpacked == ["a.bin", "b.png"]


def test_a_chart_is_left_to_docling_once() -> None:
    package, drawings = package_of(), [drawing(3), drawing(3)]
    texts = []
    for one in drawings:
        drawing_texts.drop_shown_charts(one, "main.xml", package)
        texts += drawing_texts.axis_titles(one, "main.xml", package)
    assert ([len(one) for one in drawings], texts) == ([1, 0], ["eixo"])


def test_a_slide_that_is_listed_again_is_shown_once() -> None:
    def again(xml: bytes) -> bytes:
        start = xml.index(b"<p:sldId ")
        entry = xml[start : xml.index(b"/>", start) + 2]
        return xml.replace(entry, entry * 50)

    document, _ = extract(rewritten(pptx_of(), {"ppt/presentation.xml": again}), "pptx", SETTINGS)
    assert text_of(document).count(WORDS) == 1


@pytest.mark.parametrize(("side", "kept"), [(4, True), (90, True), (300, False)])
def test_docling_gets_small_pictures_in_the_place_of_large_ones(side: int, *, kept: bool) -> None:
    data = saved(Image.new("RGB", (side, side)), "PNG")
    with Image.open(io.BytesIO(stand_in(data))) as made:
        assert made.size == ((side, side) if kept else (SIDE_PX, SIDE_PX))
    assert stand_in(b"no picture") == b"no picture"
