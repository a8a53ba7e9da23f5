"""What the payload of a packet of pictures tells (pure)."""

from aiortc.codecs.vpx import VpxPayloadDescriptor

# NAL unit types of RFC 6184, 5.2 and 1.3.
_SEQUENCE_PARAMETERS, _AGGREGATION = 7, 24


def begins_whole(codec: str, payload: bytes) -> bool:
    """Whether a picture that needs no other begins in this payload (pure).

    Args:
        codec: "H264" or "VP8".
        payload: As it came, and that aiortc could read.
    """
    if not payload:
        return False
    if codec == "VP8":
        descriptor, data = VpxPayloadDescriptor.parse(payload)
        is_begin = descriptor.partition_start == 1 and descriptor.partition_id == 0
        # RFC 6386, 9.1: the lowest bit is 0 in a key frame.
        return is_begin and bool(data) and not data[0] & 1
    # Parameters come in the stream, in front of the picture (RFC 7742, 6.2).
    kind = payload[0] & 0x1F
    if kind != _AGGREGATION:
        return kind == _SEQUENCE_PARAMETERS
    at = 1
    while at + 2 < len(payload):
        if payload[at + 2] & 0x1F == _SEQUENCE_PARAMETERS:
            return True
        at += 2 + int.from_bytes(payload[at : at + 2], "big")
    return False
