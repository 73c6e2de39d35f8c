"""How long libvirt's 2,003 test files take, beside lxml alone and beside virtinst."""

import subprocess
import sys
import tarfile
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from lxml import etree

from hakvm import libvirt

EVERY = 5  # virtinst reads one of so many files: it takes its time


@pytest.fixture(scope="module")
def archive(corpus: Path) -> Path:
    return corpus / "libvirt-9.0-domains.tar.xz"


@pytest.fixture(scope="module")
def texts(archive: Path) -> list[bytes]:
    with tarfile.open(archive) as tar:
        return [
            tar.extractfile(member).read()
            for member in tar
            if member.isfile() and member.name.startswith("valid/") and member.name.endswith(".xml")
        ]


def ours(texts: list[bytes]) -> None:
    for text in texts:
        libvirt.Domain.parse(text).render()


def theirs(texts: list[bytes]) -> None:
    for text in texts:
        etree.tostring(etree.fromstring(text))


@pytest.mark.corpus
def test_beside_lxml_alone(texts: list[bytes], benchmark_ratio: Callable[..., float]) -> None:
    ours(texts[:50])  # the classes are compiled when they are first used
    assert benchmark_ratio(lambda: ours(texts), lambda: theirs(texts), 5) < 12


@pytest.mark.corpus
@pytest.mark.oracle("/usr/share/virt-manager/virtinst", "/usr/bin/python3")
def test_beside_virtinst(archive: Path, texts: list[bytes]) -> None:
    peer = Path(__file__).with_name("peer_virtinst.py")
    ended = subprocess.run(
        ["/usr/bin/python3", peer, archive, str(EVERY)],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    if ended.returncode != 0 and "No module named" in ended.stderr:
        pytest.skip(f"virtinst does not run here: {ended.stderr.splitlines()[-1]}")
    assert ended.returncode == 0, ended.stderr
    plain, whole = (float(line.split()[0]) for line in ended.stdout.splitlines())
    some = texts[::EVERY]
    ours(some)
    times = []
    for _ in range(3):
        begin = time.process_time()
        ours(some)
        times.append(time.process_time() - begin)
    each = min(times) / len(some)
    sys.stdout.write(f"{plain / each:.1f} times, and {whole / each:.1f} with everything read\n")
    assert plain / each > 2.5
    assert whole / each > 10


def test_two_thousand_guests_are_listed_within_100_ms() -> None:
    pytest.importorskip("libvirt")
    with libvirt.Host("test:///default") as host:
        connection = host.connection()
        made = [
            connection.defineXMLFlags(
                f"<domain type='test'><name>vm{n}</name><memory>1024</memory>"
                "<os><type>hvm</type></os></domain>",
                0,
            )
            for n in range(2000)
        ]
        times = []
        for _ in range(5):
            begin = time.process_time()
            assert len(host.domains()) >= 2000
            times.append(time.process_time() - begin)
        for handle in made:
            handle.undefineFlags(0)
    assert min(times) < 0.100


def test_importing_costs_little() -> None:
    code = (
        "import time; t = time.process_time(); import hakvm.libvirt; print(time.process_time() - t)"
    )
    times = [
        float(subprocess.run([sys.executable, "-c", code], capture_output=True, check=True).stdout)
        for _ in range(3)
    ]
    assert min(times) < 1
