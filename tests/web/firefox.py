"""A tab of headless Firefox, driven over WebDriver BiDi: the protocol that it speaks by itself.

    firefox(witness) ── firefox-esr --remote-debugging-port ──▶ ws://127.0.0.1:PORT/session ──▶ Tab
    Tab: open, click, type, until (a condition in the page), size ── what it hears ──▶ Witness

There is no driver in between, so nothing has to match the browser's version. Its profile is new,
and whatever it would ask of another host, for itself too, ends at a closed port of this one.
"""

import contextlib
import json
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import AsyncIterator
from typing import Any

import attrs
import pytest
import trio
from trio_websocket import open_websocket_url

from tests.web.browser import Witness

FIREFOX = ("firefox-esr", "firefox")
READY_WITHIN_S = 40.0
ANSWER_WITHIN_S = 30.0
STOP_WITHIN_S = 10.0
MESSAGE_BYTES_MAX = 16 * 1024 * 1024
LISTENING = re.compile(r"WebDriver BiDi listening on (ws://\S+)")
HEARD = ("log.entryAdded", "network.beforeRequestSent")
# What the page's own rules bar is told by an event in the page alone.
BARRED = """() => document.addEventListener("securitypolicyviolation", (event) =>
  console.error(`barred: ${event.violatedDirective} ${event.blockedURI}`))"""
UNTIL = """async () => {
  const end = performance.now() + 20000;
  for (;;) {
    const found = (() => (%s))();
    if (found) return String(found);
    if (performance.now() > end) throw new Error("it did not come to be");
    await new Promise(requestAnimationFrame);
  }
}"""
ALONE = """user_pref("network.proxy.type", 1);
user_pref("network.proxy.http", "127.0.0.1");
user_pref("network.proxy.http_port", 9);
user_pref("network.proxy.ssl", "127.0.0.1");
user_pref("network.proxy.ssl_port", 9);
"""


@attrs.define
class Tab:
    """One tab. What its page logs as a fault, and each request it makes, goes to the witness."""

    socket: Any
    witness: Witness
    context: str = ""
    last_id: int = 0

    async def call(self, method, **params):
        """Send a command, hear what is said meanwhile, and give the answer to the command."""
        self.last_id += 1
        await self.socket.send_message(
            json.dumps({"id": self.last_id, "method": method, "params": params})
        )
        with trio.fail_after(ANSWER_WITHIN_S):
            while True:
                message = json.loads(await self.socket.get_message())
                if message["type"] == "event":
                    self.hear(message["method"], message["params"])
                elif message.get("id") == self.last_id:
                    assert message["type"] == "success", message
                    return message["result"]

    def hear(self, event, told):
        """Tell the witness; a warning counts too."""
        if told.get("context", self.context) != self.context and "request" in told:
            return
        if event == "network.beforeRequestSent":
            url = told["request"]["url"]
            if not url.startswith(("data:", "blob:", "about:")):
                self.witness.asked(url)
        elif told["level"] in {"error", "warn"}:
            self.witness.errors.append(told["text"])

    async def begin(self):
        """Open the session and a tab of its own."""
        await self.call("session.new", capabilities={})
        self.context = (await self.call("browsingContext.create", type="tab"))["context"]
        await self.call("script.addPreloadScript", functionDeclaration=BARRED)
        await self.call("session.subscribe", events=HEARD)

    async def open(self, url):
        """Go there, and wait until it has loaded."""
        await self.call("browsingContext.navigate", context=self.context, url=url, wait="complete")

    async def size(self, viewport):
        """Make the screen so big: {width, height} in px."""
        await self.call("browsingContext.setViewport", context=self.context, viewport=viewport)

    async def do(self, function):
        """Call a function in the page; give its answer, a text or a number or a truth."""
        answer = await self.call(
            "script.callFunction",
            functionDeclaration=function,
            target={"context": self.context},
            awaitPromise=True,
        )
        assert answer["type"] == "success", (function, answer["exceptionDetails"]["text"])
        return answer["result"].get("value")

    async def until(self, condition):
        """Wait until an expression in the page is true; give its value as text."""
        return await self.do(UNTIL % condition)

    async def click(self, selector):
        """Press the pointer on the middle of the first element that fits."""
        await self.until(f"document.querySelector({json.dumps(selector)})?.checkVisibility()")
        found = await self.call(
            "browsingContext.locateNodes",
            context=self.context,
            locator={"type": "css", "value": selector},
            maxNodeCount=1,
        )
        element = {"sharedId": found["nodes"][0]["sharedId"]}
        middle = {"type": "pointerMove", "x": 0, "y": 0}
        middle["origin"] = {"type": "element", "element": element}
        await self.do(
            f"() => document.querySelector({json.dumps(selector)})"
            ".scrollIntoView({ block: 'center', inline: 'nearest' })"
        )
        press = [{"type": f"pointer{way}", "button": 0} for way in ("Down", "Up")]
        await self.act("pointer", [middle, *press])

    async def type(self, text):
        """Strike keys, one after the other, wherever the focus is."""
        strokes = [{"type": f"key{way}", "value": key} for key in text for way in ("Down", "Up")]
        await self.act("key", strokes)

    async def act(self, kind, actions):
        """Move the pointer or the keys."""
        source = {"type": kind, "id": kind, "actions": actions}
        await self.call("input.performActions", context=self.context, actions=[source])


@contextlib.asynccontextmanager
async def firefox(witness: Witness) -> AsyncIterator[Tab]:
    """Run Firefox; the test is skipped, and says why, where there is none."""
    path = next(filter(None, map(shutil.which, FIREFOX)), None)
    if path is None:
        pytest.skip(f"no Firefox on the PATH; looked for {', '.join(FIREFOX)}")
    with tempfile.TemporaryDirectory() as profile:
        await trio.Path(profile, "user.js").write_text(ALONE)
        process = await trio.lowlevel.open_process(
            [path, "--headless", "--profile", profile, "--remote-debugging-port", "0"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            env={**os.environ, "HOME": profile, "MOZ_CRASHREPORTER_DISABLE": "1"},
        )
        try:
            async with trio.open_nursery() as nursery:
                url = await nursery.start(listen, process.stderr)
                async with open_websocket_url(
                    f"{url}/session", max_message_size=MESSAGE_BYTES_MAX
                ) as socket:
                    tab = Tab(socket, witness)
                    await tab.begin()
                    yield tab
                    await tab.do("() => 'all that was said before is heard now'")
                nursery.cancel_scope.cancel()
        finally:
            await end(process)


async def listen(stderr, task_status):
    """Read what the browser says; tell where it listens, and go on reading so that it can write."""
    said = ""
    with trio.fail_after(READY_WITHIN_S) as deadline:
        async for chunk in stderr:
            if deadline.deadline == float("inf"):
                continue
            said += chunk.decode(errors="replace")
            if found := LISTENING.search(said):
                deadline.deadline = float("inf")
                task_status.started(found[1])


async def end(process):
    """End it, by force when it does not go."""
    with trio.CancelScope(shield=True):
        process.terminate()
        with trio.move_on_after(STOP_WITHIN_S):
            await process.wait()
            return
        process.kill()
        await process.wait()
