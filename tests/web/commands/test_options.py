import click
import pytest

from actors.domain.config_accounts import UPSTREAM_NAMES
from web.commands.options import DEMO_UPSTREAMS, AccountNames, DemoAccounts, Place, Rights


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        (AccountNames(), "primary,hedge-2", ("primary", "hedge-2")),
        (AccountNames(star=True), "*", ("*",)),
        (
            DemoAccounts(),
            "primary,hedge=ticker_service",
            {"primary": "ticker_service", "hedge": "ticker_service"},
        ),
        (Rights(), "read,trade,read", ("read", "trade")),
        (Place(), "0f3a:120", ("0f3a", 120)),
    ],
)
def test_what_is_well_written_is_read(kind, text, value):
    """Texts become values; a value that is one already (a default) stays as it is."""
    assert kind.convert(text, None, None) == value
    assert kind.convert(value, None, None) == value


@pytest.mark.parametrize(
    ("kind", "text", "said"),
    [
        (AccountNames(), "", "letters, digits"),
        (AccountNames(), "a,,b", "letters, digits"),
        (AccountNames(), "a/b", "letters, digits"),
        (AccountNames(), "a" * 65, "at most 64"),
        (AccountNames(), "a,b,a", "twice"),
        (AccountNames(), "*", "letters, digits"),
        (DemoAccounts(), "primary=zerodha", "not 'zerodha'"),
        (DemoAccounts(), "primary=", "the upstream is one of"),
        (DemoAccounts(), "=ticker_service", "letters, digits"),
        (DemoAccounts(), "a,a=ticker_service", "twice"),
        (Rights(), "read,write", "'write' is not one of"),
        (Rights(), "", "'' is not one of"),
        (Place(), "120", "EPOCH:OFFSET"),
        (Place(), "e:", "EPOCH:OFFSET"),
        (Place(), "e:-1", "EPOCH:OFFSET"),
        (Place(), "e:1٣", "EPOCH:OFFSET"),
        (Place(), "e:1234567890123456789", "EPOCH:OFFSET"),
    ],
)
def test_what_is_not_is_refused_with_the_reason(kind, text, said):
    """Names that the configuration would refuse, unknown upstreams and rights, and no places."""
    with pytest.raises(click.BadParameter) as refused:
        kind.convert(text, None, None)
    assert said in refused.value.message


def test_a_demo_has_every_broker_that_can_be_configured():
    """What `demo` takes behind `=` is what a configuration takes as `upstream`."""
    assert DEMO_UPSTREAMS == UPSTREAM_NAMES
