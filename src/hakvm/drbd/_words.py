"""The kernel's words for states: enums whose value is the word itself."""

import enum
from typing import Self

__all__ = ["APART", "ConnectionState", "DiskState", "Role", "Word", "WriteOrder"]


class Word(enum.StrEnum):
    """A word of the kernel's; one that is not known yet stays as it came.

    Equal to its text. A word of a later release has the name `UNKNOWN_WORD`.
    """

    @classmethod
    def _missing_(cls, value: object) -> Self | None:
        if not isinstance(value, str):
            return None
        word = str.__new__(cls, value)
        word._name_ = "UNKNOWN_WORD"
        word._value_ = value
        return word

    @classmethod
    def of(cls, word: str) -> Self:
        """Return the word, as calling the class does, but faster for one that is known."""
        found = cls._value2member_map_.get(word)
        return cls(word) if found is None else found  # type: ignore[return-value]  # its own members

    @property
    def known(self) -> bool:
        """Whether hakvm knows the word."""
        return self.value in type(self)._value2member_map_


class ConnectionState(Word):
    """`cs:` of 8.4, `connection:` of 9, and 9's `replication:` (drbd_strings.c)."""

    UNCONFIGURED = "Unconfigured"
    STANDALONE = "StandAlone"
    DISCONNECTING = "Disconnecting"
    UNCONNECTED = "Unconnected"
    TIMEOUT = "Timeout"
    BROKEN_PIPE = "BrokenPipe"
    NETWORK_FAILURE = "NetworkFailure"
    PROTOCOL_ERROR = "ProtocolError"
    TEAR_DOWN = "TearDown"
    WF_CONNECTION = "WFConnection"
    """8.4: waiting for the peer."""
    CONNECTING = "Connecting"
    """9's word for it."""
    WF_REPORT_PARAMS = "WFReportParams"
    CONNECTED = "Connected"
    OFF = "Off"
    """9: not replicating."""
    ESTABLISHED = "Established"
    """9: replicating."""
    STARTING_SYNC_S = "StartingSyncS"
    STARTING_SYNC_T = "StartingSyncT"
    WF_BITMAP_S = "WFBitMapS"
    WF_BITMAP_T = "WFBitMapT"
    WF_SYNC_UUID = "WFSyncUUID"
    SYNC_SOURCE = "SyncSource"
    SYNC_TARGET = "SyncTarget"
    VERIFY_S = "VerifyS"
    VERIFY_T = "VerifyT"
    PAUSED_SYNC_S = "PausedSyncS"
    PAUSED_SYNC_T = "PausedSyncT"
    AHEAD = "Ahead"
    BEHIND = "Behind"


APART = frozenset(
    {
        ConnectionState.STANDALONE,
        ConnectionState.DISCONNECTING,
        ConnectionState.UNCONNECTED,
        ConnectionState.TIMEOUT,
        ConnectionState.BROKEN_PIPE,
        ConnectionState.NETWORK_FAILURE,
        ConnectionState.PROTOCOL_ERROR,
        ConnectionState.TEAR_DOWN,
        ConnectionState.WF_CONNECTION,
        ConnectionState.CONNECTING,
        ConnectionState.WF_REPORT_PARAMS,
        ConnectionState.UNCONFIGURED,
    }
)
"""The states in which a node does not see its peer, for a moment or for good."""


class Role(Word):
    """`ro:`."""

    PRIMARY = "Primary"
    SECONDARY = "Secondary"
    UNKNOWN = "Unknown"


class DiskState(Word):
    """`ds:`; from worst to best."""

    DISKLESS = "Diskless"
    ATTACHING = "Attaching"
    DETACHING = "Detaching"
    FAILED = "Failed"
    NEGOTIATING = "Negotiating"
    INCONSISTENT = "Inconsistent"
    OUTDATED = "Outdated"
    D_UNKNOWN = "DUnknown"
    CONSISTENT = "Consistent"
    UP_TO_DATE = "UpToDate"


class WriteOrder(Word):
    """`wo:`: what keeps dependent writes in order on the disk below."""

    NONE = "n"
    DRAIN = "d"
    FLUSH = "f"
    BARRIER = "b"


class Congestion(Word):
    """The fifth flag: what a congested device waits for."""

    NOTHING = "-"
    ITSELF = "d"
    CALLBACK = "c"
    BACKING_DISK = "b"
    NETWORK = "n"
    DISK_AND_NETWORK = "a"
