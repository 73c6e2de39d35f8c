"""libvirt's errors as ours."""

from hakvm.errors import TransportError

__all__ = ["LibvirtError"]

# virErrorNumber; what a person can do about the ones that are met most.
_HINTS = {
    38: "is libvirtd or virtqemud running there, and may you use its socket (group libvirt)?",
    42: "`virsh list --all` says what there is; a guest is defined on each node by itself",
    55: "the guest is in another state than this needs",
    9: "another guest has that name or UUID: undefine it, or give this one its UUID",
    67: "the driver cannot do that",
    92: "the domain is not valid for that libvirt: hakvm.libvirt.validate says where",
    81: "a disk is not on shared storage or is cached by the host; set its cache to none",
    68: "another operation on the guest is still going on",
    86: "the guest's agent does not answer: is qemu-guest-agent running in it?",
}


class LibvirtError(TransportError):
    """libvirt refused something, or could not do it.

    Attributes:
        code: libvirt's number for it (virErrorNumber), as 42 for: no such domain.
        domain: the guest that it is about; empty where it is about none.
        level: 1 for a warning, 2 for an error.
    """

    def __init__(
        self, message: str, *, code: int = 0, domain: str = "", host: str = "", level: int = 2
    ) -> None:
        said = f"{domain}: {message}" if domain and domain not in message else message
        super().__init__(f"{said} (libvirt error {code})", host=host, hint=_HINTS.get(code, ""))
        self.code = code
        self.domain = domain
        self.level = level
