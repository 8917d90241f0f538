"""What must stay as it is when code moves: names of files and collections, shapes of what is written, exit codes,
commands. `python -m tests.promises.pinned` prints it anew, for a change that is meant."""

from __future__ import annotations

import json
import sys
from typing import Any
from unittest.mock import patch

import typer.main

import pipeline
from pipeline.cli.app import app
from pipeline.errors import ErrorCode
from pipeline.inspection.plan import Plan
from pipeline.inspection.status import Status
from pipeline.monitoring.view import View
from pipeline.orchestrator.checkpoint import Checkpoint
from pipeline.publish.verification import Verification
from pipeline.run import fingerprints
from pipeline.run.current import Run
from pipeline.run.events import Begun, DocumentEnded, Ended, Sampled, ShardOpened
from pipeline.run.records import Published, Receipt, Rollbacks, ShardState, Success
from pipeline.run.summary import Summary
from pipeline.scheduling import EXIT_CODES
from pipeline.schema import ChunkedDocument, Conversion, Document, Failure, Snapshot, Stage
from pipeline.settings.sections import EmbeddingSettings, Settings
from pipeline.sparse import ChunkTerms
from pipeline.store.nic_schema import Payload

WRITTEN = (
    *(Begun, ShardOpened, DocumentEnded, Sampled, Ended, Checkpoint, Snapshot, Conversion, ChunkedDocument, ChunkTerms),
    *(Failure, Receipt, ShardState, Published, Rollbacks, Success, Summary, Payload, Plan, Status, Verification, View),
)
SETTINGS = Settings(embedding=EmbeddingSettings(device="cpu", backend="onnx", precision="int8"))
DOCUMENT = Document(
    document_id="00000000-0000-5000-8000-000000000001",
    path="30-Aprovados/a.md",
    blob_sha="a" * 40,
    size_bytes=1,
    extension="md",
)


def found() -> dict[str, Any]:
    """All of it, as JSON has it. The versions of libraries, which are part of fingerprints, are left out."""
    with patch.object(fingerprints, "versions", lambda _: {}):
        run = Run(SETTINGS, "20240101T000000.000Z-000000")
        return {
            "config_hash": SETTINGS.config_hash,
            "collection": run.fingerprints.collection,
            "fingerprints": {
                stage: {extension: run.fingerprints.stage(stage, extension) for extension in _extensions()}
                for stage in Stage
            },
            "files": _files(run),
            "written": {model.__name__: _shape(model.model_json_schema()) for model in WRITTEN},
            "tasks": sorted(pipeline.__all__),
            "exit_codes": EXIT_CODES,
            "error_codes": [code.value for code in ErrorCode],
            "commands": _commands(typer.main.get_command(app)),
        }


def _extensions() -> tuple[str, ...]:
    return SETTINGS.source.supported_extensions


def _files(run: Run) -> list[str]:
    of_document = run.files_of(DOCUMENT)
    paths = [of_document.target(stage) for stage in Stage]
    paths += [of_document.conversion, of_document.terms, of_document.failure(Stage.CONVERT)]
    paths += [run.listings.path("c" * 40), run.data.latest_snapshot, run.data.published("nic"), run.data.report("r")]
    paths += [run.data.shard("c", 0, 1), run.data.superseded("c"), run.data.rolled_back("nic"), run.data.summary("r")]
    paths += [run.data.changing("nic"), run.data.last_success, run.data.models, run.data.qdrant]
    return [str(path) for path in paths]


def _shape(schema: Any) -> Any:
    """Names, types and defaults, without the words that explain them."""
    if isinstance(schema, dict):
        prose = {"description", "title"} if not isinstance(schema.get("title"), dict) else set()
        return {key: _shape(value) for key, value in schema.items() if key not in prose}
    return [_shape(value) for value in schema] if isinstance(schema, list) else schema


def _commands(command: Any) -> Any:
    """Command -> its options and arguments, or its commands."""
    if hasattr(command, "commands"):
        return {name: _commands(each) for name, each in sorted(command.commands.items())}
    return sorted(max(option.opts, key=len) for option in command.params)


if __name__ == "__main__":
    json.dump(found(), sys.stdout, indent=1, ensure_ascii=False, sort_keys=True)
