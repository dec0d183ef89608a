"""The example extension in headless Chromium: in a page that plays generated media, against a real server.

`npm run build` and `npm run extension` come first. Run with the Python of the web pages' tests (.ci/requirements-test.txt).
"""

import base64
import functools
import hashlib
import http.server
import json
import pathlib
import shutil
import subprocess
import sys
import threading
import unittest

HERE = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(HERE.parents[1] / "src" / "e2e" / "pages"))

import support  # noqa: E402

EXTENSION = HERE / "dist" / "extension"
# A small picture of the host's own, and the large one of the candidate, as calls are laid out.
CALL = """<!doctype html><title>A call</title><link rel="icon" href="data:,">
<video src="silent.mp4" width="160" autoplay muted loop></video>
<video src="interview.mp4" width="640" autoplay loop></video>"""


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


class Host:
    """`examples/host.js`: an interview, and what is said of it."""

    def __init__(self, origin):
        program = [shutil.which("node"), HERE / "dist" / "examples" / "host.js", origin]
        self.process = subprocess.Popen(program, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.said = []
        self.ended = threading.Event()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        for line in self.process.stdout:
            self.said.append(json.loads(line))
        self.ended.set()

    def of(self, case):
        return [one for one in list(self.said) if one["case"] == case]

    def close(self):
        """Closes the interview and waits for its last word."""
        self.process.stdin.close()
        if not self.ended.wait(support.PATIENCE_S):
            raise AssertionError(f"no end came: {[one['case'] for one in self.said]}")
        self.process.wait()
        self.process.stdout.close()


class Extension(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        programs = support.browser_programs("browser extension")
        for file in ("manifest.json", "background.js", "content.js", "popup.js", "worklet.js"):
            assert (EXTENSION / file).is_file(), f"{file}: npm run build, npm run extension"
        cls.server = support.Server()
        cls.addClassCleanup(cls.server.stop)
        folder = support.temporary_folder(cls)
        (folder / "index.html").write_text(CALL, encoding="utf-8")
        shutil.copy(support.DEMO / "interview.mp4", folder)
        shutil.copy(support.DEMO / "hand_pass.mp4", folder / "silent.mp4")
        handler = functools.partial(Quiet, directory=folder)
        cls.web = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        threading.Thread(target=cls.web.serve_forever, daemon=True).start()
        cls.addClassCleanup(cls.web.server_close)
        cls.addClassCleanup(cls.web.shutdown)
        more = (
            f"--load-extension={EXTENSION}",
            f"--disable-extensions-except={EXTENSION}",
            # Chromium builds under Google's name want it; others do not mind.
            "--disable-features=DisableLoadExtensionCommandLineSwitch",
            "--autoplay-policy=no-user-gesture-required",
        )
        cls.browser = support.Browser(*programs[:2], more=more)
        cls.addClassCleanup(cls.browser.close)
        # Chromium's id of an extension that is loaded from a folder.
        digest = hashlib.sha256(str(EXTENSION).encode()).hexdigest()[:32]
        cls.identity = "".join(chr(ord("a") + int(c, 16)) for c in digest)

    def open_call(self):
        """The page of the call, once it plays, and the popup in a window of its own; returns both handles."""
        driver = self.browser.driver
        driver.switch_to.new_window("window")
        call = driver.current_window_handle
        driver.get(f"http://127.0.0.1:{self.web.server_address[1]}/")
        playing = "return [...document.querySelectorAll('video')].every((v) => !v.paused && v.videoWidth > 0)"
        self.browser.until("two videos that play", lambda: driver.execute_script(playing))
        driver.switch_to.new_window("window")
        driver.get(f"chrome-extension://{self.identity}/popup.html")
        find = "const done = arguments[1]; chrome.tabs.query({ url: arguments[0] }).then((t) => done(t.at(-1)?.id));"
        tab = driver.execute_async_script(find, f"http://127.0.0.1:{self.web.server_address[1]}/*")
        driver.get(f"chrome-extension://{self.identity}/popup.html?tab={tab}")
        return call, driver.current_window_handle

    def start(self, origin, invitation):
        for name, text in (("origin", origin), ("invitation", invitation), ("consent", "asked on the phone")):
            field = self.browser.shown(f"#{name}")
            field.clear()
            field.send_keys(text)
        self.browser.click("#agreed")
        self.browser.click("#start")

    def bar(self):
        return self.browser.text("#liveproof-bar")

    def test_a_call_in_a_page_is_assessed(self):
        host = Host(self.server.origin)
        self.addCleanup(host.process.kill)
        created = self.browser.until("an interview", lambda: host.of("created"))[0]
        call, popup = self.open_call()
        self.start(self.server.origin, created["invitation"])
        self.browser.until("the start", lambda: self.browser.text("#state") == "started")
        self.browser.driver.switch_to.window(call)
        self.browser.until("the connection", lambda: "connected" in self.bar())
        self.assertIn("picture and sound of this call are being assessed", self.bar())
        finals = lambda: [s for s in host.of("segment") if s["final"]]  # noqa: E731
        self.browser.until("a final segment", finals)
        self.browser.driver.switch_to.window(popup)
        self.browser.click("#stop")
        self.browser.until("the stop", lambda: self.browser.text("#state") == "stopped")
        self.browser.driver.switch_to.window(call)
        self.browser.until("the end in the page", lambda: "not assessed any more (stopped)" in self.bar())
        host.close()

        (hello,) = host.of("hello")
        signals = {s["signal"]: s["available"] for s in hello["signals"]}
        self.assertTrue(signals["face_swap"] and signals["lip_sync"])
        first = finals()[0]
        # The large video, with its one face, and its sound; not the host's own.
        self.assertGreater(first["quality"]["facePresence"], 0.9)
        self.assertEqual(first["quality"]["facesMax"], 1)
        self.assertGreater(first["quality"]["fps"], 8)
        self.assertGreater(first["coverage"]["audio"], 0.8)
        self.assertGreater(first["quality"]["faceHeightPx"], 100)
        # A candidate who leaves ends the interview.
        (summary,) = host.of("summary")
        self.assertEqual(summary["consentId"], "asked on the phone")
        self.assertEqual(self.browser.complaints(), [])

    def test_a_wrong_invitation_is_said_in_the_page(self):
        call, _ = self.open_call()
        self.start(self.server.origin, base64.urlsafe_b64encode(bytes(32)).decode())
        self.browser.until("the start", lambda: self.browser.text("#state") == "started")
        self.browser.driver.switch_to.window(call)
        self.browser.until("the refusal", lambda: "not assessed any more (NOT_FOUND" in self.bar())


if __name__ == "__main__":
    unittest.main()
