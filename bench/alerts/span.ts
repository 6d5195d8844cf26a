/** Seconds for people: "2 h 5 min", "4 min 10 s", "never". */
export function spanOf(seconds: number): string {
  if (!Number.isFinite(seconds)) return 'never';
  const whole = Math.round(Math.abs(seconds));
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor((whole % 3600) / 60)];
  const parts = [
    hours > 0 && `${hours} h`,
    minutes > 0 && `${minutes} min`,
    hours === 0 && whole % 60 > 0 && `${whole % 60} s`,
  ];
  return `${Math.round(seconds) < 0 ? '-' : ''}${parts.filter(Boolean).join(' ') || '0 s'}`;
}
