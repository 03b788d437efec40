import errno
import io

import pytest

from web.commands.faults import BadConfiguration, CannotRun, leaves, listening


def test_each_kind_has_its_exit_status_and_prints_only_its_lines():
    """2 for a configuration, 1 for the rest; one line a fault, nothing around it."""
    shown = io.StringIO()
    fault = BadConfiguration("$.a: wrong", "$.b: wrong too")
    fault.show(shown)
    assert shown.getvalue() == "$.a: wrong\n$.b: wrong too\n"
    assert (fault.exit_code, CannotRun("x").exit_code) == (2, 1)


def test_a_port_that_cannot_be_had_is_one_line():
    """A port in use is told with its host and number, however deep the error was."""
    error = OSError(errno.EADDRINUSE, "Address already in use")
    with pytest.raises(CannotRun) as told, listening("127.0.0.1", 8009):
        raise ExceptionGroup("", [ExceptionGroup("", [error])])
    in_use = "cannot listen on 127.0.0.1 port 8009: Address already in use"
    assert told.value.lines == (f"{in_use}; another process has it: choose another port",)
    with pytest.raises(CannotRun) as told, listening("10.1.2.3", 8009):
        raise OSError(errno.EADDRNOTAVAIL, "Cannot assign requested address")
    assert told.value.lines == (
        "cannot listen on 10.1.2.3 port 8009: Cannot assign requested address",
    )


def test_a_file_that_cannot_be_had_is_told_as_a_file():
    """An error of a file is not blamed on the port."""
    with pytest.raises(CannotRun) as told, listening("127.0.0.1", 8009):
        raise FileNotFoundError(errno.ENOENT, "No such file or directory", "x/ledger")
    assert told.value.lines == ("x/ledger: No such file or directory",)


def test_a_defect_keeps_its_own_error():
    """What is no fault of the system's is not put into a line: it is ours, and must be seen."""
    with pytest.raises(ZeroDivisionError), listening("127.0.0.1", 8009):
        raise ZeroDivisionError


def test_leaves_are_the_errors_in_a_group_in_order():
    """Groups are opened to any depth."""
    one, two, three = ValueError(1), ValueError(2), ValueError(3)
    group = ExceptionGroup("", [one, ExceptionGroup("", [two, three])])
    assert leaves(group) == [one, two, three]
    assert leaves(one) == [one]
