/** How often and how soon something is tried again. */
export interface Retry {
  /** Tries in all; 1 = none is repeated. */
  readonly tries: number;
  /** Longest first pause, milliseconds. */
  readonly firstMs: number;
  /** Longest pause, milliseconds. */
  readonly longestMs: number;
}

export const DEFAULT_RETRY: Retry = { tries: 5, firstMs: 200, longestMs: 10_000 };

/**
 * The pause after so many failures, 1 and up, milliseconds: drawn evenly from 0 to a span that doubles, so that clients
 * of one server do not come back at once (full jitter; Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog,
 * 2015). Where the server says how long to wait, that comes first and the draw on top.
 */
export function pauseMs(retry: Retry, failed: number, hintMs = 0): number {
  const span = Math.min(retry.longestMs, retry.firstMs * 2 ** Math.min(failed - 1, 32));
  return hintMs + Math.random() * span;
}

/** Waits so long; sooner where the signal says so. */
export function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((done) => {
    if (signal?.aborted) return done();
    const timer = setTimeout(finish, ms);
    function finish() {
      clearTimeout(timer);
      signal?.removeEventListener("abort", finish);
      done();
    }
    signal?.addEventListener("abort", finish);
  });
}
