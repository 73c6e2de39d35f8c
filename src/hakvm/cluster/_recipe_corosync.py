"""The recipe's corosync.conf: the howto's for corosync 2, knet with crypto for corosync 3."""

from collections.abc import Sequence

from hakvm.cluster._node import Bridge, Node
from hakvm.cluster._platform import Platform
from hakvm.corosync import (
    Config,
    Interface,
    LoggerSubsys,
    Logging,
    Nodelist,
    Quorum,
    Release,
    Totem,
)
from hakvm.corosync import Node as Member

__all__ = ["corosync_conf"]

_LOGFILE = "/var/log/corosync/corosync.log"
_TOKEN = 3000  # ms: the howto's, and corosync 3's own default


def corosync_conf(
    name: str, nodes: Sequence[Node], *, bridge: Bridge, platform: Platform
) -> Config:
    """Return the corosync.conf that both nodes share."""
    if not platform.today:
        return _howto(nodes, bridge)
    return Config.two_node(
        [
            Member.of(node.name, number, *filter(None, (node.address, node.second_address)))
            for number, node in enumerate(nodes, start=1)
        ],
        release=platform.corosync,
        cluster_name=name,
        token=_TOKEN,
    )


def _howto(nodes: Sequence[Node], bridge: Bridge) -> Config:
    """Return the howto's file, option by option: udpu, no crypto, one ring."""
    return Config(
        totem=Totem(
            version=2,
            token=_TOKEN,
            token_retransmits_before_loss_const=10,
            clear_node_high_bit=True,
            crypto_cipher="none",
            crypto_hash="none",
            transport="udpu",
            interface=(
                Interface(ringnumber=0, bindnetaddr=str(bridge.network(nodes[0]).network_address)),
            ),
        ),
        logging=Logging(
            to_logfile=True,
            logfile=_LOGFILE,
            debug="off",
            timestamp="on",
            logger_subsys=(LoggerSubsys(subsys="QUORUM", debug="off"),),
        ),
        quorum=Quorum(provider="corosync_votequorum", two_node=True, wait_for_all=True),
        nodelist=Nodelist.of(*(Member.of(None, None, node.address) for node in nodes)),
        release=Release.V2,
    )
