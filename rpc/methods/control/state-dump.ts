import { gunzipSync, gzipSync } from 'node:zlib'
import { z } from 'zod'
import { bytesToHex, type Hex, quantityToHex, wordToHash } from '../../../primitives/hex.ts'
import type { DumpedAccount } from '../../../storage/state-dump.ts'
import { RpcError } from '../../errors.ts'
import { address, data } from '../../parameters.ts'
import { amount64, amount256 } from './parameters.ts'

/** JSON that a dump may unpack to. */
const MAX_BYTES = 1 << 28

/** An account in a dump of anvil, of which ours has what is the state: no blocks. */
const dumpedAccount = z.object({
  nonce: amount64,
  balance: amount256,
  code: data,
  storage: z.record(z.string(), amount256),
})

const dump = z.object({ accounts: z.record(z.string(), dumpedAccount) })

/** Gzipped JSON, as anvil has it. */
export async function encodeStateDump(accounts: AsyncIterable<DumpedAccount>): Promise<Hex> {
  const dumped: Record<string, unknown> = {}
  for await (const { address, nonce, balance, code, storage } of accounts) {
    dumped[address] = {
      // Anvil takes no text here. Nobody has sent so many transactions, but the nonce can be set.
      nonce: nonce <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(nonce) : quantityToHex(nonce),
      balance: quantityToHex(balance),
      code: bytesToHex(code),
      storage: Object.fromEntries(Array.from(storage, ([slot, value]) => [wordToHash(slot), wordToHash(value)])),
    }
  }
  // Anvil asks for what else it dumps, but does without.
  return bytesToHex(gzipSync(JSON.stringify({ block: null, accounts: dumped, best_block_number: null })))
}

/** The accounts of a dump of ours or of anvil, gzipped or not. Throws RpcError `invalid-params`. */
export function decodeStateDump(bytes: Uint8Array): DumpedAccount[] {
  const parsed = dump.safeParse(readJson(bytes))
  if (!parsed.success) throw unreadable(z.prettifyError(parsed.error).slice(0, 200))
  return Object.entries(parsed.data.accounts).map(([name, { storage, ...account }]) => {
    return {
      address: parseKey(address, name),
      ...account,
      storage: new Map(Object.entries(storage).map(([slot, value]) => [parseKey(amount256, slot), value])),
    }
  })
}

function readJson(bytes: Uint8Array): unknown {
  const isPacked = bytes[0] === 0x1f && bytes[1] === 0x8b
  try {
    return JSON.parse(Buffer.from(isPacked ? gunzipSync(bytes, { maxOutputLength: MAX_BYTES }) : bytes).toString())
  } catch (error) {
    throw unreadable((error as Error).message.slice(0, 200))
  }
}

function parseKey<T>(schema: z.ZodType<T>, text: string): T {
  const parsed = schema.safeParse(text)
  if (parsed.success) return parsed.data
  throw unreadable(`${text.slice(0, 80)}: ${parsed.error.issues[0]?.message}`)
}

function unreadable(why: string): RpcError {
  return new RpcError('invalid-params', `invalid argument 0 (state): no dump of a state: ${why}`)
}
