import type { HistoryJson, StatusJson } from '../../model/status-json.ts';

/** Without a word for so long, a second connection is tried. The first is kept: a full table may not let in another. */
const SILENT_MS = 10_000;
const LOOK_MS = 2_000;
/** A connection that is not answered is asked for ever more rarely by the kernel; a new one finds sooner that there is room. */
const CONNECT_MS = 6_000;

export type Listener = {
  history(history: HistoryJson): void;
  seconds(seconds: HistoryJson): void;
  status(status: StatusJson, event: string): void;
};

/** The one connection to the agent. */
export class Link {
  readonly #listener: Listener;
  #current: EventSource;
  #candidate: EventSource | undefined;
  #triedAtMs = Number.NEGATIVE_INFINITY;
  #heardAtMs = performance.now();

  constructor(listener: Listener) {
    this.#listener = listener;
    this.#current = this.#open();
    setInterval(() => this.#look(), LOOK_MS);
  }

  #open(): EventSource {
    const source = new EventSource('./api/v1/stream');
    const on = <T>(name: string, tell: (data: T, event: string) => void) =>
      source.addEventListener(name, (event: MessageEvent<string>) => {
        this.#heard(source);
        tell(JSON.parse(event.data) as T, event.lastEventId);
      });
    on<HistoryJson>('history', (history) => this.#listener.history(history));
    on<HistoryJson>('seconds', (seconds) => this.#listener.seconds(seconds));
    on<StatusJson>('status', (status, event) => this.#listener.status(status, event));
    return source;
  }

  /** Whoever speaks is the connection from now on. */
  #heard(source: EventSource): void {
    this.#heardAtMs = performance.now();
    if (source !== this.#current) this.#current.close();
    if (source !== this.#candidate) this.#candidate?.close();
    this.#current = source;
    this.#candidate = undefined;
  }

  /** A browser gives up for good on any answer but a stream, so it is asked again. */
  #look(): void {
    const nowMs = performance.now();
    const isSilent = nowMs - this.#heardAtMs > SILENT_MS;
    if (!isSilent && this.#current.readyState !== EventSource.CLOSED) return;
    const isTrying = this.#candidate?.readyState === EventSource.CONNECTING && nowMs - this.#triedAtMs < CONNECT_MS;
    if (isTrying || this.#candidate?.readyState === EventSource.OPEN) return;
    this.#candidate?.close();
    this.#candidate = this.#open();
    this.#triedAtMs = nowMs;
  }
}
