"""Which microphones and loudspeakers there are."""

from voice import portaudio
from voice.portaudio import DeviceInfo

__all__ = ["DeviceInfo", "list_devices"]


def list_devices() -> tuple[DeviceInfo, ...]:
    """List the sound devices as of now; takes up to a second, so use a thread.

    Not while a `SoundCard` is open: PortAudio then answers with the list of when
    the card was opened.

    Raises:
        voice.audio.AudioError: If PortAudio does not start.
    """
    audio = portaudio.start()
    try:
        return portaudio.devices(audio)
    finally:
        audio.terminate()
