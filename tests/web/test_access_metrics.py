import pytest

from tests.web.fakes import a_gateway, a_key, dial, serving, told

KEYS = {
    "desk": a_key("k", connections_max=2, requests_burst=50, requests_per_s=0.1),
    "eye": a_key("e"),
}


@pytest.mark.process
async def test_each_bound_stands_beside_its_use(tmp_path):
    """P20: a key's streams and requests, sessions, tickets and addresses, and what was refused."""
    async with a_gateway(tmp_path, keys=KEYS) as gateway, serving(gateway) as url:
        await gateway.post("/auth/ticket", b"", X_API_Key="k")
        await gateway.post("/login", {"key": "e"})
        for _ in range(12):
            await gateway.app.test_client().get("/accounts", headers={"X-API-Key": "no"})
        async with dial(url, "/ws/orders", X_API_Key="k") as client:
            await told(client)
            answer = await gateway.app.test_client().get("/metrics", headers={"X-API-Key": "k"})
            lines = (await answer.get_data(as_text=True)).splitlines()
    for line in (
        *('key_connections{key="desk"} 1.0', 'key_connections{key="eye"} 0.0'),
        *('key_connections_bound{key="desk"} 2.0', 'key_connections_bound{key="eye"} 2000.0'),
        *('key_requests_bound{key="desk"} 50.0', 'key_requests_bound{key="eye"} 200.0'),
        *('access_used{name="sessions"} 1.0', 'access_bound{name="sessions"} 1000.0'),
        *(
            'access_used{name="sessions_per_key"} 1.0',
            'access_bound{name="sessions_per_key"} 100.0',
        ),
        *('access_used{name="tickets_per_key"} 1.0', 'access_bound{name="tickets_per_key"} 200.0'),
        *('access_used{name="addresses"} 1.0', 'access_bound{name="addresses"} 10000.0'),
        *('requests_refused_total{of="wrong_key"} 2.0', 'requests_refused_total{of="key"} 0.0'),
    ):
        assert line in lines
    (burst,) = [line for line in lines if 'access_bound{name="requests_per_address"}' in line]
    (used,) = [line for line in lines if 'access_used{name="requests_per_address"}' in line]
    assert float(used.rpartition(" ")[2]) < float(burst.rpartition(" ")[2])
    (left,) = [line for line in lines if line.startswith('key_requests_left{key="desk"}')]
    assert 40 < float(left.rpartition(" ")[2]) < 50
