"""Change a CIB that a cluster is running on, without undoing what others changed meanwhile."""

import difflib
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import attrs

from hakvm.errors import CommandError, ConflictError, InvalidError
from hakvm.pacemaker import crm
from hakvm.pacemaker._cib import Cib
from hakvm.pacemaker._schemas import Schemas
from hakvm.secret import mask
from hakvm.transport import Command, Completed, Transport

__all__ = ["differences", "push", "scratch"]

Run = Callable[..., Completed]

_OLD = 103  # CRM_EX_OLD: the CIB has moved on
_DIFFERENT = 1  # crm_diff: there is a difference
_TRIES = 5  # the status changes all the time, and with it the CIB's version


@contextmanager
def scratch(transport: Transport) -> Iterator[str]:
    """Make a directory on the host, for its owner alone, and take it away at the end."""
    made = transport.run(Command.of("mktemp", "--directory", "--tmpdir", "hakvm.XXXXXXXX"))
    path = made.check().text.strip()
    try:
        yield path
    finally:
        transport.run(Command.of("rm", "--recursive", "--force", "--", path))


def differences(old: Cib, new: Cib) -> str:
    """Return how two configurations differ, in crmsh's words, with secrets masked."""
    return mask(
        "\n".join(
            difflib.unified_diff(
                crm.render(old).splitlines(), crm.render(new).splitlines(), lineterm="", n=1
            )
        )
    )


def push(new: Cib, *, base: Cib, read: Callable[[], Cib], run: Run, transport: Transport) -> Cib:
    """Make the configuration of `new`, which was made from `base`, the cluster's.

    Only what differs is sent, with the version that it was made for, so the
    cluster refuses it where it has moved on. Where only the status has, the
    difference is made anew; where the configuration has, that is a conflict.

    Raises:
        ConflictError: someone else has changed the configuration since `base` was read.
        InvalidError: the cluster's schema does not allow it; nothing was sent.
        CommandError: the cluster refused it.
    """
    error: CommandError | None = None
    for _ in range(_TRIES):
        current = read()
        if current.configuration != base.configuration:
            raise ConflictError(
                "the cluster's configuration has changed since it was read",
                ours=differences(base, new),
                theirs=differences(base, current),
                hint="read it again, and make the change anew",
            )
        wanted = attrs.evolve(
            current,
            configuration=new.configuration,
            epoch=(current.epoch or 0) + 1,
            num_updates=0,
        )
        if wanted.configuration == current.configuration:
            return current
        _validate(wanted)
        patch = _patch(current, wanted, transport)
        try:
            run("cibadmin", "--patch", "--xml-pipe", stdin=patch).check()
        except CommandError as refused:
            if refused.exit_status != _OLD:
                raise
            error = refused
        else:
            return read()
    assert error is not None  # noqa: S101 - that is how the loop ends
    raise error


def _validate(cib: Cib) -> None:
    """Hold a CIB against its schema, where that is installed here; the cluster does so anyway."""
    schemas = Schemas()
    if cib.validate_with in schemas.names():
        try:
            schemas.validate(cib)
        except InvalidError as error:
            error.hint = "; ".join(filter(None, [error.hint, "nothing was sent to the cluster"]))
            raise


def _patch(old: Cib, new: Cib, transport: Transport) -> bytes:
    with scratch(transport) as path:
        for name, cib in (("old", old), ("new", new)):
            transport.run(
                Command.of(
                    "dd", f"of={path}/{name}.xml", "status=none", stdin=cib.render().encode()
                )
            ).check()
        done = transport.run(
            Command.of("crm_diff", f"--original={path}/old.xml", f"--new={path}/new.xml")
        )
        return done.check(_DIFFERENT).stdout
