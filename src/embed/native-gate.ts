const FREE = 0;
const BUSY = 1;
const CLOSED = 2;

/**
 * Keeps a process from ending while a worker thread is inside onnxruntime: Node stops a thread's JavaScript, and
 * the native code that then returns to it aborts the process (exit code 134, and a core file).
 * The state is shared by both threads: free, busy, or closed for good.
 */
export type NativeGate = Int32Array;

export function createNativeGate(): NativeGate {
  return new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
}

/** In the worker thread: runs native code, one call at a time. Never returns once the gate is closed. */
export async function throughGate<T>(gate: NativeGate, run: () => Promise<T>): Promise<T> {
  if (Atomics.compareExchange(gate, 0, FREE, BUSY) === CLOSED) await new Promise(() => undefined);
  try {
    return await run();
  } finally {
    Atomics.compareExchange(gate, 0, BUSY, FREE);
    Atomics.notify(gate, 0);
  }
}

/** In the main thread, as its process ends: waits until the worker is out, and lets it in no more. */
export function closeGate(gate: NativeGate, timeoutMs: number): void {
  const deadline = Date.now() + timeoutMs;
  while (Atomics.compareExchange(gate, 0, FREE, CLOSED) === BUSY && Date.now() < deadline) {
    Atomics.wait(gate, 0, BUSY, deadline - Date.now());
  }
}
