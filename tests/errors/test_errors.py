"""Messages that leave the machine carry no secret, no absolute path, and stay short."""

import errno
import pickle

import pytest

from pipeline.errors import (
    ConfigurationError,
    ErrorCode,
    PermanentError,
    Severity,
    TransientError,
    sanitise,
    severity,
    without_password,
)


def test_secrets_and_credentials_are_blanked() -> None:
    message = "GET https://ana:hunter2@example.org/x failed with token glpat-123"
    assert sanitise(message, ("glpat-123",)) == "GET https://***@example.org/x failed with token ***"
    assert sanitise("GET /x?token=a%2Fb%20c", ("a/b c",)) == "GET /x?token=***"


@pytest.mark.parametrize("password", ["hunter2", "a/b", "/", "x@y", "a%2Fb", "p:q/r@s", "señha", "#?&;=", "[red]"])
@pytest.mark.parametrize("scheme", ["https", "http", "s3", "tcp", "http+unix"])
def test_a_password_may_hold_anything(scheme: str, password: str) -> None:
    said = f"GET {scheme}://ana:{password}@example.org:8443/x failed"
    assert sanitise(said) == f"GET {scheme}://***@example.org:8443/x failed"
    assert without_password(said) == sanitise(said)


def test_absolute_paths_keep_only_their_last_part() -> None:
    assert sanitise("cannot open '/home/ana/nic/data/a.pdf'") == "cannot open '…/a.pdf'"


@pytest.mark.parametrize(
    "message",
    [
        r"cannot open C:\Users\ana\a.pdf",
        r"cannot open \\server\ana\a.pdf",
        "cannot open file:///home/ana/a.pdf",
        "[Errno 2]:/home/ana/a.pdf",
        "PosixPath('/home/ana/Meus documentos/a.pdf')",
        'File "/home/ana/a.pdf", line 3',
        "path=/home/ana/a.pdf",
    ],
)
def test_absolute_paths_are_found_in_every_dress(message: str) -> None:
    assert "ana" not in sanitise(message)
    assert "a.pdf" in sanitise(message)


def test_relative_paths_and_urls_stay_readable() -> None:
    assert sanitise("30-Aprovados/Normas/a.pdf of http://gitlab.local/nic/docs") == (
        "30-Aprovados/Normas/a.pdf of http://gitlab.local/nic/docs"
    )


@pytest.mark.parametrize(
    ("error", "ends"),
    [
        (PermanentError("vectors that cannot be stored", ErrorCode.MODEL), Severity.PERMANENT),
        (PermanentError("damaged", ErrorCode.CORRUPT), Severity.PERMANENT),
        (ValueError("unexpected"), Severity.PERMANENT),
        (FileNotFoundError(errno.ENOENT, "gone"), Severity.PERMANENT),
        (TransientError("changed", ErrorCode.CHANGED), Severity.TRANSIENT),
        (TransientError("no such collection", ErrorCode.STORE_MISMATCH), Severity.TRANSIENT),
        (TransientError("no answer", ErrorCode.STORE_UNREACHABLE), Severity.RUN),
        (ConfigurationError("no such model", ErrorCode.MODEL), Severity.RUN),
        (OSError(errno.ENOSPC, "full"), Severity.RUN),
        (ImportError("no such library"), Severity.RUN),
    ],
)
def test_one_document_s_error_stops_the_run_only_if_it_meets_every_document(error: Exception, ends: Severity) -> None:
    assert severity(error) is ends


def test_a_message_is_one_line_of_bounded_length() -> None:
    text = sanitise("a\nb " + "x" * 1000)
    assert "\n" not in text
    assert len(text) <= 300


def test_an_error_survives_the_way_back_from_another_process() -> None:
    error = pickle.loads(pickle.dumps(PermanentError("needs a password", ErrorCode.ENCRYPTED, "private")))  # noqa: S301
    assert isinstance(error, PermanentError)
    assert (str(error), error.code, error.details) == ("needs a password", ErrorCode.ENCRYPTED, "private")
