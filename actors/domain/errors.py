"""The errors of Orderwire, by whose fault they are.

    OrderwireError
    ├── BadRequest     the caller's     400 422     and which fields
    ├── Refused        the caller's     401 403 404 409 410 429
    ├── BrokerError    the broker's     502         what it said, or that it said nothing
    ├── Unavailable    nobody's, later  503         try again
    └── GatewayBug     ours             500

Every error says what it was about; none carries a secret.
"""

from __future__ import annotations

from attrs import frozen


@frozen
class Fault:
    """One thing wrong: where (`$.orders[0].price`) and what."""

    path: str
    message: str

    def __str__(self) -> str:
        return f"{self.path}: {self.message}"


class OrderwireError(Exception):
    """Any error that Orderwire raises on purpose."""

    status = 500
    title = "Fault in the gateway"


class BadRequest(OrderwireError):
    """The caller sent something malformed (400) or of a wrong shape or value (422)."""

    title = "Bad request"

    def __init__(self, detail: str, faults: tuple[Fault, ...] = (), *, status: int = 422) -> None:
        super().__init__(detail)
        self.detail = detail
        self.faults = faults
        self.status = status

    def __str__(self) -> str:
        return "; ".join([self.detail, *map(str, self.faults)])


class Refused(OrderwireError):
    """The caller asked in good form for what may not be had; `status` says in which way."""

    titles = {  # noqa: RUF012 - a constant table, never changed
        401: "Not authenticated",
        403: "Not allowed",
        404: "Not found",
        409: "In conflict with the present state",
        410: "No longer kept",
        429: "Too many requests",
    }

    def __init__(self, status: int, detail: str, *, retry_after_s: int | None = None) -> None:
        super().__init__(detail)
        self.status = status
        self.title = self.titles[status]
        self.retry_after_s = retry_after_s


class Unavailable(OrderwireError):
    """Not now: the store is full, the account is not ready, the gateway is closing."""

    status = 503
    title = "Not available now"

    def __init__(self, detail: str, *, retry_after_s: int | None = None) -> None:
        super().__init__(detail)
        self.retry_after_s = retry_after_s


class GatewayBug(OrderwireError):
    """Ours: a state that the design rules out."""


class ConfigError(OrderwireError):
    """A configuration that cannot run; `faults` names each wrong value by its path."""

    def __init__(self, faults: tuple[Fault, ...]) -> None:
        super().__init__("; ".join(map(str, faults)))
        self.faults = faults


class DecodeError(OrderwireError):
    """Bytes that are not what they should be. Nothing of them was taken.

    `faults` says where; `length` and `sha256` tell which bytes without keeping them.
    """

    def __init__(self, faults: tuple[Fault, ...], *, length: int = 0, sha256: str = "") -> None:
        super().__init__("; ".join(map(str, faults)))
        self.faults = faults
        self.length = length
        self.sha256 = sha256


class BrokerError(OrderwireError):
    """The broker's side failed; the subclass says what can be concluded."""

    status = 502
    title = "Broker fault"


class BrokerRefused(BrokerError):
    """The broker said no, for certain: nothing was done."""


class BrokerUnreachable(BrokerError):
    """The call never reached the broker: nothing was done."""


class BrokerUnknown(BrokerError):
    """No answer, or one that proves nothing: it may have been done. Ask before anything else."""


class BrokerProtocol(BrokerError):
    """The broker's answer was not what its documentation says."""


class NeedsLogin(BrokerError):
    """The broker refuses the account's credentials; trying again will not help."""


class StreamLost(BrokerError):
    """The account's stream ended or fell silent; connect again after a pause."""


class StoreError(OrderwireError):
    """The store could not do what it was asked; nothing was half done."""

    status = 503
    title = "Store not available"


class StoreLocked(StoreError):
    """Another process owns the store."""


class StoreDamaged(StoreError):
    """The file is not a store of ours, or not whole."""


class PositionGone(Refused):
    """A resume position that this store cannot serve; `reason` is epoch, expired or ahead.

    What is ahead of the log may still come to be, and is a conflict (409); the others are gone.
    """

    def __init__(self, reason: str) -> None:
        status = 409 if reason == "ahead" else 410
        super().__init__(status, f"the position cannot be resumed from: {reason}")
        self.reason = reason
