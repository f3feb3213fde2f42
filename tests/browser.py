"""A headless Chromium over a pipe, for tests that use a page as its reader does."""

from __future__ import annotations

import base64
import json
import os
import select
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
PATH = next((found for name in NAMES if (found := shutil.which(name))), None)
PATIENCE = 60.0  # seconds for an answer
FLAGS = (
    "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --mute-audio "
    "--disable-background-networking --disable-component-update --disable-sync "
    "--disable-dev-shm-usage --remote-debugging-pipe"
).split()
START = """
import fcntl, os, sys
ends = [fcntl.fcntl(int(end), fcntl.F_DUPFD, 10) for end in sys.argv[1:3]]
os.dup2(ends[0], 3)  # where Chromium reads
os.dup2(ends[1], 4)  # and writes
os.execv(sys.argv[3], sys.argv[3:])
"""
KEYS = {"ArrowRight": 39, "ArrowLeft": 37, "Home": 36, "End": 35, "Escape": 27, "Enter": 13,
        "ArrowUp": 38, "ArrowDown": 40, "Backspace": 8}  # fmt: skip

# Where GRAPHFLOW_BROWSER is set, as where every change is checked, a browser has to be there.
needs_browser = pytest.mark.skipif(
    PATH is None and not os.environ.get("GRAPHFLOW_BROWSER"),
    reason="no Chromium was found: apt install chromium",
)


class Browser:
    """One page in a new profile. `errors` has what the console and the page complained of."""

    def __init__(self, profile: Path) -> None:
        assert PATH is not None, "GRAPHFLOW_BROWSER is set, but there is no Chromium"
        to_browser, self._write = os.pipe()
        self._read, from_browser = os.pipe()
        self._process = subprocess.Popen(
            [sys.executable, "-c", START, str(to_browser), str(from_browser), PATH]
            + [*FLAGS, f"--user-data-dir={profile}", "about:blank"],
            pass_fds=(to_browser, from_browser),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(to_browser)
        os.close(from_browser)
        self._number, self._buffer = 0, b""
        self._session = ""
        self.errors: list[str] = []
        self._loaded = False
        target = self._call("Target.createTarget", url="about:blank")["targetId"]
        self._session = self._call("Target.attachToTarget", targetId=target, flatten=True)[
            "sessionId"
        ]
        for domain in ("Page", "Runtime", "Log"):
            self._call(f"{domain}.enable")

    def open(self, page: Path, width: int = 1280, height: int = 800, theme: str = "light") -> None:
        """Show a file at a size, for a reader who prefers a theme; returns once it is loaded."""
        self._call(
            "Emulation.setDeviceMetricsOverride",
            width=width, height=height, deviceScaleFactor=1, mobile=False,
        )  # fmt: skip
        features = [{"name": "prefers-color-scheme", "value": theme}]
        self._call("Emulation.setEmulatedMedia", features=features)
        self._loaded = False
        self._call("Page.navigate", url="about:blank")
        self._until_loaded()
        self.errors.clear()
        self._loaded = False
        self._call("Page.navigate", url=page.resolve().as_uri())
        self._until_loaded()

    def ask(self, expression: str) -> Any:
        """The value of a JavaScript expression in the page."""
        answer = self._call(
            "Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True
        )
        assert "exceptionDetails" not in answer, answer
        return answer["result"].get("value")

    def text(self, selector: str) -> str:
        """The text that an element shows."""
        return str(self.ask(f"document.querySelector({json.dumps(selector)}).innerText"))

    def press(self, *keys: str) -> None:
        """Press and release keys, one after the other."""
        for key in keys:
            text = {"text": key} if len(key) == 1 else {}
            code = KEYS.get(key, ord(key[0].upper()))
            about = {"key": key, "windowsVirtualKeyCode": code}
            self._call("Input.dispatchKeyEvent", type="keyDown", **about, **text)
            self._call("Input.dispatchKeyEvent", type="keyUp", **about)

    def click(self, selector: str) -> None:
        """Click with the mouse in the middle of an element."""
        self.drag(*[self._middle(selector)] * 2)

    def double_click(self, selector: str) -> None:
        """Click twice in the middle of an element."""
        at = self._middle(selector)
        for count in (1, 2):
            self._mouse("mousePressed", at, clickCount=count)
            self._mouse("mouseReleased", at, clickCount=count)

    def _middle(self, selector: str) -> list[float]:
        box: list[float] = self.ask(
            f"(() => {{ const b = document.querySelector({json.dumps(selector)})"
            ".getBoundingClientRect(); return [b.x + b.width / 2, b.y + b.height / 2]; })()"
        )
        return box

    def drag(self, start: list[float], end: list[float]) -> None:
        """Press the mouse at one place and let it go at another."""
        self._mouse("mouseMoved", start)
        self._mouse("mousePressed", start)
        if start != end:
            self._mouse("mouseMoved", [(a + b) / 2 for a, b in zip(start, end, strict=True)])
            self._mouse("mouseMoved", end)
        self._mouse("mouseReleased", end)

    def wheel(self, at: list[float], down: float) -> None:
        """Turn the wheel at a place."""
        self._mouse("mouseWheel", at, deltaX=0, deltaY=down)

    def screenshot(self) -> bytes:
        """The page as PNG."""
        return base64.b64decode(self._call("Page.captureScreenshot")["data"])

    def first_paint(self) -> float:
        """Seconds from the start of navigation to a painted page whose scripts have all run."""
        entries = (
            "[performance.getEntriesByType('paint').map(e => e.startTime),"
            " performance.getEntriesByType('navigation')[0].loadEventEnd]"
        )
        deadline = time.monotonic() + PATIENCE
        while True:
            painted, loaded = self.ask(entries)
            if painted and loaded:
                return max(min(painted), float(loaded)) / 1000
            assert time.monotonic() < deadline, "the page was never painted"
            self.screenshot()  # a frame is due then

    def close(self) -> None:
        self._send({"id": 0, "method": "Browser.close"})
        try:
            self._process.wait(PATIENCE)
        finally:
            self._process.kill()
            os.close(self._read)
            os.close(self._write)

    def _mouse(self, kind: str, at: list[float], **more: float) -> None:
        button = "none" if kind in ("mouseMoved", "mouseWheel") else "left"
        held = {"buttons": 1} if kind in ("mousePressed", "mouseMoved") else {}
        about = {"button": button, "clickCount": 1, **held, **more}
        self._call("Input.dispatchMouseEvent", type=kind, x=at[0], y=at[1], **about)

    def _call(self, method: str, **params: Any) -> dict[str, Any]:
        self._number += 1
        number = self._number
        message = {"id": number, "method": method, "params": params}
        self._send(message | ({"sessionId": self._session} if self._session else {}))
        while True:
            answer = self._receive()
            if answer.get("id") == number:
                assert "error" not in answer, answer
                return dict(answer["result"])

    def _until_loaded(self) -> None:
        while not self._loaded:
            self._receive()

    def _send(self, message: dict[str, Any]) -> None:
        os.write(self._write, json.dumps(message).encode() + b"\0")

    def _receive(self) -> dict[str, Any]:
        deadline = time.monotonic() + PATIENCE
        while b"\0" not in self._buffer:
            ready, _, _ = select.select([self._read], [], [], deadline - time.monotonic())
            assert ready, "the browser does not answer"
            got = os.read(self._read, 1 << 20)
            assert got, "the browser has ended"
            self._buffer += got
        line, self._buffer = self._buffer.split(b"\0", 1)
        message: dict[str, Any] = json.loads(line)
        self._note(message)
        return message

    def _note(self, message: dict[str, Any]) -> None:
        method, params = message.get("method"), message.get("params", {})
        if method == "Page.loadEventFired":
            self._loaded = True
        elif method == "Runtime.exceptionThrown":
            self.errors.append(params["exceptionDetails"]["exception"].get("description", "?"))
        elif method == "Log.entryAdded" and params["entry"]["level"] in ("error", "warning"):
            self.errors.append(params["entry"]["text"])
        elif method == "Runtime.consoleAPICalled" and params["type"] in ("error", "warning"):
            self.errors.append(str(params["args"]))
