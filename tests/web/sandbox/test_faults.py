from random import Random

import pytest

from web.sandbox.faults import (
    Fault,
    FaultFileError,
    Faults,
    FrameFate,
    RequestFate,
    parse_faults,
    read_faults,
)


def test_with_no_faults_nothing_is_hit():
    """An empty list leaves every frame and request as it is."""
    assert Faults().frame("primary", 5) == FrameFate()
    assert Faults().request("orders", "primary", 5) == RequestFate()


@pytest.mark.parametrize(
    ("fault", "fate"),
    [
        (Fault("drop"), FrameFate(drop=True)),
        (Fault("silent"), FrameFate(silent=True)),
        (Fault("delay", delay_s=0.5), FrameFate(delay_s=0.5)),
        (Fault("double"), FrameFate(copies=2)),
        (Fault("reorder", delay_s=0.25), FrameFate(hold_s=0.25)),
    ],
)
def test_each_frame_fault_has_its_fate(fault, fate):
    """A frame fault hits frames and no requests."""
    assert Faults([fault]).frame("primary", 0) == fate
    assert Faults([fault]).request("orders", None, 0) == RequestFate()


@pytest.mark.parametrize(
    ("fault", "hit"),
    [
        (Fault("refuse", status=429), {"orders": 429, "reads": 429, "socket": None}),
        (Fault("refuse", on=("socket",)), {"orders": None, "reads": None, "socket": 503}),
    ],
)
def test_refusals_are_at_the_doors_they_name(fault, hit):
    """`on` says which doors are shut; by default the two of REST."""
    said = {call: Faults([fault]).request(call, "a", 0).refuse_status for call in hit}
    assert said == hit


def test_late_and_lost():
    """Late answers add up; only what changes an order can lose its answer."""
    faults = Faults([Fault("late", delay_s=2), Fault("late", delay_s=3), Fault("lost")])
    assert faults.request("orders", "a", 0) == RequestFate(late_s=5, unanswered=True)
    assert faults.request("reads", "a", 0) == RequestFate(late_s=5)
    assert faults.frame("a", 0) == FrameFate()


def test_a_fault_has_its_time_and_its_account():
    """From `from_s` for `for_s`, in the account that is named, or in all."""
    faults = Faults([Fault("silent", account="primary", from_s=10, for_s=5)])
    times = [at for at in range(20) if faults.frame("primary", at).silent]
    assert times == [10, 11, 12, 13, 14]
    assert not faults.frame("hedge", 12).silent


def test_a_token_dies_for_one_that_is_good_instead():
    """In its account and its time; the last one counts when several have died."""
    faults = Faults([Fault("dead", "a", from_s=5, token="t1"), Fault("dead", from_s=9, token="t2")])
    assert [faults.token("a", at) for at in (0, 5, 9)] == [None, "t1", "t2"]
    assert [faults.token("b", at) for at in (5, 9)] == [None, "t2"]
    assert "t1" not in repr(Fault("dead", token="t1"))


def test_the_market_stands_still_for_a_while():
    """All of it, and neither frames nor requests are hit."""
    faults = Faults([Fault("still", for_s=5)])
    assert [faults.is_still(at) for at in (0, 4, 5)] == [True, True, False]
    assert (faults.frame("a", 0), faults.request("orders", "a", 0)) == (FrameFate(), RequestFate())


def test_other_faults_take_the_place_of_those_before():
    """Their time begins when they do."""
    faults = Faults([Fault("silent")])
    faults.use([Fault("double", from_s=5)], 100)
    assert [faults.frame("a", at) for at in (100, 105)] == [FrameFate(), FrameFate(copies=2)]
    faults.use([], 200)
    assert faults.frame("a", 205) == FrameFate()


def test_probability_is_drawn_from_the_seed():
    """Half of the frames are hit at 0.5, the same ones for the same seed."""

    def hits(seed):
        faults = Faults([Fault("double", probability=0.5)], Random(seed))
        return [faults.frame("a", 0).copies for _ in range(400)]

    assert hits(1) == hits(1)
    assert 140 < hits(1).count(2) < 260


def test_a_file_is_read(tmp_path):
    """The documented keys, all of them."""
    (tmp_path / "faults.toml").write_text(
        """
        [[fault]]
        kind = "delay"
        account = "primary"
        from_s = 10
        for_s = 2.5
        probability = 0.25
        delay_s = 0.1

        [[fault]]
        kind = "refuse"
        status = 429
        on = ["orders", "socket"]
        """
    )
    assert read_faults(tmp_path / "faults.toml") == (
        Fault("delay", "primary", 10, 2.5, 0.25, 0.1),
        Fault("refuse", status=429, on=("orders", "socket")),
    )
    assert parse_faults("") == ()


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("x = ", "f"),
        ("x = 1", "f: x"),
        ("[fault]", "f: fault"),
        ("fault = [7]", "f: fault[0]"),
        ("[[fault]]", "f: fault[0].kind"),
        ('[[fault]]\nkind="drop"\n[[fault]]\nkind="explode"', "f: fault[1].kind"),
        ('[[fault]]\nkind="drop"\ndelay_s=1', "f: fault[0].delay_s"),
        ('[[fault]]\nkind="drop"\nfor_s=-1', "f: fault[0].for_s"),
        ('[[fault]]\nkind="drop"\nfor_s=nan', "f: fault[0].for_s"),
        ('[[fault]]\nkind="drop"\nfrom_s="1"', "f: fault[0].from_s"),
        ('[[fault]]\nkind="drop"\nprobability=1.5', "f: fault[0].probability"),
        ('[[fault]]\nkind="drop"\nprobability=true', "f: fault[0].probability"),
        ('[[fault]]\nkind="drop"\naccount=""', "f: fault[0].account"),
        ('[[fault]]\nkind="refuse"\nstatus=200', "f: fault[0].status"),
        ('[[fault]]\nkind="refuse"\non=[]', "f: fault[0].on"),
        ('[[fault]]\nkind="refuse"\non="orders"', "f: fault[0].on"),
        ('[[fault]]\nkind="late"\non=["socket"]', "f: fault[0].on"),
        ('[[fault]]\nkind="dead"', "f: fault[0].token"),
        ('[[fault]]\nkind="dead"\ntoken=""', "f: fault[0].token"),
        ('[[fault]]\nkind="dead"\ntoken=7', "f: fault[0].token"),
        ('[[fault]]\nkind="still"\nprobability=1', "f: fault[0].probability"),
    ],
)
def test_a_bad_file_says_where(text, path):
    """The error carries the path of the fault in the file."""
    with pytest.raises(FaultFileError) as fault:
        parse_faults(text, "f")
    assert fault.value.path == path
    assert fault.value.message in str(fault.value)


def test_a_file_that_cannot_be_read_is_named(tmp_path):
    """A missing file and one that is no text are faults of the file, by its name."""
    with pytest.raises(FaultFileError, match="No such file"):
        read_faults(tmp_path / "none.toml")
    (tmp_path / "bytes").write_bytes(b"\xff\xfe")
    with pytest.raises(FaultFileError, match="UTF-8"):
        read_faults(tmp_path / "bytes")
