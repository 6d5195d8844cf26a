/**
 * One dashboard, whole, on one page: /?prometheus=URL&dashboard=UID&theme=dark&minutes=30&scrape=15&node=...
 * Sets window.drawn when everything is there, or window.failed.
 */
import { createTheme, type DataFrame, ThemeContext } from '@grafana/data';
import { initPluginTranslations } from '@grafana/i18n';
import { GlobalStyles, PanelChrome, PortalContainer } from '@grafana/ui';
import { createRoot } from 'react-dom/client';
import { type Choices, choicesOf, type Dashboard, type Panel, type Setting } from '../../dashboards/questions.ts';
import { dressed, PanelBody, type Theme } from './panels.tsx';
import { asker, framesOf } from './prometheus.ts';

declare global {
  interface Window {
    drawn?: boolean;
    failed?: string;
  }
}

const given = new URLSearchParams(location.search);
const GAP = 8;
const ROW = 30;

function settingOf(): Setting {
  const toSeconds = Math.floor(Number(given.get('to') ?? Date.now() / 1000));
  const range = Number(given.get('minutes') ?? 30) * 60;
  const scrapeSeconds = Number(given.get('scrape') ?? 15);
  return {
    fromSeconds: toSeconds - range,
    toSeconds,
    scrapeSeconds,
    stepSeconds: Math.max(scrapeSeconds, Math.ceil(range / 800)),
  };
}

type Drawn = { panel: Panel; frames: DataFrame[] };

function Board({
  dashboard,
  drawn,
  choices,
  theme,
  setting,
}: {
  dashboard: Dashboard;
  drawn: Drawn[];
  choices: Choices;
  theme: Theme;
  setting: Setting;
}) {
  const unit = (window.innerWidth - 2 * GAP + GAP) / 24;
  const bottom = Math.max(...dashboard.panels.map(({ gridPos: { y, h } }) => y + h));
  return (
    <ThemeContext.Provider value={theme}>
      <GlobalStyles />
      <div style={{ background: theme.colors.background.canvas, color: theme.colors.text.primary, minHeight: '100vh' }}>
        <Head dashboard={dashboard} choices={choices} theme={theme} setting={setting} />
        <div style={{ position: 'relative', margin: GAP, height: bottom * (ROW + GAP) }}>
          {drawn.map(({ panel, frames }) => {
            const { x, y, w, h } = panel.gridPos;
            return (
              <div key={panel.id} style={{ position: 'absolute', left: x * unit, top: y * (ROW + GAP) }}>
                <PanelChrome
                  title={panel.title}
                  description={panel.description ?? ''}
                  width={w * unit - GAP}
                  height={h * (ROW + GAP) - GAP}
                >
                  {(width, height) => <PanelBody {...{ panel, frames, theme, setting, width, height }} />}
                </PanelChrome>
              </div>
            );
          })}
        </div>
      </div>
      <PortalContainer />
    </ThemeContext.Provider>
  );
}

function Head({
  dashboard,
  choices,
  theme,
  setting,
}: {
  dashboard: Dashboard;
  choices: Choices;
  theme: Theme;
  setting: Setting;
}) {
  const shown = dashboard.templating.list.filter(({ type, hide }) => type === 'query' && hide !== 2);
  const said = ({ name, allValue }: (typeof shown)[number]) =>
    choices[name] === allValue ? 'All' : choices[name]!.replaceAll('\\\\', '');
  const box = {
    border: `1px solid ${theme.colors.border.medium}`,
    borderRadius: 2,
    padding: '4px 8px',
    marginRight: 8,
  };
  return (
    <div style={{ height: 48, padding: '8px 8px 0', display: 'flex', alignItems: 'center', fontSize: 14 }}>
      <strong style={{ marginRight: 24 }}>{dashboard.title}</strong>
      {shown.map((variable) => (
        <span key={variable.name} style={box}>
          {variable.label}: <b>{said(variable)}</b>
        </span>
      ))}
      <span style={{ ...box, marginLeft: 'auto' }}>
        Last {Math.round((setting.toSeconds - setting.fromSeconds) / 60)} minutes
      </span>
    </div>
  );
}

async function draw() {
  await initPluginTranslations('conntrack-pictures');
  const base = given.get('prometheus')!;
  const setting = settingOf();
  const dashboard: Dashboard = await (await fetch(`/dashboards/${given.get('dashboard')}.json`)).json();
  const theme = createTheme({ colors: { mode: given.get('theme') === 'light' ? 'light' : 'dark' } });
  const chosen = Object.fromEntries(
    ['cluster', 'node'].flatMap((name) => (given.has(name) ? [[name, given.get(name)!]] : [])),
  );
  const choices = await choicesOf(dashboard, chosen, setting, asker(base, setting));
  const drawn = await Promise.all(
    dashboard.panels.map(async (panel) => ({
      panel,
      frames: await dressed(panel, await framesOf(base, panel, choices, setting), theme),
    })),
  );
  createRoot(document.getElementById('root')!).render(<Board {...{ dashboard, drawn, choices, theme, setting }} />);
  await new Promise((resolve) => setTimeout(resolve, 1500));
  window.drawn = true;
}

draw().catch((error: Error) => {
  window.failed = error.stack ?? String(error);
  document.body.textContent = window.failed;
});
