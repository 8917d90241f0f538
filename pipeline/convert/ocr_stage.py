"""Docling's OCR stages, changed in four things: a page that has been read already is not read again, one that seems to
lie on its side is not read to its end, text that cannot be read gives way to what OCR reads, and links say where they
lead.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from docling.datamodel.accelerator_options import AcceleratorDevice
from docling.datamodel.base_models import Page
from docling.datamodel.document import ConversionResult
from docling.datamodel.pipeline_options import OcrOptions, RapidOcrOptions, TesseractCliOcrOptions
from docling.models.base_ocr_model import BaseOcrModel
from docling.models.stages.ocr import rapid_ocr_model
from docling.models.stages.ocr.rapid_ocr_model import RapidOcrModel
from docling.models.stages.ocr.tesseract_ocr_cli_model import TesseractOcrCliModel
from docling.pipeline.standard_pdf_pipeline import StandardPdfPipeline
from docling_core.types.doc import BoundingBox
from docling_core.types.doc.page import TextCell

from pipeline.convert.malloc import trim
from pipeline.convert.ocr_inference import Precision
from pipeline.convert.ocr_need.glyph_pictures import GlyphPictures
from pipeline.convert.ocr_need.unreadable_lines import drop_unreadable, put_in_place
from pipeline.convert.pdf_content.link_addresses import write_addresses
from pipeline.convert.reading import Glance, ReadStream

# Docling would import torch to ask it for devices, of which only the CPU is allowed
vars(rapid_ocr_model)["decide_device"] = lambda *_: AcceleratorDevice.CPU.value


class _ReadOnce(BaseOcrModel):
    """Takes a page's lines from the conversion's stream, and leaves there the lines of a page that it reads."""

    layout_is_by_rules = False

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        self.glance = Glance()

    def __call__(self, conv_res: ConversionResult, page_batch: Iterable[Page]) -> Iterable[Page]:
        stream = ReadStream.of(conv_res)
        for page in page_batch:
            dropped = drop_unreadable(page) if self.enabled and self.layout_is_by_rules else None
            lines = stream.lines(page.page_no) if stream and self.enabled else None
            if lines is None:
                self._read(conv_res, page, stream if dropped else None)
            else:
                super().post_process_cells(lines, page, conv_res)
            if dropped is not None:
                put_in_place(page, dropped)
            write_addresses(page)
            yield page

    def _read(self, conv_res: ConversionResult, page: Page, drawn_from: ReadStream | None) -> None:
        backend = page._backend
        stream = ReadStream.of(conv_res)
        self.glance.least_score, self.glance.stopped = stream.least_score if stream else 0.0, False
        if drawn_from is not None:
            page._backend = GlyphPictures(backend, drawn_from.getvalue(), page.page_no)  # type: ignore[assignment]
        try:
            list(super().__call__(conv_res, [page]))  # type: ignore[safe-super]
        finally:
            page._backend = backend
        if self.enabled and _has_regions(page):
            trim()

    def get_ocr_rects(self, page: Page) -> list[BoundingBox]:
        """The rules name every region to read; Docling's own layout model may miss the text of a faint scan.

        Without regions Docling rasterises the page to find none: a fifth of the time of a digital one.
        """
        if not self.layout_is_by_rules:
            return super().get_ocr_rects(page)
        return self._find_layout_ocr_rects(page) if _has_regions(page) else []

    def post_process_cells(
        self, ocr_cells: list[TextCell], page: Page, conv_res: ConversionResult, *arguments: Any
    ) -> None:
        if stream := ReadStream.of(conv_res):
            stream.remember(page.page_no, ocr_cells, stopped=self.glance.stopped)
        super().post_process_cells(ocr_cells, page, conv_res, *arguments)


def _has_regions(page: Page) -> bool:
    return bool(page.predictions.layout and page.predictions.layout.clusters)


class ReadOnceOptions(RapidOcrOptions):
    """RapidOCR's, and what its models compute in."""

    precision: Precision = "auto"


class _RapidOcr(_ReadOnce, RapidOcrModel):
    options: ReadOnceOptions

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        if self.enabled:  # RapidOCR takes half a second to import, and most documents need none
            from pipeline.convert.text_detection import detect_in_two_steps
            from pipeline.convert.text_recognition import read_lines

            detect_in_two_steps(self.reader, self.options.precision)
            read_lines(self.reader, self.options.precision, self._native_codes, self.glance)


class _Tesseract(_ReadOnce, TesseractOcrCliModel):
    pass


_STAGES: dict[type[OcrOptions], type[_ReadOnce]] = {ReadOnceOptions: _RapidOcr, TesseractCliOcrOptions: _Tesseract}


class ReadOncePipeline(StandardPdfPipeline):
    """StandardPdfPipeline that reads each page of a document once, whatever is tried with it."""

    layout_is_by_rules = False

    def _make_ocr_model(self, art_path: Path | None) -> BaseOcrModel:
        options = self.pipeline_options
        stage = _STAGES[type(options.ocr_options)](
            enabled=options.do_ocr,
            artifacts_path=art_path,
            options=options.ocr_options,
            accelerator_options=options.accelerator_options,
        )
        stage.layout_is_by_rules = self.layout_is_by_rules
        return stage
