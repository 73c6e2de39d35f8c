"""Writing meta-data, and the questions that drbdmeta asks before it overwrites something.

Without a terminal it asks, gets no answer and writes nothing: so a first run
tells what there is. Only what was confirmed is then answered with yes, on a
terminal.
"""

import enum
import re
from collections.abc import Iterable

from hakvm.errors import CommandError, TransportError, UnsafeError
from hakvm.transport import Command, Transport

__all__ = ["Overwrite", "create_md"]


class Overwrite(enum.Enum):
    """What meta-data may be written over."""

    META_DATA = "meta-data"
    """Meta-data of DRBD: the history of the copy, with it what has to be synchronised."""
    CONVERT = "convert"
    """Meta-data of 8.4, to be converted to that of 9; the data stays."""
    DATA = "data"
    """A filesystem, or what looks like data: the tool guesses that it does not reach that far."""


# What it asks, by the question's last line (drbdmeta.c).
_QUESTIONS = (
    (re.compile(r"overwrite the existing meta-data\?"), Overwrite.META_DATA),
    (re.compile(r"newly initialized v09 meta-data\?"), Overwrite.META_DATA),
    (re.compile(r"convert to v09\?"), Overwrite.CONVERT),
    (re.compile(r"Do you want to proceed\?"), Overwrite.DATA),
)
_PROMPT = "[need to type 'yes' to confirm] "
_UNANSWERED = "not waiting for confirmation"
_WOULD_TRUNCATE = 40


def _kind(text: str) -> Overwrite | None:
    """Return what the last question in a text asks about."""
    found = [
        (match.end(), kind) for pattern, kind in _QUESTIONS for match in pattern.finditer(text)
    ]
    return max(found, key=lambda one: one[0])[1] if found else None


def _asked(text: str) -> list[Overwrite]:
    kinds = [_kind(part) for part in text.split(_UNANSWERED)[:-1]]
    return list(dict.fromkeys(kind for kind in kinds if kind is not None))


def create_md(
    transport: Transport, command: Command, resource: str, confirmed: frozenset[Overwrite]
) -> None:
    """Run `command`, which writes meta-data, and answer its questions.

    Raises:
        UnsafeError, CommandError: as `Drbdadm.create_md` says.
    """
    done = transport.run(command)
    said = done.text + done.error_text  # what it found, then what it asks
    if done.ok:
        return
    if _UNANSWERED not in said:
        hint = ""
        if f"exit code {_WOULD_TRUNCATE}" in said or done.exit_status == _WOULD_TRUNCATE:
            hint = (
                "nothing was written: shrink the filesystem, keep the meta-data on another"
                " device (meta-disk /dev/…), or wipe the disk"
            )
        done.check(hint=hint)
    asked = _asked(said)
    # Meta-data of 8.4 can be converted or replaced: confirming one answers both questions.
    either = {Overwrite.META_DATA, Overwrite.CONVERT}
    open_ = {
        kind
        for kind in asked
        if kind not in confirmed
        and not (kind in either and Overwrite.CONVERT in asked and either & confirmed)
    }
    if open_ or not asked:
        raise _unsafe(transport, resource, said, asked)
    _answer(transport, command, resource, confirmed)


def _unsafe(
    transport: Transport, resource: str, said: str, kinds: Iterable[Overwrite]
) -> UnsafeError:
    names = ", ".join(f"drbd.Overwrite.{kind.name}" for kind in kinds)
    return UnsafeError(
        f"create-md for {resource} on {transport.host} would overwrite what is there:\n"
        + _told(said),
        confirm=f'create_md("{resource}", confirm=[{names}])',
    )


def _told(said: str) -> str:
    """Return the tool's own words, without what it says of itself."""
    lines = (line.strip() for line in said.splitlines())
    return "\n".join(
        f"  {line}"
        for line in lines
        if line
        and line not in {"yes", "no"}
        and _PROMPT.strip() not in line
        and _UNANSWERED not in line
        and not line.startswith(("found __DRBD", "PRETENDING", "Operation cancel", "DRBD module"))
        and not re.match(r"(?:md|al|bm)_offset|Command '", line)
    )


def _answer(
    transport: Transport, command: Command, resource: str, confirmed: frozenset[Overwrite]
) -> None:
    """Run the tool on a terminal, with yes for what was confirmed and no for all else.

    Behind a first question, without a terminal the last, there may be others.
    """
    from hakvm.transport import Console, Interactive  # noqa: PLC0415 - pexpect is an extra

    if not isinstance(transport, Interactive):
        raise TransportError(
            "this transport gives a command no terminal, and drbdmeta asks on one",
            host=transport.host,
            hint="Local and Ssh can",
        )
    refused: dict[Overwrite | None, str] = {}
    with Console(transport, command) as console:
        heard = 0
        while console.expect_or_end(_PROMPT):
            question = console.transcript[heard:]
            heard = len(console.transcript)
            kind = _kind(question)
            if kind not in confirmed:
                refused[kind] = question
            console.send("yes" if kind in confirmed else "no")
        status = console.wait()
        said = console.transcript
    if not status and "cancelled" not in said and "canceled" not in said:
        return
    unknown = refused.pop(None, "")
    if refused and not unknown:
        kinds = [kind for kind in Overwrite if kind in confirmed or kind in refused]
        raise _unsafe(transport, resource, "\n".join(refused.values()), kinds)
    raise CommandError(
        command.argv,
        status or 1,
        stderr=said.encode(),
        host=transport.host,
        hint="it asked what hakvm does not know" if unknown else "",
    )
