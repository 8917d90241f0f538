"""Portuguese, as it is written in Brazilian offices."""

from __future__ import annotations

from pipeline.errors import ErrorCode
from pipeline.languages.pt_gaps import KINDS, PLACES
from pipeline.languages.pt_messages import MESSAGES
from pipeline.languages.texts import ReportTexts
from pipeline.schema import Stage

_CODES: dict[ErrorCode, tuple[str, str]] = {
    ErrorCode.CORRUPT: ("O arquivo está danificado, incompleto ou vazio.", "exporte-o novamente a partir da origem"),
    ErrorCode.ENCRYPTED: ("O arquivo pede uma senha.", "publique-o sem senha"),
    ErrorCode.UNSUPPORTED: (
        "O conteúdo é de um tipo que não pode ser convertido.",
        "publique-o em um formato aceito",
    ),
    ErrorCode.TOO_LARGE: ("O documento ultrapassa um limite de tamanho.", "divida o documento ou aumente o limite"),
    ErrorCode.TOO_LONG: (
        "O documento tem páginas ou texto demais.",
        "divida o documento ou aumente o limite",
    ),
    ErrorCode.INCOMPLETE_TEXT: (
        "Falta na extração uma parte do texto maior do que `[quality] min_text_coverage` permite.",
        "`nic coverage CAMINHO` mostra o que falta; publique o documento em outro formato ou reduza o limite",
    ),
    ErrorCode.LFS_MISSING: (
        "Há só o ponteiro do Git LFS, sem o conteúdo.",
        "`git lfs push --all origin`, ou `git lfs pull` na cópia local, depois `nic retry`",
    ),
    ErrorCode.WITHHELD: (
        "O GitLab lista o arquivo, mas não entrega o conteúdo, embora entregue outros.",
        "abra o arquivo no GitLab com o usuário do token; quando abrir, `nic retry`",
    ),
    ErrorCode.PURGED: (
        "O documento, ou seu conteúdo, foi apagado com `nic purge` e continua na pasta.",
        "exclua-o da pasta, ou `nic purge --release CAMINHO`; execute novamente",
    ),
    ErrorCode.TIMEOUT: ("Uma etapa demorou mais que o permitido.", "divida o documento ou aumente o limite"),
    ErrorCode.WORKER_DIED: (
        "O processo que o processava foi encerrado duas vezes.",
        "exporte-o novamente a partir da origem, ou aumente o limite",
    ),
    ErrorCode.REJECTED: (
        "As propriedades do documento se contradizem, ou o Qdrant recusou seus pontos.",
        "corrija as propriedades do documento",
    ),
    ErrorCode.INTERNAL: (
        "Um erro inesperado.",
        "relate o que diz o errors.log da execução; depois da correção, `nic retry`",
    ),
    ErrorCode.CHANGED: ("O arquivo mudou ou sumiu durante a leitura.", "execute novamente"),
    ErrorCode.DAMAGED: (
        "Um arquivo do diretório de dados não contém o que foi gravado nele.",
        "execute novamente, e ele será refeito; `nic doctor --data` encontra todos",
    ),
    ErrorCode.UNREADABLE: (
        "Um arquivo da origem não pode ser lido, e os outros podem.",
        "pasta: confira as permissões; GitLab: abra o arquivo no navegador; execute novamente",
    ),
    ErrorCode.SOURCE_UNREACHABLE: (
        "A origem não responde.",
        "confira a rede e o endereço da origem, execute novamente",
    ),
    ErrorCode.SOURCE_INCOMPLETE: (
        "A lista de arquivos não pôde ser completada.",
        "confira as permissões das pastas, execute novamente",
    ),
    ErrorCode.MASS_DELETE: (
        "Seriam removidos mais documentos do que o limite permite.",
        "confira a pasta; se estiver certa, execute uma vez com `NIC_ALLOW_MASS_DELETE=true`",
    ),
    ErrorCode.STORE_UNREACHABLE: (
        "O Qdrant não responde, ou outro processo usa os arquivos locais.",
        "confira `QDRANT_URL`, ou espere o outro processo; execute novamente",
    ),
    ErrorCode.DATA_UNREACHABLE: (
        "O armazenamento de objetos não responde.",
        "confira o endereço e as credenciais, execute novamente",
    ),
    ErrorCode.DATA_UNWRITABLE: (
        "Não é possível gravar na pasta de dados.",
        "libere espaço ou corrija as permissões, execute novamente",
    ),
    ErrorCode.ENGINE_UNREACHABLE: (
        "O cluster Dask parou de responder.",
        "veja o agendador e os processos dele, execute novamente",
    ),
    ErrorCode.STORE_MISMATCH: (
        "A coleção não é o que foi gravado, mesmo depois de gravada novamente.",
        "descubra o que mais grava nela e execute novamente",
    ),
    ErrorCode.ROLLED_BACK: (
        "As configurações levam à coleção que foi desfeita com `nic rollback`.",
        "mude as configurações, ou `nic rollback --undo`; execute novamente",
    ),
    ErrorCode.QUALITY: (
        "A coleção nova responde a poucas das perguntas de `[quality] questions`.",
        "`nic evaluate` mostra o que deu errado; mude as configurações ou as perguntas, execute novamente",
    ),
    ErrorCode.MODEL: ("O modelo de vetores não está disponível ou não serve.", "faça o que a mensagem diz"),
    ErrorCode.CONFIGURATION: (
        "Uma configuração é inválida.",
        "corrija a configuração que a mensagem cita",
    ),
    ErrorCode.INCOMPLETE: ("Alguns documentos falharam nesta execução.", "execute novamente"),
}

REPORT = ReportTexts(
    language="pt-BR",
    decimal_comma=True,
    title="Relatório da execução",
    run="execução",
    environment="ambiente",
    commit="commit",
    finished="Concluída",
    incomplete="Incompleta",
    in_step="A coleção {alias} corresponde exatamente ao commit {commit}: {documents}, {points}.",
    out_of_step="{unfinished} de {total} documentos não foram gravados nesta execução; execute novamente.",
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
    quarantine_lead="Não aparecem na busca até que o arquivo mude ou que sejam liberados.",
    failed_title="Com falha nesta execução",
    failed_lead="A próxima execução tentará novamente.",
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
    stages_lead="As etapas se sobrepõem. Duração: tempo em que havia ao menos um documento na etapa. "
    "Trabalho: soma dos segundos de cada documento, em todos os processos.",
    slowest_title="Documentos mais lentos",
    slowest_lead="Segundos de trabalho, por etapa.",
    charts_title="Gráficos",
    gantt="Quando cada etapa trabalhou",
    gantt_description="Uma linha por etapa; há barra enquanto ao menos um documento estava na etapa.",
    throughput="Vazão ao longo do tempo",
    throughput_description="Documentos concluídos por segundo em cada etapa.",
    resources="Memória e CPU",
    resources_description="De todos os processos da execução juntos; 100 % é um núcleo.",
    memory_axis="memória, MB",
    cpu_axis="CPU, %",
    tokens="Tamanho dos trechos",
    tokens_description="Trechos criados nesta execução, por número de tokens ({documents}).",
    tokens_axis="tokens",
    scores="Qualidade do OCR",
    scores_description="Documentos lidos por OCR nesta execução, por pontuação média de 0 a 1 ({documents}).",
    scores_axis="pontuação média",
    count_axis="quantidade",
    time_axis="tempo desde o início, {unit}",
    maximum="máx. {value}/s",
    history="Histórico das execuções",
    history_description="Trechos na coleção, vazão por etapa e falhas por código, execução por execução; "
    "as que não foram concluídas estão marcadas.",
    failures_axis="falhas",
    unfinished_runs="não concluída",
    skipped_title="Ignorados",
    warnings_title="Avisos",
    gaps_title="Texto que falta",
    gaps_lead="Palavras que o arquivo contém e o texto extraído não; `nic coverage CAMINHO` as mostra.",
    coverage="cobertura",
    missing="o que falta",
    left_out="Deixado de fora de propósito",
    one_word="palavra",
    words="palavras",
    settings_title="Configuração efetiva",
    versions_title="Versões",
    machine="máquina",
    cores="núcleos",
    footer="Este arquivo é autossuficiente e abre sem rede. Os mesmos dados, para programas, estão em summary.json.",
    stages={
        Stage.FETCH: "Obter",
        Stage.CONVERT: "Converter",
        Stage.CHUNK: "Dividir",
        Stage.EMBED: "Vetorizar",
        Stage.STORE: "Gravar",
    },
    codes=_CODES,
    kinds=KINDS,
    places=PLACES,
    messages=MESSAGES,
)
