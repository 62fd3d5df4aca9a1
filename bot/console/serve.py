"""`python -m bot console`: one process that listens until it is told to stop."""

from __future__ import annotations

import socket
from typing import Callable

import uvicorn

from bot.console.app import create_app
from bot.console.guards import MAX_HEADER_BYTES
from bot.errors import SettingsError
from bot.settings import Settings

SHUTDOWN_TIMEOUT_S = 5


def address(settings: Settings) -> str:
    """Where a browser finds the console, without a slash at the end."""
    host = f"[{settings.console_host}]" if ":" in settings.console_host else settings.console_host
    return settings.console_url or f"http://{host}:{settings.console_port}"


def serve(settings: Settings, ready: Callable[[], None]) -> None:
    """Listen until told to stop; `ready` is called once the port is held. Raises SettingsError where it is taken."""
    with _listening(settings) as listener:
        ready()
        config = uvicorn.Config(
            create_app(settings), http="h11", ws="none", lifespan="on", access_log=False, log_level="warning",
            server_header=False, h11_max_incomplete_event_size=MAX_HEADER_BYTES,
            timeout_graceful_shutdown=SHUTDOWN_TIMEOUT_S, proxy_headers=bool(settings.trusted_proxies),
            forwarded_allow_ips=sorted(settings.trusted_proxies))
        uvicorn.Server(config).run(sockets=[listener])


def _listening(settings: Settings) -> socket.socket:
    """A socket on the console's address, taken before anything is printed or written."""
    try:
        return socket.create_server((settings.console_host, settings.console_port),
                                    family=socket.AF_INET6 if ":" in settings.console_host else socket.AF_INET)
    except OSError as error:
        raise SettingsError(
            f"IMH_CONSOLE_PORT: port {settings.console_port} of {settings.console_host} cannot be listened on "
            f"({error.strerror}); stop what listens there or choose another port.") from error
