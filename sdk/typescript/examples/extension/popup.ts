/**
 * The popup: which server, which invitation, whose consent. It sends them to the page of the call, and keeps the server's
 * address alone.
 */

import type { Order } from "./messages.js";

const field = (id: string): HTMLInputElement => document.getElementById(id) as HTMLInputElement;
const say = (text: string): void => { (document.getElementById("state") as HTMLOutputElement).value = text; };

/** The page of the call: the one in front, or, where the popup is opened as a page of its own, `?tab=ID`. */
async function callTab(): Promise<number | undefined> {
  const named = Number(new URLSearchParams(location.search).get("tab"));
  if (named) return named;
  const [tab] = await chrome.tabs.query({ active: true, lastFocusedWindow: true });
  return tab?.id;
}

async function order(what: Order): Promise<void> {
  const tab = await callTab();
  try {
    if (tab === undefined) throw new Error("no page is open");
    say(String(await chrome.tabs.sendMessage(tab, what)));
  } catch (error) {
    say(`The page cannot be reached (${(error as Error).message}). Is it one of those that the manifest names?`);
  }
}

document.getElementById("form")?.addEventListener("submit", (event) => {
  event.preventDefault();
  const origin = field("origin").value.replace(/\/+$/, "");
  void chrome.storage.local.set({ origin });
  const [invitation, consentId] = [field("invitation").value.trim(), field("consent").value.trim()];
  void order({ start: { origin, invitation, consentId } });
});
document.getElementById("stop")?.addEventListener("click", () => void order({ stop: true }));

const { origin } = await chrome.storage.local.get("origin");
if (typeof origin === "string") field("origin").value = origin;
