"""Run by test_libvirt with the system's Python: what virtinst takes for the same files."""

import sys
import tarfile
import time

sys.path.insert(0, "/usr/share/virt-manager")

from virtinst import Guest, cli

connection = cli.getConnection("test:///default")
with tarfile.open(sys.argv[1]) as tar:
    texts = [
        tar.extractfile(member).read().decode()
        for member in tar
        if member.isfile() and member.name.startswith("valid/") and member.name.endswith(".xml")
    ]
texts = texts[:: int(sys.argv[2])]


def read_all(builder):
    for name in builder._all_xml_props():
        getattr(builder, name)
    for name in builder._all_child_props():
        found = getattr(builder, name)
        for child in found if isinstance(found, list) else [found]:
            if child is not None:
                read_all(child)


def plain(text):
    return Guest(connection, parsexml=text).get_xml()


def whole(text):
    guest = Guest(connection, parsexml=text)
    read_all(guest)
    return guest.get_xml()


for call in (plain, whole):
    failed = 0
    begin = time.process_time()
    for text in texts:
        try:
            call(text)
        except Exception:  # noqa: BLE001 - it is counted
            failed += 1
    sys.stdout.write(f"{(time.process_time() - begin) / len(texts)} {failed}\n")
