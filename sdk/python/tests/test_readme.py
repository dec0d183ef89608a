"""What is printed for people to copy works as printed, with the package as it is installed from its wheel."""

from __future__ import annotations

import json
import os
import pathlib
import re
import subprocess
import sys
import zipfile
from collections.abc import Callable
from typing import Any

import pytest
from conftest import DEMO, MEDIA, address_of

HERE = pathlib.Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def installed(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    """A folder with what the wheel holds, and nothing of the source tree."""
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(HERE)]
    subprocess.run(build, check=True, capture_output=True)
    (wheel,) = folder.glob("liveproof-*-py3-none-any.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder / "site")
    return folder / "site"


def python(site: pathlib.Path, *arguments: object, cwd: pathlib.Path) -> str:
    """What a program prints that sees the installed package alone."""
    environment = dict(os.environ, PYTHONPATH=str(site), PYTHONWARNINGS="error")
    done = subprocess.run(
        [sys.executable, *map(str, arguments)], cwd=cwd, env=environment, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_wheel_is_whole(installed: pathlib.Path) -> None:
    names = {str(path.relative_to(installed / "liveproof")) for path in (installed / "liveproof").rglob("*")}
    source = HERE / "src" / "liveproof"
    assert names >= {str(p.relative_to(source)) for p in source.rglob("*.py*") if "__pycache__" not in str(p)}
    assert "py.typed" in names
    (metadata,) = installed.glob("*.dist-info/METADATA")
    text = metadata.read_text()
    assert "License-Expression: MIT OR Apache-2.0" in text
    # What reads files is not forced on anybody.
    required = re.findall(r"^Requires-Dist: ([\w-]+)(?!.*extra)", text, re.M)
    assert sorted(required) == ["googleapis-common-protos", "grpcio", "protobuf"]


def test_neither_numpy_nor_av_is_imported(installed: pathlib.Path, tmp_path: pathlib.Path) -> None:
    program = "import liveproof, liveproof.sync, sys; print(sorted({'numpy', 'av'} & set(sys.modules)))"
    assert python(installed, "-c", program, cwd=tmp_path) == "[]\n"


def test_the_quick_start_runs_as_printed(installed: pathlib.Path, tmp_path: pathlib.Path, server: str) -> None:
    readme = (HERE / "README.md").read_text()
    section = readme.split("## Quick start")[1].split("\n## ")[0]
    (program,) = re.findall(r"```python\n(.*?)```", section, re.S)
    assert len([line for line in program.splitlines() if line.strip()]) <= 20
    (commands,) = re.findall(r"```sh\n(.*?)```", section, re.S)
    assert "python quickstart.py 127.0.0.1:50551 testdata/demo/interview.mp4" in commands
    (tmp_path / "quickstart.py").write_text(program)
    # Of the recording it names, the first seconds do.
    said = python(installed, "quickstart.py", server, MEDIA / "vp9_opus.webm", cwd=tmp_path)
    lines = said.splitlines()
    assert [line.split(":")[0] for line in lines] == ["segment 0", "segment 1", "candidate"]
    assert lines[-1].startswith("candidate: INCONCLUSIVE, NoScore(reason=")


def test_a_file_is_streamed(installed: pathlib.Path, tmp_path: pathlib.Path, server: str) -> None:
    example = HERE / "examples" / "stream_file.py"
    said = python(
        installed, example, server, DEMO / "interview.mp4", "--packets", "--live", "--seconds", 4, cwd=tmp_path
    )
    assert "voice_spoof will not be measured: " in said
    assert re.search(r"^ +0\.0 to +3\.0 s  candidate: ", said, re.M)
    assert re.search(r"^camera: \d+ sent, \d+ dropped$", said, re.M)
    assert "caution: " in said


def test_a_recording_is_handed_in(installed: pathlib.Path, tmp_path: pathlib.Path, serve: Callable[..., Any]) -> None:
    address = address_of(serve("--review-dir", str(tmp_path / "spool")))
    example = HERE / "examples" / "review_file.py"
    said = python(installed, example, address, MEDIA / "vp9_opus.webm", tmp_path, cwd=tmp_path).splitlines()
    assert "done: 2 segments" in said
    assert len([line for line in said if line.startswith("segment ")]) == 2
    assert all((tmp_path / f"vp9_opus.webm.{ending}").is_file() for ending in ("json", "html"))


def test_a_worker_beside_an_agent(installed: pathlib.Path, tmp_path: pathlib.Path, server: str) -> None:
    example = HERE / "examples" / "agent_worker.py"
    arguments = [example, server, "--recording", DEMO / "interview.mp4", "--seconds", 4]
    lines = [json.loads(line) for line in python(installed, *arguments, cwd=tmp_path).splitlines()]
    assert {"event": 1, "accepted": True} in lines
    assert [line["segment"] for line in lines if "segment" in line] == [0, 1]
    (summary,) = [line for line in lines if "summary" in line]
    assert summary["partial"] is False
    camera, microphone = lines[-1]["sent and dropped"].values()
    assert sum(camera) == 100
    assert microphone == [400, 0]
