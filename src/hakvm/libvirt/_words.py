"""libvirt's words: open enumerations, since each release knows more."""

from enum import StrEnum

__all__ = [
    "Action", "AudioType", "BalloonModel", "BootDevice", "Bus", "Cache", "CharType",
    "ClockOffset", "ControllerType", "CpuCheck", "CpuMatch", "CpuMode", "DetectZeroes", "Discard",
    "DiskDevice", "DiskType", "DomainType", "ErrorPolicy", "FeaturePolicy", "FilesystemType",
    "Firmware", "GraphicsType", "HostdevType", "ImageFormat", "InputBus", "InputType",
    "InterfaceType", "Io", "LoaderType", "MemoryModel", "NicModel", "PanicModel",
    "RngBackendModel", "SoundModel", "TickPolicy", "TimerName", "TpmModel", "VideoType",
    "VirtioModel", "WatchdogAction", "WatchdogModel",
]  # fmt: skip


class DomainType(StrEnum):
    """The hypervisor: `kvm` with the processor's help, `qemu` in software."""

    KVM = "kvm"
    QEMU = "qemu"
    TEST = "test"
    XEN = "xen"
    LXC = "lxc"
    VZ = "vz"
    OPENVZ = "openvz"
    VBOX = "vbox"
    VMWARE = "vmware"
    HYPERV = "hyperv"
    BHYVE = "bhyve"
    HVF = "hvf"
    PARALLELS = "parallels"
    QEMU_LINUX_USER = "linux"
    KQEMU = "kqemu"
    UML = "uml"
    PHYP = "phyp"
    CH = "ch"


class Action(StrEnum):
    """What happens when the guest goes down: `on_poweroff`, `on_reboot`, `on_crash`."""

    DESTROY = "destroy"
    RESTART = "restart"
    PRESERVE = "preserve"
    RENAME_RESTART = "rename-restart"
    COREDUMP_DESTROY = "coredump-destroy"
    COREDUMP_RESTART = "coredump-restart"
    PAUSE = "pause"
    POWEROFF = "poweroff"
    IGNORE = "ignore"


class BootDevice(StrEnum):
    """What the firmware starts from."""

    HD = "hd"
    CDROM = "cdrom"
    NETWORK = "network"
    FD = "fd"


class Firmware(StrEnum):
    """The kind of firmware that libvirt is to choose."""

    BIOS = "bios"
    EFI = "efi"


class LoaderType(StrEnum):
    """How firmware is mapped."""

    ROM = "rom"
    PFLASH = "pflash"


class CpuMode(StrEnum):
    """Where the guest's CPU comes from."""

    CUSTOM = "custom"
    HOST_MODEL = "host-model"
    HOST_PASSTHROUGH = "host-passthrough"
    MAXIMUM = "maximum"


class CpuMatch(StrEnum):
    """How strictly the CPU has to match."""

    EXACT = "exact"
    MINIMUM = "minimum"
    STRICT = "strict"


class CpuCheck(StrEnum):
    """What is checked before the guest starts."""

    NONE = "none"
    PARTIAL = "partial"
    FULL = "full"


class FeaturePolicy(StrEnum):
    """What holds for a CPU feature."""

    FORCE = "force"
    REQUIRE = "require"
    OPTIONAL = "optional"
    DISABLE = "disable"
    FORBID = "forbid"


class ClockOffset(StrEnum):
    """What the guest's clock starts from."""

    UTC = "utc"
    LOCALTIME = "localtime"
    TIMEZONE = "timezone"
    VARIABLE = "variable"
    ABSOLUTE = "absolute"


class TimerName(StrEnum):
    """The guest's clocks."""

    PLATFORM = "platform"
    HPET = "hpet"
    KVMCLOCK = "kvmclock"
    PIT = "pit"
    RTC = "rtc"
    TSC = "tsc"
    HYPERVCLOCK = "hypervclock"
    ARMVTIMER = "armvtimer"
    XEN = "xen"


class TickPolicy(StrEnum):
    """What is done about ticks that were missed."""

    DELAY = "delay"
    CATCHUP = "catchup"
    MERGE = "merge"
    DISCARD = "discard"


class DiskType(StrEnum):
    """What a disk's source is."""

    FILE = "file"
    BLOCK = "block"
    DIR = "dir"
    NETWORK = "network"
    VOLUME = "volume"
    NVME = "nvme"
    VHOSTUSER = "vhostuser"
    VHOSTVDPA = "vhostvdpa"


class DiskDevice(StrEnum):
    """What the guest takes a disk for."""

    DISK = "disk"
    CDROM = "cdrom"
    FLOPPY = "floppy"
    LUN = "lun"


class Bus(StrEnum):
    """Where a disk is plugged in."""

    VIRTIO = "virtio"
    SCSI = "scsi"
    SATA = "sata"
    IDE = "ide"
    USB = "usb"
    FDC = "fdc"
    SD = "sd"
    XEN = "xen"
    UML = "uml"
    NVME = "nvme"


class ImageFormat(StrEnum):
    """How a disk's content is laid out."""

    RAW = "raw"
    QCOW2 = "qcow2"
    QCOW = "qcow"
    QED = "qed"
    VMDK = "vmdk"
    VDI = "vdi"
    VPC = "vpc"
    VHD = "vhd"
    LUKS = "luks"
    DIR = "dir"
    FAT = "fat"
    ISO = "iso"
    BOCHS = "bochs"
    CLOOP = "cloop"
    COW = "cow"
    DMG = "dmg"
    PLOOP = "ploop"


class Cache(StrEnum):
    """How the host caches a disk; `none` and `directsync` are safe to migrate."""

    DEFAULT = "default"
    NONE = "none"
    WRITETHROUGH = "writethrough"
    WRITEBACK = "writeback"
    DIRECTSYNC = "directsync"
    UNSAFE = "unsafe"


class Io(StrEnum):
    """How the host reads and writes a disk; `native` goes with cache `none` or `directsync`."""

    THREADS = "threads"
    NATIVE = "native"
    IO_URING = "io_uring"


class Discard(StrEnum):
    """Whether the guest's trim requests go on to the disk."""

    UNMAP = "unmap"
    IGNORE = "ignore"


class DetectZeroes(StrEnum):
    """What is done with blocks of zeroes."""

    OFF = "off"
    ON = "on"
    UNMAP = "unmap"


class ErrorPolicy(StrEnum):
    """What happens on an I/O error."""

    STOP = "stop"
    REPORT = "report"
    IGNORE = "ignore"
    ENOSPACE = "enospace"


class InterfaceType(StrEnum):
    """What a network interface is connected to."""

    BRIDGE = "bridge"
    NETWORK = "network"
    DIRECT = "direct"
    ETHERNET = "ethernet"
    USER = "user"
    INTERNAL = "internal"
    VHOSTUSER = "vhostuser"
    HOSTDEV = "hostdev"
    VDPA = "vdpa"
    SERVER = "server"
    CLIENT = "client"
    MCAST = "mcast"
    UDP = "udp"
    VDS = "vds"
    NULL = "null"


class NicModel(StrEnum):
    """The network card that the guest sees."""

    VIRTIO = "virtio"
    VIRTIO_TRANSITIONAL = "virtio-transitional"
    VIRTIO_NON_TRANSITIONAL = "virtio-non-transitional"
    E1000 = "e1000"
    E1000E = "e1000e"
    IGB = "igb"
    RTL8139 = "rtl8139"
    NE2K_PCI = "ne2k_pci"
    PCNET = "pcnet"
    VMXNET3 = "vmxnet3"
    SPAPR_VLAN = "spapr-vlan"
    LAN9118 = "lan9118"
    SCM91C111 = "scm91c111"
    USB_NET = "usb-net"
    NETFRONT = "netfront"


class ControllerType(StrEnum):
    """What a controller controls."""

    PCI = "pci"
    USB = "usb"
    IDE = "ide"
    FDC = "fdc"
    SCSI = "scsi"
    SATA = "sata"
    CCID = "ccid"
    VIRTIO_SERIAL = "virtio-serial"
    XENBUS = "xenbus"
    ISA = "isa"
    NVME = "nvme"


class CharType(StrEnum):
    """What a character device is connected to on the host."""

    PTY = "pty"
    FILE = "file"
    UNIX = "unix"
    TCP = "tcp"
    UDP = "udp"
    DEV = "dev"
    PIPE = "pipe"
    NULL = "null"
    STDIO = "stdio"
    VC = "vc"
    SPICEVMC = "spicevmc"
    SPICEPORT = "spiceport"
    NMDM = "nmdm"
    QEMU_VDAGENT = "qemu-vdagent"
    DBUS = "dbus"


class GraphicsType(StrEnum):
    """How the guest's screen is reached."""

    VNC = "vnc"
    SPICE = "spice"
    SDL = "sdl"
    RDP = "rdp"
    DESKTOP = "desktop"
    EGL_HEADLESS = "egl-headless"
    DBUS = "dbus"


class VideoType(StrEnum):
    """The graphics card that the guest sees."""

    VGA = "vga"
    CIRRUS = "cirrus"
    QXL = "qxl"
    VIRTIO = "virtio"
    BOCHS = "bochs"
    RAMFB = "ramfb"
    NONE = "none"
    VMVGA = "vmvga"
    XEN = "xen"
    VBOX = "vbox"
    GOP = "gop"
    PARALLELS = "parallels"


class AudioType(StrEnum):
    """Where the guest's sound goes."""

    NONE = "none"
    ALSA = "alsa"
    COREAUDIO = "coreaudio"
    DBUS = "dbus"
    FILE = "file"
    JACK = "jack"
    OSS = "oss"
    PULSEAUDIO = "pulseaudio"
    PIPEWIRE = "pipewire"
    SDL = "sdl"
    SPICE = "spice"


class SoundModel(StrEnum):
    """The sound card that the guest sees."""

    ICH6 = "ich6"
    ICH7 = "ich7"
    ICH9 = "ich9"
    AC97 = "ac97"
    ES1370 = "es1370"
    SB16 = "sb16"
    PCSPK = "pcspk"
    USB = "usb"
    VIRTIO = "virtio"


class InputType(StrEnum):
    """What the guest is steered with."""

    MOUSE = "mouse"
    TABLET = "tablet"
    KEYBOARD = "keyboard"
    PASSTHROUGH = "passthrough"
    EVDEV = "evdev"


class InputBus(StrEnum):
    """Where an input device is plugged in."""

    PS2 = "ps2"
    USB = "usb"
    VIRTIO = "virtio"
    XEN = "xen"
    PARALLELS = "parallels"


class HostdevType(StrEnum):
    """What of the host is handed through."""

    PCI = "pci"
    USB = "usb"
    SCSI = "scsi"
    SCSI_HOST = "scsi_host"
    MDEV = "mdev"
    STORAGE = "storage"
    MISC = "misc"
    NET = "net"


class FilesystemType(StrEnum):
    """What a shared file system is on the host."""

    MOUNT = "mount"
    FILE = "file"
    BLOCK = "block"
    TEMPLATE = "template"
    RAM = "ram"
    BIND = "bind"
    VOLUME = "volume"


class MemoryModel(StrEnum):
    """What a memory module is."""

    DIMM = "dimm"
    NVDIMM = "nvdimm"
    VIRTIO_PMEM = "virtio-pmem"
    VIRTIO_MEM = "virtio-mem"
    SGX_EPC = "sgx-epc"


class VirtioModel(StrEnum):
    """Which revision of virtio a device speaks."""

    VIRTIO = "virtio"
    VIRTIO_TRANSITIONAL = "virtio-transitional"
    VIRTIO_NON_TRANSITIONAL = "virtio-non-transitional"


class BalloonModel(StrEnum):
    """The device through which memory is taken back; `none` for no such device."""

    VIRTIO = "virtio"
    VIRTIO_TRANSITIONAL = "virtio-transitional"
    VIRTIO_NON_TRANSITIONAL = "virtio-non-transitional"
    XEN = "xen"
    NONE = "none"


class RngBackendModel(StrEnum):
    """Where the guest's random numbers come from."""

    RANDOM = "random"
    EGD = "egd"
    BUILTIN = "builtin"


class WatchdogModel(StrEnum):
    """The watchdog that the guest sees."""

    I6300ESB = "i6300esb"
    IB700 = "ib700"
    DIAG288 = "diag288"
    ITCO = "itco"


class WatchdogAction(StrEnum):
    """What happens when the guest no longer feeds its watchdog."""

    RESET = "reset"
    SHUTDOWN = "shutdown"
    POWEROFF = "poweroff"
    PAUSE = "pause"
    NONE = "none"
    DUMP = "dump"
    INJECT_NMI = "inject-nmi"


class PanicModel(StrEnum):
    """How a guest tells that it has crashed."""

    ISA = "isa"
    PSERIES = "pseries"
    HYPERV = "hyperv"
    S390 = "s390"
    PVPANIC = "pvpanic"


class TpmModel(StrEnum):
    """The TPM that the guest sees."""

    TIS = "tpm-tis"
    CRB = "tpm-crb"
    SPAPR = "tpm-spapr"
    SPAPR_PROXY = "spapr-tpm-proxy"
