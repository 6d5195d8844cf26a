/** libc by koffi: the one place where the agent calls C. */
import { createRequire } from 'node:module';
import type * as Koffi from 'koffi';
import { OperatorError } from '../../model/operator-error.ts';
import { OR_PROCFS } from './errors.ts';

const MUSL_ARCH: Readonly<Record<string, string>> = { x64: 'x86_64', arm64: 'aarch64' };
export const LIBC_NAMES: readonly string[] = ['libc.so.6', `libc.musl-${MUSL_ARCH[process.arch] ?? process.arch}.so.1`];

/** As koffi hands it to a function of C. */
export type NativePointer = unknown;
export type NativeMemory = {
  readonly pointer: NativePointer;
  readonly address: bigint;
  readonly bytes: ArrayBuffer;
};

/** The calls of libc that sockets take, each -1 on failure with the reason in `errno()`. */
export type Libc = {
  readonly socket: (domain: number, type: number, protocol: number) => number;
  /** send(2) in a thread of the pool; tells the bytes sent. `errno()` holds its reason while `done` runs, and no longer. */
  readonly sendAsync: (
    fd: number,
    bytes: Uint8Array,
    length: number,
    flags: number,
    done: (failure: unknown, bytes: number) => void,
  ) => void;
  readonly recvfrom: (
    fd: number,
    into: Uint8Array,
    length: number,
    flags: number,
    sender: Uint32Array,
    senderBytes: Uint32Array,
  ) => number;
  /**
   * recvmmsg(2) in a thread of the pool: fills struct mmsghdr as many as `count` and tells how many.
   * `errno()` holds its reason while `done` runs, and no longer.
   */
  readonly recvmmsgAsync: (
    fd: number,
    headers: NativePointer,
    count: number,
    flags: number,
    timeout: null,
    done: (failure: unknown, count: number) => void,
  ) => void;
  /** ioctl(2) in a thread of the pool, on native memory, which stays where it is. `errno()` holds its reason while `done` runs. */
  readonly ioctlAsync: (
    fd: number,
    request: number,
    argument: NativePointer,
    done: (failure: unknown, result: number) => void,
  ) => void;
  readonly bind: (fd: number, address: Uint32Array, bytes: number) => number;
  readonly setsockopt: (fd: number, level: number, name: number, value: Int32Array, bytes: number) => number;
  /** Fills `value` and puts the length of what there was into `bytes`. */
  readonly getsockopt: (fd: number, level: number, name: number, value: Uint32Array, bytes: Uint32Array) => number;
  readonly close: (fd: number) => number;
  readonly errno: () => number;
  /** Memory outside of the heap, which stays where it is and is never given back. */
  readonly allocate: (bytes: number) => NativeMemory;
};

/**
 * Loads koffi and libc, here and not at the top, so that an agent that never asks ctnetlink never pays for them.
 * @param resolveFrom the module that koffi is looked up from
 */
export function loadLibc(names: readonly string[] = LIBC_NAMES, resolveFrom: string = import.meta.url): Libc {
  const koffi = loadKoffi(resolveFrom);
  const library = firstLibrary(koffi, names);
  // koffi does not know the names size_t and ssize_t.
  return {
    socket: library.func('int socket(int, int, int)'),
    sendAsync: library.func('int64_t send(int, const void *, uint64_t, int)').async,
    recvfrom: library.func('int64_t recvfrom(int, void *, uint64_t, int, void *, void *)'),
    recvmmsgAsync: library.func('int recvmmsg(int, void *, unsigned int, int, void *)').async,
    ioctlAsync: library.func('int ioctl(int, unsigned long, void *)').async,
    bind: library.func('int bind(int, const void *, uint32_t)'),
    setsockopt: library.func('int setsockopt(int, int, int, const void *, uint32_t)'),
    getsockopt: library.func('int getsockopt(int, int, int, void *, void *)'),
    close: library.func('int close(int)'),
    errno: () => koffi.errno(),
    allocate: (bytes) => {
      const pointer = koffi.alloc('uint8_t', bytes);
      return { pointer, address: koffi.address(pointer), bytes: koffi.view(pointer, bytes) };
    },
  };
}

/**
 * _exit(2): ends the process at once. `process.exit()` joins the threads of libuv's pool first, and one that is in getaddrinfo
 * cannot be called back (node, DefaultProcessExitHandlerInternal; libuv, uv_library_shutdown).
 */
export function loadImmediateExit(names: readonly string[] = LIBC_NAMES): (code: number) => void {
  return firstLibrary(loadKoffi(import.meta.url), names).func('void _exit(int)');
}

function loadKoffi(resolveFrom: string): typeof Koffi {
  try {
    return createRequire(resolveFrom)('koffi');
  } catch (cause) {
    throw new OperatorError(`Cannot load "koffi": ${firstLine(cause)}`, {
      remedy: `Install the agent with its optional native packages for ${process.platform}-${process.arch}, ${OR_PROCFS}`,
      cause,
    });
  }
}

function firstLibrary(koffi: typeof Koffi, names: readonly string[]): Koffi.LibraryHandle {
  const failures: unknown[] = [];
  for (const name of names) {
    try {
      return koffi.load(name);
    } catch (cause) {
      failures.push(cause);
    }
  }
  const seen = names.map((name, i) => `${name}: ${firstLine(failures[i])}`).join('; ');
  throw new OperatorError(`Cannot load "libc": ${seen}`, {
    remedy: `Run the agent where the shared libc of its Node can be loaded, ${OR_PROCFS}`,
    cause: new AggregateError(failures),
  });
}

function firstLine(error: unknown): string {
  return String(error instanceof Error ? error.message : error).split('\n', 1)[0] ?? '';
}
