"""The exchanges by their real names: a client whose addresses nobody has rewritten, answered here over TLS.

    with LocalExchange(tls=Authority(folder)) as exchange:
        async with by_name("binance", exchange) as api: ...

ccxt chooses some exception classes by the address that was asked, so only this shows what the real exchange's errors
come to. A resolver in the client's session sends every name to this machine; the certificate is our own authority's.
"""

from __future__ import annotations

import ipaddress
import socket
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from aiohttp import ClientSession, TCPConnector
from aiohttp.abc import AbstractResolver, ResolveResult
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from .client import EXCHANGES
from .clock import wall
from .server import LocalExchange

NAMES = [
    f"{word}.{house}.com" for house in ("binance", "bybit") for word in ("api", "fapi", "dapi", "stream", "fstream")
]


class Authority:
    """A certificate authority that knows one server: this machine, under all of NAMES."""

    def __init__(self, folder: Path) -> None:
        key, name = ec.generate_private_key(ec.SECP256R1()), "A local exchange for tests"
        certificate = _certificate(key, name, NAMES)
        self.file = folder / "authority.pem"
        self.file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
        self._key = folder / "key.pem"
        self._key.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )

    def server(self) -> ssl.SSLContext:
        """For who shows the certificate."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.file, self._key)
        return context

    def client(self) -> ssl.SSLContext:
        """For who believes it."""
        return ssl.create_default_context(cafile=str(self.file))


def _certificate(key: ec.EllipticCurvePrivateKey, name: str, hosts: list[str]) -> x509.Certificate:
    """Signed by itself."""
    now = datetime.fromtimestamp(wall() / 1000, UTC)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    alternatives: list[x509.GeneralName] = [x509.DNSName(host) for host in hosts]
    alternatives.append(x509.IPAddress(ipaddress.ip_address("127.0.0.1")))
    builder = x509.CertificateBuilder(subject, subject, key.public_key(), x509.random_serial_number())
    builder = builder.not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    builder = builder.add_extension(x509.SubjectAlternativeName(alternatives), critical=False)
    return builder.sign(key, hashes.SHA256())


class ToHere(AbstractResolver):
    """Sends every name, whatever its port, to one port of this machine."""

    def __init__(self, port: int) -> None:
        self._port = port

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        here = ResolveResult(hostname=host, host="127.0.0.1", port=self._port, family=socket.AF_INET, proto=0, flags=0)
        return [here]

    async def close(self) -> None: ...


@asynccontextmanager
async def by_name(exchange_id: str, exchange: LocalExchange, trust: ssl.SSLContext | None = None) -> AsyncIterator[Any]:
    """A client with ccxt's own addresses and its markets loaded; `trust` is whose certificates it believes."""
    import ccxt.pro

    assert exchange_id in EXCHANGES
    assert exchange.tls is not None
    connector = TCPConnector(
        resolver=ToHere(exchange.tls_port), ssl=trust or exchange.tls.client(), use_dns_cache=False
    )
    async with ClientSession(connector=connector) as session:
        quiet = {"fetchCurrencies": False, "fetchMargins": False, "fetchMarkets": {"types": ["spot", "linear"]}}
        given = {"session": session, "enableRateLimit": False, "timeout_on_exit": 0, "options": quiet}
        api = getattr(ccxt.pro, exchange_id)(given)
        try:
            await api.load_markets()
            yield api
        finally:
            await api.close()
