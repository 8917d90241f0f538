"""The derived files of one document: where each is, named after what went in and how."""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.datadir.files import FilePath
from pipeline.datadir.paths import DataDir
from pipeline.run.fingerprints import Fingerprints
from pipeline.schema import Document, Stage


@dataclass(slots=True)  # not frozen, which takes longer to make: several are made for each document
class DocumentFiles:
    """Paths only; what is there and what it holds is others' business."""

    _data: DataDir
    _fingerprints: Fingerprints
    _document: Document

    @property
    def source(self) -> FilePath:
        """The document as it was published."""
        return self._data.source(self._document.blob_sha, self._document.extension)

    @property
    def converted(self) -> FilePath:
        """DoclingDocument."""
        return self._data.converted(self._document.blob_sha, self._name(Stage.CONVERT))

    @property
    def conversion(self) -> FilePath:
        """schema.Conversion."""
        return self._data.conversion(self._document.blob_sha, self._name(Stage.CONVERT))

    @property
    def chunks(self) -> FilePath:
        """schema.ChunkedDocument."""
        return self._data.chunks(self._document.blob_sha, self._name(Stage.CHUNK))

    @property
    def embeddings(self) -> FilePath:
        """Unit vectors, (chunks, dimension) float32."""
        return self._data.embeddings(self._document.blob_sha, self._name(Stage.EMBED))

    @property
    def terms(self) -> FilePath:
        """sparse.ChunkTerms."""
        return self._data.terms(self._document.blob_sha, self._fingerprints.terms(self._document.extension))

    @property
    def receipt(self) -> FilePath:
        """records.Receipt."""
        version = self._fingerprints.content_version(self._document)
        return self._data.receipt(self._fingerprints.collection, self._document.document_id, version)

    def target(self, stage: Stage) -> FilePath:
        """The file that a stage's success leaves behind."""
        match stage:
            case Stage.FETCH:
                return self.source
            case Stage.CONVERT:
                return self.converted
            case Stage.CHUNK:
                return self.chunks
            case Stage.EMBED:
                return self.embeddings
            case Stage.STORE:
                return self.receipt

    def failure(self, stage: Stage) -> FilePath:
        """schema.Failure."""
        return self._data.failure(self._document.blob_sha, self._fingerprints.failure(stage, self._document.extension))

    def _name(self, stage: Stage) -> str:
        return self._fingerprints.stage(stage, self._document.extension)
