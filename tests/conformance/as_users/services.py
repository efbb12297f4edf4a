"""What the scripts of this folder share: services in the background, waiting, the answer."""

import contextlib
import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

BIN = Path(sys.executable).parent


def request():
    """The request; the probes of the target, which it names, become importable."""
    asked = json.load(sys.stdin)
    sys.path.insert(0, asked["probe"])
    return asked


def answer(runs):
    Path(sys.argv[1]).write_text(json.dumps({"runs": runs}))


def free_port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


@contextlib.contextmanager
def service(*words, cwd=None):
    """A program in the background until the block ends; its output is this process's."""
    process = subprocess.Popen([BIN / words[0], *words[1:]], cwd=cwd, env=dict(os.environ))
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def command(*words, cwd=None):
    subprocess.run([BIN / words[0], *words[1:]], cwd=cwd, check=True, env=dict(os.environ))


def linger(asked):
    """Let what comes after the last run come: until the file `heard` is there, if one is named."""
    if "heard" not in asked:
        time.sleep(1)
        return
    with contextlib.suppress(TimeoutError):
        until(Path(asked["heard"]).exists, asked["linger"], "nothing heard")


def until(done, seconds, what):
    """Wait until ``done()`` is true; says what was waited for when it never is."""
    deadline = time.monotonic() + seconds
    while not (found := done()):
        if time.monotonic() > deadline:
            raise TimeoutError(f"{what} after {seconds} s")
        time.sleep(1)
    return found


def answers(url, data=None):
    """What a service says at a URL, None while it does not."""
    body = None if data is None else json.dumps(data).encode()
    headers = {"Content-Type": "application/json"}
    asked = urllib.request.Request(url, body, headers)  # noqa: S310 - our own service
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(asked, timeout=60) as said:
            return json.loads(said.read() or b"{}")
    except urllib.error.HTTPError as refused:
        return {"refused": refused.code, "said": refused.read().decode(errors="replace")[:2000]}
    except (urllib.error.URLError, ConnectionError, TimeoutError, ValueError):
        return None


def is_up(url):
    """Whether a service answers, and not with an error."""
    said = answers(url)
    return said is not None and not (isinstance(said, dict) and "refused" in said)
