/**
 * The worker: joins as the candidate, and sends what the page hands over. Its requests are the extension's own, so that
 * neither the page's policies nor CORS stand in their way; the manifest's host permissions do.
 */

import { Candidate, Camera, type CandidateUpdate, LiveproofError, Microphone } from "liveproof/web";
import { bytesOf, type ToPage, type ToWorker } from "./messages.js";

chrome.runtime.onConnect.addListener((port) => {
  let candidate: Candidate | undefined;
  let gone = false;
  const tell = (message: ToPage): void => { if (!gone) port.postMessage(message); };

  async function join(message: Extract<ToWorker, { join: unknown }>): Promise<void> {
    const { origin, invitation, consentId } = message.join;
    const tracks = message.sound ? [Camera.track(), Microphone.track()] : [Camera.track()];
    try {
      candidate = await Candidate.join(origin, bytesOf(invitation), { tracks, consentId });
      if (gone) return await candidate.leave();
      tell({ welcome: { latestUs: candidate.welcome.latestUs } });
      for await (const update of candidate) tell({ state: words(update), ...(update.case === "goodbye" ? { over: true } : {}) });
    } catch (error) {
      tell({ state: error instanceof LiveproofError ? error.message : String(error), over: true });
    }
  }

  port.onMessage.addListener((message: ToWorker) => {
    if ("join" in message) return void join(message);
    try {
      candidate?.send({ ...message, payload: bytesOf(message.base64) });
    } catch {
      // It is over; the page is told by the other way.
    }
  });
  port.onDisconnect.addListener(() => {
    gone = true;
    void candidate?.leave();
  });
});

function words(update: CandidateUpdate): string {
  switch (update.case) {
    case "link":
      return update.connected ? "connected" : "the connection was lost; trying again";
    case "notice":
      return `note: ${update.detail}`;
    case "challenge":
      // The one before this browser is the host: a prompt cannot be shown to the candidate here.
      return "a challenge was asked for; this extension cannot show it to the candidate";
    case "goodbye":
      return `over: ${update.reason}`;
  }
}
