/**
 * Colours that stay apart for every kind of colour vision and stand out on Grafana's dark and light panels; a test holds both.
 * Fine is blue, since red and green are the pair that most people who cannot tell two colours apart cannot tell apart.
 */
export const FINE = '#3D7FE0';
export const WARNING = '#B35900';
export const CRITICAL = '#D1245F';

/** Fine, where all of a panel is filled with it: what is fine must not shine. */
export const QUIET = '#1F4A80';

/** Nobody knows: neither fine nor bad. */
export const UNKNOWN = '#5F666D';

/** For series that are neither good nor bad, in this order. */
export const SERIES = [FINE, WARNING, CRITICAL, '#995599', '#BBAA66', '#8811FF'] as const;

/** A threshold or a limit: a line to measure others by. */
export const REFERENCE = '#808890';

/** More of the same thing, from little to much. */
export const SCALE = [QUIET, FINE, '#BBAA66', WARNING, CRITICAL] as const;
