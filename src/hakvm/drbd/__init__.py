"""DRBD: its configuration, its state, and its tools.

    config = drbd.Config.parse(text)                        # or .load("/etc/drbd.conf")
    config.resources["r0"].hosts["node1"].address           # '192.168.2.170:7789'
    config.check()                                          # what would bite, and why
    config.render(release=drbd.Release.V8_4)                # what 8.4 does not know is an error

    drbd.Resource(
        name="r0",
        device="/dev/drbd0", disk="/dev/disk/by-id/ata-1", meta_disk="internal",
        hosts=[drbd.Host(name="node1", address="192.168.2.170:7789"), …],
        net={"protocol": "C", "cram-hmac-alg": "sha256"},
    )

    proc = drbd.ProcDrbd.parse(Path("/proc/drbd").read_text())
    proc.devices[0].resync.finish                           # timedelta(seconds=4363)

    tool = drbd.Drbdadm(transport)
    tool.create_md("r0")                                    # refuses over existing data
    for snapshot in drbd.watch(transport, until_done=True): ...
    drbd.diagnose("r0", drbd.gather_evidence(tool, "r0"), …).situation

Two dialects, 8.4 and 9 (and 8.3, to read): `Release`.
"""

from hakvm.drbd._config import Config, Include, Requirement
from hakvm.drbd._conversion import Loss
from hakvm.drbd._create_md import Overwrite
from hakvm.drbd._events import Event, EventFold, parse_events
from hakvm.drbd._evidence import Evidence, gather_evidence
from hakvm.drbd._generation import GenerationIds
from hakvm.drbd._layout import Layout, Note
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
from hakvm.drbd._proc import Device, Flags, LruCache, ProcDrbd, ProtocolRange, Resync
from hakvm.drbd._release import Release
from hakvm.drbd._rules_structure import RULES
from hakvm.drbd._section import Options
from hakvm.drbd._specs import Kind, OptionSpec, OptionValue, Section, option_specs
from hakvm.drbd._split_brain import (
    RecoveryPlan,
    Situation,
    Step,
    Verdict,
    diagnose,
    plan_recovery,
    recover,
)
from hakvm.drbd._status import (
    ConnectionStatus,
    PathStatus,
    PeerVolumeStatus,
    ResourceStatus,
    Status,
    SyncStatus,
    VolumeStatus,
)
from hakvm.drbd._tool import Drbdadm
from hakvm.drbd._values import Address, MetaDisk
from hakvm.drbd._values import Device as BlockDevice
from hakvm.drbd._watch import Progress, Snapshot, Tracker, watch
from hakvm.drbd._words import Congestion, ConnectionState, DiskState, Role, WriteOrder

__all__ = [
    "RULES",
    "Address",
    "BlockDevice",
    "Common",
    "Config",
    "Congestion",
    "Connection",
    "ConnectionState",
    "ConnectionStatus",
    "Device",
    "DiskState",
    "Drbdadm",
    "Event",
    "EventFold",
    "Evidence",
    "Flags",
    "Floating",
    "GenerationIds",
    "Host",
    "Include",
    "Kind",
    "Layout",
    "Loss",
    "LruCache",
    "Mesh",
    "MetaDisk",
    "Note",
    "OptionSpec",
    "OptionValue",
    "Options",
    "Overwrite",
    "Path",
    "PathHost",
    "PathStatus",
    "PeerVolumeStatus",
    "ProcDrbd",
    "Progress",
    "ProtocolRange",
    "Proxy",
    "ProxySide",
    "RecoveryPlan",
    "Release",
    "Requirement",
    "Resource",
    "ResourceStatus",
    "Resync",
    "Role",
    "Section",
    "Situation",
    "Snapshot",
    "Stacked",
    "Status",
    "Step",
    "SyncStatus",
    "Tracker",
    "Verdict",
    "Volume",
    "VolumeStatus",
    "WriteOrder",
    "diagnose",
    "gather_evidence",
    "option_specs",
    "parse_events",
    "plan_recovery",
    "recover",
    "watch",
]
