"""Reports as people open them: accessibility at both widths and in both themes, the timeline's hand, no script, paper.

The pages are those of a real `liveproof review` of small recordings: an interview with questions, a hand challenge
that is marked as a test copy, a recording in which nobody is seen, a file that is none, and the index of them all.
"""

import json
import pathlib
import re
import shutil
import subprocess
import unittest

import support

AXE = pathlib.Path(__file__).parent / "node_modules" / "axe-core" / "axe.min.js"
# Seconds of the demo interview: three questions, and enough speech for an offset.
CUT_S = 36
SIZES = ((1280, 900), (390, 844))
RUN = """
const done = arguments[arguments.length - 1];
axe.run(document, { resultTypes: ["violations"] }).then(r => done(r.violations.map(
  v => `${v.id}: ${v.help}: ` + v.nodes.slice(0, 3).map(n => n.target.join(" ")).join(" | "))));
"""


def cut_interview(ffmpeg, folder):
    """The beginning of the demo interview, with the events that lie in it."""
    to = folder / "interview.mp4"
    source = support.DEMO / "interview.mp4"
    subprocess.run([ffmpeg, "-y", "-v", "error", "-i", source, "-t", str(CUT_S), "-map", "0", "-c", "copy", to], check=True)
    events = json.loads((support.DEMO / "interview.events.json").read_text())
    events["events"] = [e for e in events["events"] if e["time_ms"] < 1000 * CUT_S - 3000]
    (folder / "interview.events.json").write_text(json.dumps(events))


def mark_copy(folder):
    """The hand challenge, marked as forge marks what it makes."""
    shutil.copy(support.DEMO / "hand_pass.mp4", folder / "copy.mp4")
    events = json.loads((support.DEMO / "hand_pass.events.json").read_text())
    events["tampered"] = [{"kind": "freeze", "from_ms": 1000, "to_ms": 2000}]
    (folder / "copy.events.json").write_text(json.dumps(events))


class Reports(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        chromium, driver, ffmpeg = support.browser_programs("reports")
        folder = support.temporary_folder(cls)
        recordings = folder / "recordings"
        recordings.mkdir()
        cut_interview(ffmpeg, recordings)
        mark_copy(recordings)
        for name in ("no_face.mp4", "text.mp4"):
            shutil.copy(support.ROOT / "testdata" / "media" / name, recordings / name)
        cls.out = folder / "out"
        cls.recordings = recordings
        cls.review("--out", str(cls.out), "--pages", "--fail-on", "none", str(recordings))
        cls.browser = support.Browser(chromium, driver)
        cls.addClassCleanup(cls.browser.close)

    @classmethod
    def review(cls, *arguments, check=True):
        return subprocess.run(
            [support.program(), "review", "--quiet", *arguments], cwd=support.ROOT, check=check,
            env=support.environment(), capture_output=True, text=True)

    def page(self, name):
        if name == "index":
            return self.out / "index.html"
        (found,) = (self.out / "reports").glob(f"{name}.*.html")
        return found

    def open(self, name, size=SIZES[0]):
        self.browser.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {
            "width": size[0], "height": size[1], "deviceScaleFactor": 1, "mobile": size[0] < 600})
        self.browser.driver.get(self.page(name).as_uri())

    def script(self, text, *arguments):
        return self.browser.driver.execute_script(text, *arguments)

    def test_every_page_passes_axe_and_fits(self):
        if not AXE.is_file():
            support.skip("accessibility of reports", f"{AXE} is not there (.ci/setup --tests fetches it)")
        axe = AXE.read_text()
        for name in ("interview.mp4", "copy.mp4", "no_face.mp4", "text.mp4", "index"):
            for size in SIZES:
                self.open(name, size)
                self.script(axe)
                for theme in ("light", "dark"):
                    self.script("document.documentElement.setAttribute('data-theme', arguments[0])", theme)
                    with self.subTest(page=name, size=size, theme=theme):
                        self.assertEqual(self.browser.driver.execute_async_script(RUN), [])
                        wide = self.script("return document.documentElement.scrollWidth - innerWidth")
                        self.assertLessEqual(wide, 0, "the page scrolls sideways")
                self.browser.picture(f"report-{name}-{size[0]}")
        self.assertEqual(self.browser.complaints(), [], "the policy of the pages lets their own script run")

    def test_what_a_page_says_first(self):
        self.open("copy.mp4")
        text = self.browser.text("main")
        self.assertIn("Test copy", text[:40])
        self.assertIn("tampered with on purpose (freeze from 1.0 to 2.0 s)", text[:300])
        self.open("no_face.mp4")
        self.assertIn("Not measurable", self.browser.text(".brief .standing"))
        rows = self.script("return [...document.querySelectorAll('.rubric tbody tr')].map(r => r.cells[1].textContent)")
        self.assertNotIn("nothing stood out", rows)
        self.assertEqual(len(rows), 13)

    def test_the_hand_of_the_timeline_by_keyboard(self):
        from selenium.webdriver.common.keys import Keys

        self.open("interview.mp4")
        slider = self.browser.shown("#hand-0")
        slider.send_keys(Keys.HOME)
        self.assertEqual(self.browser.text(".hand output"), "0:00.0")
        slider.send_keys(Keys.ARROW_RIGHT * 4)
        self.assertEqual(self.browser.text(".hand output"), "0:02.0")
        slider.send_keys(Keys.PAGE_UP)
        self.assertNotEqual(self.browser.text(".hand output"), "0:02.0")
        slider.send_keys(Keys.END)
        self.assertEqual(self.browser.text(".hand output"), f"0:{CUT_S}.0")
        self.assertIn("0:3", slider.get_attribute("aria-valuetext"))
        # The moment of a question: its segment, its question, and what mouth and sound do then.
        self.script("const s = arguments[0]; s.value = 16; s.dispatchEvent(new Event('input'))", slider)
        said = self.browser.text(".said")
        self.assertIn("0:15 – 0:18", said)
        self.assertIn("Question 2: answer after", said)
        self.assertGreater(len(self.script("return document.querySelector('.moment-plot .lips-line').getAttribute('d')")), 200)
        self.assertGreater(len(self.script("return document.querySelector('.moment-plot .wave').getAttribute('d')")), 200)

    def test_without_a_script_nothing_is_missing_but_the_hand(self):
        driver = self.browser.driver
        driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
        try:
            self.open("interview.mp4")
            self.assertFalse(self.browser.find(".moment").is_displayed())
            self.assertFalse(self.browser.find("button.theme").is_displayed())
            self.assertTrue(self.browser.find(".close-ups svg").is_displayed())
            self.assertIn("Question 2", self.browser.text("main"))
            self.open("index")
            self.assertIsNone(self.browser.find("thead button"))
            self.assertIn("interview.mp4", self.browser.text("table"))
        finally:
            driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})

    def test_the_index_is_sorted_by_keyboard_and_keeps_the_unmeasured_last(self):
        from selenium.webdriver.common.keys import Keys

        self.open("index")
        lengths = "return [...document.querySelectorAll('tbody tr')].map(r => r.cells[6].textContent)"
        before = self.script(lengths)
        head = self.browser.driver.find_elements("css selector", "thead button")[6]
        self.assertEqual(head.text, "Length")
        for order in ("ascending", "descending"):
            head.send_keys(Keys.ENTER)
            self.assertEqual(self.script("return document.querySelectorAll('thead th')[6].ariaSort"), order)
            after = self.script(lengths)
            self.assertEqual(sorted(after), sorted(before))
            self.assertEqual(after[-1], "–", "a file that could not be reviewed has no length")
        self.assertIn("test copy", self.browser.text("tbody"))

    def test_paper(self):
        browser = support.browser_programs("reports")[0]
        folder = self.out.parent / "paper"
        clip = str(self.recordings / "no_face.mp4")
        missing = self.review("--html", str(folder), "--pdf", "--pdf-browser", "/nowhere/chromium", clip, check=False)
        self.assertEqual(missing.returncode, 69, missing.stderr)
        self.assertIn("/nowhere/chromium", missing.stderr)
        self.assertTrue((folder / "no_face.mp4.html").is_file(), "the page is written all the same")
        made = []
        for _ in range(2):
            self.review("--html", str(folder), "--pdf", "--pdf-browser", browser, clip)
            made.append((folder / "no_face.mp4.pdf").read_bytes())
            (folder / "no_face.mp4.pdf").unlink()
        self.assertTrue(made[0].startswith(b"%PDF-"))
        self.assertGreaterEqual(len(re.findall(rb"/Type\s*/Page\b", made[0])), 3)
        self.assertEqual(made[0], made[1], "the same page is the same PDF")


if __name__ == "__main__":
    unittest.main()
