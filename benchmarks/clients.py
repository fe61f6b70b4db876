"""Clients of the benchmark, in a process of their own: tablets that tap, boards that listen."""

import asyncio
import json
import sys
import time
from functools import partial
from urllib.parse import urlencode

from typing_extensions import override

from safelight.wiring import new_id

COMMAND_ID_LENGTH = 36
HEAD = (
    "POST /s/{site}/do/{name} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nCookie: {cookie}\r\n"
    "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {length}\r\n\r\n"
)


class Tablet(asyncio.Protocol):
    """One keep-alive connection that sends the next tap when the last is answered."""

    def __init__(self, job: dict[str, str], until: float) -> None:
        """Tap until a moment of the loop's clock."""
        self.job, self.until = job, until
        self.times: list[float] = []
        self.refused = 0
        self.done = asyncio.get_running_loop().create_future()
        self._rest = b""
        # All but the command id is the same each time, so that this process costs little.
        fields = {"token": job["token"], "back": f"/s/{job['site']}/", "item": "needle"}
        body = urlencode({**fields, "quantity": "1"}) + "&command="
        head = HEAD.format(**job, length=len(body) + COMMAND_ID_LENGTH)
        self._before = (head + body).encode()

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._send()

    def _send(self) -> None:
        self._transport.write(self._before + new_id().encode())
        self._sent = time.perf_counter()

    @override
    def data_received(self, data: bytes) -> None:
        """Take an answer that is whole; a 303 says that the tap is durable."""
        self._rest += data
        head, found, rest = self._rest.partition(b"\r\n\r\n")
        if not found:
            return
        length = next(
            (
                int(line[15:])
                for line in head.split(b"\r\n")
                if line.lower().startswith(b"content-length:")
            ),
            0,
        )
        if len(rest) < length:
            return
        self._rest = b""
        self.times.append(time.perf_counter() - self._sent)
        self.refused += b" 303 " not in head.split(b"\r\n")[0]
        if time.perf_counter() < self.until:
            self._send()
        else:
            self._transport.close()
            self.done.set_result(None)


async def tap(job: dict[str, str]) -> dict[str, object]:
    """Tap with some clients for some seconds; returns counts and times."""
    loop = asyncio.get_running_loop()
    until = time.perf_counter() + float(job["seconds"])
    started, tablets = time.perf_counter(), []
    for _ in range(int(job["clients"])):
        tablet = partial(Tablet, job, until)
        tablets.append((await loop.create_connection(tablet, "127.0.0.1", int(job["port"])))[1])
    await asyncio.gather(*(tablet.done for tablet in tablets))
    times = sorted(value for tablet in tablets for value in tablet.times)
    counts = [len(tablet.times) for tablet in tablets]
    return {
        "rate": sum(counts) / (time.perf_counter() - started),
        "fairness": min(counts) / max(counts),
        "p50": times[len(times) // 2],
        "p99": times[int(len(times) * 0.99)],
        "refused": sum(tablet.refused for tablet in tablets),
    }


async def _listen(job: dict[str, str], seen: "asyncio.Queue[float]") -> None:
    """Hold one board's stream open and note when each event arrives."""
    reader, writer = await asyncio.open_connection("127.0.0.1", int(job["port"]), limit=1 << 22)
    writer.write(
        f"GET /s/{job['site']}/live HTTP/1.1\r\nHost: 127.0.0.1:{job['port']}\r\n"
        f"Cookie: {job['cookie']}\r\nAccept: text/event-stream\r\n\r\n".encode()
    )
    while line := await reader.readline():
        if line.startswith(b"id:"):
            await reader.readuntil(b"\n\n")
            seen.put_nowait(time.perf_counter())


async def watch(job: dict[str, str]) -> dict[str, object]:
    """Close and reopen a place on one tablet and time its arrival on all boards."""
    queues: list[asyncio.Queue[float]] = [asyncio.Queue() for _ in range(int(job["clients"]))]
    listeners = [asyncio.create_task(_listen(job, queue)) for queue in queues]
    for queue in queues:
        await queue.get()
    reader, writer = await asyncio.open_connection("127.0.0.1", int(job["port"]))
    delays: list[float] = []
    for turn in range(int(job["turns"])):
        name = "place.reopen" if turn % 2 else "place.close"
        fields = {"command": new_id(), "token": job["token"], "place": "booth-8"}
        body = urlencode({**fields, **({} if turn % 2 else {"reason": "staffing"})})
        sent = time.perf_counter()
        writer.write((HEAD.format(**{**job, "name": name}, length=len(body)) + body).encode())
        head = await reader.readuntil(b"\r\n\r\n")
        assert b" 303 " in head.split(b"\r\n")[0], head
        length = next(
            (int(x[15:]) for x in head.split(b"\r\n") if x.lower().startswith(b"content-length:")),
            0,
        )
        await reader.readexactly(length)
        delays += [await asyncio.wait_for(queue.get(), 10) - sent for queue in queues]
        await asyncio.sleep(0.02 * (turn % 8))  # now inside, now outside the pause between events
    for listener in listeners:
        listener.cancel()
    delays.sort()
    return {
        "p50": delays[len(delays) // 2],
        "p95": delays[int(len(delays) * 0.95)],
        "worst": delays[-1],
    }


if __name__ == "__main__":
    asked = json.loads(sys.argv[1])
    print(json.dumps(asyncio.run({"tap": tap, "watch": watch}[asked["what"]](asked))))
