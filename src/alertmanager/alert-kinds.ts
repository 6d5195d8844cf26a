/** Labels every direct alert has; `--alertmanager.external-label` may add others but not replace these. */
export const OWN_LABELS = ['alertname', 'node', 'severity'] as const;
