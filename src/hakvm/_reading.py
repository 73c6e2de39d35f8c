"""Reading a file so that whatever is wrong with it is an error of ours."""

import os
from pathlib import Path

from hakvm.errors import ParseError

__all__ = ["read_text"]


def read_text(path: str | os.PathLike[str]) -> str:
    """Return the text of the UTF-8 file at `path`, its line ends as they are.

    Raises:
        ParseError: it cannot be read, or is no UTF-8; names the file, and the line.
    """
    source = os.fspath(path)
    try:
        data = Path(path).read_bytes()
    except OSError as error:
        raise ParseError(
            f"cannot be read: {error.strerror or error}",
            source=source,
            hint="check the path and its permissions",
        ) from None
    except ValueError as error:  # a NUL in the path
        raise ParseError(f"is no path: {error}", source=source) from None
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        good = data[: error.start].decode()
        raise ParseError.at(
            f"byte 0x{data[error.start]:02x} is no UTF-8",
            good,
            len(good),
            source=source,
            hint="convert the file, as with: iconv -f latin1 -t utf-8",
        ) from None
