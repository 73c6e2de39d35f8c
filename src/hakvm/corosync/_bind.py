"""From lines to sections."""

from typing import Any, TypeVar

from hakvm.corosync._grammar import BLANK, Block, Item
from hakvm.corosync._section import OtherSection, Schema, Section, schema
from hakvm.errors import ParseError

__all__ = ["bind"]

S = TypeVar("S", bound=Section)


def bind(kind: type[S], blocks: tuple[Block, ...], source: str, **given: object) -> S:
    """Make a section of the block that it stands in, or of several which corosync merges.

    Raises:
        ParseError: a value that corosync refuses.
    """
    plan = schema(kind)
    fields: dict[str, Any] = {**given, **_options(kind, plan, blocks, source)}
    inside: dict[str, list[Block]] = {}
    for block in blocks:
        for entry in block.entries:
            if type(entry) is Block:
                inside.setdefault(entry.name, []).append(entry)
    others: list[OtherSection] = []
    for name, found in inside.items():
        one = plan.children.get(name)
        if one is None:
            others += [bind(OtherSection, (each,), source, name=name) for each in found]
        elif one.many:
            fields[one.attribute] = [bind(one.kind, (each,), source) for each in found]
        else:
            fields[one.attribute] = bind(one.kind, tuple(found), source)
    if kind.needs and kind.needs not in fields:
        raise ParseError.at(
            f"{blocks[0].name}: corosync demands {kind.needs} in it",
            blocks[0].text,
            blocks[0].start,
            source=source,
            hint=f"add a line: {kind.needs}: …",
        )
    return kind(layout=blocks, sections=others, **fields)


def _options(
    kind: type[Section], plan: Schema, blocks: tuple[Block, ...], source: str
) -> dict[str, Any]:
    """Read the options of one section: those that count into fields, the rest into `extra`."""
    options = plan.options
    fields: dict[str, Any] = {}
    taken: dict[str, str] = {}  # the texts that the fields were read from
    extra: list[tuple[str, str]] = []
    for block in blocks:
        for entry in block.entries:
            if type(entry) is not tuple:
                continue
            key, value, _, _ = entry
            if (spec := options.get(key)) is None:
                if kind.closed:
                    error = ValueError(f"it is not known here; known are {', '.join(options)}")
                    raise _refusal(block, entry, error, source)
                extra.append((key, value))
                continue
            name, option = spec
            if name in taken:  # the last line counts, even if it is not understood
                extra.append((key, taken.pop(name)))
                del fields[name]
            try:
                read = option.read(value)
            except ValueError as refused:
                if option.strict:
                    raise _refusal(block, entry, refused, source) from None
                extra.append((key, value))
                continue
            if option.many:
                fields.setdefault(name, []).append(read)
            else:
                taken[name] = value
                fields[name] = read
    fields["extra"] = extra
    return fields


def _refusal(block: Block, item: Item, error: ValueError, source: str) -> ParseError:
    key, value, start, _ = item
    colon = block.text.index(":", start) + 1
    line = block.text[colon : block.text.index("\n", colon)]
    hint = ""
    if "#" in value:
        hint = "corosync has no comments behind a value: put it on a line of its own"
    return ParseError.at(
        f"{block.name}.{key}: {error}" if block.name else f"{key}: {error}",
        block.text,
        colon + len(line) - len(line.lstrip(BLANK)),
        source=source,
        hint=hint,
    )
