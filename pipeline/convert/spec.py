"""What decides what a document is converted to."""

from __future__ import annotations

from pipeline.settings.stage_spec import StageSpec

LIMITS = {"max_pages", "max_unpacked_mb", "max_megapixels", "max_characters"}
"""Settings that decide whether a document is refused, and nothing about what becomes of one that is not."""
SPEC = StageSpec(
    version=3,
    libraries=(
        *("docling", "docling-core", "docling-parse", "rapidocr", "onnxruntime", "opencv-python-headless"),
        *("pypdfium2", "charset-normalizer", "beautifulsoup4", "python-docx", "python-pptx", "openpyxl", "marko"),
    ),
    inputs=lambda settings, versions: (versions, settings.conversion.model_dump(mode="json", exclude=LIMITS)),
)
