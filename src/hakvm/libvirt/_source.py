"""What a disk's content comes from: one class a kind, and what they share."""

from typing import Annotated

from attrs import frozen

from hakvm.libvirt._address import PciAddress
from hakvm.libvirt._base import Scaled, Uuid, element
from hakvm.libvirt._words import DiskType, ImageFormat
from hakvm.xmlmodel import Attr, By, Element, Leaf, Text, YesNo

__all__ = [
    "AnySource", "Auth", "BackingStore", "BlockSource", "DirSource", "Encryption", "FileSource",
    "Format", "HostAddress", "MetadataCache", "Mirror", "NetworkSource", "NvmeSource", "Secret",
    "SourceLabel", "VdpaSource", "VhostUserSource", "VolumeSource",
]  # fmt: skip


@element("secret")
@frozen(kw_only=True)
class Secret(Element):
    """A secret that libvirt keeps: named by its UUID or by its use, never the secret itself."""

    type: str | None = None
    uuid: Uuid | None = None
    usage: str | None = None


@element("auth")
@frozen(kw_only=True)
class Auth(Element):
    """Who asks a storage server."""

    username: str
    type: str | None = None
    secret: Secret | None = None


@element("encryption")
@frozen(kw_only=True)
class Encryption(Element):
    """How the content is encrypted."""

    format: str | None = None
    engine: str | None = None
    secret: tuple[Secret, ...] = ()


@element("host")
@frozen(kw_only=True)
class HostAddress(Element):
    """A storage server."""

    transport: str | None = None
    name: str | None = None
    port: int | None = None
    socket: str | None = None


@element("seclabel")
@frozen(kw_only=True)
class SourceLabel(Element):
    """How the host's security labels treat this one source."""

    model: str | None = None
    relabel: YesNo | None = None
    labelskip: YesNo | None = None
    label: Annotated[str | None, Leaf()] = None


@element("identity")
@frozen(kw_only=True)
class Identity(Element):
    """As whom a network file system is used."""

    user: str | None = None
    group: str | None = None
    username: str | None = None
    keyfile: str | None = None
    agentsock: str | None = None


@element("slice")
@frozen(kw_only=True)
class Slice(Element):
    """A part of the source, in bytes."""

    type: str
    offset: int
    size: int


@element("slices")
@frozen(kw_only=True)
class Slices(Element):
    """The parts of the source that are used."""

    slices: tuple[Slice, ...] = ()


@element("reconnect")
@frozen(kw_only=True)
class Reconnect(Element):
    """Whether a lost connection is made again; the timeout in seconds."""

    enabled: YesNo | None = None
    timeout: int | None = None
    delay: int | None = None


@element("source")
@frozen(kw_only=True)
class ReservationSource(Element):
    """The socket of a helper for persistent reservations."""

    type: str | None = None
    path: str | None = None
    mode: str | None = None


@element("reservations")
@frozen(kw_only=True)
class Reservations(Element):
    """SCSI persistent reservations."""

    managed: YesNo | None = None
    migration: YesNo | None = None
    source: ReservationSource | None = None


@frozen(kw_only=True)
class Source(Element):
    """The base of all disk sources."""

    index: int | None = None
    startup_policy: str | None = None
    auth: Auth | None = None
    encryption: Encryption | None = None
    reservations: Reservations | None = None
    slices: Slices | None = None
    seclabels: tuple[SourceLabel, ...] = ()


@element("source", when="file")
@frozen(kw_only=True)
class FileSource(Source):
    """A file; none for an empty drive."""

    file: str | None = None
    fdgroup: str | None = None


@element("source", when="block")
@frozen(kw_only=True)
class BlockSource(Source):
    """A block device, as /dev/drbd0."""

    dev: str | None = None
    fdgroup: str | None = None


@element("source", when="dir")
@frozen(kw_only=True)
class DirSource(Source):
    """A directory that the guest sees as a disk."""

    dir: str | None = None


@element("source", when="volume")
@frozen(kw_only=True)
class VolumeSource(Source):
    """A volume of a storage pool."""

    pool: str | None = None
    volume: str | None = None
    mode: str | None = None


@element("cookie")
@frozen(kw_only=True)
class Cookie(Element):
    """A cookie that is sent to a web server."""

    name: str
    value: Annotated[str, Text()]


@element("cookies")
@frozen(kw_only=True)
class Cookies(Element):
    """The cookies that are sent to a web server."""

    cookies: tuple[Cookie, ...] = ()


@element("ssl")
@frozen(kw_only=True)
class Ssl(Element):
    """Whether a server's certificate is checked."""

    verify: YesNo | None = None


@element("snapshot")
@frozen(kw_only=True)
class SnapshotName(Element):
    """The snapshot that is used."""

    name: str


@element("config")
@frozen(kw_only=True)
class ConfigFile(Element):
    """The configuration of the storage's client."""

    file: str


@element("iqn")
@frozen(kw_only=True)
class Iqn(Element):
    """An iSCSI name."""

    name: str


@element("initiator")
@frozen(kw_only=True)
class Initiator(Element):
    """As whom an iSCSI target is asked."""

    iqn: Iqn


@element("readahead")
@frozen(kw_only=True)
class Readahead(Element):
    """How many bytes are read ahead."""

    size: int


@element("timeout")
@frozen(kw_only=True)
class Timeout(Element):
    """After how many seconds a server is given up."""

    seconds: int


@element("knownHosts")
@frozen(kw_only=True)
class KnownHosts(Element):
    """The servers that SSH knows."""

    path: str


@element("source", when="network")
@frozen(kw_only=True)
class NetworkSource(Source):
    """Storage on the network: rbd, iscsi, nbd, nfs, https and others."""

    protocol: str | None = None
    name: str | None = None
    query: str | None = None
    tls: YesNo | None = None
    tls_hostname: str | None = None
    tls_from_config: int | None = None
    hosts: tuple[HostAddress, ...] = ()
    snapshot: SnapshotName | None = None
    config: ConfigFile | None = None
    initiator: Initiator | None = None
    ssl: Ssl | None = None
    cookies: Cookies | None = None
    readahead: Readahead | None = None
    timeout: Timeout | None = None
    identity: Identity | None = None
    reconnect: Reconnect | None = None
    known_hosts: KnownHosts | None = None


@element("source", when="nvme")
@frozen(kw_only=True)
class NvmeSource(Source):
    """A namespace of an NVMe disk that is handed through whole."""

    type: str | None = None
    namespace: int | None = None
    managed: YesNo | None = None
    address: Annotated[PciAddress | None, By("type", default="pci")] = None


@element("source", when="vhostuser")
@frozen(kw_only=True)
class VhostUserSource(Source):
    """A disk that another process serves over a socket."""

    type: str | None = None
    path: str | None = None
    mode: str | None = None
    reconnect: Reconnect | None = None


@element("source", when="vhostvdpa")
@frozen(kw_only=True)
class VdpaSource(Source):
    """A disk that a vDPA device serves."""

    dev: str | None = None


AnySource = Annotated[
    FileSource
    | BlockSource
    | DirSource
    | NetworkSource
    | VolumeSource
    | NvmeSource
    | VhostUserSource
    | VdpaSource,
    By("type", parent=True, default="file"),
]
"""Any of the sources; the `type` of the disk chooses."""


@element("max_size")
@frozen(kw_only=True)
class CacheLimit(Scaled):
    """The most memory for an image's tables; bytes unless told."""


@element("metadata_cache")
@frozen(kw_only=True)
class MetadataCache(Element):
    """How much of an image's tables is kept in memory."""

    max_size: CacheLimit | None = None


@element("format")
@frozen(kw_only=True)
class Format(Element):
    """How an image is laid out."""

    type: ImageFormat | str
    metadata_cache: MetadataCache | None = None


@element("backingStore")
@frozen(kw_only=True)
class BackingStore(Element):
    """The image below an image; an empty one ends the chain."""

    type: DiskType | str | None = None
    index: int | None = None
    format: Format | None = None
    source: AnySource | None = None
    backing_store: "BackingStore | None" = None


@element("mirror")
@frozen(kw_only=True)
class Mirror(Element):
    """A copy of a disk that is being made."""

    type: DiskType | str | None = None
    file: str | None = None
    format_: Annotated[str | None, Attr("format")] = None
    job: str | None = None
    ready: str | None = None
    format: Format | None = None
    source: AnySource | None = None
    backing_store: BackingStore | None = None
