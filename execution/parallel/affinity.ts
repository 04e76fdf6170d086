import { readFileSync, readlinkSync } from 'node:fs'
import { createRequire } from 'node:module'
import { availableParallelism, platform } from 'node:os'
import type * as Koffi from 'koffi'

/** How pinning the calling thread went: to which processor, or why not. */
export type PinResult = { readonly core: number } | { readonly core: undefined; readonly reason: string }

/**
 * Processors of a list as Linux writes it (`0-3,8,10-11`), ascending as given. Empty for anything else.
 * At most 65,536 are returned, so that a nonsensical range cannot exhaust memory.
 */
export function parseProcessorList(list: string): number[] {
  const processors: number[] = []
  for (const range of list.trim().split(',')) {
    const match = /^(\d{1,6})(?:-(\d{1,6}))?$/.exec(range)
    if (match === null) return []
    const first = Number(match[1])
    const last = Number(match[2] ?? match[1])
    for (let processor = first; processor <= last && processors.length < 65_536; processor++) processors.push(processor)
  }
  return processors
}

/** Processors this process may run on: fewer than the machine has under taskset, cgroup cpusets and in containers. */
export function allowedProcessors(): number[] {
  const fallback = Array.from({ length: availableParallelism() }, (_, processor) => processor)
  if (platform() !== 'linux') return fallback
  try {
    const list = /^Cpus_allowed_list:\s*(\S+)$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]
    const processors = list === undefined ? [] : parseProcessorList(list)
    return processors.length > 0 ? processors : fallback
  } catch {
    return fallback
  }
}

/** The kernel's id of the calling thread, as under /proc/self/task; `undefined` where there is no /proc. */
export function kernelThreadId(): number | undefined {
  try {
    const id = Number(readlinkSync('/proc/thread-self').split('/').at(-1))
    return Number.isInteger(id) ? id : undefined
  } catch {
    return undefined
  }
}

/**
 * Lets the calling thread run on one processor only (`sched_setaffinity`, where process id 0 means the caller).
 * Threads made by it afterwards inherit that, so pin after opening the database, whose compaction thread must not be.
 */
export function pinThread(processor: number): PinResult {
  if (platform() !== 'linux') return { core: undefined, reason: `no thread affinity on ${platform()}` }
  try {
    // Loaded here and not above: the other threads do without it, and so does a platform it has no binary for.
    const koffi: typeof Koffi = createRequire(import.meta.url)('koffi')
    const setAffinity: SetAffinity = koffi.load(null).func('sched_setaffinity', 'int', ['int', 'size_t', 'void *'])
    const mask = processorMask(processor)
    if (setAffinity(0, mask.byteLength, mask) === 0) return { core: processor }
    return { core: undefined, reason: `sched_setaffinity failed with errno ${koffi.errno()}` }
  } catch (error) {
    return { core: undefined, reason: error instanceof Error ? error.message : String(error) }
  }
}

type SetAffinity = (processId: number, maskLength: number, mask: BigUint64Array) => number

/** Returns what tells the processor that the calling thread is on now (`sched_getcpu`, 0.03 µs); `undefined` where that is not known. */
export function processorReader(): () => number | undefined {
  if (platform() !== 'linux') return () => undefined
  try {
    const koffi: typeof Koffi = createRequire(import.meta.url)('koffi')
    const read: () => number = koffi.load(null).func('sched_getcpu', 'int', [])
    return () => {
      const processor = read()
      return processor < 0 ? undefined : processor
    }
  } catch {
    return () => undefined
  }
}

/** A `cpu_set_t` with one bit set: words of 64 bits in the machine's byte order, 1,024 processors at the least. */
function processorMask(processor: number): BigUint64Array {
  const mask = new BigUint64Array(Math.max(16, (processor >> 6) + 1))
  mask[processor >> 6] = 1n << BigInt(processor & 63)
  return mask
}
