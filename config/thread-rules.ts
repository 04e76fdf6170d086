import { readFileSync } from 'node:fs'
import { z } from 'zod'
import { once } from '../primitives/once.ts'

/** What a chain allows sub-threads of contracts. Plain data. */
export interface ThreadRules {
  readonly gas: ThreadGas
  /** Threads that one transaction may start. */
  readonly limit: number
}

const DEFAULT_LIMIT = 1_024
const MAX_LIMIT = 65_536
/** Dearer than any block could pay for, and small enough to add up. */
const MAX_GAS = 1_000_000_000

const gasTable = once(() => {
  const amount = z.number().int().min(1).max(MAX_GAS).transform(BigInt)
  return z.strictObject({
    subsol: amount,
    sleep: amount,
    /** For each turn that is asked for. */
    sleepPerTurn: amount,
    revertt: amount,
    afterw: amount,
    afterr: amount,
    aftera: amount,
    rr: amount,
    rphash: amount,
    rdr: amount,
    wtr: amount,
    join: amount,
    tid: amount,
    rws: amount,
    /** For each word, begun ones included, of the call data that a thread is given. */
    dataWord: amount,
  })
})

/** Gas of the instructions for sub-threads; `docs/threads.md` says what each does. */
export type ThreadGas = Readonly<z.infer<ReturnType<typeof gasTable>>>

/** The `threads` object of a genesis: `gas` is the name of a JSON file beside it, or the table itself; absent: the defaults. */
export const threadsOfGenesis = once(() =>
  z.strictObject({
    gas: z.unknown().optional(),
    limit: z.number().int().min(1).max(MAX_LIMIT).default(DEFAULT_LIMIT),
  }),
)

/** The checked-in table, `config/thread-gas.json`. A test holds it to the schema, which takes 2 ms to make. */
export const DEFAULT_THREAD_GAS: ThreadGas = JSON.parse(
  readFileSync(new URL('./thread-gas.json', import.meta.url), 'utf8'),
  (_key, value: unknown) => (typeof value === 'number' ? BigInt(value) : value),
)

export const DEFAULT_THREAD_RULES: ThreadRules = { gas: DEFAULT_THREAD_GAS, limit: DEFAULT_LIMIT }

/** Throws ZodError, whose issues name the key. */
export function parseThreadGas(json: unknown): ThreadGas {
  return gasTable().parse(json)
}

/** The table as JSON has it. */
export function threadGasToJson(gas: ThreadGas): Record<keyof ThreadGas, number> {
  return Object.fromEntries(Object.entries(gas).map(([name, value]) => [name, Number(value)])) as Record<
    keyof ThreadGas,
    number
  >
}
