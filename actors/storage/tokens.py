"""Login tokens that a day brought, in a file that only its owner can read.

    STORE.tokens ── {"fy": {"token": "…", "instead_of": sha256 of the configured one}}

They are kept out of the store, whose backups travel. A token that was put into the configuration
later than one was kept beats it: the kept one says which configured one it was used instead of.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from attrs import frozen

from actors.domain.errors import StoreError
from actors.domain.ids import AccountId

from .private_file import read_private, replace_private


@frozen
class TokenFile:
    """The tokens of one store's accounts. Each call blocks for as long as the disk does."""

    path: Path

    @classmethod
    def beside(cls, store: Path) -> TokenFile:
        """Give the file that belongs to a store."""
        return cls(store.with_name(store.name + ".tokens"))

    def load(self, configured: Mapping[AccountId, str]) -> dict[AccountId, str]:
        """Give the tokens that are kept for accounts, unless the configuration has a newer one.

        Nothing is kept in a file that is not there. StoreError when it cannot be read, or is not
        what was written here.
        """
        kept = self._read()
        return {
            account: kept[account]["token"]
            for account, given in configured.items()
            if account in kept and kept[account]["instead_of"] == _digest(given)
        }

    def keep(self, account: AccountId, token: str, configured: str) -> None:
        """Keep an account's token, from the moment that this returns; StoreError if it cannot."""
        try:
            rows = self._read()
        except StoreError:
            rows = {}  # what cannot be read cannot be used either
        rows[account] = {"token": token, "instead_of": _digest(configured)}
        try:
            replace_private(self.path, json.dumps(rows).encode())
        except OSError as error:
            raise StoreError(
                f"the token cannot be kept in {self.path}: {error.strerror}"
            ) from error

    def _read(self) -> dict[str, dict[str, str]]:
        try:
            raw = read_private(self.path)
        except OSError as error:
            raise StoreError(
                f"the tokens in {self.path} cannot be read: {error.strerror}"
            ) from error
        if raw is None:
            return {}
        try:
            rows = json.loads(raw)
        except ValueError:
            rows = None
        if not _is_ours(rows):
            raise StoreError(f"the tokens in {self.path} are not as they were written")
        return dict(rows)


def _is_ours(rows: Any) -> bool:
    return isinstance(rows, dict) and all(
        isinstance(row, dict)
        and isinstance(row.get("token"), str)
        and isinstance(row.get("instead_of"), str)
        for row in rows.values()
    )


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
