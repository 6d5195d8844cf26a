/** `tsx test/web/browser/pictures.ts FOLDER [SCENE...]`: the page in each scene, dark and light, laptop and phone; whole, or with --screen its first screen. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { createApp } from '../../../src/web/routes/app.ts';
import { startListeners } from '../../../src/web/server/listeners.ts';
import { collectedLog } from '../collected-log.ts';
import { heard, heightOf, LAPTOP, launch, look, PHONE } from './browser.ts';
import { SCENES } from './scenes.ts';
import { type Scene, simulatedAgent } from './simulated-agent.ts';

const flags = process.argv.slice(2);
const isScreen = flags.includes('--screen');
const [folder = '.', ...wanted] = flags.filter((flag) => flag !== '--screen');
const PAGE_FOLDER = new URL('../../../dist/page/', import.meta.url);

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
      const path = join(folder, `${name}-${colorScheme}-${device}.png`);
      await page.screenshot({ path, fullPage: !isScreen });
      process.stdout.write(`${name} ${colorScheme} ${device}: ${height} px high ${complaints.join('; ')}\n`);
      await context.close();
    }
  }
  await listeners.stop();
  for (const { level, message } of lines) if (level === 'error') process.stdout.write(`${message}\n`);
}
await browser.close();
