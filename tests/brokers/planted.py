"""Nothing secret anywhere: what was planted is looked for in all that the gateway let out.

log lines, at DEBUG ─┐
answers, /metrics   ─┤
frames of websockets ┼──▶ leaks(world): where "planted", or a PAN, or a signature is
the store, its WAL  ─┤
`orderwire check`   ─┘         but in the file of tokens, which is its owner's alone
"""

import hashlib

from tests.sim.checkers import Broken
from tests.web.commands.processes import ran, until

from . import stories
from .world import APPS, PLANTED, SECRETS

PAN = "ABCDE1234F"  # in every order that the paper Fyers tells
CLIENTS = ("XP0001", "PAPER1")  # whom its rows, and Kite's, name as their client
GRANT = "planted-grant"
TOKENS_FILE = "orderwire.db.tokens"
OURS = (".jsonl", ".toml")  # files of the test, and of the brokers
# What a broker says in other words, of the same length: frames, answers and rows that are none.
TORN = (
    ("fy", b'{"orders":{', b'{"orders":['),
    ("fy", b'"id":"2', b'"ix":"2'),
    ("zer", b'{"type":"order",', b'{"type":"order";'),
    ("zer", b'"order_id":"2', b'"order_id":[2'),
    ("tick", b'"order_id":"2', b'"order_id":[2'),
)
# And refusals that say the token.
REFUSALS = {
    "fy": (b"Could not authenticate the user", b"dead: "),
    "zer": (b"Incorrect `api_key` or `access_token`.", b"Incorrect: "),
}


def needles():
    """All that must be nowhere: by a word that is in it, or as it is."""
    words = [PLANTED, PAN, *CLIENTS]
    fy, zer = (f"{APPS['fy']}-100:{SECRETS['fy']}", f"{APPS['zer']}{GRANT.replace('-', '')}")
    signed = (fy, f"{zer}{SECRETS['zer']}")
    return [
        *(word.encode() for word in words),
        *(hashlib.sha256(each.encode()).hexdigest().encode() for each in signed),
    ]


def provoke(world):
    """Have everything refused, torn and told wrongly that has a secret in it; then mended."""
    for name, said, instead in TORN:
        broker = world.brokers[name]
        known = world.rows()[name]["last_error"], len(messages(world, name))
        broker.relay.rewording = {said: instead}
        until(
            lambda name=name, known=known: (
                (world.rows()[name]["last_error"], len(messages(world, name))) != known
            ),
            f"{name} with {instead} is noticed",
        )
        broker.relay.rewording = {}
    world.until_live()
    for name, token in (("fy", "planted-bad-token"), ("zer", "plantedbadtoken")):
        said, instead = REFUSALS[name]
        broker = world.brokers[name]
        open_order = stories.an_open_order(world, name)
        reworded = broker.relay.reworded
        broker.relay.rewording = {said: (instead + token.encode()).ljust(len(said))}
        stories.give(world, name, token)
        until(lambda name=name: world.rows()[name]["state"] == "needs_login", f"{name} needs_login")
        world.ask("DELETE", f"/accounts/{name}/orders/{open_order}")
        if broker.relay.reworded == reworded:
            raise Broken(f"{name} was never told its token")
        broker.relay.rewording = {}
    stories.log_in(world, "zer", GRANT)
    stories.log_in(world, "fy", GRANT)
    world.until_live()


def messages(world, name):
    """The messages of an account."""
    return world.table(name, "messages")


def check_configuration(world):
    """What `orderwire check` says of the configuration, and of one with faults."""
    wrong = world.config.with_name("wrong.toml")
    text = world.config.read_text().replace("access_token =", "acess_token =")
    wrong.write_text(text.replace('"planted-fy-secret"', '["planted-fy-secret"]'))
    said = []
    for path, status in ((world.config, 0), (wrong, 2)):
        got, out, err = ran("check", "--config", path)
        if got != status:
            raise Broken(f"check was {got}: {out} {err}")
        said += out + err
    return said


def leaks(world):
    """Where something is that must be nowhere: (place, what it is among)."""
    world.heard.append(world.read("/metrics").encode())
    text = {
        "a log line": [line.encode() for line in world.log()],
        "an answer": world.heard,
        "a frame": [frame.encode() for frame in world.screen.raw],
        "the check": [line.encode() for line in check_configuration(world)],
    }
    text |= {
        path.name: [path.read_bytes()]
        for path in world.folder.iterdir()
        if path.suffix not in OURS and path.name != TOKENS_FILE
    }
    if not all(text.values()):
        raise Broken(f"nothing was looked through: {[name for name in text if not text[name]]}")
    return [
        (place, needle.decode(), around(raw, needle))
        for place, pieces in text.items()
        for raw in pieces
        for needle in needles()
        if needle in raw
    ]


def around(raw, needle):
    """What stands around it."""
    at = raw.index(needle)
    return raw[max(0, at - 200) : at + 100]
