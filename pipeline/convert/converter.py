"""Docling's DocumentConverter as this pipeline uses it: one thread, no network, no model hub."""

from __future__ import annotations

import functools
import logging
import os
import shutil
from pathlib import Path

import cv2
import rapidocr
from docling.backend import image_backend
from docling.datamodel.accelerator_options import AcceleratorDevice, AcceleratorOptions
from docling.datamodel.backend_options import (
    HTMLBackendOptions,
    MarkdownBackendOptions,
    MsExcelBackendOptions,
    MsPowerpointBackendOptions,
    MsWordBackendOptions,
    PdfBackendOptions,
    ThreadedDoclingParseBackendOptions,
)
from docling.datamodel.base_models import InputFormat
from docling.datamodel.object_detection_engine_options import OnnxRuntimeObjectDetectionEngineOptions
from docling.datamodel.pipeline_options import (
    HeadingHierarchyOptions,
    LayoutObjectDetectionOptions,
    OcrOptions,
    TesseractCliOcrOptions,
    ThreadedPdfPipelineOptions,
)
from docling.document_converter import (
    DocumentConverter,
    ExcelFormatOption,
    HTMLFormatOption,
    ImageFormatOption,
    MarkdownFormatOption,
    PdfFormatOption,
    PowerpointFormatOption,
    WordFormatOption,
)
from PIL import Image

from pipeline.convert.formats import PAGED_FORMATS
from pipeline.convert.limits import MEGA
from pipeline.convert.markdown.backend import JoiningMarkdownBackend
from pipeline.convert.markdown.definitions import bound_definitions
from pipeline.convert.ocr_stage import ReadOnceOptions, ReadOncePipeline
from pipeline.convert.pdf.engine import RuleLayoutOptions, RulePdfPipeline
from pipeline.convert.pdf_file import OCR_SCALE
from pipeline.convert.word_levels import remember_levels
from pipeline.errors import ConfigurationError
from pipeline.settings.sections import ConversionSettings

log = logging.getLogger(__name__)
IMAGE_OCR_SCALE = 1.0  # an image is 1 pixel per point already
POLLING_INTERVAL_S = 0.02  # Docling's 0.5 s is felt on every short document
LINES_A_BATCH = 1  # more are padded to the longest and, on a CPU, only take more time and memory
LEAST_LINE = [3, 48, 96]  # channels, height, width: RapidOCR would pad whatever is shorter than 320 pixels
BUFFERED_PAGES = 4  # pages parsed ahead; each holds its image
LAYOUT_FOLDER = "docling-project--docling-layout-heron-onnx"
TABLE_FOLDER = "docling-project--docling-models"
PIPELINE_OF = {
    **{"pdf": InputFormat.PDF, "docx": InputFormat.DOCX, "pptx": InputFormat.PPTX, "xlsx": InputFormat.XLSX},
    **dict.fromkeys(PAGED_FORMATS - {"pdf"}, InputFormat.IMAGE),
}
"""What loads models; all else goes the short way of HTML."""
NO_FETCHING = {"enable_local_fetch": False, "enable_remote_fetch": False}


@functools.cache
def document_converter(settings: ConversionSettings) -> DocumentConverter:
    """The converter for these settings, built once per process; logs so. Raises ConfigurationError."""
    cv2.setNumThreads(1)  # processes fill the cores
    image_backend._get_frame_dpi = _pixels_as_points
    bound_definitions()
    remember_levels()
    log.info("document converter built in process %d", os.getpid())
    pipeline = ReadOncePipeline if settings.artifacts_path else RulePdfPipeline
    return DocumentConverter(
        allowed_formats=[
            InputFormat.PDF,
            InputFormat.IMAGE,
            InputFormat.DOCX,
            InputFormat.PPTX,
            InputFormat.XLSX,
            InputFormat.HTML,
            InputFormat.MD,
        ],
        format_options={
            InputFormat.PDF: PdfFormatOption(
                pipeline_cls=pipeline,
                pipeline_options=_paged_options(settings, OCR_SCALE),
                backend_options=ThreadedDoclingParseBackendOptions(
                    parser_threads=1, max_concurrent_results=BUFFERED_PAGES, **NO_FETCHING
                ),
            ),
            InputFormat.IMAGE: ImageFormatOption(
                pipeline_cls=pipeline,
                pipeline_options=_paged_options(settings, IMAGE_OCR_SCALE),
                backend_options=PdfBackendOptions(max_image_pixels=int(settings.max_megapixels * MEGA), **NO_FETCHING),
            ),
            InputFormat.DOCX: WordFormatOption(backend_options=MsWordBackendOptions(**NO_FETCHING)),
            InputFormat.PPTX: PowerpointFormatOption(backend_options=MsPowerpointBackendOptions(**NO_FETCHING)),
            InputFormat.XLSX: ExcelFormatOption(backend_options=MsExcelBackendOptions(**NO_FETCHING)),
            # Docling would hide whatever stands before the first heading as page furniture.
            InputFormat.HTML: HTMLFormatOption(
                backend_options=HTMLBackendOptions(fetch_images=False, infer_furniture=False, **NO_FETCHING)
            ),
            InputFormat.MD: MarkdownFormatOption(
                backend=JoiningMarkdownBackend,
                backend_options=MarkdownBackendOptions(fetch_images=False, **NO_FETCHING),
            ),
        },
    )


def load_pipeline(kind: str, settings: ConversionSettings) -> None:
    """Load the models for files of this kind, which Docling does at the first of them."""
    document_converter(settings).initialize_pipeline(PIPELINE_OF.get(kind, InputFormat.HTML))


def _pixels_as_points(image: Image.Image) -> tuple[float, float]:
    """Docling 2.143 would shrink an image of 300 dpi to the 72 that a point is, and refuse one that claims 0."""
    return (72.0, 72.0)


def _paged_options(settings: ConversionSettings, ocr_scale: float) -> ThreadedPdfPipelineOptions:
    """Options for PDF and images. Parsed pages are kept for the levels of headings, images for nothing."""
    options = ThreadedPdfPipelineOptions(
        accelerator_options=AcceleratorOptions(device=AcceleratorDevice.CPU, num_threads=1),
        batch_polling_interval_seconds=POLLING_INTERVAL_S,
        queue_max_size=BUFFERED_PAGES,
        heading_hierarchy_options=HeadingHierarchyOptions(enabled=True),
        generate_parsed_pages=True,
        generate_page_images=False,
        generate_picture_images=False,
        do_ocr=settings.ocr_engine != "none",
        ocr_options=_ocr_options(settings, ocr_scale),
    )
    if settings.artifacts_path is None:
        options.layout_options = RuleLayoutOptions()
        options.do_table_structure = False  # the rules find the cells together with the table
    else:
        _require_models(settings.artifacts_path)
        options.artifacts_path = settings.artifacts_path
        options.layout_options = LayoutObjectDetectionOptions.from_preset(
            "layout_heron_default", engine_options=OnnxRuntimeObjectDetectionEngineOptions()
        )
    return options


def _ocr_options(settings: ConversionSettings, scale: float) -> OcrOptions:
    if settings.ocr_engine == "tesseract":
        if shutil.which("tesseract") is None:
            raise ConfigurationError(
                "[conversion] ocr_engine = tesseract, but there is no tesseract program: install it "
                "with its language data (Debian: tesseract-ocr, tesseract-ocr-por) or choose rapidocr."
            )
        return TesseractCliOcrOptions(lang=list(settings.ocr_languages), scale=scale)
    # The line classifier turns long upright lines around; rotated pages are found by their score instead.
    options = ReadOnceOptions(
        precision=settings.ocr_precision,
        backend="onnxruntime",
        lang=list(settings.ocr_languages),
        use_cls=False,
        scale=scale,
        rapidocr_params={"Rec.rec_batch_num": LINES_A_BATCH, "Rec.rec_img_shape": LEAST_LINE},
    )
    if settings.artifacts_path is not None:  # Docling then looks for OCR models there, too: keep the wheel's own
        models = Path(rapidocr.__file__).parent / "models"
        options.det_model_path = str(models / "PP-OCRv6_det_small.onnx")
        options.rec_model_path = str(models / "PP-OCRv6_rec_small.onnx")
        options.cls_model_path = str(models / "ch_ppocr_mobile_v2.0_cls_mobile.onnx")
    return options


def _require_models(artifacts: Path) -> None:
    missing = [name for name in (LAYOUT_FOLDER, TABLE_FOLDER) if not (artifacts / name).is_dir()]
    if missing:
        raise ConfigurationError(
            f"[conversion] artifacts_path has no folder {' and no folder '.join(missing)}: fetch the models with "
            "`docling-tools models download layout tableformer`, or unset DOCLING_ARTIFACTS_PATH to work by rules."
        )
