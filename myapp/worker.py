"""The gevent worker that ends its streams at once when asked to stop."""

import gc
import os
import signal
import time
import traceback
from contextlib import suppress
from functools import partial
from typing import Any

import gevent
from gevent.pool import Pool
from gevent.server import StreamServer
from gevent.socket import wait_read
from gunicorn.util import make_fail_app
from gunicorn.workers.ggevent import GeventWorker

GARBAGE = 20_000, 20, 20
"""How many new objects Python makes before it looks for garbage among them, see gc.set_threshold.

By its own 700 it would look through a crowd that arrives again and again, and stop for that."""


class StreamWorker(GeventWorker):
    """Serves as gunicorn's own gevent worker does, and stops in a better order.

    TERM (which is also how a HUP reaches a worker) and Ctrl-C: take no new connection, tell every
    stream to end by `Hub.close`, then give whatever still runs until `graceful_timeout`. Reaching
    `max_requests` does the same within a second. The stock worker takes new streams for up to a
    second after the signal, and keeps all of them until `graceful_timeout` cuts them off.
    """

    def init_process(self) -> None:
        # Until gunicorn gives a worker its own handlers it has the master's, to whose queue nobody
        # here listens: a server stopped as it starts would wait for it until `graceful_timeout`.
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGQUIT):
            signal.signal(number, signal.SIG_DFL)
        super().init_process()

    def load_wsgi(self) -> None:
        """With reload on, any mistake is shown in the page and the server lives on until it is
        mended; gunicorn does so for a SyntaxError only."""
        try:
            super().load_wsgi()
            self.wsgi: Any = partial(told, self.wsgi)
        except Exception as mistake:
            if self.reloader is None:
                raise
            self.log.exception("The app does not load. Mend it and save.")
            self.wsgi = make_fail_app(traceback.format_exc())
            for frame in traceback.extract_tb(mistake.__traceback__):
                self.reloader.add_extra_file(frame.filename)

    def handle_request(self, *request: Any) -> None:
        """As gunicorn does, but a stream that was parked has taken its connection with it."""
        try:
            super().handle_request(*request)
        except BaseException as parked:
            if not getattr(parked, "parked", False):
                raise
            raise StopIteration from None

    def run(self) -> None:
        self.extension("begin", lambda: None)()
        gc.freeze()  # what is loaded by now stays, and need not be looked through again and again
        gc.set_threshold(*GARBAGE)
        servers = [self.open(listener) for listener in self.sockets]
        while self.alive:
            self.extension("count", int)(sum(len(server.pool) for server in servers))
            self.notify()  # the master sees that this loop runs; a dead master ends it here
            self.rest(seconds=1)

        for server in servers:
            server.stop_accepting()
        self.end_streams()
        # A connection taken a moment ago asks its listener's name when its greenlet first runs:
        # now, before `stop` closes the listener, or its request would be lost.
        gevent.sleep(0)
        deadline = time.monotonic() + self.cfg.graceful_timeout
        for server in servers:
            server.stop(timeout=max(0, deadline - time.monotonic()))
        gc.freeze()  # Python would look for garbage once more, while all pages are coming back

    def open(self, listener) -> StreamServer:  # type: ignore[no-untyped-def]
        listener.setblocking(1)
        pool = Pool(self.worker_connections)
        server = StreamServer(listener, handle=partial(self.handle, listener), spawn=pool)
        if self.cfg.workers > 1:
            server.max_accept = 1  # so that the workers share the players evenly
        server.start()
        return server

    def rest(self, seconds: float) -> None:
        """Sleeps, but no longer than until the next signal: Python writes a byte to PIPE for each
        (gunicorn asks it to), so nothing polls."""
        with suppress(TimeoutError):
            wait_read(self.PIPE[0], timeout=seconds)
            os.read(self.PIPE[0], 4096)

    def end_streams(self) -> None:
        hub = self.extension("hub")
        if hub is not None:
            hub.close()

    def extension(self, name: str, default: Any = None) -> Any:
        return getattr(self.app.callable, "extensions", {}).get(name, default)


def told(app: Any, environ: dict[str, Any], start_response: Any) -> Any:
    """The app, told that this server lets go of a connection whose stream is parked."""
    environ["vroum.parks"] = True
    return app(environ, start_response)
