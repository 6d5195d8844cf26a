/** What the readers ask of a proc file system: the kernel's, a copy of one, or one that exists in memory alone. */
export type ProcTree = {
  /** What a problem calls it. */
  readonly root: string;
  /** Whole text of a file; undefined when it is not there. Throws OperatorError when it is there and cannot be read. */
  read(path: string): string | undefined;
  /** Names in a folder; empty when it is not there. */
  list(path: string): readonly string[];
  /** A small file that is read again and again. */
  keep(path: string): KeptText;
  /** Whether this is the running kernel's procfs and not a copy of one. */
  isKernel(): boolean;
};

export type KeptText = {
  readonly path: string;
  /** The text as it is now; undefined when the file is not there. Throws OperatorError when it cannot be read. */
  read(nowMs: number): string | undefined;
  close(): void;
};
