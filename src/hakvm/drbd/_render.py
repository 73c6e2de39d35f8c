"""Write a model as text: sections in the order in which they were read, comments in place."""

from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from hakvm.drbd._layout import CLOSE, OPEN, PLAIN, Layout, Note
from hakvm.drbd._lexer import RESERVED, is_address, is_number
from hakvm.drbd._model import (
    Common,
    Connection,
    Floating,
    Host,
    Mesh,
    Path,
    PathHost,
    Proxy,
    ProxySide,
    Resource,
    Stacked,
    Volume,
)
from hakvm.drbd._section import Options
from hakvm.drbd._specs import Kind, negatable, spec_of
from hakvm.drbd._values import Device, MetaDisk, quote

__all__ = [
    "Part",
    "arrange",
    "block",
    "common_part",
    "keyed_parts",
    "keys_of",
    "name",
    "options_part",
    "resource_part",
]

_INDENT = "    "


class Part(NamedTuple):
    """One statement, ready to be placed: its key in the layout, and its lines."""

    key: str
    lines: list[str]


def name(text: str) -> str:
    """Write a name, quoted where the tools would take it for something else."""
    if text in RESERVED or is_number(text):
        return quote(text, always=True)
    return quote(text)


def keyed_parts(parts: Iterable[Part]) -> dict[str, list[str]]:
    """Tell apart the statements that look the same, by their number."""
    keyed: dict[str, list[str]] = {}
    seen: dict[str, int] = {}
    for key, lines in parts:
        number = seen[key] = seen.get(key, 0) + 1
        keyed[key if number == 1 else f"{key} #{number}"] = lines
    return keyed


def arrange(parts: Iterable[Part], layout: Layout, *, top: bool = False) -> list[str]:
    """Put statements in the order of a layout, new ones behind, each with its comments."""
    keyed = keyed_parts(parts)
    known = [key for key in layout.order if key in keyed]
    placed = frozenset(known)
    result: list[str] = []
    for key in (*known, *(key for key in keyed if key not in placed)):
        note = layout.notes.get(key, Note())
        if top and result and key not in placed and (len(keyed[key]) > 1 or result[-1] == "}"):
            result.append("")
        result += note.before
        lines = keyed[key]
        result += lines if not note.after else [*lines[:-1], f"{lines[-1]} {note.after}"]
    result += layout.notes.get(CLOSE, Note()).before
    while result and not result[0]:
        del result[0]
    return result


def block(header: str, parts: Iterable[Part], layout: Layout, *, key: str = "") -> Part:
    """Write a section with its braces."""
    note = layout.notes.get(OPEN, Note())
    opening = f"{header} {{" + (f" {note.after}" if note.after else "")
    inner = (f"{_INDENT}{line}" if line else "" for line in arrange(parts, layout))
    return Part(key or f"{header} {{", [opening, *inner, "}"])


def _leaf(word: str, text: str | None) -> Iterator[Part]:
    if text is not None:
        yield Part(word, [f"{word} {text};"])


def _option_parts(options: Options) -> Iterator[Part]:
    for key in options:
        spec = spec_of(options.section, key)
        kind = spec.kind if spec else None
        for text, style in options.written(key):
            negated = text == "no" and negatable(options.section, key)
            yield from _option_part(key, text, kind, style, negated=negated)


def _option_part(
    key: str, text: str, kind: Kind | None, style: str, *, negated: bool
) -> Iterator[Part]:
    if kind is Kind.FLAG or (style == "bare" and text in {"yes", "no"}):
        if text == "yes":
            yield Part(key, [f"{key};"])
        elif kind is not Kind.FLAG:
            yield Part(key, [f"no-{key};" if negated else f"{key} no;"])
    elif kind is Kind.WORDS:
        yield Part(key, [f"{key} {' '.join(name(word) for word in text.split())};"])
    else:
        must = style == "quoted" or _own_word(text, kind)
        yield Part(key, [f"{key} {quote(text, always=must)};"])


def _own_word(text: str, kind: Kind | None) -> bool:
    """Tell whether a value has to be quoted, plain as it is: 8.4 takes its own words for none."""
    if kind is None:  # what hakvm does not know may be a boolean
        return text not in {"yes", "no"} and (text in RESERVED or is_address(text))
    return kind is Kind.COMMAND or (kind is Kind.TEXT and (text in RESERVED or is_address(text)))


def options_part(options: Options, header: str = "") -> Iterator[Part]:
    """Write a section of options, if it is there."""
    if options.present:
        word = header or options.section.word
        yield block(word, _option_parts(options), options.layout or PLAIN)


def _device(device: Device | None) -> Iterator[Part]:
    if device is not None:
        path, minor, number = device.partition(" minor ")
        text = f"{_path(path)}{minor}{number}" if minor else _path(path)
        yield from _leaf("device", str(device) if device.startswith("minor ") else text)


def _path(path: str) -> str:
    return name(path)


def _meta_disk(found: MetaDisk | None) -> Iterator[Part]:
    if found is not None:
        slot = "" if found.slot is None else f"[{found.slot}]"
        # Both spellings have one meaning; the layout may hold either.
        yield from _leaf("meta-disk", f"{_path(found.path)}{slot}")


def _volume_statements(of: Volume | Host | Floating | Stacked | Resource) -> Iterator[Part]:
    yield from _device(of.device)
    yield from _leaf("disk", None if of.disk is None else name(of.disk))
    yield from _meta_disk(of.meta_disk)


def _skipped(texts: Iterable[str]) -> Iterator[Part]:
    for text in texts:
        yield Part("skip", [text])


def _volume_parts(volume: Volume) -> Iterator[Part]:
    yield from _volume_statements(volume)
    yield from options_part(volume.disk_options)
    yield from _skipped(volume.skipped)


def _volume(volume: Volume) -> Part:
    return block(f"volume {volume.number}", _volume_parts(volume), volume.layout)


def _proxy_parts(proxy: Proxy) -> Iterator[Part]:
    yield from _option_parts(proxy.options)
    if proxy.plugins:
        yield Part("plugin {", ["plugin {", *(f"{_INDENT}{x};" for x in proxy.plugins), "}"])


def _proxy(proxy: Proxy, header: str = "proxy") -> Part:
    return block(header, _proxy_parts(proxy), proxy.layout)


def _proxy_side_parts(side: ProxySide) -> Iterator[Part]:
    yield from _leaf("inside", side.inside)
    yield from _leaf("outside", side.outside)
    if side.proxy is not None:
        yield _proxy(side.proxy, "options")


def _proxy_side(side: ProxySide, header: str = "", *, key: str = "") -> Part:
    names = [name(host) for host in side.hosts]
    return block(
        f"{header}proxy on {' '.join(names)}",
        _proxy_side_parts(side),
        side.layout,
        key=key or f"proxy on {' '.join(side.hosts)} {{",
    )


def _members(of: Host | Floating | Stacked) -> Iterator[Part]:
    if of.node_id is not None:
        yield Part("node-id", [f"node-id {of.node_id};"])
    yield from _volume_statements(of)
    for volume in of.volumes.values():
        yield _volume(volume)
    if not isinstance(of, Floating):
        yield from _leaf("address", of.address)
        yield from _leaf("alternate-link-address", of.alternate_link)
    yield from options_part(of.options)
    if of.proxy is not None:
        yield _proxy_side(of.proxy)
    yield from _skipped(of.skipped)


def _host(host: Host) -> Part:
    names = [host.name, *host.aliases]
    return block(
        f"on {' '.join(name(one) for one in names)}",
        _members(host),
        host.layout,
        key=f"on {' '.join(names)} {{",
    )


def _floating(one: Floating) -> Part:
    key = f"floating {one.address} {{"
    parts = list(_members(one))
    if not parts and not one.layout.has_comments:
        return Part(key, [f"floating {one.address};"])
    return block(f"floating {one.address}", parts, one.layout)


def _stacked(one: Stacked) -> Part:
    return block(
        f"stacked-on-top-of {name(one.resource)}",
        _members(one),
        one.layout,
        key=f"stacked-on-top-of {one.resource} {{",
    )


def _end(end: PathHost) -> Part:
    words = ["address" if end.name is None else f"host {name(end.name)}"]
    if end.address is not None:
        words.append(end.address if end.name is None else f"address {end.address}")
    if end.port is not None:
        words.append(f"port {end.port}")
    key = f"host {end.name}" if end.name is not None else f"address {end.address}"
    if end.proxy is not None:
        return _proxy_side(end.proxy, f"{' '.join(words)} via ", key=key)
    return Part(key, [" ".join(words) + ";"])


def _path_parts(path: Path) -> Iterator[Part]:
    yield from map(_end, path.hosts)


def _path_part(path: Path) -> Part:
    return block("path", _path_parts(path), path.layout)


def _connection_parts(connection: Connection) -> Iterator[Part]:
    yield from map(_end, connection.hosts)
    yield from map(_path_part, connection.paths)
    yield from options_part(connection.net)
    yield from options_part(connection.disk_options)
    for number, options in connection.volumes.items():
        disk = block("disk", _option_parts(options), options.layout or PLAIN)
        yield block(f"volume {number}", [disk], PLAIN)
    yield from _skipped(connection.skipped)


def _connection(connection: Connection) -> Part:
    header = "connection" if connection.name is None else f"connection {name(connection.name)}"
    key = "connection {" if connection.name is None else f"connection {connection.name} {{"
    return block(header, _connection_parts(connection), connection.layout, key=key)


def _mesh_parts(mesh: Mesh) -> Iterator[Part]:
    if mesh.hosts:
        yield Part("hosts", [f"hosts {' '.join(name(host) for host in mesh.hosts)};"])
    yield from options_part(mesh.net)


def _mesh(mesh: Mesh) -> Part:
    return block("connection-mesh", _mesh_parts(mesh), mesh.layout)


def _shared(of: Common) -> Iterator[Part]:
    yield from _leaf("protocol", of.protocol)
    for options in (
        of.net,
        of.disk_options,
        of.options,
        of.syncer,
        of.startup,
        of.handlers,
    ):
        yield from options_part(options)
    if of.proxy is not None:
        yield _proxy(of.proxy)


def _common_parts(common: Common) -> Iterator[Part]:
    yield from _shared(common)
    yield from _skipped(common.skipped)


def common_part(common: Common) -> Part:
    """Write `common { … }`."""
    return block("common", _common_parts(common), common.layout)


def _resource_parts(resource: Resource) -> Iterator[Part]:
    if resource.template_file is not None:
        yield from _leaf("template-file", quote(resource.template_file, always=True))
    yield from _shared(resource)
    yield from _volume_statements(resource)
    for volume in resource.volumes.values():
        yield _volume(volume)
    yield from map(_host, resource.hosts.values())
    yield from map(_floating, resource.floating.values())
    yield from map(_stacked, resource.stacked.values())
    yield from map(_connection, resource.connections)
    yield from map(_mesh, resource.meshes)
    yield from _skipped(resource.skipped)


def resource_part(resource: Resource) -> Part:
    """Write `resource … { … }`."""
    return block(
        f"resource {name(resource.name)}",
        _resource_parts(resource),
        resource.layout,
        key=f"resource {resource.name} {{",
    )


_PARTS: dict[type, Callable[..., Iterator[Part]]] = {
    Volume: _volume_parts,
    Proxy: _proxy_parts,
    ProxySide: _proxy_side_parts,
    Host: _members,
    Floating: _members,
    Stacked: _members,
    Path: _path_parts,
    Connection: _connection_parts,
    Mesh: _mesh_parts,
    Common: _common_parts,
    Resource: _resource_parts,
}


def keys_of(model: object) -> list[str]:
    """Return the keys under which a section's statements stand in its layout."""
    return list(keyed_parts(_PARTS[type(model)](model)))
