import type { Timeline, TimelineEntry } from '../execution/block/executor.ts'

type JsonEntry = Omit<TimelineEntry, 'core' | 'gasUsed'> & { readonly core: number | null; readonly gasUsed: string }
type JsonTimeline = Omit<Timeline, 'entries'> & { readonly entries: readonly JsonEntry[] }

/** JSON, for the bytes that `BlockStore.replay` keeps of a block. */
export function encodeTimeline({ entries, ...rest }: Timeline): Uint8Array {
  const json: JsonTimeline = {
    ...rest,
    entries: entries.map((entry) => ({ ...entry, core: entry.core ?? null, gasUsed: entry.gasUsed.toString() })),
  }
  return new TextEncoder().encode(JSON.stringify(json))
}

/** Of bytes that `encodeTimeline` made: nothing is checked. */
export function decodeTimeline(bytes: Uint8Array): Timeline {
  const { entries, ...rest } = JSON.parse(new TextDecoder().decode(bytes)) as JsonTimeline
  return {
    ...rest,
    entries: entries.map((entry) => ({ ...entry, core: entry.core ?? undefined, gasUsed: BigInt(entry.gasUsed) })),
  }
}
