"""Bundles: a container image, its instances, network and storage, and what runs inside.

Source: resources-*.rng; Pacemaker Explained, "Bundles".
"""

from collections.abc import Mapping

from attrs import frozen

from hakvm.pacemaker._nvpairs import InstanceAttributes, MetaAttributes, values_of
from hakvm.pacemaker._resources import Primitive, _Promotable
from hakvm.pacemaker._words import Boolean
from hakvm.xmlmodel import Element, element

__all__ = [
    "Bundle",
    "BundleNetwork",
    "BundleStorage",
    "Container",
    "Docker",
    "Podman",
    "PortMapping",
    "Rkt",
    "StorageMapping",
]


@frozen(kw_only=True)
class Container(Element):
    """What all technologies of containers say.

    Attributes:
        replicas: how many instances run.
        promoted_max: how many of them are promoted; `masters` before Pacemaker 2.0.
    """

    image: str
    replicas: int | None = None
    replicas_per_host: int | None = None
    promoted_max: int | None = None
    masters: int | None = None
    run_command: str | None = None
    network: str | None = None
    options: str | None = None


@element("docker")
@frozen(kw_only=True)
class Docker(Container):
    """Instances run by Docker."""


@element("podman")
@frozen(kw_only=True)
class Podman(Container):
    """Instances run by Podman."""


@element("rkt")
@frozen(kw_only=True)
class Rkt(Container):
    """Instances run by rkt; gone with Pacemaker 3.0."""


@element("port-mapping")
@frozen(kw_only=True)
class PortMapping(Element):
    """A port, or a range of them, that reaches the instances."""

    id: str = ""
    port: int | None = None
    internal_port: int | None = None
    range: str | None = None


@element("network")
@frozen(kw_only=True)
class BundleNetwork(Element):
    """The addresses and ports of the instances."""

    ip_range_start: str | None = None
    control_port: int | None = None
    host_interface: str | None = None
    host_netmask: int | None = None
    add_host: Boolean | None = None
    port_mappings: tuple[PortMapping, ...] = ()


@element("storage-mapping")
@frozen(kw_only=True)
class StorageMapping(Element):
    """A directory of the host as the instances see it."""

    id: str = ""
    source_dir: str | None = None
    source_dir_root: str | None = None
    target_dir: str
    options: str | None = None


@element("storage")
@frozen(kw_only=True)
class BundleStorage(Element):
    """The directories that the instances see."""

    storage_mappings: tuple[StorageMapping, ...] = ()


@element("bundle")
@frozen(kw_only=True)
class Bundle(_Promotable):
    """A container that Pacemaker starts on several nodes, with a primitive inside if one is given.

    Exactly one of `docker`, `podman` and `rkt` stands.
    """

    instance_attributes: tuple[InstanceAttributes, ...] = ()
    meta_attributes: tuple[MetaAttributes, ...] = ()
    docker: Docker | None = None
    podman: Podman | None = None
    rkt: Rkt | None = None
    network: BundleNetwork | None = None
    storage: BundleStorage | None = None
    primitive: Primitive | None = None

    @property
    def container(self) -> Container | None:
        """The container, whichever technology runs it."""
        return self.docker or self.podman or self.rkt

    @property
    def resources(self) -> tuple[Primitive, ...]:
        """What runs inside."""
        return (self.primitive,) if self.primitive is not None else ()

    @property
    def meta(self) -> Mapping[str, str]:
        """The meta attributes, as they hold without rules."""
        return values_of(self.meta_attributes)

    @property
    def promotable(self) -> bool:
        """Whether some of its instances are promoted."""
        container = self.container
        return container is not None and bool(container.promoted_max or container.masters)
