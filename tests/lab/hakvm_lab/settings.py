"""What a lab is made of, and what is too little."""

from attrs import frozen

from hakvm_lab.errors import LabError

__all__ = ["Settings"]


@frozen(kw_only=True)
class Settings:
    """What a lab is made of.

    Attributes:
        suite: Debian's name of the release: bookworm or trixie.
        memory: MiB of each node.
        disk: MiB of each node's second disk, which is for DRBD.
    """

    suite: str = "bookworm"
    memory: int = 1024
    disk: int = 64

    def check(self) -> None:
        """Refuse what no node could live with.

        Raises:
            LabError: too little of something.
        """
        if self.memory < 768:  # the stack and a guest take 600
            raise LabError(f"{self.memory} MiB of memory is too little", hint="give 768 or more")
        if self.disk < 16:  # DRBD's metadata, a filesystem and the guest
            raise LabError(f"{self.disk} MiB of disk is too little", hint="give 16 or more")
