"""Where output goes: a file is there whole or not at all, and errors speak of the file that was asked for."""

import pytest

from runners.cli.commands import refuse
from runners.cli.writing import opened


def test_a_file_appears_whole(tmp_path):
    """Until then what stood there stays."""
    out = tmp_path / "leads.csv"
    out.write_bytes(b"before")
    with opened(out) as stream:
        stream.write(b"after")
        assert out.read_bytes() == b"before"
    assert (out.read_bytes(), list(tmp_path.iterdir())) == (b"after", [out])


def test_what_is_interrupted_leaves_nothing(tmp_path):
    """Neither the file nor a part of it."""

    def half():
        yield b"half"
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), opened(tmp_path / "leads.csv") as stream:
        stream.writelines(half())
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_missing_is_told_with_the_name_that_was_asked_for(tmp_path, capsys):
    """The name under which it would have been written first is nobody's concern."""
    out = tmp_path / "nowhere" / "leads.csv"
    with pytest.raises(OSError, match="No such file or directory") as refused, opened(out):
        pass
    refuse(refused.value)
    assert capsys.readouterr().err == f"{out}: No such file or directory\n"
