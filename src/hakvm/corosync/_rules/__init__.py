"""What bites in a corosync.conf: what corosync refuses only when it starts, and what it never does.

What its parser refuses, `Config.parse` refuses. These rules look at what is left: options that
contradict each other, that corosync passes over without a word, or that cost a night's sleep.
"""

from hakvm.corosync._rules import _file, _links, _nodes, _quorum, _totem  # they write themselves in
from hakvm.corosync._rules._book import RULES

__all__ = ["RULES", "_file", "_links", "_nodes", "_quorum", "_totem"]
