"""What chunking promises: nothing lost, nothing too long, nothing across sections."""

from __future__ import annotations

import dataclasses
import itertools
import os
import random
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from docling_core.types.doc import (
    BoundingBox,
    ContentLayer,
    CoordOrigin,
    DocItemLabel,
    DoclingDocument,
    GroupLabel,
    ProvenanceItem,
    Size,
    TableCell,
    TableData,
)
from tokenizers import Regex, Tokenizer
from tokenizers.models import WordLevel
from tokenizers.normalizers import Replace
from tokenizers.pre_tokenizers import Split

from pipeline import embedding_models
from pipeline.chunk import chunk_document
from pipeline.chunk.blocks import Block, Section, outline
from pipeline.chunk.chunker import Chunker
from pipeline.datadir import files
from pipeline.errors import ErrorCode, PermanentError
from pipeline.schema import ChunkedDocument, ChunkType, Conversion, Properties
from pipeline.settings.sections import ChunkingSettings, EmbeddingSettings
from tests.support.cpu_time import cpu_seconds

Cut = Callable[..., ChunkedDocument]


@pytest.fixture(scope="module")
def embedding(models_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> EmbeddingSettings:
    """The bundled model with all the room that it has: these promises are about larger chunks, too."""
    bundled, folder = (
        embedding_models.prepare(EmbeddingSettings(), models_dir),
        tmp_path_factory.mktemp("models") / "roomy",
    )
    shutil.copytree(bundled, folder, copy_function=os.symlink)
    (folder / "sentence_bert_config.json").unlink()
    (folder / "sentence_bert_config.json").write_text('{"max_seq_length": 512}')
    return EmbeddingSettings(model_name=str(folder))


@pytest.fixture(scope="module")
def card(embedding: EmbeddingSettings, models_dir: Path) -> embedding_models.ModelCard:
    return embedding_models.describe(embedding, models_dir)


@pytest.fixture
def cut(tmp_path: Path, embedding: EmbeddingSettings, models_dir: Path) -> Cut:
    """Chunks a document the way the stage does, through files."""

    def chunk(
        document: DoclingDocument, properties: Properties | None = None, engine: str = "text", **chunking: int
    ) -> ChunkedDocument:
        conversion = Conversion(
            engine=engine, versions={}, ocr_applied=False, quality_score=1, properties=properties or Properties()
        )
        document.save_as_json(tmp_path / "document.json")
        files.write_json(tmp_path / "conversion.json", conversion)
        target = tmp_path / "chunks.json"
        inputs = (tmp_path / "document.json", tmp_path / "conversion.json", target)
        result = chunk_document(*inputs, ChunkingSettings(**chunking), embedding, models_dir)
        assert files.read_model(target, ChunkedDocument) == result
        return result

    return chunk


def words(text: str) -> list[str]:
    return re.findall(r"\w+", text)


def prose(start: int, count: int) -> str:
    """Words that occur nowhere else, in sentences of ten."""
    return " ".join(f"palavra{n}." if n % 10 == 9 else f"palavra{n}" for n in range(start, start + count))


def table(rows: list[list[str]], header_rows: int = 1) -> TableData:
    cells = [
        TableCell(
            text=text,
            start_row_offset_idx=row,
            end_row_offset_idx=row + 1,
            start_col_offset_idx=column,
            end_col_offset_idx=column + 1,
            column_header=row < header_rows,
        )
        for row, texts in enumerate(rows)
        for column, text in enumerate(texts)
    ]
    return TableData(num_rows=len(rows), num_cols=max(map(len, rows)), table_cells=cells)


class RandomDocument:
    """A document of every kind of item, in which every word occurs once; `section_of` tells where each belongs."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)  # noqa: S311 - repeatable, not secret
        self.document = DoclingDocument(name="random")
        self.words: list[str] = []
        self.tables: set[str] = set()
        self.headings: set[str] = set()
        self.section_of: dict[str, int] = {}
        self.section = 0
        makers = [self.heading, self.paragraph, self.paragraph, self.list, self.table, self.picture, self.code]
        for _ in range(self.random.randint(1, 25)):
            self.random.choice(makers)()

    def text(self, count: int) -> str:
        made = []
        for _ in range(count):
            length = self.random.choice([1, 1, 1, 3, 6])
            word = f"{'xyz' * length}{len(self.words)}"
            self.words.append(word)
            self.section_of[word] = self.section
            made.append(word + self.random.choice(["", "", ",", ".", ". ", "!"]))
        return " ".join(made)

    def heading(self) -> None:
        self.section += 1
        count = self.random.choice([1, 3, 8, 8, 200])
        text = self.text(count)
        self.headings.update(words(text))
        self.document.add_heading(text, level=self.random.randint(1, 4))

    def paragraph(self) -> None:
        count = self.random.choice([1, 5, 50, 300])
        self.document.add_text(label=DocItemLabel.TEXT, text=self.text(count))

    def list(self) -> None:
        group = self.document.add_list_group()
        for _ in range(self.random.randint(1, 30)):
            marker = self.random.choice(["-", "•", "1.", "a)"])
            item = self.document.add_list_item(self.text(self.random.randint(1, 40)), marker=marker, parent=group)
            if self.random.random() < 0.2:
                inner = self.document.add_list_group(parent=item)
                self.document.add_list_item(self.text(5), parent=inner)

    def table(self) -> None:
        before = len(self.words)
        columns = self.random.randint(1, 6)
        longest = self.random.choice([1, 5, 60])
        rows = [
            [self.text(self.random.randint(0, longest)) for _ in range(columns)]
            for _ in range(self.random.randint(1, 12))
        ]
        caption = self.document.add_text(label=DocItemLabel.CAPTION, text=self.text(self.random.choice([1, 5, 200])))
        self.document.add_table(table(rows, header_rows=self.random.randint(0, 2)), caption=caption)
        self.tables.update(self.words[before:])

    def picture(self) -> None:
        caption = self.document.add_text(label=DocItemLabel.CAPTION, text=self.text(6))
        picture = self.document.add_picture(caption=caption)
        self.document.add_text(label=DocItemLabel.TEXT, text=self.text(20), parent=picture)

    def code(self) -> None:
        lines = [self.text(self.random.randint(1, 30)) for _ in range(self.random.randint(1, 40))]
        self.document.add_code("\n".join(lines))


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("size", [{"target_chunk_size": 500}, {"target_chunk_size": 60, "overlap": 20}])
def test_any_document_keeps_its_words_its_order_its_sections_and_the_models_limit(
    cut: Cut, card: embedding_models.ModelCard, seed: int, size: dict[str, int]
) -> None:
    made = RandomDocument(seed)
    chunks = cut(made.document, **size).chunks
    found = [words(chunk.embedded_text) for chunk in chunks]
    first_seen = {word: index for index, chunk in reversed(list(enumerate(found))) for word in chunk}

    assert [word for word in made.words if word not in first_seen] == []
    body = [word for word in made.words if word not in made.headings]
    order = [first_seen[word] for word in body if word not in made.tables]  # a table's header comes again
    assert order == sorted(order)
    for chunk in chunks:
        assert len({made.section_of[word] for word in set(words(chunk.text)).intersection(body)}) <= 1
    tokenizer = Tokenizer.from_file(str(card.folder / "tokenizer.json"))
    for chunk in chunks:
        assert len(tokenizer.encode(card.document_prompt + chunk.embedded_text).ids) <= card.max_tokens
        assert chunk.token_count == len(tokenizer.encode(chunk.embedded_text, add_special_tokens=False).ids)
        assert chunk.token_count <= size["target_chunk_size"]


def test_a_word_longer_than_a_chunk_is_cut_and_kept(cut: Cut) -> None:
    document = DoclingDocument(name="key")
    key = "".join(random.Random(1).choices("abcdefghij0123456789", k=6000))  # noqa: S311 - repeatable, not secret
    document.add_text(label=DocItemLabel.TEXT, text=f"chave {key} fim")

    chunks = cut(document, overlap=0).chunks

    assert "".join(chunk.text for chunk in chunks).replace(" ", "") == f"chave{key}fim"
    assert max(chunk.token_count for chunk in chunks) <= 500


def by_characters(tokens_per_character: int = 1) -> Tokenizer:
    """A tokenizer for which white space counts, so that the counts of parts do not add up."""
    tokenizer = Tokenizer(WordLevel({"?": 0}, unk_token="?"))  # noqa: S106 - no password
    tokenizer.normalizer = Replace(Regex(r"[\s\S]"), "x" * tokens_per_character)
    tokenizer.pre_tokenizer = Split(Regex(r"[\s\S]"), "isolated")
    return tokenizer


def test_the_limit_holds_for_a_tokenizer_that_counts_white_space(card: embedding_models.ModelCard) -> None:
    tokenizer = by_characters()
    sections = outline(RandomDocument(4).document, has_places=False).sections

    chunks = list(Chunker(tokenizer, card, ChunkingSettings(target_chunk_size=300, overlap=50)).chunks(sections))

    assert max(len(tokenizer.encode(chunk.embedded_text).ids) for chunk in chunks) <= 300


def test_a_text_of_which_not_one_character_fits_is_refused(card: embedding_models.ModelCard) -> None:
    chunker = Chunker(by_characters(40), card, ChunkingSettings(target_chunk_size=20, overlap=0))

    with pytest.raises(PermanentError, match="target_chunk_size") as caught:
        list(chunker.chunks([Section((), (Block("texto"),))]))

    assert caught.value.code == ErrorCode.TOO_LONG


def test_neighbours_in_a_section_share_whole_sentences(cut: Cut) -> None:
    document = DoclingDocument(name="long")
    document.add_text(label=DocItemLabel.TEXT, text=prose(0, 1200))

    chunks = cut(document, target_chunk_size=300, overlap=60).chunks

    assert len(chunks) > 3
    for left, right in itertools.pairwise(chunks):
        shared = [word for word in words(left.text) if word in set(words(right.text))]
        assert 10 <= len(shared) <= 30
        assert left.text.endswith(".")
        assert right.text.startswith(shared[0])
        assert int(shared[0].removeprefix("palavra")) % 10 == 0


def test_neighbours_share_the_last_words_of_a_sentence_that_is_too_long_to_share(cut: Cut) -> None:
    document = DoclingDocument(name="breathless")
    document.add_text(label=DocItemLabel.TEXT, text=prose(0, 1200).replace(".", ""))

    chunks = cut(document, target_chunk_size=300, overlap=60).chunks

    for left, right in itertools.pairwise(chunks):
        shared = [word for word in words(left.text) if word in set(words(right.text))]
        assert 5 <= len(shared) <= 30


def test_no_stub_is_left_at_the_end_of_a_section(cut: Cut) -> None:
    document = DoclingDocument(name="stub")
    document.add_text(label=DocItemLabel.TEXT, text=prose(0, 250))

    counts = [chunk.token_count for chunk in cut(document, target_chunk_size=500, overlap=0).chunks]

    assert len(counts) > 1
    assert min(counts) > max(counts) / 2


def test_a_table_is_cut_between_rows_and_repeats_its_header(cut: Cut) -> None:
    rows = [["Curso", "Vagas", "Campus"], *[[f"Curso {n}", f"{n} vagas", f"Campus {n}"] for n in range(100)]]
    document = DoclingDocument(name="table")
    document.add_text(label=DocItemLabel.TEXT, text=prose(0, 60))
    caption = document.add_text(label=DocItemLabel.CAPTION, text="Tabela 1: vagas")
    document.add_table(table(rows), caption=caption)

    text, *tables = cut(document, target_chunk_size=250).chunks

    assert text.chunk_type == ChunkType.TEXT
    assert len(tables) > 3
    seen = []
    for chunk in tables:
        assert chunk.chunk_type == ChunkType.TABLE
        first, second, *lines = chunk.text.split("\n")
        assert (first, second) == ("Tabela 1: vagas", "Curso | Vagas | Campus")
        seen += lines
    assert seen == [" | ".join(row) for row in rows[1:]]


def test_a_row_longer_than_a_chunk_is_cut_under_its_header(cut: Cut) -> None:
    document = DoclingDocument(name="row")
    document.add_table(table([["Item", "Texto"], ["1", prose(0, 300)]]))

    chunks = cut(document, target_chunk_size=200, overlap=0).chunks

    assert all(chunk.text.startswith("Item | Texto\n") for chunk in chunks)
    assert [word for chunk in chunks for word in words(chunk.text) if word.startswith("palavra")] == words(
        prose(0, 300)
    )


def test_a_table_that_goes_on_over_the_page_keeps_its_header() -> None:
    document = DoclingDocument(name="document")
    rows = [["Órgão", "Vagas"], ["Reitoria", "1"], ["Biblioteca", "2"], ["Arquivo", "3"]]
    parts = [table(rows[:2]), table(rows[2:3], header_rows=0), table(rows[3:], header_rows=0)]
    for number, part in enumerate(parts, start=1):
        document.add_page(page_no=number, size=Size(width=100, height=100))
        box = BoundingBox(l=10, t=10, r=90, b=50, coord_origin=CoordOrigin.TOPLEFT)
        document.add_table(part, prov=ProvenanceItem(page_no=number, bbox=box, charspan=(0, 0)))
    blocks = [block for section in outline(document, has_places=True).sections for block in section.blocks]
    assert [(block.header, block.text, block.pages) for block in blocks] == [
        ("Órgão | Vagas", "Reitoria | 1", (1,)),
        ("Órgão | Vagas", "Biblioteca | 2", (2,)),
        ("Órgão | Vagas", "Arquivo | 3", (3,)),
    ]


def test_a_cell_over_several_columns_stands_once(cut: Cut) -> None:
    data = table([["Prazo", "Prazo", "Nota"], ["1", "2", "3"]])
    merged = data.table_cells[0].model_copy(update={"end_col_offset_idx": 2, "col_span": 2})
    data.table_cells = [merged, *data.table_cells[2:]]
    document = DoclingDocument(name="spans")
    document.add_table(data)

    assert cut(document).chunks[0].text == "Prazo |  | Nota\n1 | 2 | 3"


def test_a_small_paragraph_joins_the_table_that_it_introduces(cut: Cut) -> None:
    document = DoclingDocument(name="small")
    document.add_text(label=DocItemLabel.TEXT, text="Os prazos são:")
    document.add_table(table([["Etapa", "Prazo"], *[[f"Etapa {n}", f"{n} dias"] for n in range(20)]]))

    chunks = cut(document).chunks

    assert len(chunks) == 1
    assert chunks[0].text.startswith("Os prazos são:\nEtapa | Prazo\nEtapa 0 | 0 dias")
    assert chunks[0].chunk_type == ChunkType.TABLE


def test_a_heading_without_text_is_a_chunk_and_one_above_others_is_only_in_their_path(cut: Cut) -> None:
    document = DoclingDocument(name="headings")
    document.add_title("Regimento")
    document.add_heading("Capítulo I", level=1)
    document.add_text(label=DocItemLabel.TEXT, text=prose(0, 60))
    document.add_heading("Capítulo II (revogado)", level=1)

    first, second = cut(document).chunks

    assert first.headings == ("Regimento", "Capítulo I")
    assert (second.headings, second.text) == (("Regimento",), "Capítulo II (revogado)")


def test_a_heading_too_long_for_the_path_is_written_out_once(cut: Cut) -> None:
    document = DoclingDocument(name="bold")
    document.add_heading(prose(0, 200), level=1)
    document.add_heading("Anexo", level=2)
    document.add_text(label=DocItemLabel.TEXT, text=prose(1000, 60))
    document.add_heading("Outro anexo", level=2)
    document.add_text(label=DocItemLabel.TEXT, text=prose(2000, 60))

    chunks = cut(document, overlap=0).chunks

    assert {chunk.headings for chunk in chunks} == {("Anexo",), ("Outro anexo",)}
    assert [word for chunk in chunks for word in words(chunk.text)][:200] == words(prose(0, 200))
    assert sum(chunk.text.count("palavra0 ") for chunk in chunks) == 1


def test_text_in_pictures_lists_forms_and_speaker_notes_is_found_and_comments_are_not(cut: Cut) -> None:
    document = DoclingDocument(name="kinds")
    caption = document.add_text(label=DocItemLabel.CAPTION, text="Figura 1: fluxo de aprovação")
    picture = document.add_picture(caption=caption)
    document.add_text(label=DocItemLabel.TEXT, text="Texto dentro da figura", parent=picture)
    document.add_text(label=DocItemLabel.TEXT, text="Nota do apresentador", content_layer=ContentLayer.NOTES)
    comments = document.add_group(label=GroupLabel.COMMENT_SECTION, content_layer=ContentLayer.NOTES)
    document.add_text(DocItemLabel.TEXT, "Comentário do revisor", parent=comments, content_layer=ContentLayer.NOTES)
    document.add_text(label=DocItemLabel.TEXT, text="Cabeçalho corrido", content_layer=ContentLayer.FURNITURE)

    (chunk,) = cut(document).chunks

    assert chunk.text == "Figura 1: fluxo de aprovação\nTexto dentro da figura\nNota do apresentador"


def test_list_items_keep_markers_that_say_something(cut: Cut) -> None:
    document = DoclingDocument(name="list")
    group = document.add_list_group()
    for marker, text in (("a)", "primeira alínea"), ("•", "um ponto"), ("§ 1º", "parágrafo")):
        document.add_list_item(text, marker=marker, parent=group)

    (chunk,) = cut(document).chunks

    assert chunk.text == "a) primeira alínea\n- um ponto\n§ 1º parágrafo"
    assert chunk.chunk_type == ChunkType.LIST


def test_code_keeps_its_lines(cut: Cut) -> None:
    document = DoclingDocument(name="code")
    document.add_code("def soma(a, b):\n    return a + b\n\nprint(soma(1, 2))")

    (chunk,) = cut(document).chunks

    assert chunk.text == "def soma(a, b):\n    return a + b\n\nprint(soma(1, 2))"
    assert chunk.chunk_type == ChunkType.CODE


def test_a_chunk_knows_its_pages_and_places_from_the_top_left(cut: Cut) -> None:
    document = DoclingDocument(name="pages")
    for page in (1, 2):
        document.add_page(page_no=page, size=Size(width=595, height=842))
        box = BoundingBox(l=50, t=800, r=500, b=780, coord_origin=CoordOrigin.BOTTOMLEFT)
        place = ProvenanceItem(page_no=page, bbox=box, charspan=(0, 10))
        document.add_text(label=DocItemLabel.TEXT, text=f"Texto da página {page}.", prov=place)

    (chunk,) = cut(document, engine="rules").chunks

    assert chunk.page_numbers == (1, 2)
    assert [box.model_dump() for box in chunk.bounding_boxes] == [
        {"page": page, "left": 50, "top": 42, "right": 500, "bottom": 62} for page in (1, 2)
    ]


def test_a_document_without_text_has_no_chunks(cut: Cut) -> None:
    document = DoclingDocument(name="empty")
    document.add_text(label=DocItemLabel.TEXT, text=" \u200b\n")

    result = cut(document)

    assert result.chunks == ()
    assert (result.language, result.title, result.section_count, result.total_tokens) == ("pt-BR", None, 0, 0)


def test_counts_and_title_come_from_the_document(cut: Cut) -> None:
    document = DoclingDocument(name="counts")
    document.add_heading("Instrução normativa", level=1)
    for part in range(3):
        document.add_heading(f"Parte {part}", level=2)
        document.add_text(label=DocItemLabel.TEXT, text=prose(part * 100, 60))

    result = cut(document)

    assert result.title == "Instrução normativa"
    assert result.section_count == 4
    assert result.total_tokens == sum(chunk.token_count for chunk in result.chunks)
    assert [chunk.index for chunk in result.chunks] == [0, 1, 2]


def test_two_first_level_headings_are_no_title(cut: Cut) -> None:
    document = DoclingDocument(name="no title")
    document.add_heading("Capítulo I", level=1)
    document.add_heading("Capítulo II", level=1)

    assert cut(document).title is None


def test_sheets_are_headings_and_no_title(cut: Cut) -> None:
    document = DoclingDocument(name="book")
    sheet = document.add_group(label=GroupLabel.SHEET, name="Vagas 2024")
    document.add_table(table([["Curso", "Vagas"], ["Direito", "40"]]), parent=sheet)

    result = cut(document)

    assert result.chunks[0].headings == ("Vagas 2024",)
    assert result.title is None


def test_the_document_s_own_language_wins(cut: Cut) -> None:
    document = DoclingDocument(name="declared")
    document.add_text(label=DocItemLabel.TEXT, text="This is plainly an English sentence about the approval of rules.")

    assert cut(document).language == "en-US"
    assert cut(document, Properties(language="pt")).language == "pt-BR"
    assert cut(document, Properties(language="not a language")).language == "en-US"


def test_chunking_is_repeatable(cut: Cut) -> None:
    assert cut(RandomDocument(3).document) == cut(RandomDocument(3).document)


@pytest.mark.slow
def test_chunking_loads_no_model_library() -> None:
    script = "import sys, pipeline.chunk.chunker; sys.exit(bool({'torch', 'transformers'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0


@pytest.mark.slow
def test_time_grows_with_the_document_and_no_faster(cut: Cut) -> None:
    def seconds(paragraphs: int) -> float:
        document = DoclingDocument(name="big")
        for number in range(paragraphs):
            document.add_text(label=DocItemLabel.TEXT, text=prose(number * 50, 50))
        return cpu_seconds(lambda: cut(document))

    seconds(10)
    assert seconds(1600) < 8 * seconds(400)


def test_where_the_model_allows_less_than_the_target_overlap_and_minimum_shrink_with_it(
    card: embedding_models.ModelCard,
) -> None:
    texts = [f"Palavra número {number} da norma, com prazo e forma de entrega. " * 3 for number in range(40)]
    sections = [Section(headings=(), blocks=tuple(map(Block, texts)))]
    tokenizer = embedding_models.tokenizer(card.folder)
    small = Chunker(tokenizer, dataclasses.replace(card, max_tokens=128), ChunkingSettings())
    sizes = {"target_chunk_size": small.size, "overlap": small.size // 5, "min_chunk_size": small.size // 10}
    asked = Chunker(tokenizer, card, ChunkingSettings(**sizes))
    assert [chunk.text for chunk in small.chunks(sections)] == [chunk.text for chunk in asked.chunks(sections)]
