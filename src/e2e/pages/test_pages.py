"""Both pages against a real server: an interview from its creation to its summary, seen from both sides."""

import base64
import json
import re
import unittest

import support

# Keeps what the candidate's page sends and gets, so that a test can read every byte of it.
RECORD = """
window.__calls = [];
const real = window.fetch;
window.fetch = async (...args) => {
  const answer = await real(...args);
  if (!String(args[0]).startsWith("/liveproof.")) return answer;
  const call = { url: String(args[0]), sent: args[1].body.length, parts: [] };
  if (call.url.endsWith("/Join") || window.__keepBodies) call.body = [...args[1].body];
  window.__calls.push(call);
  const [mine, theirs] = answer.body.tee();
  (async () => {
    const reader = mine.getReader();
    try {
      for (;;) { const { done, value } = await reader.read(); if (done) break; call.parts.push(...value); }
    } catch { }
  })();
  return new Response(theirs, { status: answer.status, headers: answer.headers });
};
const media = navigator.mediaDevices;
window.__asked = 0;
if (media) {
  const ask = media.getUserMedia.bind(media);
  media.getUserMedia = (...args) => { window.__asked += 1; return ask(...args); };
}
"""

# No word of a result may reach the candidate.
RESULT_WORDS = ("authenticity", "score", "evidence", "manipulat", "inconclusive")
ACCUSING = ("fraud", "fake", "cheat", "liar", "impostor")


class Pages(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.programs = support.browser_programs("web pages")
        cls.server = support.Server()
        cls.addClassCleanup(cls.server.stop)
        cls.protocol = support.Protocol(support.document(cls.server))
        folder = support.temporary_folder(cls)
        cls.camera, cls.microphone = support.camera_and_microphone(
            folder, support.DEMO / "hand_pass.mp4", support.DEMO / "interview.mp4", 30)

    def browser(self, with_camera=False, **options):
        chromium, driver, _ = self.programs
        files = (self.camera, self.microphone) if with_camera else ()
        browser = support.Browser(chromium, driver, *files, **options)
        self.addCleanup(browser.close)
        return browser

    def create(self, host, title="Interview at Example Ltd", mode=None):
        """Creates an interview in the console; returns the candidate's link."""
        host.driver.get(self.server.origin + "/")
        host.shown("#create-form")
        host.find("#interview-title").send_keys(title)
        if mode:
            host.find(f"#policy-mode option[value={mode}]").click()
        host.click("#create-button")
        host.shown("#invite-link")
        return host.find("#invite-link").get_attribute("value")

    def join(self, candidate, link):
        """Goes through consent and devices into the interview."""
        candidate.driver.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": RECORD})
        candidate.driver.get(link)
        candidate.shown("#agree")
        # Nothing was asked of camera or server before the candidate agreed.
        self.assertEqual(candidate.driver.execute_script("return [window.__asked, window.__calls.length]"), [0, 0])
        candidate.click("#agree")
        candidate.click("#start")
        candidate.until("the connection", lambda: candidate.find("#state[data-state=connected]"))

    def joined(self, candidate):
        """Every message that the page got over Join."""
        calls = candidate.driver.execute_script("return window.__calls.filter((c) => c.url.endsWith('/Join'))")
        self.assertTrue(calls, "the page never joined")
        response = self.protocol.message("JoinResponse")
        return [response.FromString(payload) for call in calls
                for flags, payload in support.frames(bytes(call["parts"])) if flags == 0]

    def assert_fair(self, browser):
        words = browser.text().lower()
        for word in ACCUSING:
            self.assertNotIn(word, words)

    def test_an_interview_from_both_sides(self):
        host = self.browser()
        link = self.create(host)
        self.assertIn("/join#", link)
        self.assertIn("Waiting for the candidate", host.text("#state-text"))
        host.picture("console-waiting")

        candidate = self.browser(with_camera=True)
        self.join(candidate, link)
        candidate.until("pictures to be sent", lambda: "0 pictures" not in candidate.text("#sent-count")
                        and "pictures sent" in candidate.text("#sent-count"))
        self.assertEqual(candidate.text("#title"), "Interview at Example Ltd")
        candidate.picture("candidate-live")

        # What can be measured, and the running assessment with its words.
        host.until("the candidate in the console", lambda: "is connected" in host.text("#state-text"))
        self.assertFalse(host.find("#invite").is_displayed(), "the link is for one candidate")
        host.until("the capabilities", lambda: "Face swap traces" in host.text("#capabilities"))
        host.until("a segment", lambda: host.find("#now-body .figure"))
        host.until("lanes", lambda: "Lip-sync" in host.text("#lanes"))
        figure = host.text("#now-body .figure")
        self.assertTrue(figure == "No score" or "authenticity of the segment" in host.text("#now-body"), figure)
        self.assertIn("inconclusive until its end", host.text("#now-body"))
        host.click("#question")
        host.until("the question", lambda: "Question 1 has ended" in host.text("#question"))
        host.click("#question")
        host.until("the question's end", lambda: "A question begins" in host.text("#question"))
        host.picture("console-live")
        # A console that is loaded again knows all of it.
        host.driver.refresh()
        host.until("the lanes again", lambda: "Lip-sync" in host.text("#lanes"))
        host.until("the candidate again", lambda: "is connected" in host.text("#state-text"))

        self.challenge_is_shown_and_concluded(host, candidate)
        self.challenge_can_be_declined(host, candidate)

        host.click("#end")
        host.click("#end-yes")
        host.until("the summary", lambda: "Most alarms about rare things are false" in host.text("#summary-more"))
        host.picture("console-summary")
        self.assertIn("The whole interview", host.text("#summary"))
        self.assertIn("No decision about a person may rest on this page alone.", host.text("#summary-more"))
        self.assertIn("The interview is over", host.text("#state-text"))
        digests = [e for e in host.text("#models").split() if len(e) == 64]
        self.assertTrue(digests, "the summary names no model by digest")
        self.assert_fair(host)
        self.assertEqual(host.complaints(), [])

        candidate.shown("#over")
        candidate.picture("candidate-over")
        self.assertIsNone(candidate.driver.execute_script("return document.querySelector('#live video')?.srcObject"))
        self.nothing_of_a_result(candidate)
        self.assertEqual(candidate.complaints(), [])

    def challenge_is_shown_and_concluded(self, host, candidate):
        host.click("button[data-kind=CHALLENGE_KIND_HAND_PASS]")
        candidate.until("the prompt", lambda: candidate.find("#prompt[open]"))
        prompt = candidate.until("its text", lambda: candidate.text("#prompt-text"))
        self.assertIn("hand", prompt.lower())
        self.assertTrue(candidate.text("#prompt-reason") and candidate.text("#prompt-alternative"))
        candidate.until("the countdown", lambda: "seconds left" in candidate.text("#prompt-clock"))
        candidate.picture("candidate-prompt")
        host.until("the window", lambda: host.find(".challenge[data-state=open], .challenge[data-state=concluded]"))
        host.picture("console-challenge")
        host.until("the conclusion", lambda: host.find(".challenge[data-state=concluded]"))
        card = host.text(".challenge")
        self.assertIn("Pass a hand in front of the face", card)
        self.assertRegex(card, "performed|not performed|not measurable")
        self.assertIn(prompt, card)
        self.assertIn("Signed record", card)
        candidate.until("the prompt to go", lambda: not candidate.find("#prompt[open]"))
        host.picture("console-concluded")

    def challenge_can_be_declined(self, host, candidate):
        host.click("button[data-kind=CHALLENGE_KIND_HAND_HOLD]")
        candidate.until("the prompt", lambda: candidate.find("#prompt[open]"))
        candidate.click("#decline")
        candidate.until("the prompt to go", lambda: not candidate.find("#prompt[open]"))
        host.until("the word of it", lambda: len(host.driver.find_elements("css selector", ".challenge[data-state=concluded]")) == 2)
        self.assertIn("says nothing about anybody", host.text(".challenge"))

    def nothing_of_a_result(self, candidate):
        words = candidate.text().lower()
        for word in RESULT_WORDS:
            self.assertNotIn(word, words)
        messages = self.joined(candidate)
        kinds = {m.WhichOneof("message") for m in messages}
        self.assertLessEqual({"welcome", "credit", "challenge", "goodbye"}, kinds)
        for m in messages:
            if m.WhichOneof("message") == "challenge":
                state = m.challenge.WhichOneof("state")
                # A conclusion may be told, what came of it may not.
                self.assertFalse(m.challenge.concluded.HasField("result"), m)
                self.assertFalse(m.challenge.reprompt.HasField("first"), m)
                self.assertEqual(m.challenge.concluded.words, "", state)

    def test_a_page_that_was_loaded_again_goes_on(self):
        host = self.browser()
        candidate = self.browser(with_camera=True)
        self.join(candidate, self.create(host))
        sent = lambda: "pictures sent" in candidate.text("#sent-count") and "0 pictures" not in candidate.text("#sent-count")
        candidate.until("pictures to be sent", sent)
        first = self.joined(candidate)[0].welcome
        self.assertEqual((first.next_index, first.latest_us), (0, 0))
        candidate.driver.refresh()
        host.until("the loss in the console", lambda: "lost its connection" in host.text("#state-text"))
        candidate.click("#agree")
        candidate.click("#start")
        candidate.until("pictures to be sent again", sent)
        again = self.joined(candidate)[0].welcome
        self.assertGreater(again.next_index, 0)
        self.assertGreater(again.latest_us, 0)
        self.assertGreater({p.track_id: p.next_sequence for p in again.positions}["camera"], 0)
        host.until("the candidate in the console", lambda: "is connected" in host.text("#state-text"))
        candidate.click("#leave")
        candidate.click("#leave-yes")
        candidate.shown("#over")
        host.until("the end", lambda: "The interview is over" in host.text("#state-text"))

    def test_what_was_ticked_is_never_asked(self):
        host = self.browser()
        candidate = self.browser(with_camera=True, language="de")
        candidate.driver.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": RECORD})
        candidate.driver.get(self.create(host))
        candidate.shown("#agree")
        self.assertIn("Was gemessen wird", candidate.text())
        candidate.driver.execute_script("document.querySelector('[value=CHALLENGE_NEED_HANDS]').click()")
        candidate.click("#agree")
        candidate.click("#start")
        candidate.until("the connection", lambda: candidate.find("#state[data-state=connected]"))
        candidate.until("pictures", lambda: "Bilder gesendet" in candidate.text("#sent-count"))
        host.click("button[data-kind=CHALLENGE_KIND_HAND_PASS]")
        host.until("the word of it", lambda: host.find(".challenge[data-state=concluded]"))
        cards = host.driver.find_elements("css selector", ".challenge")
        self.assertIn("says nothing about anybody", cards[-1].text)
        # The texts of the page say how to decline; a hand was never asked for.
        prompt = candidate.driver.execute_script("return document.getElementById('prompt-text').textContent")
        self.assertNotIn("hand", prompt.lower())

    def test_a_wrong_invitation_is_turned_away(self):
        candidate = self.browser(with_camera=True)
        candidate.driver.get(self.server.origin + "/join")
        self.assertIn("invitation", candidate.shown("#trouble").text)
        wrong = base64.urlsafe_b64encode(bytes(32)).decode().rstrip("=")
        candidate.driver.get(self.server.origin + "/join#" + wrong)
        # A change of the fragment alone does not load the page again.
        candidate.driver.refresh()
        candidate.click("#agree")
        candidate.click("#start")
        self.assertIn("not valid", candidate.shown("#trouble").text)

    def test_a_server_with_keys_asks_for_one(self):
        folder = support.temporary_folder(self)
        made = support.program_output("keys", "new", "--tenant", "acme")
        key, entry = re.search(r"^lp_\S+$", made, re.M)[0], made[made.index("[["):]
        (folder / "keys.toml").write_text(entry, encoding="utf-8")
        server = support.Server("--server-keys-file", str(folder / "keys.toml"), "--log-level", "trace")
        self.addCleanup(server.stop)
        host = self.browser()
        host.driver.get(server.origin + "/")
        host.shown("#create-form")
        self.assertFalse(host.find("#key-field").is_displayed(), "nobody is asked for what may not be wanted")
        host.click("#create-button")
        host.shown("#key-field")
        self.assertIn("wants an API key", host.text("#create-trouble"))
        host.find("#key").send_keys("lp_not-the-key")
        host.click("#create-button")
        host.until("the refusal", lambda: "does not accept this key" in host.text("#create-trouble"))
        host.picture("console-key")
        host.find("#key").clear()
        host.find("#key").send_keys(key)
        host.click("#create-button")
        link = host.shown("#invite-link").get_attribute("value")
        host.until("the interview", lambda: "Waiting for the candidate" in host.text("#state-text"))
        # The candidate has no key; the page of somebody who only knows the address shows nothing.
        candidate = self.browser(with_camera=True)
        self.join(candidate, link)
        host.until("the candidate in the console", lambda: "is connected" in host.text("#state-text"))
        stranger = self.browser()
        stranger.driver.get(host.driver.current_url)
        stranger.shown("#key-field")
        self.assertNotIn("is connected", stranger.text())
        # The key lives in the page's memory: a page that is loaded again asks anew, and finds its interview.
        kept = "return JSON.stringify([{...localStorage}, {...sessionStorage}, document.cookie, location.href])"
        self.assertNotIn(key, host.driver.execute_script(kept))
        host.driver.refresh()
        host.shown("#key-field")
        host.find("#key").send_keys(key)
        host.click("#create-button")
        host.until("the candidate again", lambda: "is connected" in host.text("#state-text"))
        server.stop()
        self.assertNotIn(key, "".join(server.lines))

    def test_pages_carry_their_policy(self):
        for path in ("/", "/join", "/assets/join.js", "/assets/protocol.json"):
            status, headers, body = self.server.get(path)
            headers = {k.lower(): v for k, v in headers.items()}
            self.assertEqual(status, 200, path)
            self.assertIn("default-src 'none'", headers.get("content-security-policy", ""), path)
            self.assertEqual(headers.get("cache-control"), "no-store", path)
            self.assertTrue(body, path)
        self.assertIn("liveproof.v1.WebService", json.loads(body)["services"])


if __name__ == "__main__":
    unittest.main()
