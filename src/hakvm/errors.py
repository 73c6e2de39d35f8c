"""Everything that hakvm raises on purpose.

    HakvmError
    ├── ParseError          a text that is not what it should be: source, line, column
    ├── InvalidError        a value that cannot stand where it is: path, value
    ├── ReleaseError        a construct that a release does not know
    ├── TransportError      a command did not run, or its end is unknown
    │   ├── HostUnreachable     no connection: wrong name or port, host down, network cut
    │   ├── UnknownHostKey      the host's key is not known, so it may be anyone
    │   ├── ChangedHostKey      the host shows another key than the known one
    │   ├── LoginRefused        wrong user, key or password
    │   ├── ConnectionLost      it broke off while the command ran
    │   ├── CommandNotFound     there is no such program on the host
    │   ├── CommandTimeout      it did not end within its limit
    │   ├── CommandCancelled    its caller stopped it
    │   ├── CommandError        it ended with a failure: argv, exit_status, stdout, stderr
    │   └── NoSuchFile          there is no such file on the host
    ├── UnsafeError         would lose data; says what confirms it
    ├── ConflictError       someone else changed it meanwhile
    └── WaitTimeout         the awaited state did not come

Catch `HakvmError` to catch them all. Each says where, what was found, what
was expected and, in `hint`, what to do. All of them survive pickling, so they
cross a process pool unharmed.
"""

from collections.abc import Sequence
from typing import Any, Self

from hakvm.secret import MASK, mask, mask_part

__all__ = [
    "ChangedHostKey",
    "CommandCancelled",
    "CommandError",
    "CommandNotFound",
    "CommandTimeout",
    "ConflictError",
    "ConnectionLost",
    "HakvmError",
    "HostUnreachable",
    "InvalidError",
    "LoginRefused",
    "NoSuchFile",
    "ParseError",
    "ReleaseError",
    "TransportError",
    "UnknownHostKey",
    "UnsafeError",
    "WaitTimeout",
]

_NEAR = 2000  # characters on either side of the place that an error keeps
_EXCERPT = 100  # characters of an offending line that an error shows


class HakvmError(Exception):
    """The root of all errors that hakvm raises on purpose.

    Attributes:
        message: what is wrong, in one sentence.
        hint: what to do about it; empty where there is nothing to add.
    """

    def __init__(self, message: str, *, hint: str = "") -> None:
        # Messages quote what was found, and that may be a secret: masked here, it
        # shows in no `str`, no `repr` and no traceback.
        self.message = mask(message)
        self.hint = mask(hint)
        super().__init__(self.message)

    def __str__(self) -> str:
        return "\n".join(filter(None, [self.message, self._hint_line()]))

    def _hint_line(self) -> str:
        return f"  help: {self.hint}" if self.hint else ""

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuild, (type(self), self.args, self.__dict__)


def _rebuild(kind: type[HakvmError], args: tuple[Any, ...], state: dict[str, Any]) -> HakvmError:
    error = kind.__new__(kind, *args)
    error.args = args
    error.__dict__.update(state)
    return error


class ParseError(HakvmError):
    """A text is not what its format demands.

    Attributes:
        source: the file's name, or `<string>`.
        line, column: where, both counted from 1; `None` where it is not known.
        excerpt: that line, with secrets masked; of a long one what is near the column.
        excerpt_column: the column at which the excerpt begins.
    """

    def __init__(
        self,
        message: str,
        *,
        source: str = "<string>",
        line: int | None = None,
        column: int | None = None,
        excerpt: str = "",
        excerpt_column: int = 1,
        hint: str = "",
    ) -> None:
        super().__init__(message, hint=hint)
        self.source = source
        self.line = line
        self.column = column
        self.excerpt = mask(excerpt)
        self.excerpt_column = excerpt_column

    @classmethod
    def at(
        cls, message: str, text: str, offset: int, *, source: str = "<string>", hint: str = ""
    ) -> Self:
        """Make the error for the character at `offset` of `text`: line, column and excerpt."""
        offset = min(max(offset, 0), len(text))
        start = text.rfind("\n", 0, offset) + 1
        end = text.find("\n", offset)
        # A line may be as long as the text: looking all through it for secrets would take long.
        first = max(start, offset - _NEAR)
        last = min(end if end >= 0 else len(text), offset + _NEAR)
        return cls(
            message,
            source=source,
            line=text.count("\n", 0, start) + 1,
            column=offset - start + 1,
            excerpt=mask_part(text, first, last),
            excerpt_column=first - start + 1,
            hint=hint,
        )

    def __str__(self) -> str:
        place = ":".join(str(part) for part in (self.source, self.line, self.column) if part)
        return "\n".join(
            filter(None, [f"{place}: {self.message}", self._marked(), self._hint_line()])
        )

    def _marked(self) -> str:
        """Return the excerpt with a marker under the column, shortened around it."""
        if not self.excerpt or self.line is None:
            return ""
        shown = self.excerpt
        column = -1 if self.column is None else self.column - self.excerpt_column
        if MASK in shown:  # the columns have moved: better no marker than a wrong one
            column = -1
        first = max(0, column - _EXCERPT // 2) if len(shown) > _EXCERPT else 0
        window = "".join(
            c if c.isprintable() else "\N{REPLACEMENT CHARACTER}"
            for c in shown[first : first + _EXCERPT].replace("\t", " ")
        )
        number = str(self.line)
        lines = [f"  {number} | {window}"]
        if column >= 0:
            lines.append(f"  {' ' * len(number)} | {' ' * (column - first)}^")
        return "\n".join(lines)


class InvalidError(HakvmError):
    """A value cannot stand where it is.

    Attributes:
        path: where in the document or model: `hosts["node1"].address`, or an XPath.
        value: what was found, as it came.
        source, line: the file and line, where the value came from one.
    """

    def __init__(
        self,
        message: str,
        *,
        path: str = "",
        value: object = None,
        source: str | None = None,
        line: int | None = None,
        hint: str = "",
    ) -> None:
        super().__init__(message, hint=hint)
        self.path = path
        self.value = value
        self.source = source
        self.line = line

    def __str__(self) -> str:
        place = ":".join(str(part) for part in (self.source, self.line) if part)
        head = ": ".join(filter(None, [place, self.path, self.message]))
        return "\n".join(filter(None, [head, self._hint_line()]))


class ReleaseError(HakvmError):
    """A construct that the chosen release does not know.

    Attributes:
        construct: what it is.
        release: the release that was asked for.
        known: the releases that do know it.
    """

    def __init__(
        self, construct: str, *, release: str, known: Sequence[str] = (), hint: str = ""
    ) -> None:
        where = f"; known to {', '.join(known)}" if known else ""
        super().__init__(f"{release} does not know {construct}{where}", hint=hint)
        self.construct = construct
        self.release = release
        self.known = tuple(known)


class TransportError(HakvmError):
    """A command did not run on its host, or how it ended cannot be known.

    Attributes:
        host: where it was to run.
        may_have_run: whether it may have had an effect all the same.
    """

    def __init__(
        self, message: str, *, host: str = "", may_have_run: bool = False, hint: str = ""
    ) -> None:
        super().__init__(message, hint=hint)
        self.host = host
        self.may_have_run = may_have_run

    def __str__(self) -> str:
        head = f"{self.host}: {self.message}" if self.host else self.message
        return "\n".join(filter(None, [head, self._hint_line()]))


class CommandNotFound(TransportError):  # noqa: N818 - it says all with the name it has
    """There is no such program on the host."""


class CommandTimeout(TransportError):  # noqa: N818 - it says all with the name it has
    """The command did not end within its limit; it was stopped."""


class CommandCancelled(TransportError):  # noqa: N818 - it says all with the name it has
    """The command was stopped by its caller."""


class HostUnreachable(TransportError):  # noqa: N818 - it says all with the name it has
    """There is no connection to the host: a wrong name or port, a host that is down, a cut."""


class UnknownHostKey(TransportError):  # noqa: N818 - it says all with the name it has
    """The host's key is not among the known ones, so it may be anyone."""


class ChangedHostKey(TransportError):  # noqa: N818 - it says all with the name it has
    """The host shows another key than the known one: set up anew, or someone in between."""


class LoginRefused(TransportError):  # noqa: N818 - it says all with the name it has
    """The host does not let this user in with this key or password."""


class ConnectionLost(TransportError):  # noqa: N818 - it says all with the name it has
    """The connection broke off before the command's end was known."""


class NoSuchFile(TransportError):  # noqa: N818 - it says all with the name it has
    """There is no such file on the host."""


class CommandError(TransportError):
    """A command ended with a failure.

    Attributes:
        argv: what ran.
        exit_status: the status it ended with; negative for the signal that ended it.
        stdout, stderr: what it said, whole.
    """

    def __init__(
        self,
        argv: Sequence[str],
        exit_status: int,
        *,
        stdout: bytes = b"",
        stderr: bytes = b"",
        host: str = "",
        hint: str = "",
    ) -> None:
        said = (stderr.strip() or stdout.strip()).decode(errors="replace")
        last = mask("\n".join(said.splitlines()[-5:]))
        ended = f"exit status {exit_status}" if exit_status >= 0 else f"signal {-exit_status}"
        message = f"{mask(' '.join(argv))}: {ended}" + (f": {last}" if last else "")
        super().__init__(message, host=host, may_have_run=True, hint=hint)
        self.argv = tuple(argv)
        self.exit_status = exit_status
        self.stdout = stdout
        self.stderr = stderr


class UnsafeError(HakvmError):
    """A step that would lose data, and was not confirmed.

    Attributes:
        confirm: what to pass to confirm that very thing.
    """

    def __init__(self, message: str, *, confirm: str, hint: str = "") -> None:
        super().__init__(message, hint=hint or f"to do it all the same: {confirm}")
        self.confirm = confirm


class ConflictError(HakvmError):
    """What was to be changed has been changed by someone else meanwhile.

    Attributes:
        ours: the change that was refused.
        theirs: the change that was there first.
    """

    def __init__(self, message: str, *, ours: str = "", theirs: str = "", hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.ours = ours
        self.theirs = theirs


class WaitTimeout(HakvmError):  # noqa: N818 - it says all with the name it has
    """The awaited state did not come within its limit.

    Attributes:
        waited: the limit, in seconds.
        last: the last state that was seen, as text.
    """

    def __init__(self, message: str, *, waited: float, last: str = "", hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.waited = waited
        self.last = last
