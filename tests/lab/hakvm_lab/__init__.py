"""The lab: two emulated machines with the real stack, which can be rewound.

    lab = Lab.up(Settings(suite="bookworm"))    # both nodes, nothing configured
    lab.run("node1", "drbdadm", "create-md", "--force", "r0")
    lab.save("configured")
    lab.power("node1", "off")                   # what if node1 dies now?
    lab.link("replication", cut=True)
    lab.rewind("configured")                    # two seconds later: it did not
    lab.down()

`lab.transport("node1")` is a `hakvm.transport.Transport`. What fails is a
`LabError`, which says what to do. The same as a command: `script/lab`.
"""

from hakvm_lab.agent import Agent
from hakvm_lab.errors import LabError
from hakvm_lab.lab import BOOTED, Lab
from hakvm_lab.settings import Settings
from hakvm_lab.states import State

__all__ = ["BOOTED", "Agent", "Lab", "LabError", "Settings", "State"]
