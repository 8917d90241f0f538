"""The MCP face of the library: tools that agents call, over stdio (`nic mcp`) or HTTP (`/mcp`). All only read."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from datetime import date
from typing import Annotated, Any

from mcp.server.mcpserver import MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from mcp.server.mcpserver.tools import Tool
from mcp_types import ToolAnnotations
from pydantic import Field

from pipeline.errors import PipelineError
from pipeline.run.current import keep_privately
from pipeline.schema import Method
from pipeline.search import Filters, Options
from pipeline.settings.secrets import public_message
from pipeline.settings.sections import __version__
from pipeline.store.nic_schema import DocumentStatus, DocumentType
from pipeline.web.agent_answers import (
    NOTICE,
    Answer,
    Excerpt,
    ListedDocuments,
    Page,
    cite,
    cited,
    cited_hit,
    part_of,
)
from pipeline.web.library.library import Library, NotPublishedError
from pipeline.web.library.selection import Selection
from pipeline.web.library.standing import Standing
from pipeline.web.query import NOT_BLANK

_INSTRUCTIONS = (
    "Search and read approved documents, mostly in Brazilian Portuguese. Ask `search` in the documents' language, "
    "read on with `read_passage` or `read_document`, and cite path, page and commit. " + NOTICE
)
_READS = ToolAnnotations(read_only_hint=True, destructive_hint=False, idempotent_hint=True, open_world_hint=False)
_DocumentId = Annotated[str, Field(max_length=64, description="document_id of a source")]
_Folder = Annotated[str, Field(max_length=1000, description="only below this folder")]
_Types = Annotated[tuple[DocumentType, ...], Field(description="only these document types")]
_Statuses = Annotated[tuple[DocumentStatus, ...], Field(description="only these")]
_Language = Annotated[str, Field(max_length=35, description="BCP 47, such as pt")]


def create_mcp(library: Library) -> MCPServer:
    """A server that has yet to be given a transport."""
    of = _Tools(library)
    tools = [_tool(of.search), _tool(of.read_passage), _tool(of.read_document), _tool(of.list_documents)]
    return MCPServer(
        "nic-etl",
        title="NIC ETL",
        instructions=_INSTRUCTIONS,
        version=__version__,
        log_level="WARNING",
        tools=[*tools, _tool(of.collection_status)],
    )


def _tool(method: Callable[..., Any]) -> Tool:
    """The SDK ignores an argument that a tool does not have, such as a misspelt filter: it is refused here."""
    tool = Tool.from_function(method, annotations=_READS, structured_output=True)
    arguments = tool.fn_metadata.arg_model
    arguments.model_config["extra"] = "forbid"
    arguments.model_rebuild(force=True)
    tool.parameters = arguments.model_json_schema(by_alias=True)
    return tool


class _Tools:
    """A method's docstring is what an agent is told of the tool."""

    def __init__(self, library: Library) -> None:
        self._library = library

    def search(  # noqa: PLR0913, PLR0917 - an argument for each option
        self,
        question: Annotated[
            str, Field(min_length=1, max_length=1000, pattern=NOT_BLANK, description="a question or some words")
        ],
        top_k: Annotated[int, Field(ge=1, le=50, description="how many hits")] = 10,
        method: Annotated[Method, Field(description="by meaning (dense), by words (sparse), or both")] = Method.HYBRID,
        by_document: Annotated[bool, Field(description="of each document only its best hit")] = False,
        neighbours: Annotated[int, Field(ge=0, le=5, description="passages around each hit to give, too")] = 0,
        folder: _Folder = "",
        document_type: _Types = (),
        status: _Statuses = (),
        language: _Language = "",
        modified_from: date | None = None,
        modified_to: date | None = None,
    ) -> Answer:
        """Passages of approved documents that answer a question, best first, each with what is needed to cite it."""
        filters = Filters(
            path=folder or None,
            document_type=document_type,
            status=status,
            language=language or None,
            modified_from=modified_from,
            modified_to=modified_to,
        )
        options = Options(filters=filters, by_document=by_document, neighbours=neighbours)
        with _told():
            edition = self._library.edition()
            hits = self._library.ask(question, top_k, method, options)
            cards = edition.cards
            return Answer(hits=tuple(cited_hit(hit, cards.get(hit.document_id), edition.commit) for hit in hits))

    def read_passage(
        self,
        document_id: _DocumentId,
        passage: Annotated[int, Field(ge=0, description="its number, as a hit gives it")],
        neighbours: Annotated[int, Field(ge=0, le=20, description="passages before and after it")] = 1,
    ) -> Excerpt:
        """A passage and what stands before and after it in its document."""
        with _told():
            first = max(0, passage - neighbours)
            found = self._library.passages(document_id, first, passage + neighbours + 1 - first)
            if passage not in {each.index for each in found}:
                raise NotPublishedError(document_id)
            source = cite(self._library.card(document_id), self._library.edition().commit)
            return Excerpt(source=source, passages=cited(found))

    def read_document(
        self,
        document_id: _DocumentId,
        page: Annotated[int, Field(ge=1, description="from 1; of a format without pages, parts of ten passages")] = 1,
    ) -> Page:
        """A document's text, one page at a time."""
        with _told():
            card = self._library.card(document_id)
            found, pages = part_of(self._library.passages(document_id, 0, card.chunks), page)
            if page > pages:
                raise NotPublishedError(document_id)
            source = cite(card, self._library.edition().commit)
            return Page(source=source, passages=cited(found), page=page, pages=pages)

    def list_documents(  # noqa: PLR0913, PLR0917 - an argument for each option
        self,
        text: Annotated[str, Field(max_length=200, description="part of title or path")] = "",
        folder: _Folder = "",
        document_type: _Types = (),
        status: _Statuses = (),
        language: _Language = "",
        year: Annotated[int | None, Field(description="of the last change")] = None,
        first: Annotated[int, Field(ge=0, description="how many to leave out")] = 0,
        count: Annotated[int, Field(ge=1, le=200)] = 50,
    ) -> ListedDocuments:
        """The documents that can be searched and read."""
        wanted = Selection(
            text=text, folder=folder, document_type=document_type, status=status, language=language, year=year
        )
        with _told():
            commit = self._library.edition().commit
            found = self._library.documents(wanted, first, count)
            documents = tuple(cite(card, commit) for card in found.documents)
            return ListedDocuments(total=found.total, documents=documents)

    def collection_status(self) -> Standing:
        """Which commit the collection is of, when that was proven, and what is missing from it."""
        with _told():
            return self._library.standing()


@contextlib.contextmanager
def _told() -> Iterator[None]:
    """Errors as an agent may read them: of an unexpected one only the class, its traceback is kept privately."""
    try:
        yield
    except NotPublishedError:
        raise ToolError("not_found: there is no such document, passage or page; it may have been replaced") from None
    except PipelineError as error:
        raise ToolError(f"{error.code}: {public_message(error)}") from None
    except Exception as error:
        keep_privately("mcp", error)
        raise ToolError(f"internal: {public_message(error)}") from None
