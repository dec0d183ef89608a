"""What a client shows at the door, and whom it believes."""

from __future__ import annotations

from dataclasses import dataclass, field

import grpc

__all__ = ["Tls"]

# Longer than any message of the server's; a summary of hours stays far below.
_MAX_RECEIVED_BYTES = 64 << 20

#: Sign of life every 30 s, above the server's ping-flood limit, and 10 s for its answer; a connection is tried for 5 s,
#: and one that was lost is tried again soon, since the pauses between the tries are drawn elsewhere.
_OPTIONS: tuple[tuple[str, int], ...] = (
    ("grpc.keepalive_time_ms", 30_000),
    ("grpc.keepalive_timeout_ms", 10_000),
    ("grpc.http2.max_pings_without_data", 0),
    ("grpc.min_reconnect_backoff_ms", 5_000),
    ("grpc.initial_reconnect_backoff_ms", 100),
    ("grpc.max_reconnect_backoff_ms", 1_000),
    ("grpc.max_receive_message_length", _MAX_RECEIVED_BYTES),
    ("grpc.max_send_message_length", -1),
    # A client that was closed and made again starts afresh.
    ("grpc.use_local_subchannel_pool", 1),
)


@dataclass(frozen=True, slots=True)
class Tls:
    """TLS to the server. All in PEM; the private key is left out of the `repr`."""

    #: Authorities that are believed; None = those that grpc brings.
    certificate_authority: bytes | None = None
    #: Chain and key to show to servers that ask for a certificate (mTLS).
    certificate: bytes | None = None
    private_key: bytes | None = field(default=None, repr=False)


def target_of(address: str, tls: Tls | None) -> tuple[str, Tls | None]:
    """gRPC's target of an address as `127.0.0.1:50551`, `http://…` or `https://…`, and the TLS to use."""
    scheme, separator, rest = address.partition("://")
    if not separator:
        return address, tls
    rest = rest.rstrip("/")
    if scheme == "https":
        return (rest if ":" in rest.rpartition("]")[2] else f"{rest}:443"), tls or Tls()
    if scheme != "http":
        raise ValueError(f"address: found {address!r}, expected HOST:PORT, http://HOST:PORT or https://HOST[:PORT]")
    if tls is not None:
        raise ValueError("address: http:// has no TLS; expected https://, or no `tls`")
    return rest, None


def bearer(key: str | None) -> tuple[tuple[str, str], ...]:
    """The metadata that shows an API key."""
    if key is None:
        return ()
    key = key.strip()
    if not key or not key.isascii() or not key.isprintable():
        raise ValueError("key: expected printable ASCII characters")
    return (("authorization", f"Bearer {key}"),)


def channel(target: str, tls: Tls | None) -> grpc.aio.Channel:
    """A channel; nothing is connected before the first call."""
    if tls is None:
        return grpc.aio.insecure_channel(target, options=_OPTIONS)
    credentials = grpc.ssl_channel_credentials(tls.certificate_authority, tls.private_key, tls.certificate)
    return grpc.aio.secure_channel(target, credentials, options=_OPTIONS)
