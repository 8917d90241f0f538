"""Warnings and errors in Portuguese; `{}` stands for what varies, in the same order."""

from __future__ import annotations

MESSAGES: dict[str, str] = {
    "approved, but the document names no approver": "aprovado, mas o documento não diz por quem",
    "The text is not UTF-8; it was read as {}.": "O texto não está em UTF-8; foi lido como {}.",
    "NUL characters were removed from the text.": "Caracteres NUL foram removidos do texto.",
    "The text has no byte order mark; it was read as {}.": (
        "O texto não tem marca de ordem de bytes (BOM); foi lido como {}."
    ),
    "The page declares another charset; it was read as utf-8.": (
        "A página declara outra codificação; foi lida como utf-8."
    ),
    "Damaged byte sequences, each replaced by the character U+FFFD: {}.": (
        "Sequências de bytes danificadas, cada uma substituída pelo caractere U+FFFD: {}."
    ),
    "Characters in CESU-8, read as if in UTF-8: {}.": "Caracteres em CESU-8, lidos como se em UTF-8: {}.",
    "The file holds no text in UTF-8 or in a charset of Western Europe: save it as UTF-8, or give it the extension of "
    "its format.": (
        "O arquivo não contém texto em UTF-8 nem em uma codificação da Europa Ocidental: salve-o como UTF-8 ou dê a ele "
        "a extensão do seu formato."
    ),
    "The front matter is too long to be read; it was kept as text.": (
        "O cabeçalho YAML é longo demais para ser lido e foi mantido como texto."
    ),
    "Git cannot read the checkout's history: author and dates are unknown; run `git fsck`.": (
        "O Git não consegue ler o histórico do checkout: autor e datas são desconhecidos; execute `git fsck`."
    ),
    "The time of its last change lies outside the calendar; it was left out.": (
        "A data da última alteração está fora do calendário e foi deixada de lado."
    ),
    "The checkout is a shallow clone that does not hold the last change: author and dates are unknown; "
    "run `git fetch --unshallow`.": (
        "A cópia do repositório é um clone raso, que não contém a última alteração: autor e datas são desconhecidos; "
        "execute `git fetch --unshallow`."
    ),
    "the file {} of the data directory is damaged or of another version: `nic doctor --mend` removes it, and the next "
    "run makes it again": (
        "o arquivo {} do diretório de dados está danificado ou é de outra versão: `nic doctor --mend` o remove, e a "
        "próxima execução o refaz"
    ),
    "The file is only a Git LFS pointer: get its content.": (
        "O arquivo é só um ponteiro do Git LFS: obtenha o conteúdo."
    ),
    "only its Git LFS pointer is in the folder: get the content with `git lfs pull`": (
        "só o ponteiro do Git LFS está na pasta: obtenha o conteúdo com `git lfs pull`"
    ),
    "hidden folder, trash or store of old versions": "pasta oculta, lixeira ou depósito de versões antigas",
    "No text was found in the document.": "Nenhum texto foi encontrado no documento.",
    "The text coverage could not be measured.": "Não foi possível medir quanto do texto foi lido.",
    "Some text was not read.": "Parte do texto não foi lida.",
    "Some text was not read: table cells.": "Parte do texto não foi lida: células de tabelas.",
    "Some text was not read: running headers.": "Parte do texto não foi lida: cabeçalhos.",
    "Some text was not read: running footers.": "Parte do texto não foi lida: rodapés.",
    "Some text was not read: footnotes.": "Parte do texto não foi lida: notas de rodapé.",
    "Some text was not read: endnotes.": "Parte do texto não foi lida: notas de fim.",
    "Some text was not read: text boxes.": "Parte do texto não foi lida: caixas de texto.",
    "Some text was not read: SmartArt.": "Parte do texto não foi lida: diagramas SmartArt.",
    "Some text was not read: charts.": "Parte do texto não foi lida: gráficos.",
    "Some text was not read: equations.": "Parte do texto não foi lida: equações.",
    "Some text was not read: alternative texts of pictures.": "Parte do texto não foi lida: textos alternativos de imagens.",
    "Some text was not read: speaker notes.": "Parte do texto não foi lida: anotações do apresentador.",
    "Some text was not read: hidden slides.": "Parte do texto não foi lida: slides ocultos.",
    "Some text was not read: hidden sheets.": "Parte do texto não foi lida: planilhas ocultas.",
    "Some text was not read: hidden rows and columns.": "Parte do texto não foi lida: linhas e colunas ocultas.",
    "Some text was not read: form values.": "Parte do texto não foi lida: valores de formulário.",
    "Some formulas have no stored result: save the file again from a spreadsheet program.": "Algumas fórmulas não têm resultado gravado: salve o arquivo novamente em um programa de planilhas.",
    "Some text was not read: annotations.": "Parte do texto não foi lida: anotações.",
    "Some text was not read: addresses that links lead to.": "Parte do texto não foi lida: endereços a que levam links.",
    "Some text was not read: hidden text.": "Parte do texto não foi lida: texto oculto.",
    "Some text was not read: attached files.": "Parte do texto não foi lida: arquivos anexos.",
    "Some text was not read: embedded objects.": "Parte do texto não foi lida: objetos incorporados.",
    "Some text was not read: inserted files.": "Parte do texto não foi lida: arquivos inseridos.",
    "Some text was not read: the subject of an e-mail.": "Parte do texto não foi lida: o assunto de um e-mail.",
    "Some pictures seem to show text that was not read.": "Algumas imagens parecem mostrar texto que não foi lido.",
    "Some text was not read: its fonts do not say which characters they show.": "Parte do texto não foi lida: as fontes não dizem que caracteres mostram.",
    "The file is named .{} but is {}; it was converted as such.": (
        "O arquivo se chama .{}, mas é {}; foi convertido como tal."
    ),
    "Page {} was not read.": "A página {} não foi lida.",
    "Fonts without a right character map: text cannot be read on page {}.": (
        "Fontes sem mapa de caracteres correto: há texto ilegível na página {}."
    ),
    "The PDF is damaged: its form values, layers and attached files were not looked for.": (
        "O PDF está danificado: valores de formulário, camadas e arquivos anexados não foram procurados."
    ),
    "The PDF's XFA form is damaged and was not read.": "O formulário XFA do PDF está danificado e não foi lido.",
    "The PDF is an XFA form; values that no page shows were put at the end: {}.": (
        "O PDF é um formulário XFA; valores que nenhuma página mostra foram postos no fim: {}."
    ),
    "The front matter is not valid YAML; it was kept as text.": (
        "O cabeçalho (front matter) não é YAML válido; foi mantido como texto."
    ),
    "The document's properties are too large and were not read.": (
        "As propriedades do documento são grandes demais e não foram lidas."
    ),
    "The document's properties are damaged and were not read.": (
        "As propriedades do documento estão danificadas e não foram lidas."
    ),
    "The property {} has a value that cannot be used; it was left out.": (
        "A propriedade {} tem um valor inválido e foi deixada de fora."
    ),
    "1 hidden sheet was kept as text.": "1 planilha oculta foi mantida como texto.",
    "{} hidden sheets were kept as text.": "{} planilhas ocultas foram mantidas como texto.",
    "1 hidden row or column was kept as text.": "1 linha ou coluna oculta foi mantida como texto.",
    "{} hidden rows and columns were kept as text.": "{} linhas e colunas ocultas foram mantidas como texto.",
    "1 hidden slide was kept as text.": "1 slide oculto foi mantido como texto.",
    "{} hidden slides were kept as text.": "{} slides ocultos foram mantidos como texto.",
    "1 hidden shape was kept as text.": "1 forma oculta foi mantida como texto.",
    "{} hidden shapes were kept as text.": "{} formas ocultas foram mantidas como texto.",
    "1 passage of hidden text was kept.": "1 trecho de texto oculto foi mantido.",
    "{} passages of hidden text were kept.": "{} trechos de texto oculto foram mantidos.",
    "1 formula has no stored result: open the file in its program and save it again.": (
        "1 fórmula não tem resultado gravado: abra o arquivo no programa de origem e salve-o novamente."
    ),
    "{} formulas have no stored result: open the file in its program and save it again.": (
        "{} fórmulas não têm resultado gravado: abra o arquivo no programa de origem e salve-o novamente."
    ),
    "1 picture was not read.": "1 imagem não foi lida.",
    "{} pictures were not read.": "{} imagens não foram lidas.",
    "The file's XML is irregular: notes, headers, drawings and shown values may be missing.": (
        "O XML do arquivo é irregular: notas, cabeçalhos, desenhos e valores exibidos podem faltar."
    ),
    "1 embedded file was not read.": "1 arquivo incorporado não foi lido.",
    "{} embedded files were not read.": "{} arquivos incorporados não foram lidos.",
    "The values of a sheet are too far apart: move them together or delete those at the edges.": (
        "Os valores de uma planilha estão distantes demais: aproxime-os ou apague os das bordas."
    ),
    "hidden or temporary file": "arquivo oculto ou temporário",
    "unsupported format {}": "formato não aceito: {}",
    "its name is not valid UTF-8; rename it": "o nome não é UTF-8 válido; renomeie o arquivo",
    "The PDF cannot be opened: export it again from its origin.": (
        "O PDF não abre: exporte-o novamente a partir da origem."
    ),
    "The PDF is protected by a password: publish a copy without one.": (
        "O PDF é protegido por senha: publique uma cópia sem senha."
    ),
    "The PDF has no pages: restore it from its origin.": "O PDF não tem páginas: recupere-o da origem.",
    "The image cannot be opened: restore it from its origin.": "A imagem não abre: recupere-a da origem.",
    "The document is protected by a password: publish a copy without one.": (
        "O documento é protegido por senha: publique uma cópia sem senha."
    ),
    "The file is a binary Office file of an unknown kind or damaged: save it as DOCX, PPTX or XLSX.": (
        "O arquivo é um arquivo binário do Office de tipo desconhecido ou está danificado: salve-o como DOCX, PPTX ou XLSX."
    ),
    "LibreOffice, which reads {} files, is not installed: install it and run `nic retry`, or save the document as {}.": (
        "O LibreOffice, que lê arquivos {}, não está instalado: instale-o e execute `nic retry`, ou salve o documento como {}."
    ),
    "LibreOffice took longer than {} s: split the document or save it as {}.": (
        "O LibreOffice levou mais de {} s: divida o documento ou salve-o como {}."
    ),
    "LibreOffice cannot open the {} file: save it as {}.": "O LibreOffice não abre o arquivo {}: salve-o como {}.",
    "The file is a damaged OpenDocument file: open it in its program and save it again.": (
        "O arquivo OpenDocument está danificado: abra-o no programa de origem e salve-o novamente."
    ),
    "The message has too many parts inside each other: save its attachments one by one.": (
        "A mensagem tem partes demais umas dentro das outras: salve os anexos um a um."
    ),
    "The MSG file cannot be opened: save it again in Outlook.": (
        "O arquivo MSG não abre: salve-o novamente no Outlook."
    ),
    "The file holds no web page: save the page again.": "O arquivo não contém uma página: salve a página novamente.",
    "The EPUB file is damaged: restore it from its origin.": "O arquivo EPUB está danificado: recupere-o da origem.",
    "The book is protected against copying: publish a free copy.": (
        "O livro é protegido contra cópia: publique uma cópia livre."
    ),
    "The document repeats cells more than {} times: delete the rows and columns that repeat.": (
        "O documento repete células mais de {} vezes: apague as linhas e colunas que se repetem."
    ),
    "The document has more than {} filled cells: split it into several files.": (
        "O documento tem mais de {} células preenchidas: divida-o em vários arquivos."
    ),
    "The picture is an animation of {} frames; only the first was read.": (
        "A imagem é uma animação de {} quadros; só o primeiro foi lido."
    ),
    "Attachment {} ({}) was not read.": "O anexo {} ({}) não foi lido.",
    "Attachment {}, of an unknown kind, was not read.": "O anexo {}, de tipo desconhecido, não foi lido.",
    "Pictures that could not be read: {}.": "Imagens que não puderam ser lidas: {}.",
    "Embedded objects that were not read: {}.": "Objetos incorporados que não foram lidos: {}.",
    "Formulas without a stored result: {}.": "Fórmulas sem resultado gravado: {}.",
    "Parts of the book that are missing: {}.": "Partes do livro que faltam: {}.",
    "The file is a damaged archive: open it in its program and save it again.": (
        "O arquivo está danificado: abra-o no programa de origem e salve-o novamente."
    ),
    "The file is an archive, not a document: publish the documents in it one by one.": (
        "O arquivo é um pacote compactado, não um documento: publique os documentos um a um."
    ),
    "The file is a {} image, whatever its name says: save it as PNG or JPG.": (
        "O arquivo é uma imagem {}, seja qual for o seu nome: salve-a como PNG ou JPG."
    ),
    "The file is empty: restore it from its origin.": "O arquivo está vazio: recupere-o da origem.",
    "The file is not a {} file or is damaged: restore it from its origin.": (
        "O arquivo não é {} ou está danificado: recupere-o da origem."
    ),
    "Documents like this {} file cannot be converted.": ("Documentos como este arquivo {} não podem ser convertidos."),
    "The {} file cannot be converted: open it in its program and save it again.": (
        "O arquivo {} não pôde ser convertido: abra-o no programa de origem e salve-o novamente."
    ),
    "The document has {} pages, more than [conversion] max_pages = {}: split it or raise the limit.": (
        "O documento tem {} páginas, mais que [conversion] max_pages = {}: divida-o ou aumente o limite."
    ),
    "A page or picture of {} megapixels is over [conversion] max_megapixels = {}: make it smaller or raise the limit.": (
        "Uma página ou imagem de {} megapixels ultrapassa [conversion] max_megapixels = {}: reduza-a ou aumente o limite."
    ),
    "A table of the document has more than a million cells, blank ones included: split it into several.": (
        "Uma tabela do documento tem mais de um milhão de células, contando as vazias: divida-a em várias."
    ),
    "A part of the PDF is packed {} times over: export it again from its origin.": (
        "Uma parte do PDF está compactada {} vezes, uma dentro da outra: exporte-o de novo da sua origem."
    ),
    "The file unpacks to more than [conversion] max_unpacked_mb = {}: split the document or raise the limit.": (
        "O arquivo, descompactado, ultrapassa [conversion] max_unpacked_mb = {}: divida o documento ou aumente o limite."
    ),
    "The document has {} characters of text, more than [conversion] max_characters = {}: split it or raise the limit.": (
        "O documento tem {} caracteres de texto, mais que [conversion] max_characters = {}: divida-o ou aumente o limite."
    ),
    "Only {} of the document's words were extracted, less than [quality] min_text_coverage = {}: `nic coverage` shows what is missing.": (
        "Só {} das palavras do documento foram extraídas, menos que [quality] min_text_coverage = {}: `nic coverage` mostra o que falta."
    ),
    "A tag of the page has more than {} attributes: save it again from its program.": (
        "Uma marcação da página tem mais de {} atributos: salve-a de novo no programa de origem."
    ),
    "The page's elements are nested more than {} deep: save it again from its program.": (
        "Os elementos da página estão aninhados em mais de {} níveis: salve-a novamente no programa de origem."
    ),
    "{} MB is over [source] max_file_size_mb = {}": "{} MB ultrapassam [source] max_file_size_mb = {}",
    "only its Git LFS pointer is in GitLab: upload the content with `git lfs push --all origin`": (
        "só o ponteiro do Git LFS está no GitLab: envie o conteúdo com `git lfs push --all origin`"
    ),
    "GitLab gives only its Git LFS pointer: switch LFS on in the project's settings; if it is on, the file's name has something that the API refuses (a newline, ../): rename it": (
        "o GitLab entrega só o ponteiro do Git LFS: ative o LFS nas configurações do projeto; se já estiver ativo, o nome do arquivo tem algo que a API recusa (uma quebra de linha, ../): renomeie-o"
    ),
    "the Git LFS object in GitLab is not what the file's pointer names: upload the content anew, or commit a right pointer": (
        "o objeto Git LFS no GitLab não é o que o ponteiro do arquivo indica: envie o conteúdo novamente ou grave um ponteiro correto"
    ),
    "GitLab gives other documents, but not this one ({}): open it there as the token's user": (
        "o GitLab entrega outros documentos, mas não este ({}): abra-o lá com o usuário do token"
    ),
    "GitLab did not tell the document's size; it was left out.": (
        "O GitLab não informou o tamanho do documento; ele ficou de fora."
    ),
    "GitLab did not tell the document's author, dates and commit; they were left out.": (
        "O GitLab não informou o autor, as datas e o commit do documento; eles ficaram de fora."
    ),
    "A date that GitLab tells lies outside the calendar; it was left out.": (
        "Uma data informada pelo GitLab está fora do calendário; ela ficou de fora."
    ),
    "one chunk alone is over Qdrant's request limit": ("um único trecho ultrapassa o limite de requisição do Qdrant"),
    "Qdrant refused the request (HTTP {}): {}": "o Qdrant recusou a requisição (HTTP {}): {}",
    "the document's facts break NIC Schema: {}": "os dados do documento não seguem o NIC Schema: {}",
    "the document's embeddings do not fit its chunks; embed it again": (
        "os vetores do documento não correspondem aos seus trechos; gere-os novamente"
    ),
    "a character of the document takes more tokens than a chunk may have: raise target_chunk_size or take another embedding model": (
        "um caractere do documento ocupa mais tokens do que um trecho pode ter: aumente target_chunk_size ou use outro modelo de vetores"
    ),
    "ended the process that worked on it: {}": "encerrou o processo que trabalhava nele: {}",
    "ended the process that worked on it, twice: {}": "encerrou duas vezes o processo que trabalhava nele: {}",
    "the embedding model gave vectors that cannot be stored: check the model, or set [embedding] precision to fp32": "o modelo gerou vetores que não podem ser gravados: verifique o modelo ou use [embedding] precision = fp32",
    "nothing is published yet: run `nic run` first": "nada foi publicado ainda: execute `nic run` primeiro",
    "nothing is published as {} yet: run `nic run` first": (
        "nada foi publicado como {} ainda: execute `nic run` primeiro"
    ),
    "the published collection was made with another embedding model or analysis of words: run `nic run`, or set NIC_EMBEDDING_MODEL back": (
        "a coleção publicada foi feita com outro modelo de vetores ou outra análise de palavras: execute `nic run` ou restaure NIC_EMBEDDING_MODEL"
    ),
    "Qdrant has no such collection: `nic run` builds it": "o Qdrant não tem essa coleção: `nic run` a cria",
    "the readers' copy of the local collection cannot be opened ({}): run `nic run`, which makes it again": (
        "a cópia de leitura da coleção local não abre ({}): execute `nic run`, que a refaz"
    ),
    "the text to search for is empty": "o texto da busca está vazio",
    "[search] reranker cannot be loaded ({}): is its name right, is it a folder or in the hub's cache, is memory short?": (
        "[search] reranker não pôde ser carregado ({}): o nome está certo, é uma pasta ou está no cache do hub, falta memória?"
    ),
    "[search] reranker gives several scores for a hit: name a model that gives one": (
        "[search] reranker dá várias pontuações por resultado: indique um modelo que dê uma só"
    ),
    "took longer than [engine] document_timeout_s = {}": "demorou mais que [engine] document_timeout_s = {}",
    "It was purged: delete it from the folder, or `nic purge --release` it.": (
        "Foi apagado com `nic purge`: exclua-o da pasta ou libere-o com `nic purge --release`."
    ),
    "unexpected {}; the run's errors.log has the traceback": (
        "erro inesperado {}; o rastreamento está no errors.log da execução"
    ),
}
