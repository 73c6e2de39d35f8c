"""hakvm's main job on the howto's cluster: read, build, judge, simulate, show.

script/demo [FOLDER]
"""

import argparse
import itertools
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import attrs
import howto
import oracles
import report
from report import Night, Run
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from hakvm import Cluster, HakvmError, Node, libvirt, pacemaker
from hakvm.cluster import Bridge
from hakvm.findings import Finding, Severity

console = Console(highlight=False)
STYLES = {Severity.ERROR: "red", Severity.WARNING: "yellow", Severity.INFO: "dim"}


@contextmanager
def step(title: str) -> Iterator[None]:
    """Say what is being done, and how long it took."""
    begin = time.monotonic()
    console.print(f"\n[bold]{title}[/bold]")
    yield
    console.print(f"[dim]{time.monotonic() - begin:.1f} s[/dim]")


def build() -> Cluster:
    """Describe the howto's cluster in a few words, for today's Debian."""
    return Cluster.two_node(
        "kvm-ha",
        nodes=[
            Node("node1", "192.168.2.170", domain="myserver.tld"),
            Node("node2", "192.168.2.171", domain="myserver.tld"),
        ],
        disk="/dev/sdb1",
        guest=libvirt.guest(
            "debian9", memory="1 GiB", vcpus=2, bridge="br0", disk="vm01.img", disk_size="10 GiB"
        ),
        bridge=Bridge("br0", port="eth0", gateway="192.168.2.254", dns=["8.8.8.8"]),
    )


def nights(written: Cluster, built: Cluster) -> Iterator[Night]:
    """Play two nights through: with the howto's colocation, with the right one, and as built."""
    clusters = {
        "The howto's colocation: apache-deps inf: ms_drbd:Master lvm_grp": written,
        "The right one: apache-deps inf: lvm_grp ms_drbd:Master": attrs.evolve(
            written, cib=turned(written.cib)
        ),
        "As Cluster.two_node builds it": built,
    }
    yield Night(
        title="Both copies are up to date",
        lead="node1 loses power, and comes back. The howto prefers node1 and makes nothing stay:"
        " with the right colocation alone the guest is torn back at once; as built, it stays.",
        runs=tuple(
            Run(
                title=title,
                failover=cluster.simulate().power_off("node1").power_on("node1"),
            )
            for title, cluster in clusters.items()
        ),
    )
    old = {"node1": 5, "node2": 10000}
    yield Night(
        title="node1's copy is out of date",
        lead="Both nodes start after a night in which only node2 was up: DRBD's agent gives"
        " node1's old copy a score of 5, and node2's 10000. The howto promotes the old copy.",
        runs=tuple(
            Run(
                title=title,
                failover=cluster.simulate(promotion=old).power_off("node1"),
            )
            for title, cluster in clusters.items()
        ),
    )


def turned(cib: pacemaker.Cib) -> pacemaker.Cib:
    """Return the howto's CIB with its colocation the right way round: the group follows DRBD."""
    wrong = cib.constraints["apache-deps"]
    return cib.remove(wrong.id).add(
        pacemaker.colocate(
            "lvm_grp",
            with_=pacemaker.RoleRef(rsc="ms_drbd", role=pacemaker.Role.MASTER),
            id_=wrong.id,
        )
    )


def show(findings: Iterable[Finding]) -> None:
    """Print findings, what, why and fix, those of the same rule together."""
    for _, same in itertools.groupby(findings, key=lambda finding: finding.rule):
        alike = list(same)
        for one in alike:
            style = STYLES[one.severity]
            console.print(f"[{style}]{one.severity!s:>7}[/]  {escape(one.message)}", soft_wrap=True)
        console.print(f"         [dim]why: {escape(alike[0].why)}[/]", soft_wrap=True)
        console.print(f"         [dim]fix: {escape(alike[0].fix)}[/]", soft_wrap=True)


def main() -> None:
    """Run the demo."""
    parser = argparse.ArgumentParser(prog="script/demo", description=__doc__.splitlines()[0])
    parser.add_argument(
        "folder", nargs="?", type=Path, default=Path("demo-output"), help="where it writes"
    )
    folder = parser.parse_args().folder
    begin = time.monotonic()

    with step("1. The howto's own files, and what hakvm says of them"):
        written = howto.read()
        samples = (howto.proc_drbd(), howto.status())
        found = tuple(
            sorted(
                (*howto.virt_install().findings, *written.check()), key=lambda one: -one.severity
            )
        )
        show(found)

    with step("2. The same cluster, built with Cluster.two_node"):
        cluster = build()
        paths = cluster.write(folder)
        console.print(f"{len(paths)} files below {folder}/node1 and {folder}/node2")
        show(cluster.check())

    with step("3. Each file, handed to the real tool"):
        verdicts = []
        for verdict in oracles.ask(cluster, folder):
            verdicts.append(verdict)
            mark = "[green]yes[/green]" if verdict.good else "[red] no[/red]"
            console.print(f"{mark}  {verdict.tool:<23} {verdict.file}", soft_wrap=True)
            console.print(f"     [dim]{escape(verdict.said)}[/]", soft_wrap=True)

    with step("4. Failover, simulated by Pacemaker's own scheduler"):
        played = []
        for night in nights(written, cluster):
            played.append(night)
            tell(night)

    with step("5. A page about it all"):
        page = report.page(
            cluster=cluster,
            samples=samples,
            howto_findings=found,
            verdicts=verdicts,
            nights=played,
        )
        target = folder / "index.html"
        target.write_text(page.text, encoding="utf-8")
        console.print(f"open it in a browser: {target.resolve()}", soft_wrap=True)

    console.print(f"\nDone in {time.monotonic() - begin:.1f} s.")
    if not all(verdict.good for verdict in verdicts):
        sys.exit("a real tool refused a file")


def tell(night: Night) -> None:
    """Print where everything runs after each step of a night."""
    console.print(f"[bold]{night.title}.[/] {night.lead}")
    table = Table("", *(run.title.split(":")[0] for run in night.runs), show_lines=True)
    for number, step_ in enumerate(night.runs[0].failover):
        cells = [run.where(number) for run in night.runs]
        table.add_row(
            step_.event, *(cell if cell == cells[0] else f"[red]{cell}[/]" for cell in cells)
        )
    console.print(table)


if __name__ == "__main__":
    try:
        main()
    except HakvmError as error:
        sys.exit(f"script/demo: {error}")
