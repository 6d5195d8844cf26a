/** Several small files that are read together. */
import { closeSync, fstatSync } from 'node:fs';
import { OperatorError } from '../../../model/operator-error.ts';
import { BYTES_MAX, openRegularFile, readWhole, whyUnreadable } from '../../../system/regular-file.ts';

type FileState = { readonly path: string; readonly version: string; readonly text: string };

/** The files of one reading of a configuration, each in the state it was in then. */
export class FileSet {
  readonly #flag: string;
  readonly #states: FileState[] = [];

  /** `flag` names the setting that leads to these files. */
  constructor(flag: string) {
    this.#flag = flag;
  }

  /**
   * The contents.
   * @throws OperatorError
   */
  read(path: string): string {
    try {
      const state = { path, ...readVersioned(path) };
      this.#states.push(state);
      return state.text;
    } catch (cause) {
      const seen = whyUnreadable(cause);
      this.#states.push({ path, version: seen, text: '' });
      throw new OperatorError(`Cannot read "${path}": ${seen}`, {
        remedy: `Put the file there and make it readable for the agent, or correct ${this.#flag}`,
        cause,
      });
    }
  }

  /** Equal for equal contents. */
  get contents(): string {
    return JSON.stringify(this.#states.map(({ text }) => text));
  }

  /** Whether all files are as they were: nobody has written to any, be it the same contents, and each is still the same file. */
  isUntouched(): boolean {
    return this.#states.every((before) => {
      const { version, text } = stateOf(before.path);
      return version === before.version && text === before.text;
    });
  }
}

function stateOf(path: string): Omit<FileState, 'path'> {
  try {
    return readVersioned(path);
  } catch (error) {
    return { version: whyUnreadable(error), text: '' };
  }
}

function readVersioned(path: string): Omit<FileState, 'path'> {
  const file = openRegularFile(path);
  try {
    const { dev, ino, mtimeNs, size } = fstatSync(file, { bigint: true });
    const text = readWhole(file, BYTES_MAX.configuration).toString('utf8');
    return { text, version: [dev, ino, mtimeNs, size].join(':') };
  } finally {
    closeSync(file);
  }
}
