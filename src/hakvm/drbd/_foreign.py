"""What a release does not know."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from hakvm.drbd._model import Common, Connection, Floating, Host, Resource, Stacked
from hakvm.drbd._release import Release
from hakvm.drbd._section import Options
from hakvm.drbd._skip import skips
from hakvm.errors import ReleaseError

if TYPE_CHECKING:
    from hakvm.drbd._config import Config

__all__ = ["all_sections", "check_release"]

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


def _sections(of: Common, where: str) -> Iterator[tuple[str, Options]]:
    """Yield every section of options with its path."""
    for section in (of.net, of.disk_options, of.options, of.syncer, of.startup, of.handlers):
        yield f"{where}.{section.section.word}", section
    if of.proxy is not None:
        yield f"{where}.proxy", of.proxy.options
    if not isinstance(of, Resource):
        return
    yield from _volumes(of, where)
    for host in of.hosts.values():
        yield from _of_member(host, f'{where}.hosts["{host.name}"]')
    for floating in of.floating.values():
        yield from _of_member(floating, f'{where}.floating["{floating.address}"]')
    for stacked in of.stacked.values():
        yield from _of_member(stacked, f'{where}.stacked["{stacked.resource}"]')
    for index, connection in enumerate(of.connections):
        yield from _of_connection(connection, f"{where}.connections[{index}]")
    for index, mesh in enumerate(of.meshes):
        yield f"{where}.meshes[{index}].net", mesh.net


def _volumes(of: Resource | Host | Floating | Stacked, where: str) -> Iterator[tuple[str, Options]]:
    for volume in of.volumes.values():
        yield f"{where}.volumes[{volume.number}].disk", volume.disk_options


def _of_member(one: Host | Floating | Stacked, where: str) -> Iterator[tuple[str, Options]]:
    yield f"{where}.options", one.options
    yield from _volumes(one, where)
    if one.proxy is not None and one.proxy.proxy is not None:
        yield f"{where}.proxy", one.proxy.proxy.options


def _of_connection(connection: Connection, where: str) -> Iterator[tuple[str, Options]]:
    yield f"{where}.net", connection.net
    yield f"{where}.disk", connection.disk_options
    for number, options in connection.volumes.items():
        yield f"{where}.volumes[{number}]", options
    paths = [connection.hosts, *(path.hosts for path in connection.paths)]
    for end in (end for path in paths for end in path):
        if end.proxy is not None and end.proxy.proxy is not None:
            yield f"{where}.proxy", end.proxy.proxy.options


def all_sections(config: "Config") -> Iterator[tuple[str, Options]]:
    """Yield every section of options of this file with its path."""
    yield "global", config.global_options
    if config.common is not None:
        yield from _sections(config.common, "common")
    for resource in config.own_resources.values():
        yield from _sections(resource, f'resources["{resource.name}"]')


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
