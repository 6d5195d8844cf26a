import { once } from 'node:events';
import { connect, type NetConnectOpts, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';

/** A client that says exactly what it is told to, for what a well-behaved one never sends. */
export class RawConnection {
  readonly socket: Socket;
  received = '';
  /** Settles when the connection is gone, however it went. */
  readonly closed: Promise<void>;

  constructor(options: NetConnectOpts) {
    this.socket = connect(options);
    this.socket.setEncoding('latin1');
    this.socket.on('data', (text: string) => {
      this.received += text;
    });
    this.socket.on('error', (error) => {
      this.received += `[${error.message}]`;
    });
    this.closed = new Promise((resolve) => this.socket.once('close', () => resolve()));
    onTestFinished(() => void this.socket.destroy());
  }

  static async open(options: NetConnectOpts): Promise<RawConnection> {
    const connection = new RawConnection(options);
    await once(connection.socket, 'connect');
    return connection;
  }

  /** The status of one GET on the open connection; rejects when the connection goes away instead. */
  async get(path: string): Promise<number> {
    const from = this.received.length;
    this.socket.write(`GET ${path} HTTP/1.1\r\nHost: agent\r\n\r\n`);
    for (;;) {
      const answer = this.received.slice(from);
      const end = answer.indexOf('\r\n\r\n');
      const length = /content-length: (\d+)/i.exec(answer)?.[1];
      if (end > 0 && answer.length >= end + 4 + Number(length)) return Number(answer.slice(9, 12));
      await Promise.race([once(this.socket, 'data'), this.closed.then(() => Promise.reject(new Error('closed')))]);
    }
  }
}

export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
