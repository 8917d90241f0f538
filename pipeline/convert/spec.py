"""What decides what a document is converted to."""

from __future__ import annotations

from pipeline.settings.declaration import Role
from pipeline.settings.sections import ConversionSettings
from pipeline.settings.stage_spec import StageSpec

_LIMITS = ConversionSettings.of_role(Role.LIMIT)
SPEC = StageSpec(
    version=8,
    libraries=(
        *("docling", "docling-core", "docling-parse", "rapidocr", "onnxruntime", "openvino", "opencv-python-headless"),
        *("pypdfium2", "pikepdf", "pillow", "beautifulsoup4", "lxml", "marko", "python-frontmatter"),
        *("python-docx", "python-pptx", "openpyxl", "olefile", "python-oxmsg"),
    ),
    inputs=lambda settings, versions: (versions, settings.conversion.model_dump(mode="json", exclude=_LIMITS)),
)
