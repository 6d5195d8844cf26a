/** `tsx test/page/pictures.ts FOLDER [SCENE...]`: what the page looks like in each scene, dark and light, laptop and phone. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { createApp } from '../../src/http/app.ts';
import { startListeners } from '../../src/http/listeners.ts';
import { collectedLog } from '../http/collected-log.ts';
import { heard, heightOf, LAPTOP, launch, look, PHONE } from './browser.ts';
import { SCENES } from './scenes.ts';
import { type Scene, simulatedAgent } from './simulated-agent.ts';

const [folder = '.', ...wanted] = process.argv.slice(2);
const PAGE_FOLDER = new URL('../../dist/page/', import.meta.url);

mkdirSync(folder, { recursive: true });
const browser = await launch();
for (const [name, scene] of Object.entries<Scene>(SCENES)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  const { log, lines } = collectedLog();
  const app = createApp(simulatedAgent(scene), { telemetryPath: '/metrics', pageFolder: PAGE_FOLDER }, log);
  const options = {
    tcp: [{ host: '127.0.0.1', port: 0 }],
    socketPath: '',
    socketIsDefault: false,
    keepAliveMs: 60_000,
  };
  const listeners = await startListeners(options, app, log);
  for (const colorScheme of ['light', 'dark'] as const) {
    for (const [device, viewport] of Object.entries({ laptop: LAPTOP, phone: PHONE })) {
      const { page, context, complaints } = await look(browser, `http://${listeners.addresses[0]}/`, {
        viewport,
        colorScheme,
      });
      await heard(page);
      const height = await heightOf(page);
      await page.screenshot({ path: join(folder, `${name}-${colorScheme}-${device}.png`), fullPage: true });
      process.stdout.write(`${name} ${colorScheme} ${device}: ${height} px high ${complaints.join('; ')}\n`);
      await context.close();
    }
  }
  await listeners.stop();
  for (const { level, message } of lines) if (level === 'error') process.stdout.write(`${message}\n`);
}
await browser.close();
