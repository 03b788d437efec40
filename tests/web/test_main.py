import subprocess
import sys

import click
import pytest

from tests.web.commands.processes import ROOT, ran
from web.__main__ import COMMANDS, orderwire


def context(command):
    """A context, as click makes one."""
    return click.Context(command, info_name="orderwire")


def test_every_command_is_found_and_tells_what_it_is():
    """Each named command loads, has a help of its own, and each of its options says what it does."""
    for name in COMMANDS:
        command = orderwire.get_command(context(orderwire), name)
        assert command.name == name
        assert command.help
        assert command.short_help
        for option in command.params:
            if isinstance(option, click.Option) and not option.hidden:
                assert option.help, (name, option.name)


@pytest.mark.process
def test_help_names_the_commands_and_the_exit_statuses():
    """`orderwire --help` shows a stranger every command, in the order of need, and exits 0."""
    status, out, err = ran("--help")
    text = "\n".join(out)
    assert (status, err) == (0, [])
    places = [text.index(f"\n  {name} ") for name in COMMANDS]
    assert places == sorted(places)
    assert "Exit status: 0" in text


@pytest.mark.process
@pytest.mark.parametrize(
    "arguments", [["nothing"], ["demo", "--nothing"], ["paper", "--port", "x"]]
)
def test_a_fault_of_the_command_line_is_status_2(arguments):
    """What cannot be understood is told on stderr without a traceback; exit status 2."""
    status, out, err = ran(*arguments)
    assert (status, out) == (2, [])
    assert err[-1].startswith("Error: ")
    assert not any("Traceback" in line for line in err)


@pytest.mark.process
def test_a_command_that_needs_no_server_loads_none():
    """`key` starts without Quart, Hypercorn and the actors."""
    program = (
        "import sys\nfrom web.__main__ import orderwire\n"
        "orderwire.main(['key', 'new'], standalone_mode=False)\n"
        "sys.exit(any(name in sys.modules for name in ('quart', 'hypercorn', 'actors', 'trio')))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, check=False, timeout=30
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.process
@pytest.mark.parametrize(("command", "is_taken_apart"), [("serve", False), ("key", True)])
def test_what_served_is_not_taken_apart_at_its_end(command, is_taken_apart):
    """P18: its status and its last words are out; what it held is the kernel's to give back."""
    program = (
        "import sys, web.__main__ as it\n"
        "class Held:\n"
        "    def __del__(self): print('apart', flush=True)\n"
        "held = Held()\n"
        "def end(**_):\n"
        "    sys.stdout.write('last words\\n')\n"
        "    sys.exit(3)\n"
        "it.orderwire.main = end\n"
        "it.main()"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, command],
        cwd=ROOT,
        capture_output=True,
        check=False,
        timeout=30,
    )
    assert (done.returncode, done.stderr) == (3, b"")
    assert done.stdout == b"last words\n" + b"apart\n" * is_taken_apart
