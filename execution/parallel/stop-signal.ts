import { workerData } from 'node:worker_threads'

/** A bit in shared memory by which a thread's owner asks it to end: seen even while the thread is busy. */
export class StopSignal {
  readonly memory: SharedArrayBuffer

  constructor(memory = new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT)) {
    this.memory = memory
  }

  /** That of the thread that asks. */
  static ofThread(): StopSignal {
    return new StopSignal((workerData as StopData).stopSignal)
  }

  get isSet(): boolean {
    return Atomics.load(new Int32Array(this.memory), 0) !== 0
  }

  set(): void {
    Atomics.store(new Int32Array(this.memory), 0, 1)
  }
}

/** What a thread's data has in addition. */
export interface StopData {
  readonly stopSignal: SharedArrayBuffer
}

/** The message that wakes an idle thread to the signal; it is the last one. */
export interface StopMessage {
  readonly kind: 'stop'
}
