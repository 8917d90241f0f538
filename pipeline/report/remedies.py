"""The error codes in Portuguese: what each means and what to do; in English the failure and its remedy say it."""

from __future__ import annotations

from pipeline.errors import ErrorCode

PORTUGUESE: dict[ErrorCode, tuple[str, str]] = {
    ErrorCode.CORRUPT: ("O arquivo está danificado, incompleto ou vazio.", "exporte-o de novo a partir da origem"),
    ErrorCode.ENCRYPTED: ("O arquivo pede uma senha.", "publique-o sem senha"),
    ErrorCode.UNSUPPORTED: (
        "O conteúdo é de um tipo que não pode ser convertido.",
        "publique-o em um formato aceito",
    ),
    ErrorCode.TOO_LARGE: ("O documento passa de um limite de tamanho.", "divida o documento ou aumente o limite"),
    ErrorCode.TOO_LONG: (
        "O documento tem páginas ou texto demais.",
        "divida o documento ou aumente o limite",
    ),
    ErrorCode.LFS_MISSING: (
        "O repositório tem só o ponteiro do Git LFS, sem o conteúdo.",
        "`git lfs push --all origin`, depois `nic retry`",
    ),
    ErrorCode.TIMEOUT: ("Uma etapa demorou mais que o limite.", "divida o documento ou aumente o limite"),
    ErrorCode.WORKER_DIED: (
        "O processo que trabalhava nele terminou duas vezes.",
        "exporte-o de novo a partir da origem, ou aumente o limite",
    ),
    ErrorCode.REJECTED: (
        "As propriedades do documento se contradizem, ou o Qdrant recusou seus pontos.",
        "corrija as propriedades do documento",
    ),
    ErrorCode.INTERNAL: (
        "Um erro que ninguém previu.",
        "relate o que diz o errors.log da execução; depois da correção, `nic retry`",
    ),
    ErrorCode.CHANGED: ("O arquivo mudou ou sumiu durante a leitura.", "execute de novo"),
    ErrorCode.UNREADABLE: (
        "Um arquivo da origem não pode ser lido, e os outros podem.",
        "pasta: confira as permissões; GitLab: abra o arquivo no navegador; execute de novo",
    ),
    ErrorCode.SOURCE_UNREACHABLE: (
        "A origem não responde.",
        "confira a rede e o endereço da origem, execute de novo",
    ),
    ErrorCode.SOURCE_INCOMPLETE: (
        "A lista de arquivos não pôde ser completada.",
        "confira as permissões das pastas, execute de novo",
    ),
    ErrorCode.MASS_DELETE: (
        "Seriam removidos mais documentos do que o limite permite.",
        "confira a pasta; se estiver certa, execute uma vez com `NIC_ALLOW_MASS_DELETE=true`",
    ),
    ErrorCode.STORE_UNREACHABLE: (
        "O Qdrant não responde, ou outro processo usa os arquivos locais.",
        "confira `QDRANT_URL`, ou espere o outro processo; execute de novo",
    ),
    ErrorCode.DATA_UNREACHABLE: (
        "O armazenamento de objetos não responde.",
        "confira o endereço e as credenciais, execute de novo",
    ),
    ErrorCode.DATA_UNWRITABLE: (
        "Não é possível gravar na pasta de dados.",
        "libere espaço ou corrija as permissões, execute de novo",
    ),
    ErrorCode.ENGINE_UNREACHABLE: (
        "O cluster Dask parou de responder.",
        "veja o agendador e os processos dele, execute de novo",
    ),
    ErrorCode.STORE_MISMATCH: (
        "A coleção não é o que foi gravado, mesmo depois de gravar de novo.",
        "descubra o que mais grava nela e execute de novo",
    ),
    ErrorCode.ROLLED_BACK: (
        "As configurações levam à coleção que foi desfeita com `nic rollback`.",
        "mude as configurações, ou `nic rollback --undo`; execute de novo",
    ),
    ErrorCode.QUALITY: (
        "A coleção nova responde a poucas das perguntas de `[quality] questions`.",
        "`nic evaluate` mostra o que deu errado; mude as configurações ou as perguntas, execute de novo",
    ),
    ErrorCode.MODEL: ("O modelo de vetores não está disponível ou não serve.", "faça o que a mensagem diz"),
    ErrorCode.CONFIGURATION: (
        "Uma configuração não pode funcionar.",
        "corrija a configuração que a mensagem cita",
    ),
    ErrorCode.INCOMPLETE: ("Alguns documentos falharam nesta execução.", "execute de novo"),
}
