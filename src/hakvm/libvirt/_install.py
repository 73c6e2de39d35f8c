"""Reading a virt-install command line, as guides have it, and saying what is wrong with it.

Source: virt-install(1), virtinst 4.1.
"""

import re
import shlex
from collections.abc import Iterator

import attrs
from attrs import field, frozen

from hakvm.errors import InvalidError, ParseError
from hakvm.findings import Finding, Layer, Severity
from hakvm.libvirt._guest import Guest, word
from hakvm.libvirt._words import DomainType, GraphicsType, ImageFormat
from hakvm.units import Size

__all__ = ["VirtInstall", "from_virt_install"]

_SHORT = {
    "-n": "--name",
    "-r": "--memory",
    "--ram": "--memory",
    "-w": "--network",
    "-c": "--cdrom",
    "-l": "--location",
    "-x": "--extra-args",
    "-f": "--disk",
    "--osinfo": "--os-variant",
}
_FLAGS = frozenset({
    "--import", "--noautoconsole", "--print-xml", "--dry-run", "--hvm", "--accelerate",
    "--autostart", "--noreboot", "--force", "--quiet", "-q", "--debug", "-d", "--transient",
    "--prompt", "--pxe",
    "--paravirt", "-v", "-p",
})  # fmt: skip
_TAKEN = frozenset({
    "--name", "--memory", "--vcpus", "--disk", "--os-variant", "--network", "--graphics",
    "--console", "--serial", "--cdrom", "--location", "--extra-args", "--virt-type", "--arch",
    "--machine", "--cpu", "--import", "--noautoconsole", "--hvm", "--accelerate", "--quiet", "-q",
    "--dry-run", "--print-xml", "--force", "--debug", "-d",
})  # fmt: skip


@frozen(kw_only=True)
class VirtInstall:
    """What a virt-install command line comes to.

    Attributes:
        guest: the guest that it describes, in the nearest form that is valid.
        findings: what is wrong with the line, and what of it was left out.
        options: the options and their values, in order, short ones by their long names.
    """

    guest: Guest
    findings: tuple[Finding, ...] = ()
    options: tuple[tuple[str, str], ...] = field(default=(), repr=False)


def from_virt_install(line: str, *, ha: bool = False, strict: bool = True) -> VirtInstall:
    r"""Read a command line as the howto has it: `virt-install --name … --disk path=…,size=10 …`.

    Args:
        line: the command, with or without `virt-install`; shell quotes and `\` at a line's
            end mean what they mean to a shell.
        ha: make the variant for a cluster instead of what virt-install would make.
        strict: refuse what virt-install refuses; else that is among the findings.

    Raises:
        ParseError: no command line.
        InvalidError: virt-install would refuse it, or a value that no guest can have.
    """
    options = tuple(_options(line))
    given = dict(options)
    findings = tuple(_findings(options, given))
    worst = next((found for found in findings if found.severity is Severity.ERROR), None)
    if strict and worst is not None:
        raise InvalidError(worst.message, path=worst.where, value=line, hint=worst.fix)
    return VirtInstall(guest=_guest(given, ha=ha), findings=findings, options=options)


def _options(line: str) -> Iterator[tuple[str, str]]:
    try:
        words = shlex.split(line.replace("\\\n", " "))
    except ValueError as error:
        raise ParseError.at(f"no command line: {error}", line, len(line)) from None
    if words[:1] and words[0].rpartition("/")[2] == "virt-install":
        words = words[1:]
    rest = iter(words)
    for option in rest:
        name, equals, value = option.partition("=")
        name = _SHORT.get(name, name)
        if not option.startswith("-"):
            raise ParseError.at(
                f"{option!r} stands alone; an option was expected",
                line,
                max(line.find(option), 0),
                hint="a value with spaces needs quotes",
            )
        if name in _FLAGS:
            yield name, ""
            continue
        if not equals:
            value = next(rest, "")
            if not value or value.startswith("--"):
                raise ParseError.at(
                    f"{name} has no value", line, max(line.find(option), 0), hint=f"as {name} VALUE"
                )
        yield name, value


def _finding(
    severity: Severity, name: str, option: str, message: str, why: str, fix: str
) -> Finding:
    return Finding(
        rule=f"libvirt.virt-install-{name}",
        severity=severity,
        message=message,
        why=why,
        fix=fix,
        where=option,
        source="virt-install(1)",
        layers=(Layer.LIBVIRT,),
    )


def _findings(options: tuple[tuple[str, str], ...], given: dict[str, str]) -> Iterator[Finding]:
    names = [name for name, _ in options]
    if "--extra-args" in given and "--location" not in given:
        yield _finding(
            Severity.ERROR,
            "extra-args",
            "--extra-args",
            "--extra-args goes with --location only, not with --cdrom or --import",
            "virt-install stops: kernel arguments are only supported with location or kernel"
            " installs, since nobody can hand arguments to a kernel inside an image",
            "give --location with the image or the mirror instead of --cdrom; or leave"
            " --extra-args out and set the console in the installer's boot menu",
        )
    if "--os-type" in given:
        yield _finding(
            Severity.WARNING,
            "os-type",
            "--os-type",
            "--os-type does nothing any more",
            "it is deprecated and ignored: --os-variant says it all",
            "leave it out",
        )
    for name in sorted({"--name", "--memory", "--disk"} - set(names)):
        yield _finding(
            Severity.ERROR,
            "missing",
            name,
            f"{name} is missing",
            "a guest cannot be made without it",
            f"give {name}",
        )
    if "--autostart" in given:
        yield _finding(
            Severity.WARNING,
            "autostart",
            "--autostart",
            "libvirt would start the guest when the node boots",
            "the cluster starts it too, so it may run on both nodes and destroy its disk",
            "leave it out: the cluster starts the guest",
        )
    if "--location" in given:
        yield _finding(
            Severity.WARNING,
            "location",
            "--location",
            "the kernel is fetched by virt-install; a recipe needs it as a file",
            "the guest is described as it is after the installation",
            "fetch the kernel and the initrd, and give kernel= and initrd=",
        )
    for name in names:
        if names.count(name) > 1 and name in {"--disk", "--network"}:
            yield _finding(
                Severity.WARNING,
                "several",
                name,
                f"{name} is given {names.count(name)} times; the last one was taken",
                "a recipe has one disk and one network card",
                "add the others to the domain's devices",
            )
            break
    for name in dict.fromkeys(names):
        if name not in _TAKEN | {"--os-type", "--autostart"}:
            yield _finding(
                Severity.WARNING,
                "left-out",
                name,
                f"{name} was left out",
                "the recipe has nothing that stands for it",
                "set it in the domain that the guest gives",
            )


def _parts(text: str) -> tuple[str, dict[str, str]]:
    """Return the first word of `qemu,path=x,size=1` and what follows it by name."""
    first, named = "", {}
    for i, part in enumerate(re.split(r"(?<!\\),", text)):
        name, equals, value = part.partition("=")
        if equals:
            named[name] = value
        elif i == 0:
            first = part
    return first, named


def _guest(given: dict[str, str], *, ha: bool) -> Guest:
    path, disk = _parts(given.get("--disk", ""))
    kind, network = _parts(given.get("--network", ""))
    graphics = _parts(given.get("--graphics", "none"))[0]
    memory, memories = _parts(given.get("--memory", ""))
    vcpus, processors = _parts(given.get("--vcpus", "1"))
    number = vcpus or processors.get("vcpus", "1")
    if not number.isascii() or not number.isdigit():
        raise InvalidError(f"{number!r} is no number of processors", path="--vcpus", value=number)
    bridge = network.get("bridge") or (kind.partition(":")[2] if kind[:7] == "bridge:" else None)
    size = disk.get("size")
    made = Guest(
        name=given.get("--name", "guest"),
        memory=Size.parse(memory or memories.get("memory", "1024"), unit="MiB"),
        vcpus=int(number),
        bridge=bridge,
        disk=disk.get("path") or path or f"{given.get('--name', 'guest')}.img",
        disk_size=None if size is None else Size.parse(size, unit="GiB"),
        # virt-install makes a qcow2 image where the line names no other format.
        disk_format=word(ImageFormat, disk.get("format", "raw" if ha else "qcow2"), "disk_format"),
        accelerator=word(DomainType, given.get("--virt-type", "kvm"), "accelerator"),
        machine=given.get("--machine"),
        arch=given.get("--arch", "x86_64"),
        os_variant=_parts(given["--os-variant"])[0] or None if "--os-variant" in given else None,
        cdrom=given.get("--cdrom"),
        graphics=None if graphics == "none" else word(GraphicsType, graphics, "graphics"),
        mac=network.get("mac"),
        ha=ha,
    )
    cpu = _parts(given.get("--cpu", ""))[0]
    return attrs.evolve(made, cpu=cpu) if cpu else made
