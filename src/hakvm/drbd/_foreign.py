"""What a release does not know, and what a resource inherits."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import attrs

from hakvm.drbd._model import Common, Floating, Host, Resource, Stacked
from hakvm.drbd._release import Release
from hakvm.drbd._section import Options
from hakvm.drbd._skip import skips
from hakvm.drbd._specs import OptionValue, Section
from hakvm.errors import ReleaseError

if TYPE_CHECKING:
    from hakvm.drbd._config import Config

__all__ = ["check_release"]

_NEW = (Release.V8_4, Release.V9_0)
_NINE = (Release.V9_0,)


def _foreign(resource: Resource) -> Iterator[tuple[str, bool, tuple[Release, ...]]]:
    """Yield each construct that not all releases know: what, whether it is there, who does."""
    members: tuple[Host | Floating | Stacked, ...] = (
        *resource.hosts.values(),
        *resource.floating.values(),
        *resource.stacked.values(),
    )
    yield "connection {}", bool(resource.connections), _NINE
    yield "connection-mesh {}", bool(resource.meshes), _NINE
    yield "template-file", resource.template_file is not None, _NINE
    yield "node-id", any(one.node_id is not None for one in members), _NINE
    yield "volume {}", any(one.volumes for one in (resource, *members)), _NEW
    yield "options {} of a node", any(one.options.present for one in members), _NEW
    alternate = any(
        one.alternate_link is not None for one in members if not isinstance(one, Floating)
    )
    volumes = [volume for one in (resource, *members) for volume in one.volumes.values()]
    owners = (resource, *members, *resource.connections, *volumes)
    yield "skip within a section", any(one.skipped for one in owners), _NINE
    yield "alternate-link-address", alternate, (Release.V8_4,)


def _foreign_at_top(
    config: "Config", release: Release
) -> Iterator[tuple[str, bool, tuple[Release, ...]]]:
    """Yield the same of the file itself."""
    for index, one in enumerate(config.requirements):
        yield f"{one} (requirements[{index}])", True, _NINE
    for index, text in enumerate(config.skipped):
        head = " ".join(text.partition("{")[0].split())[:60]
        yield f"{head} {{}} (skipped[{index}])", not skips(text, release), _NINE
    if config.common is not None:
        yield "skip within a section (common)", bool(config.common.skipped), _NINE


def sections(of: Common, where: str) -> Iterator[tuple[str, Options]]:
    """Yield every section of options with its path."""
    for section in (of.net, of.disk_options, of.options, of.syncer, of.startup, of.handlers):
        yield f"{where}.{section.section.word}", section
    if not isinstance(of, Resource):
        return
    for host in of.hosts.values():
        yield f'{where}.hosts["{host.name}"].options', host.options
    owners: tuple[Resource | Host | Floating | Stacked, ...] = (
        of,
        *of.hosts.values(),
        *of.floating.values(),
        *of.stacked.values(),
    )
    for owner in owners:
        for volume in owner.volumes.values():
            yield f"{where}.volumes[{volume.number}].disk", volume.disk_options
    for index, connection in enumerate(of.connections):
        yield f"{where}.connections[{index}].net", connection.net
        yield f"{where}.connections[{index}].disk", connection.disk_options
        for number, options in connection.volumes.items():
            yield f"{where}.connections[{index}].volumes[{number}]", options
    for index, mesh in enumerate(of.meshes):
        yield f"{where}.meshes[{index}].net", mesh.net


def all_sections(config: "Config") -> Iterator[tuple[str, Options]]:
    """Yield every section of options of this file with its path."""
    yield "global", config.global_options
    if config.common is not None:
        yield from sections(config.common, "common")
    for resource in config.own_resources.values():
        yield from sections(resource, f'resources["{resource.name}"]')


def _unknown(what: str, release: Release, known: tuple[Release, ...]) -> ReleaseError:
    return ReleaseError(
        what,
        release=str(release),
        known=[str(one) for one in known],
        hint=f"config.to_release(drbd.Release.{release.name}) carries what can be",
    )


def check_release(config: "Config", release: Release) -> None:
    """See that a release knows all of a configuration.

    Raises:
        ReleaseError: a construct or an option that it does not know.
        InvalidError: a value that it does not take.
    """
    for what, there, known in _foreign_at_top(config, release):
        if there and release not in known:
            raise _unknown(what, release, known)
    for resource in config.own_resources.values():
        for what, there, known in _foreign(resource):
            if there and release not in known:
                raise _unknown(f'{what} (resources["{resource.name}"])', release, known)
    for where, options in all_sections(config):
        options.check_release(release, where)


def inherit(resource: Resource, common: Common) -> Resource:
    """Return a resource with what it inherits; its own options come first."""
    protocol = resource.protocol or common.protocol
    net: dict[str, OptionValue] = {"protocol": protocol} if protocol else {}

    def merged(own: Options, shared: Options) -> Options:
        first = net if own.section is Section.NET else {}
        return Options(own.section, {**first, **shared, **own})

    return attrs.evolve(
        resource,
        protocol=None,
        proxy=resource.proxy or common.proxy,
        net=merged(resource.net, common.net),
        disk_options=merged(resource.disk_options, common.disk_options),
        options=merged(resource.options, common.options),
        syncer=merged(resource.syncer, common.syncer),
        startup=merged(resource.startup, common.startup),
        handlers=merged(resource.handlers, common.handlers),
    )
