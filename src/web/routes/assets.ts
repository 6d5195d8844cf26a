import { readdirSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import type { Log } from '../../model/log.ts';
import { OperatorError } from '../../model/operator-error.ts';
import { BYTES_MAX, readRegularFile } from '../../system/regular-file.ts';
import { acceptsGzip } from '../server/content-negotiation.ts';
import { answer } from '../server/responses.ts';

/** A file of the status page, in memory as it is sent. Its path has a hash of the content, so that browsers cache it for ever. */
export type Asset = { readonly path: string; readonly contentType: string; readonly gzipped: Buffer };

export type Assets = { readonly script: Asset; readonly style: Asset; readonly icon: Asset };

/** Undefined, with a warning, where the files are missing: the agent works without them, and its page is not updated. */
export function loadAssets(folder: URL, log: Log): Assets | undefined {
  try {
    const names = readdirSync(folder);
    return {
      script: loadAsset(folder, names, '.js', 'text/javascript; charset=utf-8'),
      style: loadAsset(folder, names, '.css', 'text/css; charset=utf-8'),
      icon: loadAsset(folder, names, '.svg', 'image/svg+xml'),
    };
  } catch (cause) {
    const remedy = 'Build the agent anew (npm run build), and keep the folder "page" beside the program';
    const error = new OperatorError(`Cannot read "${folder.pathname}": ${(cause as Error).message}`, { remedy, cause });
    log.warn({ error, remedy }, 'the status page does not update itself: its script and style are not there');
    return undefined;
  }
}

/** The build has put the hash into the name: to make one here would take a library of its own. */
function loadAsset(folder: URL, names: readonly string[], ending: string, contentType: string): Asset {
  const name = names.find((one) => one.endsWith(`${ending}.gz`));
  if (name === undefined) throw new Error(`there is no *${ending}.gz`);
  const gzipped = readRegularFile(fileURLToPath(new URL(name, folder)), BYTES_MAX.configuration);
  return { path: `/page/${name.slice(0, -'.gz'.length)}`, contentType, gzipped };
}

/** The path changes with the content, so the answer never becomes outdated. */
const ASSET_HEADERS = { 'Cache-Control': 'max-age=31536000, immutable', Vary: 'Accept-Encoding' };

export function assetRoute({ contentType, gzipped }: Asset) {
  return function send(req: IncomingMessage, res: ServerResponse): void {
    if (acceptsGzip(req.headers['accept-encoding'])) {
      answer(res, 200, contentType, gzipped, { ...ASSET_HEADERS, 'Content-Encoding': 'gzip' });
    } else {
      answer(res, 200, contentType, gunzipSync(gzipped), ASSET_HEADERS);
    }
  };
}
