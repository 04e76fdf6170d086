import type { Rules } from '../../config/hardforks.ts'
import { keccak256Hex } from '../../primitives/keccak.ts'
import { RecentCache } from '../../storage/recent-cache.ts'
import type { Message } from '../evm/message.ts'
import { instructionsFor } from '../evm/opcodes.ts'

/**
 * Instructions whose result depends on more than the code, the call data and the state: on gas, on what the transaction has recorded, on
 * what threads have left for one another, on blocks before; and CALL, by which a contract asks for the same (`THREADS_ADDRESS`). Code without
 * them does the same wherever it runs, as long as it does not look at the state and starts no threads.
 */
const TELLTALES: ReadonlySet<string> = new Set(['GAS', 'BLOCKHASH', 'RPHASH', 'RWS', 'RDR', 'WTR', 'CALL'])

const known = new RecentCache<string, boolean>({ maxWeight: 4_096 })

/** Whether others may run sub-threads of this code: it has none of those instructions, be they reached or not. */
export function isOfferable({ code, codeHash }: Message, rules: Rules): boolean {
  const key = `${codeHash ?? keccak256Hex(code)} ${rules.hardfork}`
  return known.get(key, () => !hasTelltale(code, rules))!
}

function hasTelltale(code: Uint8Array, rules: Rules): boolean {
  const instructions = instructionsFor(rules)
  for (let position = 0; position < code.length; ) {
    const instruction = instructions[code[position]!]!
    if (TELLTALES.has(instruction.name)) return true
    position += 1 + instruction.immediateBytes
  }
  return false
}
