"""The key that the nodes share."""

import contextlib
import hashlib
import hmac
import os
import secrets
import stat
from pathlib import Path
from typing import Self

from attrs import field, frozen

from hakvm.errors import ConflictError, HakvmError, InvalidError
from hakvm.secret import MASK

__all__ = ["AuthKey"]

_LEAST, _MOST = 128, 4096  # corosync, exec/totemconfig.c and tools/corosync-keygen.c
_SIZE = 256


def _check(_: object, __: object, data: bytes) -> None:
    if not isinstance(data, bytes):
        raise InvalidError("a key is bytes", path="AuthKey.data")
    if not _LEAST <= len(data) <= _MOST:
        raise InvalidError(
            f"a key of {len(data)} bytes",
            path="AuthKey.data",
            hint=f"corosync takes {_LEAST} to {_MOST} bytes; AuthKey.generate() makes {_SIZE}",
        )


@frozen(kw_only=True)
class AuthKey:
    """The key that all nodes share and corosync encrypts and signs with.

    Never shown: `repr` and errors have its fingerprint at most.

    Attributes:
        data: 128 to 4096 bytes, as they stand in /etc/corosync/authkey.

    Source: corosync-keygen(8), corosync.conf(5) "keyfile".
    """

    data: bytes = field(validator=_check, repr=lambda _: MASK)

    @classmethod
    def generate(cls, size: int = _SIZE) -> Self:
        """Make a key of `size` bytes from the system's random source.

        Raises:
            InvalidError: `size` is not between 128 and 4096.
        """
        if not _LEAST <= size <= _MOST:
            raise InvalidError(
                f"a key of {size} bytes",
                path="size",
                value=size,
                hint=f"corosync takes {_LEAST} to {_MOST} bytes",
            )
        return cls(data=secrets.token_bytes(size))

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Self:
        """Read the key at `path`, which nobody else may be able to read.

        Raises:
            HakvmError: it cannot be read, or others can read it.
            InvalidError: it is too short or too long.
        """
        name = os.fspath(path)
        try:
            with open(path, "rb") as file:  # noqa: PTH123 - the descriptor's own mode is looked at
                mode = stat.S_IMODE(os.fstat(file.fileno()).st_mode)
                if mode & 0o077:
                    raise HakvmError(
                        f"{name}: others can read or change this key (mode {mode:04o})",
                        hint=f"make a new one on all nodes, or: chmod 0400 {name}",
                    )
                data = file.read(_MOST + 1)
        except OSError as error:
            raise HakvmError(f"{name}: {error.strerror}") from None
        try:
            return cls(data=data)
        except InvalidError as error:
            raise InvalidError(error.message, path=name, hint=error.hint) from None

    def save(self, path: str | os.PathLike[str], *, replace: bool = False) -> None:
        """Write the key to `path`, readable by its owner alone (0400) from the first moment.

        An existing file is replaced only if `replace` says so, and then in one step.

        Raises:
            ConflictError: there is a file already, and `replace` is not given.
            HakvmError: it cannot be written.
        """
        name = os.fspath(path)
        target = f"{name}.{secrets.token_hex(4)}" if replace else name
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
        try:
            descriptor = os.open(target, flags, 0o400)
        except FileExistsError:
            raise ConflictError(
                f"{name}: there is a key already",
                hint="replace=True replaces it; all nodes then need the new one",
            ) from None
        except OSError as error:
            raise HakvmError(f"{name}: {error.strerror}") from None
        try:
            with os.fdopen(descriptor, "wb") as file:
                os.fchmod(descriptor, 0o400)
                file.write(self.data)
                file.flush()
                os.fsync(descriptor)
            if replace:
                Path(target).replace(name)
        except BaseException as error:
            with contextlib.suppress(OSError):
                Path(target).unlink()
            if isinstance(error, OSError):
                raise HakvmError(f"{name}: {error.strerror}") from None
            raise

    @property
    def fingerprint(self) -> str:
        """What tells two keys apart and gives neither away: SHA-256, the first 16 bytes in hex."""
        return hashlib.sha256(b"hakvm authkey\0" + self.data).hexdigest()[:32]

    def matches(self, fingerprint: str) -> bool:
        """Whether `fingerprint` is that of this key."""
        return hmac.compare_digest(self.fingerprint, fingerprint)

    def __len__(self) -> int:
        return len(self.data)

    def __bytes__(self) -> bytes:
        return self.data
