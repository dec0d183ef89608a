/** Updates on their way to the reader: bounded, so that one who does not read stops the stream and with it the credit. */

import { Wake } from "./signal.js";

/** Updates that may wait to be read. */
const MOST_UPDATES = 256;

export class Queue<T> {
  #items: T[] = [];
  #news = new Wake();
  #room = new Wake();
  #ended = false;
  #abandoned = false;
  #error: Error | undefined;

  /** Takes one more; waits where too many wait. */
  async push(item: T): Promise<void> {
    while (this.#items.length >= MOST_UPDATES && !this.#abandoned) {
      this.#room.clear();
      await this.#room.wait();
    }
    if (this.#abandoned) return;
    this.#items.push(item);
    this.#news.set();
  }

  /** Nothing follows but, once, the error. */
  end(error?: Error): void {
    this.#ended = true;
    this.#error = error;
    this.#news.set();
  }

  /** Nobody reads any more. */
  abandon(): void {
    this.#abandoned = true;
    this.#items = [];
    this.#room.set();
  }

  /** The next one; undefined at the end. Throws the error that ended it, once. */
  async next(): Promise<T | undefined> {
    for (;;) {
      const item = this.poll();
      if (item !== undefined) return item;
      if (this.#ended) {
        const error = this.#error;
        this.#error = undefined;
        if (error) throw error;
        return undefined;
      }
      this.#news.clear();
      await this.#news.wait();
    }
  }

  /** One that has come already. */
  poll(): T | undefined {
    const item = this.#items.shift();
    if (item !== undefined) this.#room.set();
    return item;
  }
}
