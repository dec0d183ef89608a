/** The host's side of an interview whose candidate takes part from a browser: create it, watch it, act on it. */

import type { MessageInitShape } from "@bufbuild/protobuf";
import type { Client } from "@connectrpc/connect";
import { LiveproofError, ServerError } from "../errors.js";
import { type Plain, plain } from "../plain.js";
import { type Hello, helloOf, type Update } from "../results.js";
import { DEFAULT_RETRY, pauseMs, type Retry, sleep } from "../retry.js";
import {
  ChallengeDeclineReason, type ChallengeKind, type ChallengePolicySchema, type CommandRequestSchema,
  type CreateInterviewResponse, type InterviewResponse, type WebService, type WebState,
} from "../v1.js";
import { asServerError, isPassing, webService, type WebOptions } from "./rpc.js";

/** What a host's client may be told. */
export interface HostOptions extends WebOptions {
  /** API key. In a page it can be read by whoever opens the page's tools: keep it on a server, or to pages of your own. */
  readonly key?: string;
  /** For calls that were refused for now or did not reach the server. */
  readonly retry?: Retry;
  /** How long a watched interview may be out of reach before watching fails, milliseconds: 3 minutes. */
  readonly giveUpMs?: number;
}

/** What a watcher gets: what the interview says, and where it stands. */
export type WatchUpdate =
  | Exclude<Update, { case: "resumed" }>
  | ({ readonly case: "hello" } & Hello)
  | { readonly case: "state"; readonly state: WebState };

type Command = Exclude<NonNullable<MessageInitShape<typeof CommandRequestSchema>["command"]>, { case: undefined }>;

/** Creates, watches and leads interviews at one server, as `https://liveproof.example`. */
export class Host {
  #service: Client<typeof WebService>;
  #retry: Retry;
  #giveUpMs: number;

  constructor(origin: string, options: HostOptions = {}) {
    const headers: Record<string, string> = options.key ? { authorization: `Bearer ${options.key.trim()}` } : {};
    this.#service = webService(origin, headers, options);
    this.#retry = options.retry ?? DEFAULT_RETRY;
    this.#giveUpMs = options.giveUpMs ?? 180_000;
  }

  /** Creates an interview; its `invitation` is for the candidate alone. */
  createInterview(
    options: {
      readonly sessionId?: string;
      /** Shown to the candidate before anything is recorded. */
      readonly title?: string;
      readonly challengePolicy?: MessageInitShape<typeof ChallengePolicySchema>;
    } = {},
  ): Promise<Plain<CreateInterviewResponse>> {
    return this.#call(async () => plain(await this.#service.createInterview(options)));
  }

  /**
   * Everything the interview says, from its beginning until its end, each thing once; a lost connection is replaced.
   *
   * Throws a `ServerError` where there is no such interview, or it stays out of reach.
   */
  async *watch(sessionId: string, signal?: AbortSignal): AsyncGenerator<WatchUpdate, void, undefined> {
    let latest = -1;
    let heardMs = performance.now();
    for (let failed = 1; ; failed++) {
      try {
        for await (const { message } of this.#service.watch({ sessionId }, signal ? { signal } : {})) {
          heardMs = performance.now();
          failed = 0;
          if (message.case === "state") yield { case: "state", state: message.value };
          else if (message.case === "response") {
            // After a lost connection it is all said again.
            const sequence = Number(message.value.sequence);
            const update = sequence > latest ? updateOf(message.value) : undefined;
            latest = Math.max(latest, sequence);
            if (update) yield update;
          }
        }
        return;
      } catch (error) {
        if (signal?.aborted) return;
        const found = asServerError(error);
        const lost = found instanceof ServerError && isPassing(found);
        if (!lost || performance.now() - heardMs > this.#giveUpMs) throw found;
      }
      await sleep(pauseMs(this.#retry, Math.max(1, failed)), signal);
      if (signal?.aborted) return;
    }
  }

  /** A question begins now; resolves to the session time, microseconds. */
  questionStart(sessionId: string, questionId = ""): Promise<number> {
    return this.#command(sessionId, { case: "questionStart", value: { questionId } });
  }

  /** A question ended now. */
  questionEnd(sessionId: string, questionId = ""): Promise<number> {
    return this.#command(sessionId, { case: "questionEnd", value: { questionId } });
  }

  /** Asks for a challenge; the server draws the kind where none is named. The updates say what becomes of it. */
  issueChallenge(sessionId: string, wish: { kind?: ChallengeKind; requestId?: string; locale?: string } = {}): Promise<number> {
    return this.#command(sessionId, { case: "issueChallenge", value: wish });
  }

  /** Takes a challenge back. */
  cancelChallenge(sessionId: string, challengeId: string, words = ""): Promise<number> {
    const reason = ChallengeDeclineReason.CANCELLED;
    return this.#command(sessionId, { case: "cancelChallenge", value: { challengeId, words, reason } });
  }

  /** The interview is over; the summary follows in what is watched. */
  close(sessionId: string, reason = ""): Promise<number> {
    return this.#command(sessionId, { case: "close", value: { reason } });
  }

  #command(sessionId: string, command: Command): Promise<number> {
    return this.#call(async () => Number((await this.#service.command({ sessionId, command })).timeUs));
  }

  async #call<T>(call: () => Promise<T>): Promise<T> {
    for (let failed = 1; ; failed++) {
      try {
        return await call();
      } catch (error) {
        const found = asServerError(error);
        // Only what did not reach the interview: a command must not be carried out twice.
        const again = found instanceof LiveproofError && found.shouldRetry && failed < this.#retry.tries;
        if (!again) throw found;
        await sleep(pauseMs(this.#retry, failed, found instanceof ServerError ? found.retryAfterMs : undefined));
      }
    }
  }
}

function updateOf(response: InterviewResponse): WatchUpdate | undefined {
  const { message } = response;
  // Credit is the sender's own, and what a later server says is not ours to judge.
  if (message.case === undefined || message.case === "credit") return undefined;
  const value = message.case === "hello" ? helloOf(message.value) : plain(message.value);
  return Object.freeze({ ...value, case: message.case }) as WatchUpdate;
}
