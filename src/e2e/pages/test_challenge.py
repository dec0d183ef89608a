"""A hand challenge over gRPC-web with three candidates: one who does it, one who does not, one whose face is painted.

The candidates are the generated clips of testdata/demo, played over and over as the browser's camera. Their hand passes
twice in every nine seconds, so that the host draws until "twice" is asked for, and asks again where the prompt came
in the middle of a pass or for the other direction. What a challenge comes to never depends on the one before it.
"""

import time
import unittest

import support
import test_pages

# Draws and windows; a window of a pass asked for twice takes eight seconds, with its repetition twenty.
TRIES_WITHIN_S = 4 * support.PATIENCE_S


class Challenge(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.programs = support.browser_programs("web challenge")
        cls.server = support.Server()
        cls.addClassCleanup(cls.server.stop)
        cls.folder = support.temporary_folder(cls)

    # The way into an interview is that of the other tests.
    browser = test_pages.Pages.browser
    create = test_pages.Pages.create

    def interview(self, clip):
        """An interview whose candidate's camera shows a clip; returns the host's browser."""
        seconds = 9 if clip.startswith("hand_pass") else 30
        self.camera, self.microphone = support.camera_and_microphone(
            self.folder, support.DEMO / clip, support.DEMO / "interview.mp4", seconds)
        host = self.browser()
        candidate = self.browser(with_camera=True)
        candidate.driver.get(self.create(host))
        candidate.click("#agree")
        candidate.click("#start")
        host.until("a segment", lambda: host.find("#now-body .figure"))
        return host

    def ask(self, host):
        """Asks for a hand pass; returns the text of its card when it is over, or None where another draw was taken back."""
        cards = lambda state="": host.driver.find_elements("css selector", f".challenge{state}")
        before = len(cards())
        host.click("button[data-kind=CHALLENGE_KIND_HAND_PASS]")
        host.until("the card", lambda: len(cards()) > before)
        fits = "twice" in host.until("the prompt", lambda: host.text(".challenge q"))
        if not fits:
            host.driver.execute_script("document.querySelector('.challenge button')?.click()")
        host.until("the conclusion", lambda: len(cards("[data-state=concluded]")) > before)
        return host.text(".challenge") if fits else None

    def until_performed(self, clip):
        host = self.interview(clip)
        end = time.monotonic() + TRIES_WITHIN_S
        seen = []
        while time.monotonic() < end:
            card = self.ask(host)
            if card and "Performed as asked" in card:
                return card, host
            seen.append(card)
        self.fail("never performed:\n" + "\n\n".join(filter(None, seen)))

    def test_who_does_it_is_seen_to_do_it(self):
        card, host = self.until_performed("hand_pass.mp4")
        host.picture("challenge-performed")
        self.assertNotIn("did not behave", card)
        self.assertIn("Passes 2 (asked for 2)", card)

    def test_a_painted_face_gives_itself_away(self):
        card, host = self.until_performed("hand_pass_swapped.mp4")
        host.picture("challenge-swapped")
        self.assertIn("did not behave as a real hand before a real face does", card)

    def test_who_does_not_do_it_is_not_accused(self):
        host = self.interview("interview.mp4")
        card = None
        while card is None:
            card = self.ask(host)
        host.picture("challenge-not-performed")
        self.assertIn("not performed", card)
        self.assertIn("no sign of manipulation", card)


if __name__ == "__main__":
    unittest.main()
