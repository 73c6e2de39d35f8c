"""What the options are: their types, ranges, defaults and units, by section and release.

The tables of net, disk, options and syncer are generated from the tools'
own descriptions (`script/drbd-options`); what those do not describe stands
here, from `config_flags.c` of drbd-utils 9.22.
"""

import difflib
import enum
import functools
import json
import re
from collections.abc import Iterable, Mapping
from datetime import timedelta
from importlib import resources

from attrs import evolve, frozen

from hakvm.drbd._release import Release
from hakvm.errors import InvalidError
from hakvm.units import Size

__all__ = [
    "Kind",
    "OptionSpec",
    "OptionValue",
    "Section",
    "near",
    "negatable",
    "option_specs",
    "spec_of",
    "syncer_home",
]

OptionValue = bool | int | str | Size | timedelta
"""What an option may be worth, once its text is understood."""


class Section(enum.Enum):
    """The sections that hold options."""

    GLOBAL = "global"
    NET = "net"
    DISK = "disk"
    PEER_DEVICE = "peer-device"
    """`disk {}` within a connection (DRBD 9)."""
    SYNCER = "syncer"
    STARTUP = "startup"
    HANDLERS = "handlers"
    OPTIONS = "options"
    PROXY = "proxy"

    @property
    def word(self) -> str:
        """The word that opens it in a configuration."""
        return "disk" if self is Section.PEER_DEVICE else self.value


class Kind(enum.Enum):
    """How an option's value is written."""

    NUMERIC = "numeric"
    BOOLEAN = "boolean"
    CHOICE = "handler"
    TEXT = "string"
    NUMBER_OR_WORD = "numeric-or-symbol"
    FLAG = "flag"
    """Stands there or does not; takes no value."""
    WORDS = "words"
    """One or more names."""
    COMMAND = "command"
    """A shell's line, always quoted."""


_NUMBER = re.compile(r"([0-9]{1,20})([kKmMgGs]?)", re.ASCII)
_SHIFTS = {"": 0, "1": 0, "s": 9, "k": 10, "m": 20, "g": 30}
_RATES = {"bytes", "bytes/second"}
_SPANS = {
    "seconds": timedelta(seconds=1),
    "1/10 seconds": timedelta(milliseconds=100),
    "milliseconds": timedelta(milliseconds=1),
}


@frozen(kw_only=True)
class OptionSpec:
    """What one option is, in one release.

    Attributes:
        minimum, maximum: the range, counted in `prefix`; `None` where there is none.
        default: the value where it is not given, as text; empty where it is not known.
        prefix: what a bare number counts: `1`, `k` (1024) or `s` (sectors of 512 bytes).
        unit: what it measures: `bytes`, `bytes/second`, `seconds`, `1/10 seconds`, …
        choices: the words it may be.
        longest: how many characters it may have.
        negated: 8.3 takes it as `no-x;` only; other booleans of 8.3 as `x;` only.
        later: it came after the tables (drbd-utils 9.22), and is known by its name alone.
    """

    name: str
    kind: Kind
    minimum: int | None = None
    maximum: int | None = None
    default: str = ""
    prefix: str = "1"
    unit: str = ""
    choices: tuple[str, ...] = ()
    longest: int | None = None
    negated: bool = False
    later: bool = False

    def problem(self, text: str) -> str:  # noqa: PLR0911 - one return a kind
        """Say what is wrong with a value, as a sentence's end; empty where it may stand."""
        match self.kind:
            case Kind.BOOLEAN | Kind.FLAG:
                return "" if text in {"yes", "no"} else "is yes or no"
            case Kind.CHOICE:
                return "" if text in self.choices else f"is one of {self._allowed(text)}"
            case Kind.NUMERIC:
                return self._range_problem(text)
            case Kind.NUMBER_OR_WORD:
                if text in self.choices or not self._range_problem(text):
                    return ""
                return f"is {', '.join(self.choices)}, or {self.minimum} to {self.maximum}"
            case _:
                if self.longest is not None and len(text.encode()) > self.longest:
                    return f"has at most {self.longest} characters"
                return ""

    def _allowed(self, text: str) -> str:
        guess = near(text, self.choices)
        return ", ".join(self.choices) + (f" (did you mean {guess}?)" if guess else "")

    def _range_problem(self, text: str) -> str:
        # Minors can be named by their resource; al-extents is clamped by the tools.
        if self.name in {"resync-after", "after"}:
            return ""
        found = _NUMBER.fullmatch(text)
        if found is None:
            return "is a number, with k, M, G or s behind it if need be"
        if self.name == "al-extents":
            return ""
        number = self.count(text)
        if self.minimum is not None and number < self.minimum:
            return f"is at least {self._with_unit(self.minimum)}"
        if self.maximum is not None and number > self.maximum:
            return f"is at most {self._with_unit(self.maximum)}"
        return ""

    def _with_unit(self, number: int) -> str:
        suffix = "" if self.prefix == "1" else self.prefix
        return f"{number}{suffix}" + (f" ({self.unit})" if self.unit else "")

    def count(self, text: str) -> int:
        """Return a number as it is counted in `prefix`, rounded up as the tools do."""
        found = _NUMBER.fullmatch(text)
        if found is None:
            raise InvalidError(f"{text!r}: {self.name} is a number", value=text)
        shift = _SHIFTS[found[2].lower()] - _SHIFTS[self.prefix] if found[2] else 0
        number = int(found[1])
        return number << shift if shift >= 0 else (number + (1 << -shift) - 1) >> -shift

    def value(self, text: str) -> OptionValue:
        """Return what a text is worth: a bool, number, `Size` or `timedelta` where it is one.

        Rates are a `Size` a second. A text that is not of the option's kind stays one.
        """
        match self.kind:
            case Kind.BOOLEAN | Kind.FLAG:
                return text == "yes"
            case Kind.NUMERIC | Kind.NUMBER_OR_WORD if _NUMBER.fullmatch(text):
                number = self.count(text)
                if self.unit in _RATES:
                    return Size(number << _SHIFTS[self.prefix])
                return number * _SPANS[self.unit] if self.unit in _SPANS else number
            case _:
                return text

    def text(self, value: OptionValue) -> str:
        """Write a value as the configuration has it.

        Raises:
            InvalidError: a size or duration for an option that measures something else, or
                one that is no whole number of what it counts.
        """
        if isinstance(value, bool):
            return "yes" if value else "no"
        if isinstance(value, Size):
            return self._size_text(value)
        if isinstance(value, timedelta):
            step = _SPANS.get(self.unit)
            if step is None or value % step:
                raise InvalidError(
                    f"{value}: {self.name} is no whole number of {self.unit or 'anything timed'}",
                    path=self.name,
                    value=value,
                )
            return str(value // step)
        return str(value)

    def _size_text(self, value: Size) -> str:
        if self.unit not in _RATES:
            raise InvalidError(
                f"{value}: {self.name} measures no bytes", path=self.name, value=value
            )
        for suffix, shift in (("G", 30), ("M", 20), ("k", 10)):
            if value.bytes and not value.bytes % (1 << shift):
                return f"{value.bytes >> shift}{suffix}"
        shift = _SHIFTS[self.prefix]
        if value.bytes % (1 << shift):
            raise InvalidError(
                f"{value}: {self.name} counts in {1 << shift} bytes", path=self.name, value=value
            )
        return str(value.bytes >> shift)


def near(word: str, words: Iterable[str]) -> str:
    """Return the one of `words` that `word` was most likely meant to be; empty for none."""
    found = difflib.get_close_matches(word, list(words), n=1, cutoff=0.8)
    return found[0] if found else ""


def _numeric(low: int, high: int | None, default: str = "", unit: str = "") -> OptionSpec:
    return OptionSpec(
        name="", kind=Kind.NUMERIC, minimum=low, maximum=high, default=default, unit=unit
    )


_FLAG = OptionSpec(name="", kind=Kind.FLAG)
_BOOLEAN = OptionSpec(name="", kind=Kind.BOOLEAN)
_LATER = OptionSpec(name="", kind=Kind.TEXT, later=True)
_LATER_BOOLEAN = OptionSpec(name="", kind=Kind.BOOLEAN, later=True)
_COMMAND = OptionSpec(name="", kind=Kind.COMMAND)
_WAIT = _numeric(0, 300_000, "0", "seconds")

_GLOBAL = {
    "usage-count": OptionSpec(
        name="", kind=Kind.CHOICE, choices=("yes", "no", "ask"), default="ask"
    ),
    "minor-count": _numeric(1, 255, "0"),
    "dialog-refresh": _numeric(0, 600, "1", "seconds"),
    "disable-ip-verification": _FLAG,
}
_GLOBAL_8_4 = _GLOBAL | {
    "udev-always-use-vnr": _FLAG,
    "cmd-timeout-short": _numeric(0, 900, "5", "seconds"),
    "cmd-timeout-medium": _numeric(0, 900, "121", "seconds"),
    "cmd-timeout-long": _numeric(0, 900, "600", "seconds"),
}
_STARTUP = {
    "wfc-timeout": _WAIT,
    "degr-wfc-timeout": _WAIT,
    "outdated-wfc-timeout": _WAIT,
    "wait-after-sb": _BOOLEAN,
    "stacked-timeouts": _FLAG,
    "become-primary-on": OptionSpec(name="", kind=Kind.WORDS),
}
_HANDLERS = dict.fromkeys(
    """pri-on-incon-degr pri-lost-after-sb pri-lost initial-split-brain split-brain outdate-peer
    fence-peer local-io-error before-resync-target after-resync-target before-resync-source
    out-of-sync""".split(),  # noqa: SIM905 - words read best as words
    _COMMAND,
)
_HANDLERS_8_4 = _HANDLERS | {"unfence-peer": _COMMAND}
_HANDLERS_9_0 = _HANDLERS_8_4 | {"quorum-lost": _COMMAND, "disconnected": _COMMAND}
_PROXY = {
    "memlimit": _numeric(0, None, unit="bytes"),
    "read-loops": _numeric(0, None),
    "compression": _numeric(0, None),
    "bwlimit": _numeric(0, None),
    "sndbuf-size": _numeric(0, 10485760, "0", "bytes"),
    "rcvbuf-size": _numeric(0, 10485760, "0", "bytes"),
    "ping-timeout": _numeric(1, 300, "5", "1/10 seconds"),
}
# What 8.4's parser takes beside what its tool describes, and what came after
# drbd-utils 9.22 (read in the sources of 9.34): known by name, without a range.
_MORE: dict[Release, dict[Section, dict[str, OptionSpec]]] = {
    Release.V8_3: {
        Section.GLOBAL: _GLOBAL,
        Section.STARTUP: _STARTUP,
        Section.HANDLERS: _HANDLERS,
        Section.PROXY: _PROXY,
    },
    Release.V8_4: {
        Section.GLOBAL: _GLOBAL_8_4,
        Section.STARTUP: _STARTUP,
        Section.HANDLERS: _HANDLERS_8_4,
        Section.PROXY: _PROXY,
        Section.DISK: {"use-bmbv": _BOOLEAN},
    },
    Release.V9_0: {
        Section.GLOBAL: _GLOBAL_8_4,
        Section.STARTUP: _STARTUP,
        Section.HANDLERS: _HANDLERS_9_0,
        Section.PROXY: _PROXY,
        Section.DISK: dict.fromkeys(("block-size", "discard-granularity"), _LATER),
        Section.PEER_DEVICE: dict.fromkeys(
            ("peer-tiebreaker", "resync-without-replication"), _LATER_BOOLEAN
        ),
        Section.OPTIONS: dict.fromkeys(("bdev-freeze", "drbd8-api-compatibility"), _LATER_BOOLEAN),
        Section.NET: dict.fromkeys(("load-balance-paths", "tls"), _LATER_BOOLEAN)
        | dict.fromkeys(
            (
                "tls-keyring",
                "tls-privkey",
                "tls-certificate",
                "rdma-ctrl-rcvbuf-size",
                "rdma-ctrl-sndbuf-size",
            ),
            _LATER,
        ),
    },
}
# SHARED_SECRET_MAX and DRBD_CPU_MASK_SIZE of drbd.h, less the NUL.
_LONGEST = dict.fromkeys(
    ("cram-hmac-alg", "shared-secret", "data-integrity-alg", "csums-alg", "verify-alg"), 63
) | {"cpu-mask": 31, "transport": 127}
# The first value of an enum that the tools do not give as the default (drbd_limits.h).
_CHOICE_DEFAULTS = {
    "after-sb-0pri": "disconnect",
    "after-sb-1pri": "disconnect",
    "after-sb-2pri": "disconnect",
    "fencing": "dont-care",
    "on-congestion": "block",
    "on-io-error": "detach",
    "on-no-data-accessible": "io-error",
    "on-no-quorum": "suspend-io",
    "on-suspended-primary-outdated": "disconnect",
    "protocol": "C",
    "read-balancing": "prefer-local",
    "rr-conflict": "disconnect",
}


def _spec(name: str, row: Mapping[str, object]) -> OptionSpec:
    kind = Kind(row["type"])
    words = row.get("handlers", row.get("symbols", ()))
    low, high = row.get("min"), row.get("max")
    return OptionSpec(
        name=name,
        kind=kind,
        minimum=low if isinstance(low, int) else None,
        maximum=high if isinstance(high, int) else None,
        default=str(row.get("default", _CHOICE_DEFAULTS.get(name, ""))),
        prefix=str(row.get("unit_prefix", "1")),
        unit=str(row.get("unit", "")),
        choices=tuple(words) if isinstance(words, list) else (),
        longest=_LONGEST.get(name),
    )


@functools.cache
def option_specs(release: Release, section: Section) -> Mapping[str, OptionSpec]:
    """Return the options that a section may hold in a release, by name."""
    text = resources.files("hakvm.drbd").joinpath(f"_options/{release.value}.json").read_text()
    tables: dict[str, dict[str, dict[str, object]]] = json.loads(text)
    rows = tables.get(section.value, {})
    if section is Section.DISK:  # 9 takes the peer devices' options there too
        rows |= tables.get(Section.PEER_DEVICE.value, {})
    specs = {name: _spec(name, row) for name, row in rows.items()}
    if release is Release.V8_3:
        # Its tool describes the negations; the configuration of all releases takes both.
        specs = {
            name.removeprefix("no-"): evolve(
                spec, name=name.removeprefix("no-"), negated=name.startswith("no-")
            )
            for name, spec in specs.items()
        }
    if release is Release.V8_4 and section is Section.SYNCER:
        specs = _syncer_8_4()
    more = _MORE[release].get(section, {})
    if section is Section.DISK:
        more = more | _MORE[release].get(Section.PEER_DEVICE, {})
    return specs | {name: evolve(spec, name=name) for name, spec in more.items()}


def _syncer_8_4() -> dict[str, OptionSpec]:
    """8.4 still reads the words of 8.3's syncer section, with its own ranges."""
    homes = {name: syncer_home(name) for name in option_specs(Release.V8_3, Section.SYNCER)}
    return {
        name: evolve(option_specs(Release.V8_4, home[0])[home[1]], name=name)
        for name, home in homes.items()
        if home is not None
    }


@functools.cache
def syncer_home(name: str) -> tuple[Section, str] | None:
    """Return where an option of 8.3's syncer section stands since 8.4, and its name there."""
    name = {"rate": "resync-rate", "after": "resync-after"}.get(name, name)
    for section in (Section.NET, Section.DISK, Section.OPTIONS):
        if name in option_specs(Release.V8_4, section):
            return section, name
    return None


@functools.cache
def spec_of(section: Section, name: str, release: Release | None = None) -> OptionSpec | None:
    """Return what an option is: in `release`, or in the newest release that knows it."""
    for one in (release,) if release is not None else reversed(Release):
        found = option_specs(one, section).get(name)
        if found is not None:
            return found
    return None


@functools.cache
def negatable(section: Section, name: str) -> bool:
    """Tell whether every release takes `no-x;` for this option; 9 does for all, 8.4 as 8.3 did."""
    spec = spec_of(section, name, Release.V8_3)
    return spec is not None and spec.negated
