"""What two real nodes answered at the moments of a cluster's life, recorded in the lab."""

from pathlib import Path

from hakvm.transport import Replay, Transcript

FOLDER = Path(__file__).parent


def replay(moment: str, node: str, suite: str = "bookworm") -> Replay:
    """Return a node as it was at a moment (`hakvm_lab.record.MOMENTS`)."""
    return Replay(Transcript.load(FOLDER / suite / moment / f"{node}.json"))
