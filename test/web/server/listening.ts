import { type ClientRequest, get, type IncomingMessage } from 'node:http';

/** A client of /api/v1/stream that can be made to read slowly or not at all. */

export type StreamEvent = { readonly id: string; readonly name: string; readonly data: string };

export class Listening {
  readonly answer: IncomingMessage;
  readonly closed: Promise<void>;
  isClosed = false;
  #text = '';

  private constructor(asked: ClientRequest, answer: IncomingMessage, isReading: boolean) {
    this.answer = answer;
    this.closed = new Promise((resolve) => {
      const end = () => {
        this.isClosed = true;
        resolve();
      };
      asked.on('error', end);
      answer.on('error', end);
      answer.on('close', end);
    });
    if (!isReading) return;
    answer.setEncoding('utf8').on('data', (text: string) => {
      this.#text += text;
    });
  }

  static async open(port: number, { isReading = true, headers = {} } = {}): Promise<Listening> {
    return new Promise((resolve, reject) => {
      const options = { host: '127.0.0.1', port, path: '/api/v1/stream', headers, agent: false };
      const asked = get(options, (answer) => resolve(new Listening(asked, answer, isReading)));
      asked.on('error', reject);
    });
  }

  get events(): StreamEvent[] {
    const blocks = this.#text.split('\n\n').slice(0, -1);
    const field = (block: string, name: string) => new RegExp(`^${name}: (.*)$`, 'm').exec(block)?.[1] ?? '';
    return blocks
      .map((block) => ({ id: field(block, 'id'), name: field(block, 'event'), data: field(block, 'data') }))
      .filter(({ name }) => name !== '');
  }

  close(): void {
    this.answer.destroy();
  }
}
