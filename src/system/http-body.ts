import type { IncomingMessage } from 'node:http';

/**
 * The whole body of a response, as UTF-8. Rejects with `tooLong`, and ends the connection, beyond so many characters: a stranger is not
 * read for ever.
 */
export function bodyOf(response: IncomingMessage, maxLength: number, tooLong: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = '';
    response.setEncoding('utf8');
    response.on('error', reject);
    response.on('data', (part: string) => {
      text += part;
      if (text.length > maxLength) response.destroy(new Error(tooLong));
    });
    response.on('end', () => resolve(text));
  });
}
