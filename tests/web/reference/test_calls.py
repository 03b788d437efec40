import re

from tests.web.fakes import a_gateway, a_key
from web.reference.calls import CALLS, SECTIONS

OPEN_NAME = re.compile(r"<(?:path:)?(\w+)>")
KNOWN = re.compile(r"known: (.*)")


def routes(app):
    """The app's routes of HTTP: method, path and endpoint."""
    return {
        (method, OPEN_NAME.sub(r"{\1}", rule.rule), rule.endpoint)
        for rule in app.url_map.iter_rules()
        if not rule.websocket
        for method in rule.methods - {"HEAD", "OPTIONS"}
    }


async def test_the_table_is_the_app(gateway, autojump_clock):
    """Each route of the app is in the table, and each call of the table is a route of the app."""
    told = {(call.method, call.path, call.endpoint) for call in CALLS}
    assert routes(gateway.app) - told == set(), "not in the table"
    assert told - routes(gateway.app) == set(), "not in the app"


async def test_the_documents_are_told_once():
    """No call stands twice, in whatever sections."""
    endpoints = [call.endpoint for section in SECTIONS for call in section.calls]
    assert len(set(endpoints)) == len(endpoints)


async def test_every_parameter_is_told(gateway, autojump_clock):
    """What a call knows behind the question mark is what the table says, for every call."""
    asked = 0
    for call in CALLS:
        path = call.path.format(account_id="primary", order_id="1", batch_id="1", name="x")
        answer = await gateway.app.test_client().open(f"{path}?surely=not", method=call.method)
        if answer.status_code != 422:
            continue  # it has no order of that id, or takes whatever comes: health, static, …
        errors = (await answer.get_json())["errors"]
        found = next(KNOWN.search(e["message"])[1] for e in errors if e["path"] == "?surely")
        known = set() if found == "none" else set(found.split(", "))
        assert known == {one.name for one in call.query}, call.endpoint
        asked += 1
    assert asked > 25


RIGHTS = ("read", "trade", "admin")


async def test_the_right_is_the_one_that_is_told(tmp_path, autojump_clock):
    """P21: each call is 401 without a key if it needs one, and asks for the right that is told.

    With every other right it is refused: 403, or 404 for what one who may not read must not know.
    """
    keys = {f"with-{right}": a_key(f"with-{right}", rights=(right, "read")) for right in RIGHTS}
    for right in RIGHTS:
        others = tuple(other for other in RIGHTS if other != right)
        keys[f"but-{right}"] = a_key(f"but-{right}", rights=others)
    async with a_gateway(tmp_path, keys=keys) as gateway:
        client = gateway.app.test_client(use_cookies=False)

        async def ask(call, key=None):
            path = call.path.format(
                account_id="primary", order_id="1", batch_id="1", name="page.css"
            )
            headers = {} if key is None else {"X-API-Key": key}
            return (await client.open(path, method=call.method, headers=headers)).status_code

        for call in CALLS:
            bare = await ask(call)
            if not call.right:
                assert bare not in (401, 403), call.endpoint
                continue
            assert bare == 401, call.endpoint
            if call.right == "key":
                assert await ask(call, "with-read") not in (401, 403), call.endpoint
                continue
            assert await ask(call, f"but-{call.right}") in (403, 404), call.endpoint
            if call.endpoint != "event_stream":  # which has no end, and is let in elsewhere
                assert await ask(call, f"with-{call.right}") not in (401, 403), call.endpoint


async def test_the_faults_are_told_for_every_call():
    """Who writes a client knows what to be ready for: too many requests, no key, no such thing."""
    for call in CALLS:
        faults = call.all_faults
        assert {403, 422, 429} <= set(faults), call.endpoint
        assert (401 in faults) == (call.right != "" or call.endpoint == "log_in")
        assert (400 in faults) == (call.body is not None or call.endpoint == "login_back")
