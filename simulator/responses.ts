/** Whole answers. */
import type { ServerResponse } from 'node:http';

export function send(res: ServerResponse, contentType: string, body: string): void {
  res.writeHead(200, { 'Content-Type': contentType, 'Content-Length': Buffer.byteLength(body) }).end(body);
}

export function sendJson(res: ServerResponse, value: unknown): void {
  send(res, 'application/json', JSON.stringify(value));
}

export function redirect(res: ServerResponse, location: string): void {
  res.writeHead(308, { Location: location }).end();
}

export function sendError(res: ServerResponse, status: number, text: string): void {
  res.writeHead(status, { 'Content-Type': 'text/plain; charset=utf-8' }).end(`${text}\n`);
}
