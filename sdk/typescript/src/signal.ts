/** Wakes whoever waits; set before anybody waits, it wakes the next one at once. */
export class Wake {
  #set = false;
  #waiting: (() => void)[] = [];

  set(): void {
    this.#set = true;
    for (const done of this.#waiting.splice(0)) done();
  }

  clear(): void {
    this.#set = false;
  }

  wait(): Promise<void> {
    return this.#set ? Promise.resolve() : new Promise((done) => this.#waiting.push(done));
  }
}
