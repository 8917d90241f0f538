"""Files in a file are read within bounds that all of them share."""

from __future__ import annotations

from docling_core.types.doc import DoclingDocument

from pipeline.convert.conversion import extract
from pipeline.convert.parts import Parts
from pipeline.convert.prepared import Attachment, Picture
from pipeline.convert.text_export import text_of
from pipeline.settings.sections import ConversionSettings
from tests.promises.hostile.images import page, saved

SETTINGS = ConversionSettings(ocr_engine="none")


def attached(settings: ConversionSettings, *files: Attachment) -> tuple[str, list[str]]:
    document = DoclingDocument(name="document")
    warnings = Parts(settings, extract).attach(document, files)
    return text_of(document), warnings


def test_files_over_the_total_size_are_left_out() -> None:
    files = [Attachment(f"{number}.txt", b"texto " * 50_000, "txt") for number in range(4)]
    text, warnings = attached(ConversionSettings(max_unpacked_mb=1), *files)
    assert warnings == ["Attachment 4 (TXT) was not read."]
    assert text.endswith("3.txt")


def test_a_file_without_a_name_has_its_number_as_heading() -> None:
    assert attached(SETTINGS, Attachment("", b"Texto.", "txt"))[0] == "1\n\nTexto."


def test_warnings_about_a_part_are_warnings_about_the_whole() -> None:
    data = "A função da comissão não será alterada.".encode("cp1252")
    assert attached(SETTINGS, Attachment("a.txt", data, "txt"))[1] == ["The text is not UTF-8; it was read as cp1252."]


def test_a_picture_is_read_once_and_small_ones_never() -> None:
    read: list[int] = []
    document = DoclingDocument(name="document")

    def count(data: bytes, extension: str, settings: ConversionSettings):  # type: ignore[no-untyped-def]
        read.append(len(data))
        return extract(b"lido", "txt", settings)

    large, small = saved(page(), "PNG"), saved(page().resize((100, 50)), "PNG")
    pictures = [Picture(document.add_picture(), data) for data in (large, small, large)]
    assert Parts(ConversionSettings(), count).read_pictures(document, pictures) == []
    assert (read, text_of(document)) == ([len(large)], "lido")
    assert Parts(SETTINGS, count).read_pictures(document, pictures) == []
    assert read == [len(large)]
