"""The grammar of connections and of DRBD Proxy; each docstring is its rule."""

from typing import Any

from hakvm.drbd._grammar import Body, Found, Reader
from hakvm.drbd._model import (
    HIGHEST_VOLUME,
    Connection,
    Mesh,
    Path,
    PathHost,
    Proxy,
    ProxySide,
)
from hakvm.drbd._section import Options
from hakvm.drbd._specs import Section
from hakvm.drbd._values import HIGHEST_PORT, Address

__all__ = [
    "Fields",
    "add",
    "read_connection",
    "read_mesh",
    "read_proxy",
    "read_proxy_side",
    "read_skip",
]

# What is being put together: the arguments of the constructor that ends it.
Fields = dict[str, Any]


def add(reader: Reader, found: dict[Any, Any], key: object, value: object, what: str) -> None:
    """Add a section that may be there once under its name."""
    if key in found:
        raise reader.scanner.error(
            f"{what} is there twice: this block ends the second one",
            hint="remove one of the two, or put what both say into one",
        )
    found[key] = value


def read_skip(reader: Reader, fields: Fields, word: str, body: Body) -> bool:
    """Read `skip`; tell whether it was one."""
    if word != "skip":
        return False
    fields["skipped"] = (*fields.get("skipped", ()), reader.scanner.skip())
    body.key = "skip"
    return True


def read_proxy(reader: Reader, *, first: bool) -> Proxy:
    """`proxy = "proxy" "{" { option | "plugin" "{" { name { name } ";" } "}" } "}"`."""
    found = Found(Section.PROXY, first=first)
    plugins: list[str] | None = None
    body = Body()
    for word, args, block in reader.body(body):
        if block and word == "plugin" and not args:
            if plugins is not None:
                raise reader.scanner.error(
                    "plugin {} is there twice: the second one alone would count",
                    hint="put the lines of both into one",
                )
            plugins, inner = [], Body()
            for name, more, nested in reader.body(inner):
                if nested:
                    raise reader.scanner.error(f"plugin {{}} has no section {name!r}")
                plugins.append(reader.joined([name, *more]))
            body.adopt(inner)
        elif block:
            raise reader.unknown(word, "plugin", "proxy {}")
        else:
            body.key = reader.option(found, word, args)
    return Proxy(options=found.options(None), plugins=plugins or (), layout=body.layout())


def read_proxy_side(reader: Reader, args: list[str]) -> ProxySide:
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
            reader.once(fields, "proxy", None)
            fields["proxy"] = read_proxy(reader, first=False)
        else:
            raise reader.unknown(word, "inside outside options", "proxy on {}")
    for word in ("inside", "outside"):
        if word not in fields:
            raise reader.scanner.error(f"the proxy that ends here has no address {word}")
    return ProxySide(**fields, layout=body.layout())


def read_connection(reader: Reader, args: list[str]) -> Connection:
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
            fields["disk_options"] = reader.options(Section.PEER_DEVICE, first=True)
        elif word == "volume":
            reader.need(word, words, 1, "a number")
            number = reader.integer(word, words[0], HIGHEST_VOLUME)
            options = _peer_device(reader, body)
            add(reader, fields.setdefault("volumes", {}), number, options, f"volume {number}")
        elif not read_skip(reader, fields, word, body):
            raise reader.unknown(word, "host address path net disk volume skip", "connection {}")
    _joined(reader, fields)
    return Connection(**fields, layout=body.layout())


def _joined(reader: Reader, fields: Fields) -> None:
    if not fields.keys() & {"hosts", "paths"}:
        raise reader.scanner.error(
            "the connection that ends here has no path", hint="name its two nodes with host"
        )
    _two_ends(reader, fields.get("hosts", []))


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
        via = read_proxy_side(reader, args[at + 2 :])
    body.key = f"{word} {fields.get('name') or fields['address']}"
    return reader.value(PathHost, **fields, proxy=via)


def read_mesh(reader: Reader) -> Mesh:
    """`connection-mesh = "connection-mesh" "{" { "hosts" name { name } ";" | net } "}"`."""
    body, fields = Body(), Fields(hosts=[])
    for word, args, block in reader.body(body):
        if word == "hosts" and not block and args:
            fields["hosts"] += [reader.name(arg, index) for index, arg in enumerate(args)]
            body.key = "hosts"
        elif word == "net" and block and not args:
            reader.once(fields, "net", None)
            fields["net"] = reader.options(Section.NET, first=True)
        else:
            raise reader.unknown(word, "hosts net", "connection-mesh {}")
    return Mesh(**fields, layout=body.layout())
