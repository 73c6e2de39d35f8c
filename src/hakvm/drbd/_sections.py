"""The grammar of the sections below `resource` and `common`; each docstring is its rule."""

import functools

from hakvm._frozen import FrozenMapping
from hakvm.drbd._connections import (
    Fields,
    add,
    read_connection,
    read_mesh,
    read_proxy,
    read_proxy_side,
    read_skip,
)
from hakvm.drbd._fields import trusted
from hakvm.drbd._grammar import Body, Reader
from hakvm.drbd._lexer import Quoted
from hakvm.drbd._model import (
    HIGHEST_NODE_ID,
    HIGHEST_VOLUME,
    Common,
    Floating,
    Host,
    Resource,
    Stacked,
    Volume,
)
from hakvm.drbd._release import Release
from hakvm.drbd._section import Options
from hakvm.drbd._specs import Section, option_specs, syncer_home
from hakvm.drbd._values import Device, MetaDisk

__all__ = ["read_common", "read_resource"]

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
    return trusted(Common, **fields, layout=body.layout())


def read_resource(reader: Reader, name: str) -> Resource:
    """Read a resource.

    `resource = "resource" name "{" { shared | volume-statement | volume | on | floating | stacked
    | connection | connection-mesh | "template-file" name ";" } "}"`
    """
    body, fields = Body(), Fields(name=name)
    hosts: dict[str, Host] = {}
    names: set[str] = set()
    floating: dict[str, Floating] = {}
    stacked: dict[str, Stacked] = {}
    volumes: dict[int, Volume] = {}
    for word, args, block in reader.body(body):
        match word:
            case "on" if block:
                _add_host(reader, hosts, names, _host(reader, args))
            case "floating":
                one = _floating(reader, args, block=block)
                body.key = f"floating {one.address} {{"
                add(reader, floating, one.address, one, f"floating {one.address}")
            case "stacked-on-top-of" if block:
                reader.need(word, args, 1, "the name of a resource")
                lower = reader.name(args[0])
                add(reader, stacked, lower, _stacked(reader, lower), f"{word} {lower}")
            case "volume" if block:
                volume = _volume(reader, args, first=True)
                add(reader, volumes, volume.number, volume, f"{word} {volume.number}")
            case "connection" if block:
                fields["connections"] = (
                    *fields.get("connections", ()),
                    read_connection(reader, args),
                )
            case "connection-mesh" if block:
                reader.need(word, args, 0, "a block")
                fields["meshes"] = (*fields.get("meshes", ()), read_mesh(reader))
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
        field: FrozenMapping(found)
        for field, found in (
            ("hosts", hosts),
            ("floating", floating),
            ("stacked", stacked),
            ("volumes", volumes),
        )
        if found
    }
    return trusted(Resource, **fields, layout=body.layout())


def _add_host(reader: Reader, hosts: dict[str, Host], names: set[str], host: Host) -> None:
    """Add a node none of whose names is taken."""
    for name in (host.name, *host.aliases):
        if name in names:
            raise reader.scanner.error(f"on {name} is there twice: this block ends the second one")
        names.add(name)
    hosts[host.name] = host


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
            fields[name] = _counting(reader, section, common="name" not in fields)
            return True
        if word == "disk":
            reader.need(word, args, 0, "a block, or a device's path and a ';'")
            reader.once(fields, "disk_options", None)
            fields["disk_options"] = _counting(reader, Section.DISK, common="name" not in fields)
            return True
        if word == "proxy":
            reader.need(word, args, 0, "a block")
            reader.once(fields, "proxy", None)
            # 8.3 tells the proxy all of them.
            first = "name" not in fields or reader.release is not Release.V8_3
            fields["proxy"] = read_proxy(reader, first=first)
            return True
        return read_skip(reader, fields, word, body)
    if word == "protocol":
        reader.need(word, args, 1, "A, B or C")
        reader.once(fields, "protocol", str(args[0]))
        if args[0] not in {"A", "B", "C"}:
            raise reader.scanner.error(f"{args[0][:60]!r}: protocol is one of A, B, C", argument=0)
        return True
    return False


def _counting(reader: Reader, section: Section, *, common: bool) -> Options:
    """Read a section's options; of those that are there twice, the one that drbdadm takes counts.

    What is handed on to resources and volumes is the first of them: `expand_opts()`. What is
    handed to the kernel is all of them, of which it keeps the last. Handlers are looked up.
    """
    old = reader.release is Release.V8_3
    first = common or section is Section.HANDLERS or (section is Section.DISK and not old)
    but: frozenset[str] = frozenset()
    if section is Section.STARTUP and common:  # not an option to drbdadm, but a list of names
        but = frozenset({"become-primary-on"})
    elif section is Section.SYNCER and not common and not old:
        but = frozenset(
            name
            for name in option_specs(Release.V8_3, Section.SYNCER)
            if (home := syncer_home(name)) is not None and home[0] is Section.DISK
        )
    return reader.options(section, first=first, but=but)


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


def _volume(reader: Reader, args: list[str], *, first: bool) -> Volume:
    """`volume = "volume" NUMBER "{" { volume-statement | "disk" "{" options "}" | skip } "}"`."""
    reader.need("volume", args, 1, "a number")
    fields = Fields(number=reader.integer("volume", args[0], HIGHEST_VOLUME))
    body = Body()
    for word, words, block in reader.body(body):
        if word == "disk" and block:
            reader.need(word, words, 0, "a block, or a device's path and a ';'")
            reader.once(fields, "disk_options", None)
            fields["disk_options"] = reader.options(Section.DISK, first=first)
        elif not (
            _volume_statement(reader, fields, word, words, block=block)
            or (block and read_skip(reader, fields, word, body))
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
            volume = _volume(reader, args, first=False)
            add(reader, volumes, volume.number, volume, f"{word} {volume.number}")
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
        reader.once(fields, "options", None)
        fields["options"] = reader.options(Section.OPTIONS)
    elif word == "proxy":
        reader.once(fields, "proxy", None)
        fields["proxy"] = read_proxy_side(reader, args)
    else:
        return read_skip(reader, fields, word, body)
    return True
