"""codec.js against Google's protobuf, and the frames of rpc.js: in the browser that they are made for."""

import base64
import unittest

import support

DECODE = """
const [type, encoded, done] = arguments;
(async () => {
  const { Protocol } = await import("/assets/codec.js");
  const protocol = new Protocol(await (await fetch("/assets/protocol.json")).json());
  const bytes = Uint8Array.from(atob(encoded), (c) => c.charCodeAt(0));
  const message = protocol.decode("liveproof.v1." + type, bytes);
  const again = protocol.encode("liveproof.v1." + type, message);
  const text = JSON.stringify(message, (_, v) => (v instanceof Uint8Array ? { bytes: [...v] } : v));
  return { text, again: btoa(String.fromCharCode(...again)) };
})().then(done, (error) => done({ error: error.constructor.name + ": " + error.message }));
"""

ENCODE = """
const [type, message, done] = arguments;
(async () => {
  const { Protocol } = await import("/assets/codec.js");
  const protocol = new Protocol(await (await fetch("/assets/protocol.json")).json());
  const bytes = protocol.encode("liveproof.v1." + type, message);
  return { bytes: btoa(String.fromCharCode(...bytes)) };
})().then(done, (error) => done({ error: error.constructor.name + ": " + error.message }));
"""

# A body in parts of every size must give the same frames.
FRAMES = """
const done = arguments[0];
(async () => {
  const { frames } = await import("/assets/rpc.js");
  const body = new Uint8Array([0, 0, 0, 0, 2, 7, 8, 0, 0, 0, 0, 0, 128, 0, 0, 0, 1, 9]);
  const results = [];
  for (let size = 1; size <= body.length; size++) {
    const stream = new ReadableStream({
      start(sink) {
        for (let at = 0; at < body.length; at += size) sink.enqueue(body.slice(at, at + size));
        sink.close();
      },
    });
    const found = [];
    for await (const f of frames(stream)) found.push([f.flags, ...f.payload]);
    results.push(JSON.stringify(found));
  }
  const cut = new ReadableStream({ start(sink) { sink.enqueue(body.slice(0, 6)); sink.close(); } });
  let broken = "";
  try { for await (const f of frames(cut)); } catch (error) { broken = error.code; }
  return { results: [...new Set(results)], broken };
})().then(done, (error) => done({ error: String(error) }));
"""


class Codec(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        chromium, driver, _ = support.browser_programs("web codec")
        cls.server = support.Server()
        cls.addClassCleanup(cls.server.stop)
        cls.browser = support.Browser(chromium, driver)
        cls.addClassCleanup(cls.browser.close)
        cls.browser.driver.get(cls.server.origin + "/")
        cls.protocol = support.Protocol(support.document(cls.server))

    def script(self, code, *arguments):
        return self.browser.driver.execute_async_script(code, *arguments)

    def both_ways(self, name, **fields):
        """Google's bytes, read and written again by the page, must be the same message; returns what the page saw."""
        message = self.protocol.message(name)(**fields)
        encoded = base64.b64encode(message.SerializeToString()).decode()
        result = self.script(DECODE, name, encoded)
        self.assertNotIn("error", result)
        again = type(message).FromString(base64.b64decode(result["again"]))
        self.assertEqual(again, message)
        import json
        return json.loads(result["text"])

    def test_messages_survive_both_ways(self):
        push = self.both_ways("PushRequest", invitation=bytes(range(32)), index=2**53 - 1, leave=True, media=[
            # Lengths about the writer's first buffer and its doublings.
            {"track_id": "camera", "sequence": n, "capture_time_us": -n, "payload": bytes(n), "epoch": 2**32 - 1}
            for n in (0, 1, 126, 127, 128, 240, 255, 256, 257, 511, 512, 70000)])
        self.assertEqual(push["index"], 2**53 - 1)
        self.assertEqual(len(push["media"][-1]["payload"]["bytes"]), 70000)
        chunk = self.both_ways("MediaChunk", capture_time_us=-(2**53 - 1), received_unix_us=1, keyframe=True,
                               layout={"width": 640, "planes": [{"offset_bytes": 7}]})
        self.assertEqual(chunk["capture_time_us"], -(2**53 - 1))
        result = self.both_ways("ChallengeResult", challenge_id="ä€😀", kind=5, llr=0.0, reaction_ms=-1.5,
                                not_performed={"detail": "no hand"}, evidence=[{"name": "x", "value": 1e-300}])
        self.assertEqual(result["status"], "not_performed")
        self.assertEqual((result["llr"], result["kind"]), (0, "CHALLENGE_KIND_CHEEK_PRESS"))
        self.assertNotIn("onset_us", result)
        issued = self.both_ways("ChallengeIssued", parameters={"colours": [1, 4, 2], "words": ["a", ""]})
        self.assertEqual(issued["parameters"]["colours"][1], "SCREEN_COLOUR_MAGENTA")
        region = self.both_ways("VideoTrack", nominal_fps=15, region={"x": 0.25})
        self.assertEqual(region["region"]["x"], 0.25)
        empty = self.both_ways("SegmentResult")
        self.assertEqual((empty["findings"], empty["final"], empty["participant_id"]), ([], False, ""))

    def test_the_last_field_of_a_oneof_counts(self):
        segment = self.protocol.message("SegmentResult")
        both = segment(score={"prior": 0.5}).SerializeToString() + segment(no_score={"detail": "x"}).SerializeToString()
        seen = self.script(DECODE, "SegmentResult", base64.b64encode(both).decode())
        self.assertIn('"outcome":"no_score"', seen["text"])
        self.assertNotIn('"score":', seen["text"])

    def test_unknown_fields_and_values_are_passed_over(self):
        credit = self.protocol.message("FlowCredit")(bytes=5).SerializeToString()
        unknown = b"\xf8\x07\x01" + b"\xf9\x07" + bytes(8) + b"\xfa\x07\x02ab" + b"\xfd\x07" + bytes(4)
        seen = self.script(DECODE, "FlowCredit", base64.b64encode(unknown + credit).decode())
        self.assertEqual(seen["text"], '{"bytes":5}')
        seen = self.script(DECODE, "NoScore", base64.b64encode(b"\x08\x63").decode())
        self.assertIn('"reason":99', seen["text"])

    def test_what_is_wrong_is_refused_by_name(self):
        cases = {
            ("FlowCredit", b"\x08"): "cut short",
            ("FlowCredit", b"\x08" + b"\xff" * 9 + b"\x01"): "FlowCredit.bytes: an integer beyond",
            ("FlowCredit", b"\x08" + b"\xff" * 10): "more than ten bytes",
            ("FlowCredit", b"\x0a\x01a"): "wire type 2, expected 0",
            ("Goodbye", b"\x0a\x05ab"): "cut short",
            ("Goodbye", b"\x0a\x02\xff\xfe"): "Goodbye.reason: no UTF-8",
            ("Goodbye", b"\x0b"): "wire type 3, expected 2",
            ("Goodbye", b"\x00\x01"): "field number 0",
            ("Goodbye", b"\xfb\x07"): "wire type 3 is not part of proto3",
        }
        for (name, wire), expected in cases.items():
            with self.subTest(name=name, wire=wire):
                result = self.script(DECODE, name, base64.b64encode(wire).decode())
                self.assertIn("CodecError", result.get("error", "no error"))
                self.assertIn(expected, result["error"])
        for name, message, expected in (
            ("FlowCredit", {"bytes": 2**54}, "FlowCredit.bytes: expected uint64"),
            ("FlowCredit", {"bytes": -1}, "FlowCredit.bytes: expected uint64"),
            ("FlowCredit", {"bites": 1}, "has no field bites"),
            ("NoScore", {"reason": "NO_SUCH"}, "has no value NO_SUCH"),
            ("Goodbye", {"reason": 7}, "Goodbye.reason: expected a text"),
        ):
            with self.subTest(name=name, message=message):
                self.assertIn(expected, self.script(ENCODE, name, message).get("error", "no error"))

    def test_frames_come_out_of_any_cut(self):
        result = self.script(FRAMES)
        self.assertEqual(result, {"results": ["[[0,7,8],[0],[128,9]]"], "broken": "UNAVAILABLE"})


if __name__ == "__main__":
    unittest.main()
