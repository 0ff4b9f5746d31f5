"""A socket that is given up at a fixed moment, however slowly the other side drips."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

# The socket's own timeout, for connecting above all, lies behind the deadline: one of them speaks.
OF_SOCKET = 1.3


@contextmanager
def deadline(seconds: float, open_socket: Callable[[], socket.socket | None]) -> Iterator[None]:
    """Shut the socket when the time is over; then whatever waits on it raises, here TimeoutError.

    The timeout of a socket is for each read: who sends a byte every nine seconds never meets it.
    """
    over = threading.Event()

    def give_up() -> None:
        over.set()
        held = open_socket()
        if held is not None:
            _shut(held)

    timer = threading.Timer(seconds, give_up)
    timer.daemon = True
    timer.start()
    try:
        yield
    except (OSError, ValueError, EOFError) as why:
        if over.is_set():
            raise TimeoutError(f"{seconds:g} 秒内没有答复") from why
        raise
    finally:
        timer.cancel()
    if over.is_set():
        raise TimeoutError(f"{seconds:g} 秒内没有答复")


def _shut(held: socket.socket) -> None:
    try:
        held.shutdown(socket.SHUT_RDWR)
    except OSError:
        return  # it has ended by itself meanwhile
