/** What the parts of the extension say to each other. */

/** From the popup: what to join, or that it is over. */
export type Order = { readonly start: Settings } | { readonly stop: true };

/** Where and as what to join. */
export interface Settings {
  readonly origin: string;
  /** The invitation, base64url. */
  readonly invitation: string;
  readonly consentId: string;
}

/** From the page to the worker. Messages between them are JSON, so that bytes travel as base64. */
export type ToWorker =
  | { readonly join: Settings; readonly sound: boolean }
  | { readonly trackId: string; readonly captureTimeUs: number; readonly base64: string };

/** From the worker to the page. */
export type ToPage =
  | { readonly welcome: { readonly latestUs: number } }
  | { readonly state: string; readonly over?: true };

/** Bytes as text, and back. */
export function base64Of(bytes: Uint8Array): string {
  let text = "";
  // Arguments of one call are bounded.
  for (let at = 0; at < bytes.length; at += 8_192) text += String.fromCharCode(...bytes.subarray(at, at + 8_192));
  return btoa(text);
}

export function bytesOf(base64: string): Uint8Array {
  return Uint8Array.from(atob(base64.replaceAll("-", "+").replaceAll("_", "/")), (c) => c.charCodeAt(0));
}
