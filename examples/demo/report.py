"""The page that the demo writes: what was read, built, judged and simulated."""

from collections.abc import Iterator, Sequence

from attrs import frozen
from oracles import Verdict

from hakvm import Cluster, drbd, notebook, pacemaker
from hakvm.cluster import Failover
from hakvm.findings import Finding
from hakvm.notebook import Html, Section, Svg


@frozen(kw_only=True)
class Run:
    """What befalls a cluster, under a title."""

    title: str
    failover: Failover

    def where(self, number: int) -> str:
        """Return where DRBD is promoted and the guest runs after a step."""
        placement = self.failover[number].placement
        named = {}
        for one in self.failover.cluster.cib.resources.values():
            if getattr(one, "promotable", False):
                named["promoted"] = placement.promoted(one.id)
            elif getattr(one, "type", "") == "VirtualDomain":
                named["guest"] = placement[one.id]
        return "\n".join(f"{what}: {', '.join(on) or 'nowhere'}" for what, on in named.items())


@frozen(kw_only=True)
class Night:
    """The same events, befalling several clusters: the first is the one to compare with."""

    title: str
    lead: str
    runs: tuple[Run, ...]


def page(
    *,
    cluster: Cluster,
    samples: tuple[drbd.ProcDrbd, pacemaker.Status],
    howto_findings: Sequence[Finding],
    verdicts: Sequence[Verdict],
    nights: Sequence[Night],
) -> Html:
    """Return the page."""
    findings = cluster.check()
    good = sum(one.good for one in verdicts)
    last = nights[0].runs[-1].failover
    return notebook.page(
        f"The cluster {cluster.name}",
        [
            Section(
                title="Two nodes, one guest",
                lead=f"{cluster.platform}: the guest runs where DRBD is promoted. On the left the"
                " node that runs it, on the right the one that waits.",
                parts=[notebook.topology(cluster, placement=last[0].placement)],
            ),
            Section(
                title="When node1 dies",
                lead="Pacemaker's own scheduler, asked offline with crm_simulate."
                " A red dot marks what differs from the howto.",
                parts=[
                    part
                    for night in nights
                    for part in (
                        notebook.heading(night.title, night.lead),
                        *_runs(night),
                    )
                ],
            ),
            Section(
                title="What the howto's own files say",
                lead="Read as they stand in the howto; every finding with its why and its fix.",
                parts=[
                    notebook.chips(*notebook.tallies(howto_findings)),
                    notebook.findings(howto_findings),
                ],
            ),
            Section(
                title="What is left to say of this cluster",
                lead="The same cluster built with Cluster.two_node.",
                parts=[notebook.chips(*notebook.tallies(findings)), notebook.findings(findings)],
            ),
            Section(
                title="What the real tools say",
                lead="Each file, handed to the program that will one day read it.",
                parts=[
                    notebook.table(
                        ("", "file", "tool", "what it said"),
                        [
                            (
                                notebook.tag("good" if one.good else "error"),
                                one.file,
                                one.tool,
                                one.said,
                            )
                            for one in verdicts
                        ],
                    )
                ],
            ),
            Section(
                title="What the howto shows",
                lead="Its /proc/drbd and its crm status, as values.",
                parts=[notebook.table(("what", "value"), _samples(*samples))],
            ),
            Section(
                title="Every file",
                lead=f"As they are to stand on {cluster.nodes[0].name}.",
                parts=[notebook.files(cluster.files(cluster.nodes[0].name))],
            ),
        ],
        lead=f"{cluster.nodes[0].name} and {cluster.nodes[1].name} on {cluster.platform}: DRBD"
        " replicates the disk, libvirt runs the guest, corosync knows who is alive, Pacemaker"
        " decides who runs it.",
        head=[
            notebook.chips(
                (
                    f"{good} of {len(verdicts)} accepted by the real tools",
                    "good" if good == len(verdicts) else "bad",
                ),
                *notebook.tallies(findings),
            )
        ],
    )


def _runs(night: Night) -> Iterator[Html | Svg]:
    first = night.runs[0].failover
    for number, run in enumerate(night.runs):
        yield notebook.heading("", run.title)
        yield notebook.timeline(run.failover, against=first if number else None)


def _samples(proc: drbd.ProcDrbd, status: pacemaker.Status) -> list[tuple[str, str]]:
    device = proc.devices[0]
    resync = device.resync
    rows = [
        ("/proc/drbd", f"DRBD {proc.version}, api {proc.api}, protocol {proc.proto}"),
        ("minor", str(device.minor)),
        ("connection", f"{device.connection}"),
        ("role / peer", f"{device.role} / {device.peer_role}"),
        ("disk / peer", f"{device.disk} / {device.peer_disk}"),
        ("out of sync", f"{device.out_of_sync} KiB"),
    ]
    if resync is not None:
        left = f"{resync.percent} %, {resync.left} of {resync.total} KiB left"
        speed = f"{resync.speed} KiB/s (wanted {resync.want})"
        rows.append(("resync", f"{left}, done in {resync.finish} at {speed}"))
    rows.append(("crm status", f"Pacemaker {status.version}, DC {status.dc}"))
    rows += [(name, ", ".join(nodes) or "stopped") for name, nodes in status.placement.items()]
    return rows
