"""A real server, a real browser with a generated camera and microphone, and the protocol by its descriptors."""

import base64
import functools
import json
import os
import pathlib
import re
import shutil
import struct
import subprocess
import sys
import tempfile
import threading
import time
import unittest
import urllib.request

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

ROOT = pathlib.Path(__file__).resolve().parents[3]
DEMO = ROOT / "testdata" / "demo"
# A debug build on a busy machine of two cores: minutes are not too many.
PATIENCE_S = float(os.environ.get("LIVEPROOF_WEB_PATIENCE_S", "120"))


def skip(test, reason):
    """Says, and counts where .ci/test asks for it, that a test could not do its work."""
    print(f"SKIPPED {test}: {reason}", file=sys.stderr)
    log = os.environ.get("LIVEPROOF_SKIP_LOG")
    if log:
        with open(log, "a", encoding="utf-8") as file:
            file.write(f"{test}: {reason}\n")
    raise unittest.SkipTest(reason)


def program():
    """The built program: LIVEPROOF_BIN, or what cargo test has built."""
    target = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
    path = pathlib.Path(os.environ.get("LIVEPROOF_BIN", target / "debug" / "liveproof"))
    if not path.is_file():
        raise AssertionError(f"{path} is not there; build it, or say where it is in LIVEPROOF_BIN")
    return path


def program_output(*arguments):
    """What the program prints for these arguments."""
    return subprocess.run([program(), *arguments], cwd=ROOT, check=True, capture_output=True, text=True).stdout


def environment():
    """What the program runs with: the runtime of the set-up, where no other is named."""
    variables = dict(os.environ)
    variables.setdefault("ORT_DYLIB_PATH", str(ROOT / "vendor" / "onnxruntime" / "libonnxruntime.so"))
    return variables


class Server:
    """`liveproof serve` on a free port of the loopback."""

    def __init__(self, *arguments):
        self.process = subprocess.Popen(
            [program(), "serve", "--listen", "127.0.0.1:0", *arguments],
            cwd=ROOT, env=environment(), text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )
        self.lines = []
        self._listening = threading.Event()
        self.origin = None
        threading.Thread(target=self._read, daemon=True).start()
        if not self._listening.wait(PATIENCE_S) or self.origin is None:
            self.stop()
            raise AssertionError("the server did not start:\n" + "".join(self.lines[-20:]))

    def _read(self):
        for line in self.process.stdout:
            self.lines.append(line)
            found = re.search(r"listening on (127\.0\.0\.1:[1-9]\d*)", line)
            if found and self.origin is None:
                self.origin = f"http://{found[1]}"
                self._listening.set()
        self._listening.set()

    def get(self, path):
        """Status, headers and body of a file."""
        with urllib.request.urlopen(self.origin + path, timeout=PATIENCE_S) as answer:
            return answer.status, dict(answer.headers), answer.read()

    def stop(self):
        self.process.terminate()
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def browser_programs(test):
    """Chromium, its driver and ffmpeg; skips where one of them is missing."""
    names = ("chromium", "chromedriver", "ffmpeg")
    paths = [shutil.which(name) for name in names]
    missing = [name for name, path in zip(names, paths) if path is None]
    if missing:
        skip(test, f"not installed: {', '.join(missing)}")
    return paths


def camera_and_microphone(folder, pictures, sound, seconds):
    """Files that Chromium plays, over and over, as camera and microphone."""
    camera, microphone = folder / "camera.mjpeg", folder / "microphone.wav"
    run = functools.partial(subprocess.run, check=True, capture_output=True)
    common = ["ffmpeg", "-y", "-v", "error"]
    run([*common, "-i", pictures, "-t", str(seconds), "-an", "-c:v", "mjpeg", "-q:v", "3", camera])
    run([*common, "-i", sound, "-t", str(seconds), "-map", "0:a:0", "-ac", "1", "-ar", "48000", microphone])
    return camera, microphone


class Browser:
    """Chromium without a window, whose camera and microphone are files."""

    def __init__(self, chromium, driver, camera=None, microphone=None, language="en", size=(1280, 900), more=()):
        from selenium import webdriver
        from selenium.webdriver.chrome.service import Service

        options = webdriver.ChromeOptions()
        options.binary_location = chromium
        for argument in (
            "--no-sandbox", "--headless=new", "--disable-gpu", "--disable-dev-shm-usage",
            "--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream",
            f"--window-size={size[0]},{size[1]}", f"--lang={language}", f"--accept-lang={language}",
            # Two windows of one browser: neither may be put to sleep while the other is looked at.
            "--disable-backgrounding-occluded-windows", "--disable-renderer-backgrounding",
            "--disable-background-timer-throttling", *more,
        ):
            options.add_argument(argument)
        if camera:
            options.add_argument(f"--use-file-for-fake-video-capture={camera}")
        if microphone:
            options.add_argument(f"--use-file-for-fake-audio-capture={microphone}")
        options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
        self.driver = webdriver.Chrome(options=options, service=Service(driver))
        self.driver.set_script_timeout(PATIENCE_S)

    def find(self, selector):
        from selenium.webdriver.common.by import By

        found = self.driver.find_elements(By.CSS_SELECTOR, selector)
        return found[0] if found else None

    def text(self, selector="body"):
        element = self.find(selector)
        return element.text if element else ""

    def until(self, what, condition, patience_s=PATIENCE_S):
        """Waits for a condition; says what was waited for, and what the page showed, where it never came."""
        from selenium.common.exceptions import StaleElementReferenceException

        end = time.monotonic() + patience_s
        while time.monotonic() < end:
            try:
                result = condition()
            except StaleElementReferenceException:
                result = None
            if result:
                return result
            time.sleep(0.1)
        raise AssertionError(f"waited in vain for {what}; the page shows:\n{self.text()}\nlog: {self.complaints()}")

    def shown(self, selector):
        """The element, once it can be seen."""
        return self.until(selector, lambda: (e := self.find(selector)) and e.is_displayed() and e)

    def click(self, selector):
        def press():
            element = self.find(selector)
            return element and element.is_displayed() and element.is_enabled() and element
        element = self.until(f"{selector} to press", press)
        # By script: what must not matter here is where the page has scrolled to.
        self.driver.execute_script("arguments[0].click()", element)

    def complaints(self):
        """What the browser had to say against the pages."""
        log = self.driver.get_log("browser")
        return [e["message"] for e in log if e["level"] in ("SEVERE", "WARNING")]

    def picture(self, name):
        """A picture of the whole page, where LIVEPROOF_WEB_PICTURES names a folder."""
        folder = os.environ.get("LIVEPROOF_WEB_PICTURES")
        if not folder:
            return
        width, height = self.driver.execute_script("return [innerWidth, document.documentElement.scrollHeight]")
        clip = {"x": 0, "y": 0, "width": width, "height": min(height, 6000), "scale": 1}
        shot = self.driver.execute_cdp_cmd("Page.captureScreenshot", {"captureBeyondViewport": True, "clip": clip})
        pathlib.Path(folder, f"{name}.png").write_bytes(base64.b64decode(shot["data"]))

    def close(self):
        self.driver.quit()


class Protocol:
    """The messages of the document that the pages read, by Google's own implementation."""

    TYPES = {name.lower(): number for name, number in (
        (n.removeprefix("TYPE_"), v) for n, v in descriptor_pb2.FieldDescriptorProto.Type.items())}

    def __init__(self, document):
        file = descriptor_pb2.FileDescriptorProto(name="pages.proto", package="liveproof.v1", syntax="proto3")
        for name, values in document["enums"].items():
            enum = file.enum_type.add(name=name.removeprefix("liveproof.v1."))
            for value, number in sorted(values.items(), key=lambda pair: pair[1]):
                enum.value.add(name=value, number=number)
        for name, fields in document["messages"].items():
            if name.startswith("liveproof.v1."):
                self._message(file.message_type.add(name=name.removeprefix("liveproof.v1.")), fields)
        self._pool = descriptor_pool.DescriptorPool()
        self._pool.Add(file)

    def _message(self, message, fields):
        oneofs = {}
        for name in dict.fromkeys(f["oneof"] for f in fields if "oneof" in f):
            oneofs[name] = len(message.oneof_decl)
            message.oneof_decl.add(name=name)
        for f in fields:
            field = message.field.add(
                name=f["name"], number=f["number"], type=self.TYPES[f["type"]], label=3 if f.get("repeated") else 1)
            if "of" in f:
                field.type_name = "." + f["of"]
            if "oneof" in f:
                field.oneof_index = oneofs[f["oneof"]]
        # Presence alone makes a oneof of its own, after the others.
        for f, field in zip(fields, message.field):
            if f.get("optional"):
                field.proto3_optional = True
                field.oneof_index = len(message.oneof_decl)
                message.oneof_decl.add(name="_" + f["name"])

    def message(self, name):
        return message_factory.GetMessageClass(self._pool.FindMessageTypeByName(f"liveproof.v1.{name}"))


def frames(body):
    """Frames of a gRPC-web body: pairs of flags and payload; a last one that is cut short is left out."""
    at = 0
    while at + 5 <= len(body):
        flags, length = struct.unpack_from(">BI", body, at)
        if at + 5 + length > len(body):
            return
        yield flags, body[at + 5:at + 5 + length]
        at += 5 + length


def temporary_folder(case):
    """A folder that goes with the test case."""
    folder = tempfile.TemporaryDirectory()
    case.addClassCleanup(folder.cleanup)
    return pathlib.Path(folder.name)


def document(server):
    """The descriptors as the server states them."""
    return json.loads(server.get("/assets/protocol.json")[2])
