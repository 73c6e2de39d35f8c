"""From a section to its lines: those that still hold stay as they stood."""

from collections.abc import Iterator

from hakvm.corosync._grammar import BLANK, LINE_BYTES, Block, Item
from hakvm.corosync._option import Option
from hakvm.corosync._section import Section, schema
from hakvm.errors import InvalidError

__all__ = ["render"]

_INDENT = "    "
_NONE: Iterator[str] = iter(())


def render(root: Section) -> str:
    """Write the file that `root` is, with the comments and the order it was read with."""
    if not root.layout:
        options = "".join(_options(root, ""))
        return "\n".join(filter(None, [options, *_sections(root, "")]))
    found = "".join(_woven(root)[0])
    block = root.layout[0]
    # The newline that the file did not end with was added for the reading only.
    return found.removesuffix("\n") if block.end < len(block.text) else found


def _stands(section: Section) -> bool:
    """Whether a section is to be written: empty ones are, if they stood in the file."""
    return bool(section) or bool(section.layout)


def _line(pad: str, key: str, value: str) -> str:
    for line in (f"{pad}{key}: {value}".rstrip(" "), f"{key}:{value}"):
        if len(line.encode()) <= LINE_BYTES:
            return line + "\n"
    raise InvalidError(
        f"{key} with a value of {len(value.encode())} bytes does not fit on a line",
        path=key,
        hint=f"corosync reads lines of {LINE_BYTES} bytes at most",
    )


def _wanted(section: Section) -> dict[str, list[str]]:
    """Return the values of each key that the section is to have, the one that counts last."""
    wanted: dict[str, list[str]] = {}
    for key, value in section.extra:
        wanted.setdefault(key, []).append(value)
    for option, value in section.options():
        wanted.setdefault(option.key, []).append(value)
    return wanted


def _text(section: Section, name: str, pad: str) -> str:
    """Write a section: its own lines where it has some, or new ones indented by `pad`."""
    if section.layout:
        return "".join("".join(part) for part in _woven(section))
    return "".join(_new(section, name, pad))


def _new(section: Section, name: str, pad: str) -> Iterator[str]:
    if section.layout:
        yield _text(section, name, pad)
        return
    yield f"{pad}{name} {{\n"
    yield from _options(section, pad + _INDENT)
    yield from _sections(section, pad + _INDENT)
    yield f"{pad}}}\n"


def _options(section: Section, pad: str) -> Iterator[str]:
    for key, values in _wanted(section).items():
        for value in values:
            yield _line(pad, key, value)


def _sections(section: Section, pad: str) -> Iterator[str]:
    for name, inside in section.inside():
        if _stands(inside) or name in _many(section):
            yield _text(inside, name, pad)


def _many(section: Section) -> set[str]:
    """The names of the sections which stand here even where they are empty."""
    return {one.name for one in schema(type(section)).children.values() if one.many}


def _woven(section: Section) -> list[list[str]]:
    """Write each block of a section that was read: the lines that hold, and what is new."""
    wanted = {key: iter(values) for key, values in _wanted(section).items()}
    options = schema(type(section)).options
    places, rest = _placed(section)
    texts = []
    for block in section.layout:
        text = block.text
        out = [text[block.start : block.inner]]
        at = block.inner
        for entry in block.entries:
            if isinstance(entry, Block):
                out += text[at : entry.start], places.get(id(entry), "")
                at = entry.end
                continue
            key, _, start, end = entry
            out.append(text[at:start])
            at = end
            if (value := next(wanted.get(key, _NONE), None)) is not None:
                out.append(_kept(text, entry, value, options.get(key, ("", None))[1]))
        out.append(text[at : block.outer] if block.name else text[at:])
        texts.append(out)
    last = section.layout[-1]
    pad = _indent(last)
    texts[-1] += [_line(pad, key, value) for key, values in wanted.items() for value in values]
    texts[-1] += rest
    for block, out in zip(section.layout, texts, strict=True):
        if block.name:
            out.append(block.text[block.outer : block.end])
    return texts


def _kept(text: str, item: Item, value: str, option: Option | None) -> str:
    """Return an option's line as it stood, or with `value` in place of the one it had."""
    key, old, start, end = item
    line = text[start:end]
    if old == value or (option is not None and _same(option, old, value)):
        return line
    colon = line.index(":") + 1
    blank = len(line[colon:]) - len(line[colon:].lstrip(BLANK))
    new = line[: colon + blank] + value if old else f"{line[:colon]} {value}"
    new += "\r\n" if line.endswith("\r\n") else "\n"
    return new if len(new.encode()) <= LINE_BYTES else _line("", key, value)


def _same(option: Option, one: str, other: str) -> bool:
    try:
        return option.read(one) == option.read(other)
    except ValueError:
        return False


def _indent(block: Block) -> str:
    """Return the blanks that a new line at the end of `block` begins with."""
    for entry in reversed(block.entries):
        if isinstance(entry, tuple):
            return _blanks(block.text, entry[2])
    return _blanks(block.text, block.start) + _INDENT if block.name else ""


def _blanks(text: str, start: int) -> str:
    end = start
    while text[end : end + 1] in {*BLANK}:
        end += 1
    return text[start:end]


def _placed(section: Section) -> tuple[dict[int, str], list[str]]:
    """Find the place of each section within: the text for each old block, and what is new."""
    slots: dict[str, list[Block]] = {}
    for block in section.layout:
        for entry in block.entries:
            if isinstance(entry, Block):
                slots.setdefault(entry.name, []).append(entry)
    last = section.layout[-1]
    pad = _blanks(last.text, last.start) + _INDENT if last.name else ""
    groups: dict[str, list[Section]] = {}
    many = _many(section)
    for name, inside in section.inside():
        if _stands(inside) or name in many:
            groups.setdefault(name, []).append(inside)
    places: dict[int, str] = {}
    rest: list[str] = []
    for name, found in groups.items():
        rest += _group(found, name, slots.get(name, []), pad, places)
    return places, rest


def _group(
    found: list[Section], name: str, slots: list[Block], pad: str, places: dict[int, str]
) -> list[str]:
    """Put sections of one name where their blocks stood; return those that stood nowhere."""
    index = {id(block): position for position, block in enumerate(slots)}
    owned = [index[id(block)] for one in found for block in one.layout if id(block) in index]
    whole = all(id(block) in index for one in found for block in one.layout)
    if not whole or owned != sorted(set(owned)) or not owned:
        # Their order has changed, or they are from elsewhere: all of them where the first stood.
        texts = [_text(one, name, pad) for one in found]
        if not slots:
            return texts
        places[id(slots[0])] = "".join(texts)
        return []
    before = ""
    here = -1
    for one in found:
        if not one.layout:
            if here < 0:
                before += _text(one, name, pad)
            else:
                places[here] += _text(one, name, pad)
            continue
        for block, part in zip(one.layout, _woven(one), strict=True):
            here = id(block)
            places[here] = before + "".join(part)
            before = ""
    return []
