"""The options of a cluster, typed.

Source: `crm_attribute --list-options=cluster --all` of Pacemaker 3.0.0 and the
daemons' metadata of 2.1.5; the other names are those of their predecessors and,
for fencing, of 3.0.2.
"""

import enum
from collections.abc import Iterator, Mapping
from datetime import timedelta

from attrs import field, frozen

from hakvm.errors import InvalidError
from hakvm.pacemaker._durations import milliseconds
from hakvm.pacemaker._words import parse_boolean, parse_score

__all__ = ["OPTIONS", "Option", "OptionKind", "OptionValue", "Options"]

OptionValue = bool | int | timedelta | str


class OptionKind(enum.StrEnum):
    """What an option's value is."""

    BOOLEAN = "boolean"
    INTEGER = "integer"
    SCORE = "score"
    DURATION = "duration"
    PERCENTAGE = "percentage"
    WORD = "word"
    TEXT = "text"


@frozen(kw_only=True)
class Option:
    """An option of the cluster.

    Attributes:
        default: as Pacemaker writes it; the newest release's where they differ.
        words: the values of a `WORD`.
        aliases: the names that other releases have for it.
        own: whether Pacemaker sets it itself.
    """

    name: str
    kind: OptionKind
    default: str | None = None
    words: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    own: bool = False

    def parse(self, text: str) -> OptionValue:
        """Read a value: a bool, a number, a timedelta or a text.

        Raises:
            InvalidError: it is none that the option takes.
        """
        try:
            return self._parse(text)
        except InvalidError as error:
            raise InvalidError(
                f"{self.name}={text}: {error.message}",
                path=f"properties[{self.name!r}]",
                value=text,
                hint=error.hint,
            ) from None

    def _parse(self, text: str) -> OptionValue:
        match self.kind:
            case OptionKind.BOOLEAN:
                return parse_boolean(text)
            case OptionKind.INTEGER | OptionKind.SCORE:
                return parse_score(text)
            case OptionKind.DURATION:
                found = milliseconds(text)
                if found is None:
                    raise InvalidError(f"{text!r} is no duration", hint="as 90s, 5min, PT1H")
                return timedelta(milliseconds=found)
            case OptionKind.PERCENTAGE:
                return parse_score(text.strip().removesuffix("%"))
            case OptionKind.WORD if text not in self.words:
                raise InvalidError(
                    f"{text!r} is none of its words", hint=f"one of {', '.join(self.words)}"
                )
            case _:
                return text


def _boolean(name: str, default: str, *aliases: str, own: bool = False) -> Option:
    kind = OptionKind.BOOLEAN
    return Option(name=name, kind=kind, default=default, aliases=aliases, own=own)


def _duration(name: str, default: str, *aliases: str) -> Option:
    return Option(name=name, kind=OptionKind.DURATION, default=default, aliases=aliases)


def _number(name: str, default: str, *aliases: str) -> Option:
    return Option(name=name, kind=OptionKind.INTEGER, default=default, aliases=aliases)


def _word(name: str, default: str, words: str, *aliases: str) -> Option:
    known = tuple(words.split())
    return Option(name=name, kind=OptionKind.WORD, default=default, words=known, aliases=aliases)


OPTIONS: Mapping[str, Option] = {
    one.name: one
    for one in (
        Option(name="dc-version", kind=OptionKind.TEXT, own=True),
        Option(name="cluster-infrastructure", kind=OptionKind.TEXT, own=True),
        Option(name="cluster-name", kind=OptionKind.TEXT),
        Option(name="last-lrm-refresh", kind=OptionKind.TEXT, own=True),
        _boolean("have-watchdog", "false", own=True),
        _duration("dc-deadtime", "20s"),
        _duration("cluster-recheck-interval", "15min"),
        _word("fence-reaction", "stop", "stop panic", "fencing-reaction"),
        _duration("election-timeout", "2min"),
        _duration("shutdown-escalation", "20min"),
        _duration("join-integration-timeout", "3min", "crmd-integration-timeout"),
        _duration("join-finalization-timeout", "30min", "crmd-finalization-timeout"),
        _duration("transition-delay", "0s", "crmd-transition-delay"),
        _word("no-quorum-policy", "stop", "stop freeze ignore demote fence suicide"),
        _boolean("shutdown-lock", "false"),
        _duration("shutdown-lock-limit", "0"),
        _boolean("enable-acl", "false"),
        _boolean("symmetric-cluster", "true"),
        _boolean("maintenance-mode", "false"),
        _boolean("start-failure-is-fatal", "true"),
        _boolean("enable-startup-probes", "true"),
        _boolean("stonith-enabled", "true", "fencing-enabled"),
        _word("stonith-action", "reboot", "reboot off poweroff", "fencing-action"),
        _duration("stonith-timeout", "60s", "fencing-timeout"),
        # Negative for twice SBD's own timeout.
        Option(
            name="stonith-watchdog-timeout",
            kind=OptionKind.TEXT,
            default="0",
            aliases=("fencing-watchdog-timeout",),
        ),
        _number("stonith-max-attempts", "10", "fencing-max-attempts"),
        _boolean("concurrent-fencing", "true"),
        _boolean("startup-fencing", "true"),
        _duration("priority-fencing-delay", "0"),
        _duration("node-pending-timeout", "0"),
        _duration("cluster-delay", "60s"),
        Option(name="load-threshold", kind=OptionKind.PERCENTAGE, default="80%"),
        _number("node-action-limit", "0"),
        _number("batch-limit", "0"),
        _number("migration-limit", "-1"),
        _number("cluster-ipc-limit", "500"),
        _boolean("stop-all-resources", "false"),
        _boolean("stop-orphan-resources", "true"),
        _boolean("stop-orphan-actions", "true"),
        _boolean("remove-after-stop", "false"),
        _number("pe-error-series-max", "-1"),
        _number("pe-warn-series-max", "5000"),
        _number("pe-input-series-max", "4000"),
        _word("node-health-strategy", "none", "none migrate-on-red only-green progressive custom"),
        Option(name="node-health-base", kind=OptionKind.SCORE, default="0"),
        Option(name="node-health-green", kind=OptionKind.SCORE, default="0"),
        Option(name="node-health-yellow", kind=OptionKind.SCORE, default="0"),
        Option(name="node-health-red", kind=OptionKind.SCORE, default="-INFINITY"),
        _word("placement-strategy", "default", "default utilization minimal balanced"),
    )
}
"""Every option of the cluster that Pacemaker documents, by the name that most releases know."""

_NAMES = {alias: one for one in OPTIONS.values() for alias in (one.name, *one.aliases)}


@frozen
class Options(Mapping[str, OptionValue]):
    """The options of a cluster with their values typed, defaults among them.

        cib.options["stonith-enabled"]      # True where nothing is said
        cib.options["fencing-enabled"]      # the same: 3.0.2's name for it
        cib.options["dc-deadtime"]          # timedelta(seconds=20)

    Attributes:
        said: what the CIB says, as text.
    """

    said: Mapping[str, str] = field(factory=dict, hash=False)

    def __getitem__(self, name: str) -> OptionValue:
        """Return an option's value.

        Raises:
            KeyError: nobody knows the option, or it has no value.
            InvalidError: the CIB gives it one that it does not take.
        """
        option = _NAMES.get(name)
        if option is None:
            return self.said[name]
        for other in (name, option.name, *option.aliases):
            if other in self.said:
                return option.parse(self.said[other])
        if option.default is None:
            raise KeyError(name)
        return option.parse(option.default)

    def __iter__(self) -> Iterator[str]:
        known = [one.name for one in OPTIONS.values() if self._has(one)]
        return iter([*known, *(name for name in self.said if name not in _NAMES)])

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def _has(self, option: Option) -> bool:
        return option.default is not None or any(
            name in self.said for name in (option.name, *option.aliases)
        )

    @property
    def unknown(self) -> tuple[str, ...]:
        """The names that no release documents."""
        return tuple(name for name in self.said if name not in _NAMES)
