"""Where a client is in the record, and whether what it is told next is the next.

frame ──▶ Place.take ──▶ position, told        a hole, a repetition, another epoch ──▶ Broken
"""

from tests.sim.checkers import Broken

ANSWERS = ("connection_established", "heartbeat", "snapshot")


class Place:
    """A client of everything. `position` is the greatest offset that any frame gave it."""

    def __init__(self):
        self.epoch = None
        self.position = 0
        self.told = 0

    @property
    def since(self):
        """The position as a URL and a close reason have it."""
        return f"{self.epoch}:{self.position}"

    def take(self, frame):
        """Take a frame; Broken when something was missed, or told again."""
        kind, offset, epoch = frame["type"], frame["offset"], frame["epoch"]
        if self.epoch not in (None, epoch):
            raise Broken(f"P5: the epoch was {self.epoch}, and is {epoch}")
        if kind == "connection_established" and self.epoch is not None:
            self._take_resumption(frame)
        elif frame.get("prev", 0) > self.position:
            raise Broken(f"P3: {frame['prev']} was missed after {self.position}, by {kind}")
        elif kind not in ANSWERS:
            if offset != self.position + 1:
                raise Broken(f"P1, P4: {offset} came after {self.position}")
            self.told += 1
        self.epoch = epoch
        self.position = max(self.position, offset)

    def _take_resumption(self, frame):
        if frame.get("recovered") is not True:
            raise Broken(f"P4: not resumed from {self.since}: {frame.get('reason')}")
        if frame["offset"] != self.position:
            raise Broken(f"P4: resumed at {frame['offset']}, not at {self.position}")
