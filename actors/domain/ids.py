"""Ids of their own types, so that an order's id cannot stand where a trade's is meant."""

from __future__ import annotations

from typing import NewType

from attrs import frozen

AccountId = NewType("AccountId", str)
OrderId = NewType("OrderId", str)  # the broker's
TradeId = NewType("TradeId", str)  # the exchange's, unique with the exchange and the order
PositionId = NewType("PositionId", str)  # EXCHANGE:SYMBOL:PRODUCT
MessageId = NewType("MessageId", str)
BatchId = NewType("BatchId", str)
BrokerTag = NewType("BrokerTag", str)  # ours, at most 20 letters and digits, one a leg
Epoch = NewType("Epoch", str)  # the identity of one store's log
Offset = NewType("Offset", int)  # 1, 2, 3, … within an epoch; 0 is before the first


@frozen
class LogPosition:
    """A place in one store's log: what a client holds, and resumes from."""

    epoch: Epoch
    offset: Offset

    def __str__(self) -> str:
        """Give it as the wire has it: `EPOCH:OFFSET`."""
        return f"{self.epoch}:{self.offset}"

    @classmethod
    def parse(cls, text: str) -> LogPosition:
        """Read `EPOCH:OFFSET`; a ValueError says what is wrong with it."""
        epoch, colon, offset = text.rpartition(":")
        if not (colon and epoch and offset.isascii() and offset.isdigit() and len(offset) < 19):
            raise ValueError("a position is EPOCH:OFFSET, as the last frame gave them")
        return cls(Epoch(epoch), Offset(int(offset)))
