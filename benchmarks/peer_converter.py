"""The converters that peers are given: Docling as its documentation sets it up, or this pipeline's own."""

from __future__ import annotations

import os

from docling.datamodel.base_models import InputFormat
from docling.datamodel.pipeline_options import RapidOcrOptions, ThreadedPdfPipelineOptions
from docling.document_converter import DocumentConverter, ImageFormatOption, PdfFormatOption
from docling.pipeline.standard_pdf_pipeline import StandardPdfPipeline

from pipeline.convert.converter import document_converter
from pipeline.convert.pdf.engine import RuleLayoutOptions, RulePdfPipeline
from pipeline.settings.sections import ConversionSettings

OWN = os.environ.get("NIC_BENCHMARK_CONVERTER") == "own"
"""Whether this pipeline's converter is asked for."""


class StockPipeline(RulePdfPipeline):
    """Docling's pipeline with its own OCR stage. Layout and tables are by this pipeline's rules, since Docling's models
    for them come from a hub."""

    _make_ocr_model = StandardPdfPipeline._make_ocr_model


def converter() -> DocumentConverter:
    """Built once per process."""
    return document_converter(ConversionSettings()) if OWN else _stock()


def _stock() -> DocumentConverter:
    """Every default stays, but for the language: recognition reads Portuguese, and its model comes with RapidOCR."""
    options = ThreadedPdfPipelineOptions(
        layout_options=RuleLayoutOptions(), do_table_structure=False, ocr_options=RapidOcrOptions(lang=["iso:pt"])
    )
    return DocumentConverter(
        format_options={
            InputFormat.PDF: PdfFormatOption(pipeline_cls=StockPipeline, pipeline_options=options),
            InputFormat.IMAGE: ImageFormatOption(pipeline_cls=StockPipeline, pipeline_options=options),
        }
    )
