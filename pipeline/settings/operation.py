"""The sections about the work itself: where it is done, how long its files are kept, how it is served."""

from __future__ import annotations

from typing import Literal

from pipeline.settings.declaration import Section, WordList, limit, operation


class RetentionSettings(Section):
    contents_days: int = operation(
        30, "days that contents which left the folder, and files that other settings gave, are kept", ge=0
    )
    snapshots_days: int = operation(30, "days that listings are kept which no collection rests on", ge=0)
    runs_days: int = operation(
        90, "days that logs, summaries and reports of runs are kept; the latest 20 always are", ge=0
    )


class EngineSettings(Section):
    kind: Literal["inline", "processes", "dask"] = operation(
        "processes",
        "where heavy work runs",
        "inline is everything in one process, for debugging; processes is a warm pool; dask is a cluster",
        env="NIC_ENGINE",
    )
    dask_address: str = operation(
        "",
        "scheduler of a Dask cluster; empty: one on this machine",
        env="NIC_DASK_ADDRESS",
        example="tcp://scheduler:8786",
    )
    document_timeout_s: float = limit(
        900,
        "a document that takes longer is quarantined",
        "it is tried once more, alone, when all others are done",
        gt=0,
    )
    memory_limit_mb: int = limit(
        6144, "a process that grows larger is replaced", "its document is tried once more, alone", ge=256
    )
    gpu_processes: int = operation(
        2, "processes that share a GPU: one reads, tokenises or writes while another computes", ge=1
    )
    recycle_after: int = operation(
        1000,
        "documents after which a process is replaced",
        "this ends slow growth in native libraries; a new process loads its models again (10 s)",
        ge=1,
    )


class WebSettings(Section):
    """`nic serve`: pages, API and MCP (docs/serving.md). Tokens are made by `nic token`, and never settings."""

    host: str = operation(
        "127.0.0.1",
        "address that it listens on",
        "0.0.0.0 is every address of this machine; any other than its own needs a token",
        env="NIC_WEB_HOST",
    )
    port: int = operation(8501, "port that it listens on; 0: a free one", env="NIC_WEB_PORT", ge=0, le=65535)
    names: WordList = operation(
        (), "names that it is reached by besides this machine's own", "requests for other names are refused"
    )
    tokens: Literal["elsewhere", "always"] = operation(
        "elsewhere",
        "who needs a token: requests from other machines, or all",
        "behind a proxy on this machine, whose requests all come from here: always",
        env="NIC_WEB_TOKENS",
    )
    origins: WordList = operation(
        (), "web pages of other servers that may ask it (CORS)", "such as https://intranet.example.org"
    )
    requests_per_minute: int = operation(
        600, "requests that one token, or another machine without one, may make in a minute; 0: any number", ge=0
    )
