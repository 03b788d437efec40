"""A relay of TCP between gateway and broker, which can stop forwarding and not say so.

gateway ──▶ Relay ──▶ broker        hold(UP, DOWN): on the connections that are open now, what
                                    is sent these ways is lost; nobody is told, and new
                                    connections work
"""

import contextlib
import socket
import threading

UP, DOWN = "up", "down"  # to the broker, and from it
BOTH = (UP, DOWN)
READ_BYTES = 1 << 16
END_S = 10.0


class Link:
    """One connection through the relay: both its sockets, and the ways that are held."""

    def __init__(self, near, far):
        self.ends = {UP: (near, far), DOWN: (far, near)}
        self.held = set()
        self._at_work = set(BOTH)

    def pump(self, way, reworded):
        """Carry what is sent one way until its sender ends it, or the link is cut."""
        source, sink = self.ends[way]
        with contextlib.suppress(OSError):
            while chunk := source.recv(READ_BYTES):
                if way not in self.held:
                    sink.sendall(reworded(chunk))
        if self.held:
            end(source)  # the other side goes on as if nothing were
        else:
            self.cut()
        self._at_work.discard(way)

    def cut(self):
        """End both sides."""
        for each in self.ends[UP]:
            end(each)

    def is_over(self):
        """Whether nothing is carried any more."""
        return not self._at_work

    def close(self):
        """Let go of both sockets, once nobody reads them."""
        for each in self.ends[UP]:
            each.close()


class Relay:
    """A relay to a port of this host, for the length of the block."""

    def __init__(self, port):
        """`rewording` says what the broker says in other words, of the same length.

        `reworded` is how often that was done.
        """
        self.rewording = {}
        self.reworded = 0
        self._target = ("127.0.0.1", port)
        self._door = socket.create_server(("127.0.0.1", 0))
        self.port = self._door.getsockname()[1]
        self._links = {}
        self._listener = threading.Thread(target=self._listen, daemon=True)

    def __enter__(self):
        """Begin to listen."""
        self._listener.start()
        return self

    def __exit__(self, *_):
        """End the door, every connection, and every thread."""
        end(self._door)
        self._listener.join(END_S)
        self._door.close()
        for link in self._links:
            link.cut()
        for link, threads in self._links.items():
            for thread in threads:
                thread.join(END_S)
            link.close()

    def hold(self, *ways):
        """Lose what is sent these ways on the connections that are open; how many they are."""
        links = [link for link in list(self._links) if not link.is_over()]
        for link in links:
            link.held.update(ways)
        return len(links)

    def _listen(self):
        while True:
            try:
                near, _ = self._door.accept()
            except OSError:
                return
            self._forget()
            try:
                far = socket.create_connection(self._target)
            except OSError:
                near.close()
                continue
            link = Link(near, far)
            words = {UP: bytes, DOWN: self._in_other_words}
            self._links[link] = [
                threading.Thread(target=link.pump, args=each, daemon=True) for each in words.items()
            ]
            for thread in self._links[link]:
                thread.start()

    def _forget(self):
        for link in [link for link in self._links if link.is_over()]:
            del self._links[link]
            link.close()

    def _in_other_words(self, chunk):
        for said, instead in self.rewording.items():
            assert len(said) == len(instead)
            self.reworded += chunk.count(said)
            chunk = chunk.replace(said, instead)
        return chunk


def end(it):
    """End a socket; its other side is told, and whoever reads it here is woken."""
    with contextlib.suppress(OSError):
        it.shutdown(socket.SHUT_RDWR)
