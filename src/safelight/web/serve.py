"""The server process: one event loop, no request log, an orderly end."""

import gc
import socket
import sys

import uvicorn

from safelight.web.asgi import Front

# The writer's thread and the event loop hand work to each other all the time; with the default
# of 5 ms each may keep the other waiting that long, and below 1 ms the switching costs more.
SWITCH_SECONDS = 0.002
GRACE_SECONDS = 5
KEEP_ALIVE_SECONDS = 75


class _Server(uvicorn.Server):
    """Ends the live streams first: they would never end by themselves."""

    async def shutdown(  # type: ignore[explicit-override]  # 3.11 has no typing.override
        self, sockets: list[socket.socket] | None = None
    ) -> None:
        application = self.config.app
        if isinstance(application, Front):
            application.live.close()
        await super().shutdown(sockets)


def server_for(application: Front, host: str, port: int) -> uvicorn.Server:
    """Return a server that is not running yet."""
    return _Server(
        uvicorn.Config(
            application,
            host=host,
            port=port,
            ws="none",
            access_log=False,  # addresses of pages name people's ids
            log_config=None,
            server_header=False,
            proxy_headers=False,
            timeout_keep_alive=KEEP_ALIVE_SECONDS,
            timeout_graceful_shutdown=GRACE_SECONDS,
        )
    )


def serve(
    application: Front, host: str, port: int, sockets: list[socket.socket] | None = None
) -> None:
    """Serve until the process is told to stop; sockets that are bound already are taken over."""
    sys.setswitchinterval(SWITCH_SECONDS)
    gc.freeze()  # what is loaded by now stays: no collection need look at it again
    server_for(application, host, port).run(sockets)
