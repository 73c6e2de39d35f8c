"""A file as it is to stand on a node."""

from attrs import field, frozen

from hakvm.secret import MASK

__all__ = ["File"]


def _show(content: bytes) -> str:
    return f"<{len(content)} bytes>"


@frozen(kw_only=True)
class File:
    """What a file holds, and who may read it.

    Attributes:
        content: byte for byte.
        mode: the permission bits.
        owner, group: by name.
        part: whether it is only a part of the file, to be merged into what stands there.
        secret: whether its content must not show, in a diff or on a page.
    """

    content: bytes = field(repr=_show)
    mode: int = field(default=0o644, repr=oct)
    owner: str = "root"
    group: str = "root"
    part: bool = False
    secret: bool = False

    @property
    def text(self) -> str:
        """The content as text; `***` for a secret."""
        return MASK if self.secret else self.content.decode()
