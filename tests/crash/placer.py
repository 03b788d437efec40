"""A desk's client that places batches without pause, and asks again when it got no answer.

    workers ──▶ POST … Idempotency-Key ──┬─▶ 200, 202: its batch id is noted, the next plan
                                         ├─▶ 429, 503: nothing was stored; the same again, later
                                         └─▶ the connection is cut: the same again, same key

Now and then it repeats a request that was answered long ago. Every answer to one key has to name
one batch; `judge.check_door` says whether that is so. A worker is a thread, and each question has
a connection of its own.
"""

import http.client
import json
import threading
import time
from collections import deque
from random import Random

import attrs

from tests.sim.checkers import Broken

from .plans import make_plan

WORKERS = 6
ANSWER_S = 40.0
AGAIN_S = 0.05
PAUSE_MOST_S = 0.25  # between two batches of a worker
REPEATS = 0.05  # of the requests that were answered, asked once more


@attrs.define(eq=False)
class Asked:
    """A plan, and what came of asking: batch ids told, and the answers that never came."""

    plan: object
    told: set = attrs.field(factory=set)
    cut: int = 0  # how often the bytes went out and nothing came back


class Placer:
    """Places batches for the length of the block, while it is not paused."""

    def __init__(self, port, headers, accounts, seed):
        self.asked = []
        self.slow = False  # whether plans may hold legs that take long
        self.repeated = 0
        self._port, self._headers, self._accounts = port, headers, accounts
        self._random = Random(seed)
        self._lock = threading.Lock()
        self._left = deque()  # asked without an answer, and on no worker's mind
        self._busy = 0
        self._unheard = self._connection()
        self._broken = None
        self._going, self._over = threading.Event(), threading.Event()
        self._threads = [threading.Thread(target=self._work, daemon=True) for _ in range(WORKERS)]

    def __enter__(self):
        """Begin, paused."""
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_):
        """Stop asking."""
        self._over.set()
        self._going.set()
        for thread in self._threads:
            thread.join(ANSWER_S)
        self._unheard.close()

    def go(self):
        """Place batches from now on."""
        self._going.set()

    def pause(self):
        """Begin nothing new; what has no answer is still asked for."""
        self._going.clear()

    def check(self):
        """Raise what was broken, if something was."""
        if self._broken is not None:
            raise self._broken

    @property
    def is_idle(self):
        """Whether every request has its answer."""
        with self._lock:
            return not self._busy and not self._left

    def send_only(self):
        """Send a request's bytes and wait for nothing; the workers ask for its answer later."""
        asked = self._new()
        with self._lock:
            self._left.append(asked)
        self._unheard.close()
        self._send(self._unheard, asked.plan)  # and it stays open: nobody went away

    def send_and_hear(self):
        """Send a request and take its answer, if the gateway gives one now."""
        asked = self._new()
        if not self._heard(asked):
            with self._lock:
                self._left.append(asked)

    def _new(self):
        with self._lock:
            number = len(self.asked) + 1
            account = self._random.choice(self._accounts)
            asked = Asked(make_plan(self._random, number, account, slow=self.slow))
            self.asked.append(asked)
        return asked

    def _work(self):
        while not self._over.is_set():
            asked = self._next()
            if asked is None:
                time.sleep(AGAIN_S)
                continue
            try:
                while not self._over.is_set() and not self._heard(asked):
                    time.sleep(AGAIN_S)
            except Broken as broken:
                self._broken = broken
            with self._lock:
                self._busy -= 1
                pause_s = self._random.uniform(0, PAUSE_MOST_S)
            time.sleep(pause_s)

    def _next(self):
        """What to ask now: what is left without an answer, an old one again, or a new one."""
        with self._lock:
            if self._left:
                self._busy += 1
                return self._left.popleft()
            if not self._going.is_set():
                return None
            self._busy += 1
            old = [each for each in self.asked[-200:] if each.told]
            if old and self._random.random() < REPEATS:
                self.repeated += 1
                return self._random.choice(old)
        return self._new()

    def _heard(self, asked):
        """Ask once; whether there was an answer that stands."""
        connection = self._connection()
        try:
            connection.connect()
        except OSError:
            return False
        try:
            self._send(connection, asked.plan)
            answer = connection.getresponse()
            body = answer.read()
        except TimeoutError:
            raise Broken(f"P10: no answer to {asked.plan.key} in {ANSWER_S} s") from None
        except (OSError, http.client.HTTPException):
            asked.cut += 1
            return False
        finally:
            connection.close()
        if answer.status in (429, 503):
            return False
        if answer.status not in (200, 202):
            raise Broken(f"P11: {asked.plan.key} was answered {answer.status}: {body.decode()}")
        asked.told.add(json.loads(body)["batch_id"])
        return True

    def _send(self, connection, plan):
        path = f"/accounts/{plan.account}/batch-orders"
        headers = {**self._headers, "Idempotency-Key": plan.key, "Content-Type": "application/json"}
        connection.request("POST", path, json.dumps(plan.body), headers)

    def _connection(self):
        return http.client.HTTPConnection("127.0.0.1", self._port, timeout=ANSWER_S)
