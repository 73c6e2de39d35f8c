"""The grammar of the sections below `resource` and `common`; each docstring is its rule."""

import functools
from typing import Any

from hakvm._frozen import FrozenMapping
from hakvm.drbd._grammar import Body, Reader
from hakvm.drbd._lexer import Quoted
from hakvm.drbd._model import (
    HIGHEST_NODE_ID,
    HIGHEST_VOLUME,
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
    trusted,
)
from hakvm.drbd._section import Options
from hakvm.drbd._specs import Section
from hakvm.drbd._values import HIGHEST_PORT, Address, Device, MetaDisk

__all__ = ["read_common", "read_resource"]

# What is being put together: the arguments of the constructor that ends it.
Fields = dict[str, Any]

_OPTION_SECTIONS = {
    "net": ("net", Section.NET),
    "options": ("options", Section.OPTIONS),
    "syncer": ("syncer", Section.SYNCER),
    "startup": ("startup", Section.STARTUP),
    "handlers": ("handlers", Section.HANDLERS),
}
_VOLUME_WORDS = "device disk meta-disk flexible-meta-disk skip"
_MEMBER_WORDS = f"{_VOLUME_WORDS} address alternate-link-address node-id volume options proxy"
_COMMON_WORDS = "protocol net disk options syncer startup handlers proxy skip"
_RESOURCE_WORDS = (
    f"{_COMMON_WORDS} on floating stacked-on-top-of device meta-disk volume connection"
    " connection-mesh template-file"
)

# The same device is named for each of its nodes, and `internal` for nearly all.
_device = functools.lru_cache(Device)
_meta_disk = functools.lru_cache(MetaDisk)


def read_common(reader: Reader) -> Common:
    """`common = "common" "{" { shared } "}"`."""
    body, fields = Body(), Fields()
    for word, args, block in reader.body(body):
        if not _shared(reader, fields, word, args, block=block, body=body):
            raise reader.unknown(word, _COMMON_WORDS, "common {}")
    return Common(**fields, layout=body.layout())


def read_resource(reader: Reader, name: str) -> Resource:
    """Read a resource.

    `resource = "resource" name "{" { shared | volume-statement | volume | on | floating | stacked
    | connection | connection-mesh | "template-file" name ";" } "}"`
    """
    body, fields = Body(), Fields(name=name)
    hosts: dict[str, Host] = {}
    floating: dict[str, Floating] = {}
    stacked: dict[str, Stacked] = {}
    volumes: dict[int, Volume] = {}
    for word, args, block in reader.body(body):
        match word:
            case "on" if block:
                _add_host(reader, hosts, _host(reader, args))
            case "floating":
                one = _floating(reader, args, block=block)
                body.key = f"floating {one.address} {{"
                _add(reader, floating, one.address, one)
            case "stacked-on-top-of" if block:
                reader.need(word, args, 1, "the name of a resource")
                _add(reader, stacked, args[0], _stacked(reader, reader.name(args[0])))
            case "volume" if block:
                volume = _volume(reader, args)
                _add(reader, volumes, volume.number, volume)
            case "connection" if block:
                fields["connections"] = (*fields.get("connections", ()), _connection(reader, args))
            case "connection-mesh" if block:
                reader.need(word, args, 0, "a block")
                fields["meshes"] = (*fields.get("meshes", ()), _mesh(reader))
            case "template-file":
                value = reader.leaf(word, args, block=block)
                reader.once(fields, "template_file", value)
            case _:
                if not (
                    _shared(reader, fields, word, args, block=block, body=body)
                    or _volume_statement(reader, fields, word, args, block=block)
                ):
                    raise reader.unknown(word, _RESOURCE_WORDS, "resource {}")
    fields |= {
        name: FrozenMapping(found)
        for name, found in (
            ("hosts", hosts),
            ("floating", floating),
            ("stacked", stacked),
            ("volumes", volumes),
        )
        if found
    }
    return trusted(Resource, **fields, layout=body.layout())


def _add_host(reader: Reader, hosts: dict[str, Host], host: Host) -> None:
    names = [name for one in hosts.values() for name in (one.name, *one.aliases)]
    names += [host.name, *host.aliases]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise reader.scanner.error(f"on {twice} is there twice: this block ends the second one")
    hosts[host.name] = host


def _add(reader: Reader, found: dict[Any, Any], key: object, value: object) -> None:
    if key in found:
        raise reader.scanner.error(f"{key} is there twice: this block ends the second one")
    found[key] = value


def _shared(
    reader: Reader, fields: Fields, word: str, args: list[str], *, block: bool, body: Body
) -> bool:
    """Read what stands in resources and in common.

    `shared = "protocol" name ";" | ( "net" | "disk" | "options" | "syncer" | "startup" |
    "handlers" ) "{" options "}" | proxy | skip`
    """
    if block:
        known = _OPTION_SECTIONS.get(word)
        if known is not None:
            reader.need(word, args, 0, "a block")
            name, section = known
            reader.once(fields, name, None)
            fields[name] = reader.options(section)
            return True
        if word == "disk":
            reader.need(word, args, 0, "a block, or a device's path and a ';'")
            reader.once(fields, "disk_options", None)
            fields["disk_options"] = reader.options(Section.DISK)
            return True
        if word == "proxy":
            reader.need(word, args, 0, "a block")
            reader.once(fields, "proxy", None)
            fields["proxy"] = _proxy(reader)
            return True
        return _skip(reader, fields, word, body)
    if word == "protocol":
        reader.need(word, args, 1, "A, B or C")
        reader.once(fields, "protocol", str(args[0]))
        if args[0] not in {"A", "B", "C"}:
            raise reader.scanner.error(f"{args[0][:60]!r}: protocol is one of A, B, C", argument=0)
        return True
    return False


def _skip(reader: Reader, fields: Fields, word: str, body: Body) -> bool:
    if word != "skip":
        return False
    fields["skipped"] = (*fields.get("skipped", ()), reader.scanner.skip())
    body.key = "skip"
    return True


def _volume_statement(
    reader: Reader, fields: Fields, word: str, args: list[str], *, block: bool
) -> bool:
    """Read a statement of a volume.

    `volume-statement = "device" ( name [ "minor" NUMBER ] | "minor" NUMBER ) ";" | "disk" name ";"
    | ( "meta-disk" | "flexible-meta-disk" ) name [ "[" NUMBER "]" ] ";"`
    """
    if block:
        return False
    match word:
        case "device":
            reader.once(fields, "device", reader.value(_device, reader.joined(args)))
        case "disk":
            reader.once(fields, "disk", reader.leaf(word, args, block=False))
        case "meta-disk" | "flexible-meta-disk":
            if args:
                reader.name(args[0] if isinstance(args[0], Quoted) else args[0].partition("[")[0])
            reader.once(fields, "meta_disk", reader.value(_meta_disk, reader.joined(args)))
        case _:
            return False
    return True


def _volume(reader: Reader, args: list[str]) -> Volume:
    """`volume = "volume" NUMBER "{" { volume-statement | "disk" "{" options "}" | skip } "}"`."""
    reader.need("volume", args, 1, "a number")
    fields = Fields(number=reader.integer("volume", args[0], HIGHEST_VOLUME))
    body = Body()
    for word, words, block in reader.body(body):
        if word == "disk" and block:
            reader.need(word, words, 0, "a block, or a device's path and a ';'")
            reader.once(fields, "disk_options", None)
            fields["disk_options"] = reader.options(Section.DISK)
        elif not (
            _volume_statement(reader, fields, word, words, block=block)
            or (block and _skip(reader, fields, word, body))
        ):
            raise reader.unknown(word, _VOLUME_WORDS, "volume {}")
    return trusted(Volume, **fields, layout=body.layout())


def _host(reader: Reader, args: list[str]) -> Host:
    """`on = "on" name { name } "{" { member } "}"`."""
    if not args:
        raise reader.scanner.error("on takes the name of a node")
    names = [reader.name(arg, index) for index, arg in enumerate(args)]
    fields, body = _members(reader, "on {}")
    aliases = tuple(names[1:])
    return trusted(Host, name=names[0], aliases=aliases, **fields, layout=body.layout())


def _floating(reader: Reader, args: list[str], *, block: bool) -> Floating:
    """`floating = "floating" address ( ";" | "{" { member } "}" )`."""
    address = reader.address(args)
    if not block:
        return Floating(address=address)
    fields, body = _members(reader, "floating {}", fixed="address alternate-link-address")
    return reader.value(Floating, address=address, **fields, layout=body.layout())


def _stacked(reader: Reader, resource: str) -> Stacked:
    """`stacked = "stacked-on-top-of" name "{" { member } "}"`."""
    fields, body = _members(reader, "stacked-on-top-of {}", fixed="disk meta-disk options")
    return reader.value(Stacked, resource=resource, **fields, layout=body.layout())


def _members(reader: Reader, where: str, *, fixed: str = "") -> tuple[Fields, Body]:
    """Read what a node brings.

    `member = volume-statement | volume | ( "address" | "alternate-link-address" ) address ";" |
    "node-id" NUMBER ";" | "options" "{" options "}" | proxy-side | skip`
    """
    body, fields = Body(), Fields()
    volumes: dict[int, Volume] = {}
    not_here = frozenset(fixed.split())
    for word, args, block in reader.body(body):
        if word in not_here:
            raise reader.scanner.error(f"{where} takes no {word}")
        if word == "volume" and block:
            volume = _volume(reader, args)
            _add(reader, volumes, volume.number, volume)
        elif not (
            _member_block(reader, fields, word, args, body=body)
            if block
            else _member_statement(reader, fields, word, args)
        ):
            raise reader.unknown(word, _MEMBER_WORDS, where)
    if volumes:
        fields["volumes"] = FrozenMapping(volumes)
        if fields.keys() & {"device", "disk", "meta_disk"}:
            raise reader.scanner.error(
                f"{where} has volume blocks and volume statements outside of them",
                hint="put device, disk and meta-disk into volume 0 {}",
            )
    return fields, body


def _member_statement(reader: Reader, fields: Fields, word: str, args: list[str]) -> bool:
    if word == "address":
        reader.once(fields, "address", reader.address(args))
    elif word == "alternate-link-address":
        reader.once(fields, "alternate_link", reader.address(args))
    elif word == "node-id":
        reader.once(fields, "node_id", reader.integer(word, reader.joined(args), HIGHEST_NODE_ID))
    else:
        return _volume_statement(reader, fields, word, args, block=False)
    return True


def _member_block(
    reader: Reader, fields: Fields, word: str, args: list[str], *, body: Body
) -> bool:
    if word == "options":
        reader.need(word, args, 0, "a block")
        reader.once(fields, "options", reader.options(Section.OPTIONS))
    elif word == "proxy":
        reader.once(fields, "proxy", _proxy_side(reader, args))
    else:
        return _skip(reader, fields, word, body)
    return True


def _proxy(reader: Reader) -> Proxy:
    """`proxy = "proxy" "{" { option | "plugin" "{" { name { name } ";" } "}" } "}"`."""
    items: dict[str, str] = {}
    style: dict[str, str] = {}
    plugins: list[str] = []
    body = Body()
    for word, args, block in reader.body(body):
        if block and word == "plugin" and not args:
            inner = Body()
            for name, more, nested in reader.body(inner):
                if nested:
                    raise reader.scanner.error(f"plugin {{}} has no section {name!r}")
                plugins.append(reader.joined([name, *more]))
            body.adopt(inner)
        elif block:
            raise reader.unknown(word, "plugin", "proxy {}")
        else:
            body.key = reader.option(Section.PROXY, word, args, items, style)
    options = Options._parsed(Section.PROXY, items, style, None)  # noqa: SLF001 - its other maker
    return Proxy(options=options, plugins=plugins, layout=body.layout())


def _proxy_side(reader: Reader, args: list[str]) -> ProxySide:
    """Read the Proxy of a node.

    `proxy-side = "proxy" "on" name { name } "{" { ( "inside" | "outside" ) address ";" |
    "options" "{" … "}" } "}"`
    """
    if len(args) < 2 or args[0] != "on":  # noqa: PLR2004 - `on` and a name
        raise reader.scanner.error("proxy takes 'on' and the names of the nodes it runs on")
    hosts = [reader.name(arg, index) for index, arg in enumerate(args) if index]
    fields, body = Fields(hosts=hosts), Body()
    for word, words, block in reader.body(body):
        if word in {"inside", "outside"} and not block:
            reader.once(fields, word, reader.address(words))
        elif word == "options" and block:
            reader.once(fields, "proxy", _proxy(reader))
        else:
            raise reader.unknown(word, "inside outside options", "proxy on {}")
    for word in ("inside", "outside"):
        if word not in fields:
            raise reader.scanner.error(f"the proxy that ends here has no address {word}")
    return ProxySide(**fields, layout=body.layout())


def _connection(reader: Reader, args: list[str]) -> Connection:
    """Read a connection.

    `connection = "connection" [ name ] "{" { end | path | "net" "{" options "}" | "disk" "{"
    options "}" | "volume" NUMBER "{" "disk" "{" options "}" "}" | skip } "}"`
    """
    body, fields = Body(), Fields()
    if args:
        reader.need("connection", args, 1, "at most one name")
        fields["name"] = reader.name(args[0])
    for word, words, block in reader.body(body):
        if word in {"host", "address"}:
            fields.setdefault("hosts", []).append(_end(reader, word, words, block, body))
        elif not block:
            raise reader.unknown(word, "host address path net disk volume skip", "connection {}")
        elif word == "path":
            reader.need(word, words, 0, "a block")
            fields.setdefault("paths", []).append(_path(reader))
        elif word == "net":
            reader.need(word, words, 0, "a block")
            reader.once(fields, "net", None)
            fields["net"] = reader.options(Section.NET)
        elif word == "disk":
            reader.need(word, words, 0, "a block")
            reader.once(fields, "disk_options", None)
            fields["disk_options"] = reader.options(Section.PEER_DEVICE)
        elif word == "volume":
            reader.need(word, words, 1, "a number")
            number = reader.integer(word, words[0], HIGHEST_VOLUME)
            _add(reader, fields.setdefault("volumes", {}), number, _peer_device(reader, body))
        elif not _skip(reader, fields, word, body):
            raise reader.unknown(word, "host address path net disk volume skip", "connection {}")
    _two_ends(reader, fields.get("hosts", []))
    return Connection(**fields, layout=body.layout())


def _two_ends(reader: Reader, ends: list[PathHost]) -> None:
    if len(ends) > 2:  # noqa: PLR2004 - a path has two ends
        raise reader.scanner.error(f"a path has two ends, the one that ends here has {len(ends)}")


def _peer_device(reader: Reader, outer: Body) -> Options:
    found, body = None, Body()
    for word, args, block in reader.body(body):
        if word != "disk" or not block or args or found is not None:
            raise reader.unknown(word, "disk", "volume {} of a connection")
        found = reader.options(Section.PEER_DEVICE)
    if found is None:
        raise reader.scanner.error("volume {} of a connection takes a disk {}, found none")
    outer.adopt(body)
    return found


def _path(reader: Reader) -> Path:
    """`path = "path" "{" end end "}"`."""
    body = Body()
    ends: list[PathHost] = []
    for word, args, block in reader.body(body):
        if word not in {"host", "address"}:
            raise reader.unknown(word, "host address", "path {}")
        ends.append(_end(reader, word, args, block, body))
    _two_ends(reader, ends)
    return Path(hosts=ends, layout=body.layout())


def _end(reader: Reader, word: str, args: list[str], block: bool, body: Body) -> PathHost:
    """Read an end of a path.

    `end = ( "host" name [ "address" address | "port" NUMBER ] | "address" address )
    ( ";" | "via" "proxy" "on" … )`
    """
    words, via = args, None
    if block:
        if "via" not in args:
            raise reader.scanner.error(f"';' expected after {word}, found a block")
        at = args.index("via")
        words = args[:at]
        if args[at + 1 : at + 2] != ["proxy"]:
            raise reader.scanner.error("via takes proxy on …", argument=at)
    fields = Fields()
    if word == "host":
        if not words:
            raise reader.scanner.error("host takes the name of a node")
        fields["name"] = reader.name(words[0])
        words = words[1:]
        if words[:1] == ["port"]:
            reader.need("port", words[1:], 1, "a number")
            fields["port"] = reader.integer("port", words[1], HIGHEST_PORT)
            words = []
        elif words:
            if words[0] != "address":
                raise reader.scanner.error(
                    f"address, port or ';' expected, found {words[0][:60]!r}", argument=1
                )
            words = words[1:]
            fields["address"] = reader.address(words)
    else:
        fields["address"] = reader.value(Address, " ".join(words))
    if block:
        via = _proxy_side(reader, args[at + 2 :])
    body.key = f"{word} {fields.get('name') or fields['address']}"
    return reader.value(PathHost, **fields, proxy=via)


def _mesh(reader: Reader) -> Mesh:
    """`connection-mesh = "connection-mesh" "{" { "hosts" name { name } ";" | net } "}"`."""
    body, fields = Body(), Fields(hosts=[])
    for word, args, block in reader.body(body):
        if word == "hosts" and not block and args:
            fields["hosts"] += [reader.name(arg, index) for index, arg in enumerate(args)]
            body.key = "hosts"
        elif word == "net" and block and not args:
            reader.once(fields, "net", None)
            fields["net"] = reader.options(Section.NET)
        else:
            raise reader.unknown(word, "hosts net", "connection-mesh {}")
    return Mesh(**fields, layout=body.layout())
