"""What the lab raises on purpose, and how it tells what it does."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import monotonic

from hakvm.errors import HakvmError

__all__ = ["LabError", "Report", "silent", "step"]

Report = Callable[[str], None]


class LabError(HakvmError):
    """The lab cannot do what it was asked; `hint` says what to do about it."""

    def line(self) -> str:
        """Return what is wrong and what to do, in one line."""
        return ": ".join(filter(None, [self.message, self.hint])).replace("\n", " ")


def silent(_text: str) -> None:
    """Report nothing."""


@contextmanager
def step(report: Report, what: str, usually: str) -> Iterator[None]:
    """Report what begins and how long that usually takes, then how long it took."""
    begin = monotonic()
    report(f"==> {what} (usually {usually})")
    yield
    report(f"    done after {monotonic() - begin:.1f} s")
