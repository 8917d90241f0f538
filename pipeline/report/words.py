"""What a report says, in Portuguese and English, and how each language writes numbers and times."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from pipeline.errors import ErrorCode
from pipeline.report.remedies import PORTUGUESE
from pipeline.schema import Stage


@dataclass(frozen=True)
class ReportTexts:
    """Every text of the report in one language; a missing one is a type error. `{…}` are filled with numbers."""

    language: str
    decimal_comma: bool
    title: str
    run: str
    environment: str
    commit: str
    finished: str
    incomplete: str
    in_step: str
    out_of_step: str
    attention: str
    one_attention: str
    one_document: str
    documents: str
    new: str
    changed: str
    removed: str
    renamed: str
    unchanged: str
    quarantined: str
    failed: str
    skipped: str
    one_chunk: str
    chunks: str
    duration: str
    memory_peak: str
    cpu_mean: str
    quarantine_title: str
    quarantine_lead: str
    failed_title: str
    failed_lead: str
    remedy: str
    happened: str
    changes_title: str
    no_changes: str
    more: str
    stages_title: str
    stage: str
    elapsed: str
    work: str
    rate: str
    per_second: str
    stages_lead: str
    slowest_title: str
    slowest_lead: str
    charts_title: str
    gantt: str
    gantt_description: str
    throughput: str
    throughput_description: str
    resources: str
    resources_description: str
    memory_axis: str
    cpu_axis: str
    tokens: str
    tokens_description: str
    tokens_axis: str
    scores: str
    scores_description: str
    scores_axis: str
    count_axis: str
    time_axis: str
    maximum: str
    skipped_title: str
    warnings_title: str
    settings_title: str
    versions_title: str
    machine: str
    cores: str
    footer: str
    stages: dict[Stage, str]

    def number(self, value: float, decimals: int = 0) -> str:
        """1,234.5 or 1.234,5."""
        text = f"{value:,.{decimals}f}"
        return text.translate(str.maketrans(",.", ".,")) if self.decimal_comma else text

    def count_documents(self, count: int) -> str:
        return f"{self.number(count)} {self.one_document if count == 1 else self.documents}"

    def count_chunks(self, count: int) -> str:
        return f"{self.number(count)} {self.one_chunk if count == 1 else self.chunks}"

    def seconds(self, value: float) -> str:
        """Short and readable: 0.4 s, 34 s, 12 min 5 s, 3 h 20 min."""
        whole = round(value)
        if whole < 60:
            return f"{self.number(value, 0 if value >= 10 else 1)} s"
        if whole < 3600:
            return f"{whole // 60} min {whole % 60} s"
        return f"{whole // 3600} h {whole % 3600 // 60} min"

    def moment(self, value: datetime) -> str:
        return f"{value.astimezone(UTC):{'%d/%m/%Y %H:%M' if self.decimal_comma else '%Y-%m-%d %H:%M'}} UTC"

    def what_to_do(self, code: ErrorCode) -> str:
        return PORTUGUESE[code][1] if self.language == "pt-BR" else code.remedy

    def meaning(self, code: ErrorCode) -> str | None:
        """What a code means; None in English, where the failure's own message says more."""
        return PORTUGUESE[code][0] if self.language == "pt-BR" else None


_PT = ReportTexts(
    language="pt-BR",
    decimal_comma=True,
    title="Relatório da execução",
    run="execução",
    environment="ambiente",
    commit="commit",
    finished="Concluída",
    incomplete="Incompleta",
    in_step="A coleção {alias} corresponde exatamente ao commit {commit}: {documents}, {points}.",
    out_of_step="{unfinished} de {total} documentos não foram gravados nesta execução; execute de novo.",
    attention="{count} documentos estão em quarentena.",
    one_attention="1 documento está em quarentena.",
    one_document="documento",
    documents="documentos",
    new="novos",
    changed="alterados",
    removed="removidos",
    renamed="renomeados",
    unchanged="inalterados",
    quarantined="quarentena",
    failed="com falha",
    skipped="ignorados",
    one_chunk="trecho",
    chunks="trechos",
    duration="duração",
    memory_peak="memória, pico",
    cpu_mean="CPU, média",
    quarantine_title="Em quarentena",
    quarantine_lead="Não podem ser pesquisados até que o arquivo mude ou que sejam liberados.",
    failed_title="Com falha nesta execução",
    failed_lead="A próxima execução tenta de novo.",
    remedy="O que fazer",
    happened="Mensagem",
    changes_title="O que mudou",
    no_changes="Nenhum documento mudou.",
    more="e mais {count}",
    stages_title="Etapas",
    stage="etapa",
    elapsed="duração",
    work="trabalho",
    rate="vazão",
    per_second="doc/s",
    stages_lead="As etapas se sobrepõem. Duração: tempo com ao menos um documento na etapa. "
    "Trabalho: soma dos segundos de cada documento, em todos os processos.",
    slowest_title="Documentos mais lentos",
    slowest_lead="Segundos de trabalho, por etapa.",
    charts_title="Gráficos",
    gantt="Quando cada etapa trabalhou",
    gantt_description="Uma linha por etapa; há barra enquanto ao menos um documento estava na etapa.",
    throughput="Vazão ao longo do tempo",
    throughput_description="Documentos terminados por segundo em cada etapa.",
    resources="Memória e CPU",
    resources_description="De todos os processos da execução juntos; 100 % é um núcleo.",
    memory_axis="memória, MB",
    cpu_axis="CPU, %",
    tokens="Tamanho dos trechos",
    tokens_description="Trechos feitos nesta execução, por número de tokens ({documents}).",
    tokens_axis="tokens",
    scores="Qualidade do OCR",
    scores_description="Documentos lidos por OCR nesta execução, por nota média de 0 a 1 ({documents}).",
    scores_axis="nota média",
    count_axis="quantidade",
    time_axis="tempo desde o início, {unit}",
    maximum="máx. {value}/s",
    skipped_title="Ignorados",
    warnings_title="Avisos",
    settings_title="Configuração em vigor",
    versions_title="Versões",
    machine="máquina",
    cores="núcleos",
    footer="Este arquivo é completo: abre sem rede. Os mesmos fatos, para programas, estão em summary.json.",
    stages={
        Stage.FETCH: "Obter",
        Stage.CONVERT: "Converter",
        Stage.CHUNK: "Dividir",
        Stage.EMBED: "Vetorizar",
        Stage.STORE: "Gravar",
    },
)

_EN = ReportTexts(
    language="en",
    decimal_comma=False,
    title="Run report",
    run="run",
    environment="environment",
    commit="commit",
    finished="Finished",
    incomplete="Not finished",
    in_step="Collection {alias} holds exactly commit {commit}: {documents}, {points}.",
    out_of_step="{unfinished} of {total} documents were not stored in this run; run again.",
    attention="{count} documents are in quarantine.",
    one_attention="1 document is in quarantine.",
    one_document="document",
    documents="documents",
    new="new",
    changed="changed",
    removed="removed",
    renamed="renamed",
    unchanged="unchanged",
    quarantined="quarantined",
    failed="failed",
    skipped="skipped",
    one_chunk="chunk",
    chunks="chunks",
    duration="duration",
    memory_peak="memory, peak",
    cpu_mean="CPU, mean",
    quarantine_title="Quarantined",
    quarantine_lead="They cannot be found by a search until the file changes or they are released.",
    failed_title="Failed in this run",
    failed_lead="The next run tries again.",
    remedy="What to do",
    happened="Message",
    changes_title="What changed",
    no_changes="No document changed.",
    more="and {count} more",
    stages_title="Stages",
    stage="stage",
    elapsed="elapsed",
    work="work",
    rate="throughput",
    per_second="doc/s",
    stages_lead="The stages overlap. Elapsed: time with at least one document in the stage. "
    "Work: the documents' own seconds added up, over all processes.",
    slowest_title="Slowest documents",
    slowest_lead="Seconds of work, by stage.",
    charts_title="Charts",
    gantt="When each stage was at work",
    gantt_description="One row a stage; a bar while at least one document was in it.",
    throughput="Throughput over time",
    throughput_description="Documents finished per second in each stage.",
    resources="Memory and CPU",
    resources_description="Of all the run's processes together; 100 % is one core.",
    memory_axis="memory, MB",
    cpu_axis="CPU, %",
    tokens="Length of the chunks",
    tokens_description="Chunks made in this run, by number of tokens ({documents}).",
    tokens_axis="tokens",
    scores="OCR quality",
    scores_description="Documents read by OCR in this run, by mean score from 0 to 1 ({documents}).",
    scores_axis="mean score",
    count_axis="count",
    time_axis="time since the start, {unit}",
    maximum="max {value}/s",
    skipped_title="Skipped",
    warnings_title="Warnings",
    settings_title="Settings in force",
    versions_title="Versions",
    machine="machine",
    cores="cores",
    footer="This file is complete: it opens without a network. The same facts, for programs, are in summary.json.",
    stages={
        Stage.FETCH: "Fetch",
        Stage.CONVERT: "Convert",
        Stage.CHUNK: "Chunk",
        Stage.EMBED: "Embed",
        Stage.STORE: "Store",
    },
)

WORDS = {"pt": _PT, "en": _EN}
