"""What is stored with every chunk, and where each fact comes from."""

from __future__ import annotations

import unicodedata
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath

import pytest

from pipeline.errors import ErrorCode, PermanentError
from pipeline.schema import Conversion, Properties, point_id
from pipeline.settings.sections import EmbeddingSettings, GitlabSettings, Settings
from pipeline.store.nic_schema import Payload
from pipeline.store.payload import document_type, warnings_of
from tests.support.stored import make_document, make_payloads

EARLY, LATE = datetime(2024, 1, 2, tzinfo=UTC), datetime(2025, 3, 4, tzinfo=UTC)


def one(path: str = "30-Aprovados/RH/plano.pdf", **more: object) -> Payload:
    facts = more.pop("facts", {})
    assert isinstance(facts, dict)
    return make_payloads(make_document(path, **facts), **more)[0]  # type: ignore[arg-type]


def test_each_chunk_knows_its_place() -> None:
    made = make_payloads(make_document("30-Aprovados/a.pdf"), 3)
    assert [payload.chunk_index for payload in made] == [0, 1, 2]
    assert [payload.chunk_id for payload in made] == [point_id("30-Aprovados/a.pdf", slot) for slot in range(3)]
    assert {payload.total_chunks for payload in made} == {3}
    assert made[1].content == "texto 1"
    assert made[0].language == "pt-BR"


def test_the_title_is_the_documents_own_before_its_first_heading_before_its_file_name() -> None:
    own = Properties(title="Das propriedades")
    assert one(properties=own, title="Do texto").title == "Das propriedades"
    assert one(title="Do texto").title == "Do texto"
    assert one("30-Aprovados/Plano_de_ação.pdf").title == "Plano de ação"


def test_the_documents_own_facts_win_over_the_sources() -> None:
    facts = {"author": "git", "created_date": EARLY, "modified_date": EARLY}
    own = Properties(author="Ana", created_date=LATE, tags=("rh",), approver="Bia", version="2.1")
    payload = one(facts=facts, properties=own)
    assert (payload.author, payload.created_date, payload.modified_date) == ("Ana", LATE, EARLY)
    assert (payload.tags, payload.approver, payload.version) == (("rh",), "Bia", "2.1")
    assert one(facts=facts).author == "git"


def test_every_chunk_says_how_complete_its_documents_text_is() -> None:
    assert one().text_coverage == 1.0
    assert one(text_coverage=0.93).as_json()["text_coverage"] == 0.93


def test_unknown_facts_are_absent() -> None:
    stored = one("30-Aprovados/plano.pdf").as_json()
    assert None not in stored.values()
    assert "" not in stored.values()
    absent = {"category", "subcategory", "author", "gitlab_project", "gitlab_branch", "gitlab_commit", "gitlab_url"}
    assert not absent & stored.keys()
    assert not {"previous_version", "revision", "description", "approved_date", "section_title"} & stored.keys()
    assert stored["is_latest"] is True
    assert stored["status"] == "approved"


def test_category_and_subcategory_are_the_folders_below_the_target_folder() -> None:
    payload = one("30-Aprovados/RH/Férias/2024/plano.pdf")
    assert (payload.category, payload.subcategory) == ("RH", "Férias")
    assert one("30-Aprovados/RH/plano.pdf").subcategory is None


def test_one_folder_spelt_in_two_ways_is_one_category_but_the_path_stays_as_it_is() -> None:
    decomposed = unicodedata.normalize("NFD", "30-Aprovados/Segurança/Política_é.pdf")
    payload = one(decomposed)
    assert payload.category == "Segurança"
    assert payload.title == "Política é"
    assert payload.file_path == decomposed
    assert payload.file_name == PurePosixPath(decomposed).name


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("Política de Segurança.pdf", "policy"),
        ("POLITICA_DE_FERIAS.docx", "policy"),
        (unicodedata.normalize("NFD", "Resolução 12.pdf"), "policy"),
        ("POP-01 Compras.pdf", "procedure"),
        ("Instruções de uso.pdf", "procedure"),
        ("guia_rapido.md", "guideline"),
        ("Manual de procedimentos.pdf", "manual"),
        ("Procedimento do manual.pdf", "procedure"),
        ("Ata 2024-01.pdf", "report"),
        ("annual summary.txt", "report"),
        ("Apresentação.pdf", "presentation"),
        ("slides.pptx", "presentation"),
        ("Relatório anual.pptx", "report"),
        ("formulario.xlsx", "form"),
        ("Políticas/outro.pdf", "policy"),
        ("Políticas/Manuais/outro.pdf", "manual"),
        ("Políticas/Manual.pdf", "manual"),
        ("datas e popular.pdf", "other"),
        ("informal.pdf", "other"),
    ],
)
def test_the_type_is_told_by_whole_words_of_name_folder_or_format(path: str, expected: str) -> None:
    assert document_type(PurePosixPath(path), path.rpartition(".")[2]) == expected


def test_the_target_folder_itself_says_nothing_of_type_and_category() -> None:
    payload = one("Acervo/Manuais/plano.pdf", folder="Acervo/Manuais")
    assert (payload.document_type, payload.category) == ("other", None)


def test_gitlab_fields_say_what_the_source_knows() -> None:
    facts = {"commit": "d" * 40, "url": "https://git.example/nic/-/blob/main/a.pdf"}
    settings = Settings(gitlab=GitlabSettings(project="nic/docs"))
    payload = one(facts=facts, settings=settings, source="gitlab")
    assert (payload.gitlab_project, payload.gitlab_commit, payload.gitlab_url) == ("nic/docs", "d" * 40, facts["url"])
    checkout = one(facts={"commit": "d" * 40}, settings=settings)
    assert (checkout.gitlab_project, checkout.gitlab_commit) == (None, "d" * 40)
    assert checkout.gitlab_file_path == checkout.file_path


def test_a_model_folder_is_named_without_where_it_lies(tmp_path: Path) -> None:
    (tmp_path / "bge").mkdir()
    settings = Settings(embedding=EmbeddingSettings(model_name=str(tmp_path / "bge")))
    assert one(settings=settings).embedding_model == "bge"
    assert (
        one(settings=Settings(embedding=EmbeddingSettings(model_name="BAAI/bge-m3"))).embedding_model == "BAAI/bge-m3"
    )


def test_facts_that_break_the_schema_quarantine_the_document() -> None:
    wrong = Properties(effective_date=LATE, expiration_date=EARLY)
    with pytest.raises(PermanentError, match="expiration_date is before effective_date") as caught:
        one(properties=wrong)
    assert caught.value.code is ErrorCode.REJECTED


def test_an_approved_document_without_an_approver_is_a_warning_not_an_error() -> None:
    conversion = Conversion(
        engine="text", versions={}, ocr_applied=False, quality_score=1, warnings=("page 3 is blank",)
    )
    assert warnings_of(conversion) == ["page 3 is blank", "approved, but the document names no approver"]
    approved = conversion.model_copy(update={"properties": Properties(approver="Bia")})
    assert warnings_of(approved) == ["page 3 is blank"]
