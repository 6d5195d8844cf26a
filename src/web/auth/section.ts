/** One mapping of the file, read key by key. A key that is not read is a mistake, and mistakes are collected, not thrown. */
export class Section {
  readonly #path: string;
  readonly #values: ReadonlyMap<string, unknown>;
  readonly #problems: string[];
  readonly #taken = new Set<string>();

  /** `value` is what YAML made of it; `problems` grows. An absent or empty section has no keys. */
  constructor(path: string, value: unknown, problems: string[]) {
    this.#path = path;
    this.#problems = problems;
    const isMapping = typeof value === 'object' && value !== null && !Array.isArray(value);
    this.#values = new Map(isMapping ? Object.entries(value) : []);
    if (!isMapping && value !== undefined && value !== null)
      this.problem('', `expected a mapping, got ${shown(value)}`);
  }

  /** Keys in the order of the file. */
  keys(): string[] {
    return [...this.#values.keys()];
  }

  /** The value as `read` makes it; undefined when it is absent, empty, or not what was expected. */
  take<T>(key: string, expected: string, read: (value: unknown) => T | undefined): T | undefined {
    this.#taken.add(key);
    const value = this.#values.get(key);
    if (value === undefined || value === null) return undefined;
    const result = read(value);
    if (result === undefined) this.problem(key, `expected ${expected}, got ${shown(value)}`);
    return result;
  }

  /** A secret: the problem does not show what was got. */
  takeSecret<T>(key: string, expected: string, read: (value: unknown) => T | undefined): T | undefined {
    this.#taken.add(key);
    const result = read(this.#values.get(key));
    if (result === undefined) this.problem(key, `expected ${expected}`);
    return result;
  }

  section(key: string): Section {
    this.#taken.add(key);
    return new Section(this.#pathOf(key), this.#values.get(key), this.#problems);
  }

  has(key: string): boolean {
    return this.#values.get(key) !== undefined && this.#values.get(key) !== null;
  }

  problem(key: string, seen: string): void {
    this.#problems.push(`${this.#pathOf(key) || 'the file'}: ${seen}`);
  }

  /** To be called last. `why` explains keys that other exporters know and this agent does not. */
  end(why: Readonly<Record<string, string>> = {}): void {
    for (const key of this.keys()) {
      if (!this.#taken.has(key)) this.problem(key, why[key] ?? 'unknown key');
    }
  }

  #pathOf(key: string): string {
    return [this.#path, withoutSecrets(key)].filter((part) => part !== '').join('.');
  }
}

export function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

export function flag(value: unknown): boolean | undefined {
  return typeof value === 'boolean' ? value : undefined;
}

/** A space or a colon too few makes a hash part of a key, or of a value that is shown. No key of this format has such a run. */
function withoutSecrets(text: string): string {
  return text.replace(/[$./A-Za-z0-9]{20,}/g, (run) => `(${run.length} characters)`);
}

/** On one line and not long. */
function shown(value: unknown): string {
  const json = withoutSecrets(JSON.stringify(value));
  return json.length <= 120 ? json : `${json.slice(0, 120)}...`;
}
