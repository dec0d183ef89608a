/**
 * The content script: in the page of a call, takes the picture and the sound of the largest playing video, which is the
 * candidate's where the host's own picture is small, and hands them to the worker. A bar in the page says so for as long.
 *
 * To make it yours: name the pages of your platform in the manifest, and choose the candidate's element by what your
 * platform writes into its pages (`candidateVideo`).
 */

import { Camera, type CandidateChunk, Clock, Microphone } from "liveproof/web";
import { base64Of, type Order, type Settings, type ToPage, type ToWorker } from "./messages.js";

interface Running {
  readonly stop: () => void;
}

let running: Running | undefined;

function candidateVideo(): HTMLVideoElement | undefined {
  const area = (video: HTMLVideoElement): number => video.clientWidth * video.clientHeight;
  const playing = [...document.querySelectorAll("video")].filter((v) => !v.paused && v.videoWidth > 0);
  return playing.sort((a, b) => area(b) - area(a))[0];
}

/** The sound that belongs to the element, where it has any. */
function soundOf(video: HTMLVideoElement): MediaStream | undefined {
  const captured = video as HTMLVideoElement & { captureStream?: () => MediaStream };
  const stream = video.srcObject instanceof MediaStream ? video.srcObject : captured.captureStream?.();
  const tracks = stream?.getAudioTracks() ?? [];
  return tracks.length > 0 ? new MediaStream(tracks) : undefined;
}

/** Says in the page that it is assessed, and how it goes; the last word stays until the next order. */
function bar(): { say: (text: string) => void; end: (why: string) => void } {
  document.getElementById("liveproof-bar")?.remove();
  const element = document.createElement("div");
  element.id = "liveproof-bar";
  element.setAttribute("role", "status");
  element.style.cssText =
    "position:fixed;inset:auto 0 0 0;z-index:2147483647;padding:.4rem 1rem;font:14px system-ui;background:#1b2a41;color:#fff";
  document.documentElement.append(element);
  return {
    say: (text) => { element.textContent = `liveproof: picture and sound of this call are being assessed (${text})`; },
    end: (why) => { element.textContent = `liveproof: this call is not assessed any more (${why})`; },
  };
}

function start(settings: Settings, video: HTMLVideoElement): Running {
  const status = bar();
  const port = chrome.runtime.connect({ name: "candidate" });
  const send = (message: ToWorker): void => port.postMessage(message);
  const sound = soundOf(video);
  const captures: { stop: () => void }[] = [];
  let over = false;

  const stop = (why = "stopped"): void => {
    if (over) return;
    over = true;
    for (const capture of captures) capture.stop();
    port.disconnect();
    status.end(why);
    running = undefined;
  };
  const hand = ({ trackId, captureTimeUs, payload }: CandidateChunk): void => {
    if (!over) send({ trackId, captureTimeUs, base64: base64Of(payload) });
  };
  async function capture(latestUs: number): Promise<void> {
    const clock = new Clock(latestUs);
    captures.push(new Camera(video, clock, hand));
    if (!sound) return;
    const microphone = await Microphone.open(sound, clock, hand, chrome.runtime.getURL("worklet.js"));
    if (over) microphone.stop();
    else captures.push(microphone);
  }

  port.onMessage.addListener((message: ToPage) => {
    if ("welcome" in message) {
      status.say("connected");
      void capture(message.welcome.latestUs).catch((error: Error) => status.say(`sound cannot be taken: ${error.message}`));
      return;
    }
    if (message.over) stop(message.state);
    else status.say(message.state);
  });
  port.onDisconnect.addListener(() => stop("the extension was stopped"));
  status.say("connecting");
  send({ join: settings, sound: sound !== undefined });
  return { stop };
}

chrome.runtime.onMessage.addListener((order: Order, _sender, answer: (words: string) => void) => {
  running?.stop();
  if ("stop" in order) return answer("stopped");
  const video = candidateVideo();
  if (!video) return answer("No video is playing in this page.");
  running = start(order.start, video);
  answer("started");
});
