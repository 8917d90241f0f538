"""Documents of a folder of a GitLab project, read over its API at one pinned commit; nothing is cloned."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from pipeline.datadir.files import FilePath
from pipeline.errors import ConfigurationError, ErrorCode, PermanentError, PipelineError, TransientError
from pipeline.schema import Document, SkippedFile, Snapshot
from pipeline.settings.sections import GitlabSettings, SourceSettings
from pipeline.sources.gitlab.client import Client, segment
from pipeline.sources.gitlab.download import download, of_one_document
from pipeline.sources.gitlab.errors import NotFoundError, known_form
from pipeline.sources.gitlab.facts import documents, sized
from pipeline.sources.gitlab.listing import Entry, Repository
from pipeline.sources.selection import HIDDEN_FOLDER, extension, hidden_folder, reason_to_skip_name, refuse_too_large

_MOST_NOT_GIVEN = 100
_LOST_S = 60.0  # hundreds of documents may wait in line: each would try for half a minute before the run could end


@dataclass(frozen=True)
class Project:
    """A project by the number that survives renaming and moving; `path` and `web_url` are its present ones."""

    id: int
    path: str
    web_url: str
    default_branch: str


class GitlabSource:
    """Reads `<target_folder>` of a project's branch.

    Its methods raise ConfigurationError (address, token, scope, project, branch, folder), and TransientError
    (SOURCE_UNREACHABLE, SOURCE_INCOMPLETE).
    """

    def __init__(
        self,
        gitlab: GitlabSettings,
        source: SourceSettings,
        previous: Callable[[], Snapshot | None] = lambda: None,
    ) -> None:
        """`previous` gives an earlier snapshot: what it says of unchanged documents is not asked again."""
        self.gitlab = gitlab
        self.settings = source
        self.client = Client(gitlab)
        self._previous = previous
        self._project: Project | None = None
        self._head: str | None = None
        self._lost: tuple[float, str] | None = None
        self._not_given = 0  # documents, since one was given

    @property
    def project(self) -> Project:
        """The project that the settings name by path or number; a renamed one is found by its old path, too."""
        if self._project is None:
            try:
                row = self.client.get(f"/projects/{segment(self.gitlab.project)}")
            except NotFoundError:
                raise ConfigurationError(
                    f"there is no project {self.gitlab.project!r} that GITLAB_TOKEN may see: check GITLAB_PROJECT "
                    "(group/sub-group/project, or its number) and that the token's user is a member of it"
                ) from None
            with known_form():
                self._project = Project(
                    int(row["id"]), row["path_with_namespace"], row["web_url"], row.get("default_branch") or ""
                )
        return self._project

    def head(self) -> str:
        """The branch's commit, resolved once for this source, so that pushes meanwhile concern the next run."""
        if self._head is None:
            api = f"/projects/{self.project.id}/repository/branches/{segment(self.gitlab.branch)}"
            try:
                row = self.client.get(api)
            except NotFoundError:
                default = self.project.default_branch
                hint = f"; the project's default branch is {default!r}" if default else "; the project is empty"
                raise ConfigurationError(
                    f"there is no branch {self.gitlab.branch!r} in the project: check GITLAB_BRANCH{hint}"
                ) from None
            with known_form():
                self._head = str(row["commit"]["id"])
        return self._head

    def snapshot(self, commit: str) -> Snapshot:
        """As `Source.snapshot`; each folder is compared with its git hash and, if it differs, listed once more."""
        folder = self.settings.target_folder.strip("/")
        files = self.files(commit)
        reasons = {entry.path: reason for entry in files if (reason := self._reason_to_skip(entry))}
        kept = [entry for entry in files if entry.path not in reasons]
        skipped = {hidden_folder(path, folder) or path: reason for path, reason in reasons.items()}
        project = self.project
        return Snapshot(
            commit=commit,
            source="gitlab",
            project=str(project.id),
            branch=self.gitlab.branch,
            folder=folder,
            documents=tuple(
                documents(
                    self._repository(commit), kept, project.id, project.web_url, self._previous() if kept else None
                )
            ),
            skipped=tuple(SkippedFile(path=path, reason=reason) for path, reason in sorted(skipped.items())),
        )

    def fetch(self, document: Document, target: FilePath) -> None:
        """As `Source.fetch`. For a while after GitLab could not be reached, fails at once and asks nothing."""
        refuse_too_large(document, self.settings.max_file_size_mb)
        lost = self._lost
        if lost and time.monotonic() < lost[0]:
            raise TransientError(lost[1], ErrorCode.SOURCE_UNREACHABLE)
        try:
            repository = self._repository(document.commit or "HEAD")
            with of_one_document(repository):
                known = sized(repository, document)
            refuse_too_large(known, self.settings.max_file_size_mb)
            download(repository, known, target)
        except (PermanentError, TransientError) as error:
            if error.code is ErrorCode.SOURCE_UNREACHABLE:
                self._lost = time.monotonic() + _LOST_S, str(error)
            self._refuse_to_go_on(error)
            raise
        self._not_given = 0

    def _refuse_to_go_on(self, error: PipelineError) -> None:
        """Raises TransientError (SOURCE_UNREACHABLE) when very many documents in a row are not given: that is no
        matter of single documents."""
        self._not_given += error.code in (ErrorCode.WITHHELD, ErrorCode.UNREADABLE)
        if self._not_given > _MOST_NOT_GIVEN:
            raise TransientError(
                f"GitLab gave none of the last {_MOST_NOT_GIVEN} documents; the last one: {error}",
                ErrorCode.SOURCE_UNREACHABLE,
            ) from None

    def files(self, commit: str) -> list[Entry]:
        """Everything below the folder at a commit, complete, sorted by path."""
        return self._repository(commit).files(self.settings.target_folder.strip("/"))

    def formats(self, commit: str) -> Counter[str]:
        """Extension -> how many documents have it, without asking about each of them."""
        return Counter(extension(entry.path) for entry in self.files(commit) if not self._reason_to_skip(entry))

    def token_facts(self) -> dict[str, Any] | None:
        """What GitLab says of the token: its scopes, its end. None where it cannot be asked (OAuth, old versions)."""
        try:
            facts = self.client.get("/personal_access_tokens/self")
        except NotFoundError:
            return None
        return facts if isinstance(facts, dict) else None

    def _repository(self, commit: str) -> Repository:
        return Repository(self.client, self.project.id, commit)

    def _reason_to_skip(self, entry: Entry) -> str | None:
        if hidden_folder(entry.path, self.settings.target_folder.strip("/")):
            return HIDDEN_FOLDER
        if entry.misread:
            return "its name is not valid UTF-8; rename it"
        if entry.mode == "120000":
            return "symbolic links are not followed"
        if entry.type != "blob":
            return "a submodule; its files belong to another project"
        return reason_to_skip_name(entry.path, self.settings.supported_extensions)
