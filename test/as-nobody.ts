/** Runs an action without root's right to read everything; as another user than root it is run as it is. */
export function asNobody<T>(action: () => T): T {
  const isRoot = process.getuid?.() === 0;
  if (isRoot) process.seteuid?.(65_534);
  try {
    return action();
  } finally {
    if (isRoot) process.seteuid?.(0);
  }
}
