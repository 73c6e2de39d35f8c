"""What a person sees, hears and touches: graphics, video, sound, input."""

from typing import Annotated

from attrs import frozen

from hakvm.libvirt._address import AcpiIndex, Device, VirtioDevice, VirtioDriver
from hakvm.libvirt._base import element
from hakvm.libvirt._character import Clipboard, Mouse
from hakvm.libvirt._words import (
    AudioType,
    GraphicsType,
    InputBus,
    InputType,
    SoundModel,
    VideoType,
)
from hakvm.secret import Secret
from hakvm.xmlmodel import Attr, Element, OnOff, YesNo

__all__ = [
    "Acceleration", "Audio", "AudioStream", "Graphics", "Input", "Listen", "Sound", "Video",
    "VideoModel",
]  # fmt: skip


@element("listen")
@frozen(kw_only=True)
class Listen(Element):
    """Where a screen is offered."""

    type: str
    address: str | None = None
    network: str | None = None
    socket: str | None = None
    from_config: int | None = None
    auto_generated: YesNo | None = None


@element("channel")
@frozen(kw_only=True)
class GraphicsChannel(Element):
    """Whether a part of SPICE is encrypted."""

    name: str
    mode: str


@frozen(kw_only=True)
class _Compression(Element):
    compression: str


@element("image")
@frozen(kw_only=True)
class ImageCompression(_Compression):
    """How pictures are compressed."""


@element("jpeg")
@frozen(kw_only=True)
class JpegCompression(_Compression):
    """Whether photographs are compressed."""


@element("zlib")
@frozen(kw_only=True)
class ZlibCompression(_Compression):
    """Whether slow networks get compressed data."""


@element("playback")
@frozen(kw_only=True)
class PlaybackCompression(Element):
    """Whether sound is compressed."""

    compression: OnOff


@element("streaming")
@frozen(kw_only=True)
class Streaming(Element):
    """Whether moving pictures are recognised."""

    mode: str


@element("filetransfer")
@frozen(kw_only=True)
class FileTransfer(Element):
    """Whether files can be dropped on the screen."""

    enable: YesNo


@element("gl")
@frozen(kw_only=True)
class OpenGl(Element):
    """Whether the host's graphics card draws."""

    enable: YesNo | None = None
    rendernode: str | None = None


@element("audio")
@frozen(kw_only=True)
class AudioReference(Element):
    """The audio backend that the device uses, by its id."""

    id: int


@element("graphics")
@frozen(kw_only=True)
class Graphics(Device):
    """How the guest's screen is reached; the password shows in no repr."""

    type: GraphicsType | str
    port: int | None = None
    tls_port: int | None = None
    autoport: YesNo | None = None
    websocket: int | None = None
    websocket_generated: YesNo | None = None
    listen: str | None = None
    socket: str | None = None
    keymap: str | None = None
    passwd: Secret | None = None
    passwd_valid_to: str | None = None
    connected: str | None = None
    share_policy: str | None = None
    power_control: YesNo | None = None
    default_mode: str | None = None
    display: str | None = None
    xauth: str | None = None
    fullscreen: YesNo | None = None
    replace_user: YesNo | None = None
    multi_user: YesNo | None = None
    p2p: YesNo | None = None
    address_: Annotated[str | None, Attr("address")] = None
    listens: tuple[Listen, ...] = ()
    channels: tuple[GraphicsChannel, ...] = ()
    image: ImageCompression | None = None
    jpeg: JpegCompression | None = None
    zlib: ZlibCompression | None = None
    playback: PlaybackCompression | None = None
    streaming: Streaming | None = None
    clipboard: Clipboard | None = None
    mouse: Mouse | None = None
    filetransfer: FileTransfer | None = None
    gl: OpenGl | None = None
    audio: AudioReference | None = None


@element("acceleration")
@frozen(kw_only=True)
class Acceleration(Element):
    """What the host draws for the guest."""

    accel3d: YesNo | None = None
    accel2d: YesNo | None = None
    rendernode: str | None = None


@element("resolution")
@frozen(kw_only=True)
class Resolution(Element):
    """The screen's size, in points."""

    x: int
    y: int


@element("model")
@frozen(kw_only=True)
class VideoModel(Element):
    """The graphics card; memory in KiB."""

    type: VideoType | str
    vram: int | None = None
    ram: int | None = None
    vgamem: int | None = None
    vram64: int | None = None
    heads: int | None = None
    primary: YesNo | None = None
    blob: OnOff | None = None
    edid: OnOff | None = None
    acceleration: Acceleration | None = None
    resolution: Resolution | None = None


@element("driver")
@frozen(kw_only=True)
class VideoDriver(VirtioDriver):
    """How the host serves the graphics card."""

    name: str | None = None
    vgaconf: str | None = None


@element("video")
@frozen(kw_only=True)
class Video(Device):
    """A graphics card."""

    model: VideoModel | None = None
    driver: VideoDriver | None = None
    acpi: AcpiIndex | None = None


@element("settings")
@frozen(kw_only=True)
class AudioSettings(Element):
    """How sound is sampled; the frequency in Hz."""

    frequency: int | None = None
    channels: int | None = None
    format: str | None = None


@frozen(kw_only=True)
class AudioStream(Element):
    """One direction of sound; lengths in microseconds."""

    mixing_engine: YesNo | None = None
    fixed_settings: YesNo | None = None
    voices: int | None = None
    buffer_length: int | None = None
    buffer_count: int | None = None
    dev: str | None = None
    name: str | None = None
    stream_name: str | None = None
    latency: int | None = None
    try_poll: YesNo | None = None
    server_name: str | None = None
    client_name: str | None = None
    connect_ports: str | None = None
    exact_name: YesNo | None = None
    settings: AudioSettings | None = None


@element("input")
@frozen(kw_only=True)
class AudioInput(AudioStream):
    """What the guest hears."""


@element("output")
@frozen(kw_only=True)
class AudioOutput(AudioStream):
    """What the guest plays."""


@element("audio")
@frozen(kw_only=True)
class Audio(Element):
    """Where the guest's sound goes."""

    id: int
    type: AudioType | str
    driver: str | None = None
    server_name: str | None = None
    runtime_dir: str | None = None
    path: str | None = None
    timer_period: int | None = None
    dsp_policy: int | None = None
    exclusive: YesNo | None = None
    try_mmap: Annotated[YesNo | None, Attr("tryMMap")] = None
    input: AudioInput | None = None
    output: AudioOutput | None = None


@element("codec")
@frozen(kw_only=True)
class Codec(Element):
    """A codec of a sound card: duplex, micro, output."""

    type: str


@element("sound")
@frozen(kw_only=True)
class Sound(VirtioDevice):
    """A sound card."""

    model: SoundModel | str
    multichannel: YesNo | None = None
    streams: int | None = None
    codecs: tuple[Codec, ...] = ()
    audio: AudioReference | None = None


@element("source")
@frozen(kw_only=True)
class InputSource(Element):
    """The host's device whose events go to the guest."""

    evdev: str | None = None
    dev: str | None = None
    grab: str | None = None
    repeat: OnOff | None = None
    grab_toggle: str | None = None


@element("input")
@frozen(kw_only=True)
class Input(VirtioDevice):
    """A mouse, a tablet or a keyboard."""

    type: InputType | str
    bus: InputBus | str | None = None
    model: str | None = None
    source: InputSource | None = None
