"""Rules over the text: what corosync reads otherwise than a person does."""

from collections.abc import Iterator

import attrs

from hakvm.corosync._config import Config
from hakvm.corosync._option import Option
from hakvm.corosync._rules._book import GOOD, RULES, good, instead
from hakvm.corosync._section import OtherSection, Section, schema
from hakvm.findings import Layer, Severity, Trouble

_NBSP = "\N{NO-BREAK SPACE}"


def sections(section: Section, path: str = "") -> Iterator[tuple[str, Section]]:
    """Yield a section and all within, each with its path."""
    yield path, section
    count: dict[str, int] = {}
    lead = f"{path}." if path else ""
    for name, inside in section.inside():
        place = count[name] = count.get(name, -1) + 1
        many = isinstance(getattr(section, name, None), tuple)
        yield from sections(inside, f"{lead}{name}[{place}]" if many else lead + name)


def _extra(config: Config) -> Iterator[tuple[str, Option | None, str]]:
    """Yield what corosync does not act upon: the path, what is known of the option, the value."""
    for path, section in sections(config):
        if isinstance(section, OtherSection):
            continue
        known = schema(type(section)).options
        for key, value in section.extra:
            if not section.own_keys or not key.startswith(section.own_keys):
                yield f"{path}.{key}" if path else key, known.get(key, ("", None))[1], value


def _read(option: Option, value: str) -> bool:
    try:
        option.read(value)
    except ValueError:
        return False
    return True


@RULES.rule(
    "corosync.unknown-option",
    Severity.WARNING,
    Layer.COROSYNC,
    why="corosync passes over what it does not know, so a misspelt option has no effect",
    fix="correct its name, or take it out",
    source="exec/coroparse.c: corosync -t accepts it",
    failing=lambda: instead(("    version: 2\n", "    version: 2\n    tokn: 5000\n")),
    passing=good,
)
def unknown_option(config: Config) -> Iterator[Trouble]:
    """An option that no release knows."""
    for path, option, _ in _extra(config):
        if option is None:  # its value stays unsaid: it may be a misspelt key
            yield Trouble(message=f"{path}: there is no such option", where=path)


@RULES.rule(
    "corosync.unknown-section",
    Severity.WARNING,
    Layer.COROSYNC,
    why="corosync passes over a section that it does not know, with all that stands in it",
    fix="correct its name, or take it out",
    source="exec/coroparse.c: corosync -t accepts it",
    failing=lambda: instead(("quorum {", "quroum {")),
    passing=good,
)
def unknown_section(config: Config) -> Iterator[Trouble]:
    """A section that no release knows."""
    for path, section in sections(config):
        for other in section.sections:
            if not isinstance(section, OtherSection):
                where = f"{path}.{other.name}" if path else other.name
                yield Trouble(message=f"{where}: no such section", where=where)


@RULES.rule(
    "corosync.ignored-value",
    Severity.ERROR,
    Layer.COROSYNC,
    why="corosync passes over the value without a word and goes on with its default",
    fix="write one of the values that corosync.conf(5) names",
    source="exec/totemconfig.c: corosync -t accepts it",
    failing=lambda: instead(("    version: 2\n", "    version: 2\n    secauth: maybe\n")),
    passing=good,
)
def ignored_value(config: Config) -> Iterator[Trouble]:
    """A value that the option does not have."""
    for path, option, value in _extra(config):
        if option is not None and not _read(option, value):
            yield Trouble(message=f"{path}: {value!r} is not understood", where=path)


@RULES.rule(
    "corosync.repeated-option",
    Severity.WARNING,
    Layer.COROSYNC,
    why="only the last line counts, whichever of them was meant",
    fix="leave one of the lines",
    source="exec/icmap.c: setting a key replaces it",
    failing=lambda: instead(
        ("    version: 2\n", "    version: 2\n    token: 1000\n    token: 3000\n")
    ),
    passing=good,
)
def repeated_option(config: Config) -> Iterator[Trouble]:
    """An option that stands twice in a section."""
    for path, option, value in _extra(config):
        if option is not None and _read(option, value):
            shown = "" if option.secret else f" {value}"
            yield Trouble(message=f"{path}:{shown} is overridden by a later line", where=path)


@RULES.rule(
    "corosync.other-release",
    Severity.WARNING,
    Layer.COROSYNC,
    why="the release in use passes over it, or refuses the file for it",
    fix="take it out, or let Config.convert() say what takes its place",
    source="corosync.conf(5), 2.4 and 3.1",
    failing=lambda: instead(
        ("    transport: knet\n", "    transport: knet\n    rrp_mode: passive\n")
    ),
    passing=good,
)
def other_release(config: Config) -> Iterator[Trouble]:
    """An option or value that the release it is meant for does not know."""
    release = config.dialect
    for path, option, value in config.walk():
        if release not in option.known(value):
            shown = "" if option.secret else f": {value}"
            yield Trouble(message=f"{release} does not know {path}{shown}", where=path)


def _with_blanks(config: Config) -> Config:
    text = "\n".join(
        line if line.lstrip().startswith("#") else line.replace(_NBSP, " ")
        for line in config.render().split("\n")
    )
    return Config.parse(text, release=config.release)


@RULES.rule(
    "corosync.no-break-space",
    Severity.ERROR,
    Layer.COROSYNC,
    why="it looks like a blank and is none to corosync, which refuses the file",
    fix="type plain blanks in their place; they come from text copied out of a web page",
    source="corosync#723",
    failing=lambda: instead(("    version: 2\n", f"  {_NBSP} version: 2\n")),
    passing=lambda: Config.parse(f"# a{_NBSP}comment\n{GOOD}"),
    mend=_with_blanks,
)
def no_break_space(config: Config) -> Iterator[Trouble]:
    """A no-break space outside of a comment."""
    places = [
        number
        for number, line in enumerate(config.render().split("\n"), start=1)
        if _NBSP in line and not line.lstrip().startswith("#")
    ]
    if places:
        lines = ", ".join(str(one) for one in places[:5]) + (" …" if len(places) > 5 else "")  # noqa: PLR2004 - enough to find them
        yield Trouble(
            message=f"no-break spaces (U+00A0) on {len(places)} lines: {lines}",
            where=f"line {places[0]}",
        )


@RULES.rule(
    "corosync.comment-behind-value",
    Severity.WARNING,
    Layer.COROSYNC,
    why="corosync has no comments behind a value: all of it is the value",
    fix="put the comment on a line of its own",
    source="corosync#697, corosync#698",
    failing=lambda: instead(("cluster_name: kvm-ha", "cluster_name: kvm-ha # ours")),
    passing=lambda: Config.parse(f"# ours\n{GOOD}"),
)
def comment_behind_value(config: Config) -> Iterator[Trouble]:
    """A value with a comment in it."""
    for path, section in sections(config):
        pairs = [*section.extra, *((o.key, v) for o, v in section.options() if not o.secret)]
        for key, value in pairs:
            if " #" in value or value.startswith("#"):
                where = f"{path}.{key}" if path else key
                yield Trouble(message=f"{where}: its value has a # in it", where=where)


@RULES.rule(
    "corosync.brace-in-value",
    Severity.WARNING,
    Layer.COROSYNC,
    why="corosync reads it as a part of the value, pcs refuses the whole file",
    fix="take the brace out, or put it on a line of its own",
    source="exec/coroparse.c; pcs, lib/corosync/config_parser.py",
    failing=lambda: instead(("cluster_name: kvm-ha", "cluster_name: kvm-ha }")),
    passing=good,
)
def brace_in_value(config: Config) -> Iterator[Trouble]:
    """A value with a closing brace in it."""
    for path, section in sections(config):
        for key, value in [*section.extra, *((o.key, v) for o, v in section.options())]:
            if "}" in value:
                where = f"{path}.{key}" if path else key
                yield Trouble(message=f"{where}: a closing brace in its value", where=where)


@RULES.rule(
    "corosync.key-in-config",
    Severity.WARNING,
    Layer.COROSYNC,
    why="corosync.conf is readable by everyone, and whoever has the key can join",
    fix="keep the key in /etc/corosync/authkey, mode 0400: AuthKey.generate().save()",
    source="corosync.conf(5), key",
    failing=lambda: instead(("    version: 2\n", "    version: 2\n    key: 0123456789\n")),
    passing=good,
    mend=lambda config: attrs.evolve(config, totem=attrs.evolve(config.totem, key=None)),
)
def key_in_config(config: Config) -> Iterator[Trouble]:
    """The key itself in the file."""
    if config.totem.key is not None:
        yield Trouble(message="totem.key: the key stands in the file", where="totem.key")


@RULES.rule(
    "corosync.second-nodelist",
    Severity.ERROR,
    Layer.COROSYNC,
    why="corosync counts its nodes from 0 again, so they overwrite those of the first",
    fix="put all nodes into one nodelist",
    source="exec/coroparse.c, MAIN_CP_CB_DATA_STATE_NODELIST",
    failing=lambda: instead(("quorum {", "nodelist {\n}\nquorum {")),
    passing=good,
)
def second_nodelist(config: Config) -> Iterator[Trouble]:
    """A nodelist that stands twice."""
    if len(config.nodelist.layout) > 1:
        yield Trouble(
            message=f"nodelist stands {len(config.nodelist.layout)} times", where="nodelist"
        )


@RULES.rule(
    "corosync.no-log-file",
    Severity.WARNING,
    Layer.COROSYNC,
    why="corosync is told to write a log file and not which, and writes none",
    fix="name the file: logfile: /var/log/corosync/corosync.log",
    source="corosync.conf(5), logfile: no default",
    failing=lambda: instead(("    logfile: /var/log/corosync/corosync.log\n", "")),
    passing=good,
    mend=lambda config: attrs.evolve(
        config,
        logging=attrs.evolve(config.logging, logfile="/var/log/corosync/corosync.log"),
    ),
)
def no_log_file(config: Config) -> Iterator[Trouble]:
    """A log to a file that is not named."""
    if config.logging.to_logfile and not config.logging.logfile:
        yield Trouble(message="to_logfile: yes without a logfile", where="logging.logfile")
