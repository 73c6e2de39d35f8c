"""The moments that a lab can go back to: what is known of each beside QEMU's own snapshots."""

import json
import re
import time
from collections.abc import Iterator
from pathlib import Path

from attrs import asdict, frozen

from hakvm_lab.errors import LabError

__all__ = ["State", "States"]

_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")


@frozen(kw_only=True)
class State:
    """One saved moment.

    Attributes:
        name: what it is called.
        on: which nodes were switched on.
        saved: when, as local time.
        size: the bytes that the larger node's memory takes.
        origin: what it was made of, for whoever made it to know again.
    """

    name: str
    on: dict[str, bool]
    saved: str
    size: int
    origin: str = ""


@frozen
class States:
    """The saved moments of one lab, a small file each.

    Attributes:
        folder: where those files are.
    """

    folder: Path

    @staticmethod
    def check(name: str) -> None:
        """Refuse a name that is none.

        Raises:
            LabError: it is none.
        """
        if not _NAME.fullmatch(name):
            raise LabError(
                f"{name!r} is no name for a state", hint="take a-z, 0-9 and -, 63 at most"
            )

    def __iter__(self) -> Iterator[State]:
        paths = self.folder.glob("*.json") if self.folder.is_dir() else ()
        found = [State(**json.loads(path.read_text(encoding="utf-8"))) for path in paths]
        return iter(sorted(found, key=lambda state: state.saved))

    def __contains__(self, name: str) -> bool:
        return any(state.name == name for state in self)

    def find(self, name: str) -> State:
        """Return the state of that name.

        Raises:
            LabError: there is none.
        """
        for state in self:
            if state.name == name:
                return state
        known = ", ".join(state.name for state in self) or "none yet"
        raise LabError(f"there is no state {name!r}", hint=f"saved are: {known}")

    def add(self, name: str, *, on: dict[str, bool], size: int, origin: str = "") -> State:
        """Note that both nodes are saved as `name`."""
        state = State(name=name, on=on, saved=time.strftime("%F %T"), size=size, origin=origin)
        self.folder.mkdir(exist_ok=True)
        new = self.folder / f"{name}.new"
        new.write_text(json.dumps(asdict(state)), encoding="utf-8")
        new.rename(self.folder / f"{name}.json")
        return state

    def drop(self, name: str) -> None:
        """Forget `name`: from now on it may be half overwritten."""
        (self.folder / f"{name}.json").unlink(missing_ok=True)
