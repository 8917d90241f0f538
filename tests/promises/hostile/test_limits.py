"""Every limit refuses by its setting's name, just above it and not at it, and raising it releases the document."""

from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path

import pytest
from luigi.execution_summary import LuigiStatusCode

from pipeline.convert.image_file import inspect_image
from pipeline.convert.office.archive import inspect_office
from pipeline.convert.pdf_file import inspect_pdf
from pipeline.errors import ErrorCode, PermanentError
from pipeline.inspection.status import status
from pipeline.publish.verification import verify
from pipeline.settings.sections import ConversionSettings
from tests.conftest import Workspace
from tests.promises.hostile.images import animation, bomb
from tests.promises.hostile.office import many_pages, with_part
from tests.promises.hostile.pdfs import page
from tests.support.documents import converted

Inspect = Callable[[bytes, ConversionSettings], object]
UNPACKED_MB = 2


def setting(name: str, value: float) -> ConversionSettings:
    return ConversionSettings.model_validate({name: value})


@pytest.mark.parametrize(
    ("inspect", "data", "name", "value"),
    [
        (inspect_pdf, functools.partial(page, kids=b"3 0 R " * 3, count=3), "max_pages", 3),
        (inspect_office, functools.partial(many_pages, "pptx"), "max_pages", 2001),
        (inspect_office, functools.partial(many_pages, "xlsx"), "max_pages", 2001),
        (inspect_image, functools.partial(animation, 3), "max_pages", 3),
        (inspect_image, functools.partial(bomb, 2000, 1000), "max_megapixels", 2),
        (inspect_pdf, functools.partial(page, box=b"0 0 1000 500"), "max_megapixels", 2),
    ],
    ids=["pages", "slides", "sheets", "frames", "image pixels", "page pixels"],
)
def test_a_limit_is_what_is_still_allowed(inspect: Inspect, data: Callable[[], bytes], name: str, value: int) -> None:
    inspect(data(), setting(name, value))
    with pytest.raises(PermanentError, match=rf"\[conversion\] {name}") as raised:
        inspect(data(), setting(name, value - 1))
    assert raised.value.code in (ErrorCode.TOO_LONG, ErrorCode.TOO_LARGE)


@pytest.mark.parametrize("kind", ["docx", "pptx", "xlsx"])
def test_an_office_file_may_unpack_to_so_much_and_no_more(kind: str) -> None:
    limit = setting("max_unpacked_mb", UNPACKED_MB)
    inspect_office(with_part(kind, b"\0" * 500_000), limit)
    with pytest.raises(PermanentError, match=r"\[conversion\] max_unpacked_mb = 2") as raised:
        inspect_office(with_part(kind, b"\0" * 2_000_001), limit)
    assert raised.value.code == ErrorCode.TOO_LARGE


@pytest.mark.slow
@pytest.mark.parametrize("name", ["texto.txt", "texto.md", "texto.html"])
def test_a_text_may_have_so_many_characters_and_no_more(tmp_path: Path, name: str) -> None:
    source = tmp_path / name
    source.write_text("ção " * 25, encoding="utf-8")
    converted(source, setting("max_characters", 100))
    source.write_text("ção " * 25 + "mais", encoding="utf-8")
    with pytest.raises(PermanentError, match=r"\[conversion\] max_characters = 100") as raised:
        converted(source, setting("max_characters", 100))
    assert raised.value.code == ErrorCode.TOO_LONG


@pytest.mark.slow
@pytest.mark.parametrize(
    ("section", "name", "low", "high"),
    [("conversion", "max_characters", "100", "1000"), ("source", "max_file_size_mb", "0.0001", "1")],
)
def test_raising_a_limit_releases_what_was_over_it_and_works_on_nothing_else(
    workspace: Workspace, section: str, name: str, low: str, high: str
) -> None:
    workspace.write("curto.txt", "Um texto curto.")
    workspace.write("longo.txt", "palavra " * 50)
    workspace.set(section, name, low)
    assert workspace.run_all().status is LuigiStatusCode.SUCCESS
    (quarantined,) = status(workspace.run).quarantined
    assert (quarantined.path, name in quarantined.failure.message) == ("30-Aprovados/longo.txt", True)

    workspace.set(section, name, high)
    assert workspace.run_all().status is LuigiStatusCode.SUCCESS
    assert {path for paths in workspace.worked().values() for path in paths} == {"longo.txt"}
    assert status(workspace.run).quarantined == ()
    assert verify(workspace.run).documents == 2
