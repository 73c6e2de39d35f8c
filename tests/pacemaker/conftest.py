"""The howto's lines, the corpus, and comparisons that only these tests need."""

import io
import tarfile
from pathlib import Path

import pytest

from hakvm.pacemaker import Cib, crm

HOWTO = Path(__file__).parents[2] / "examples" / "howto"


@pytest.fixture(scope="session")
def howto_crm() -> str:
    return (HOWTO / "pacemaker.crm").read_text(encoding="utf-8")


@pytest.fixture(scope="session")
def howto_status() -> str:
    return (HOWTO / "crm_status").read_text(encoding="utf-8")


@pytest.fixture(scope="session")
def howto_status_empty() -> str:
    return (HOWTO / "crm_status.empty").read_text(encoding="utf-8")


@pytest.fixture
def howto(howto_crm) -> Cib:
    """The howto's cluster, nodes and all."""
    return crm.parse(howto_crm, into=Cib.new("node1", "node2"))


@pytest.fixture(scope="session")
def cibs(corpus) -> dict[str, bytes]:
    """The scheduler's own test CIBs, by name."""
    found = {}
    packed = (corpus / "pacemaker-2.1.5-cibs.tar.xz").read_bytes()
    with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
        for member in archive:
            if member.name.endswith(".xml"):
                file = archive.extractfile(member)
                assert file is not None
                found[Path(member.name).stem] = file.read()
    assert len(found) > 400
    return found
