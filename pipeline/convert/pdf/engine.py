"""Docling's PDF pipeline with rules in the place of its layout and table models, which need a model hub.

Docling runs parse, layout, OCR, layout post-processing, tables, assembly. The layout stage here only says what OCR
should read; the rules run in post-processing, where they see the PDF's own text and the OCR's alike.
"""

from __future__ import annotations

import contextlib
import statistics
import threading
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

from docling.datamodel.accelerator_options import AcceleratorOptions
from docling.datamodel.base_models import Cluster, LayoutPrediction, Page, Table, TableStructurePrediction
from docling.datamodel.document import ConversionResult
from docling.datamodel.pipeline_options import BaseLayoutOptions, LayoutPostprocessorOptions, TableStructureOptions
from docling.models.base_layout_model import BaseLayoutModel
from docling.models.base_table_model import BaseTableStructureModel
from docling.models.factories import get_layout_factory
from docling.models.factories.table_factory import TableStructureFactory
from docling.models.stages.layout.layout_postprocessing_model import LayoutPostprocessingModel
from docling.pipeline import standard_pdf_pipeline
from docling.pipeline.standard_pdf_pipeline import ThreadedItem
from docling_core.types.doc import DocItemLabel as Label

from pipeline.convert.ocr_stage import ReadOncePipeline
from pipeline.convert.pdf.boxes import Box
from pipeline.convert.pdf.document_rules import mark_running_lines, promote_title
from pipeline.convert.pdf.ocr_regions import ocr_regions
from pipeline.convert.pdf.page_geometry import PageGeometry, read_page
from pipeline.convert.pdf.segmentation import segment
from pipeline.convert.pdf.table_grid import contents_grid, table_grid
from pipeline.convert.reading import ReadStream

_REGISTRATION = threading.Lock()


class RuleLayoutOptions(BaseLayoutOptions):
    """Chooses the rules in `PdfPipelineOptions.layout_options`."""

    kind: ClassVar[str] = "rules"


class RuleLayoutModel(BaseLayoutModel):
    """Layout stage: names the regions for OCR as clusters, which is what Docling's OCR stage reads."""

    requires_layout_postprocessing = False

    def __init__(
        self,
        artifacts_path: Path | None,
        accelerator_options: AcceleratorOptions,
        options: RuleLayoutOptions,
        enable_remote_services: bool = False,
    ) -> None:
        self.options = options

    @classmethod
    def get_options_type(cls) -> type[RuleLayoutOptions]:
        return RuleLayoutOptions

    def predict_layout(self, conv_res: ConversionResult, pages: Sequence[Page]) -> Sequence[LayoutPrediction]:
        stream = ReadStream.of(conv_res)
        return [LayoutPrediction(clusters=_ocr_clusters(page, stream) if _is_valid(page) else []) for page in pages]


class NoTableModel(BaseTableStructureModel):
    """Table stage that does nothing: the rules have found the cells before."""

    enabled = False

    def __init__(self, **_: Any) -> None:
        """Takes what Docling gives to every table model."""

    @classmethod
    def get_options_type(cls) -> type[TableStructureOptions]:
        return TableStructureOptions

    def predict_tables(self, conv_res: ConversionResult, pages: Sequence[Page]) -> Sequence[TableStructurePrediction]:
        raise NotImplementedError


class RulePostprocessing(LayoutPostprocessingModel):
    """Post-processing stage: cuts the page into clusters and its tables into cells."""

    def __init__(self) -> None:
        super().__init__(options=LayoutPostprocessorOptions(run_postprocessor=False))

    def postprocess_layout(self, conv_res: ConversionResult, pages: Sequence[Page]) -> Sequence[LayoutPrediction]:
        for page in filter(_is_valid, pages):
            geometry = read_page(page)
            clusters = segment(geometry)
            page.predictions.layout = LayoutPrediction(clusters=clusters)
            page.predictions.tablestructure = _tables(page, clusters, geometry, conv_res)
        return super().postprocess_layout(conv_res, pages)


class RulePdfPipeline(ReadOncePipeline):
    """Docling's pipeline without models; its options must have `RuleLayoutOptions` and no table structure model."""

    layout_is_by_rules = True

    def _init_models(self) -> None:
        register()
        with _no_table_models():
            super()._init_models()
        self.layout_postprocessing_model = RulePostprocessing()

    def _release_page_resources(self, item: ThreadedItem) -> None:  # type: ignore[override]
        """Characters and words of a page are most of its memory, and headings' levels need only its lines."""
        super()._release_page_resources(item)
        if item.payload is not None and item.payload.parsed_page is not None:
            item.payload.parsed_page.char_cells = []
            item.payload.parsed_page.word_cells = []

    def _assemble_document(self, conv_res: ConversionResult) -> ConversionResult:
        mark_running_lines(conv_res.pages)
        result = super()._assemble_document(conv_res)
        promote_title(result)
        return result


def register() -> None:
    """Make the rules known to Docling's layout factory. The factory is cached by how it is called: by keyword."""
    with _REGISTRATION:
        factory = get_layout_factory(allow_external_plugins=False)
        if RuleLayoutOptions not in factory.classes:
            factory.register(RuleLayoutModel, "nic-etl", __name__)


@contextlib.contextmanager
def _no_table_models() -> Iterator[None]:
    """Docling imports all its table models, and torchvision with them, only to switch them off: a third of a start."""
    factory = TableStructureFactory()  # type: ignore[no-untyped-call]
    factory.register(NoTableModel, "nic-etl", __name__)
    names = vars(standard_pdf_pipeline)
    with _REGISTRATION:
        given = names["get_table_structure_factory"]
        names["get_table_structure_factory"] = lambda **_: factory
        try:
            yield
        finally:
            names["get_table_structure_factory"] = given


def _is_valid(page: Page) -> bool:
    return page._backend is not None and page._backend.is_valid()


def _ocr_clusters(page: Page, stream: ReadStream | None) -> list[Cluster]:
    repeated = partial(stream.repeated_pictures, page.page_no) if stream else list
    return [
        Cluster(id=index, label=Label.TEXT, bbox=box.to_docling(), confidence=0.5)
        for index, box in enumerate(ocr_regions(page, repeated))
    ]


def _tables(
    page: Page, clusters: Sequence[Cluster], geometry: PageGeometry, conv_res: ConversionResult
) -> TableStructurePrediction:
    """The cells of the page's tables; the share of filled cells becomes the page's table score."""
    prediction, filled = TableStructurePrediction(), []
    for cluster in clusters:
        if cluster.label not in (Label.TABLE, Label.DOCUMENT_INDEX):
            continue
        box = Box.from_docling(cluster.bbox)
        grid = table_grid(box, geometry) if cluster.label == Label.TABLE else contents_grid(box, geometry.lines)
        if grid is None:
            continue
        filled.append(grid.filled)
        prediction.table_map[cluster.id] = Table(
            label=cluster.label,
            id=cluster.id,
            page_no=page.page_no,
            cluster=cluster,
            otsl_seq=[],
            num_rows=grid.rows,
            num_cols=grid.columns,
            table_cells=grid.cells,
        )
    if filled:
        conv_res.confidence.pages[page.page_no].table_score = statistics.mean(filled)
    return prediction
