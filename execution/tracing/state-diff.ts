import type { Address } from '../../primitives/hex.ts'
import { bytesToHex, quantityToHex, wordToHash } from '../../primitives/hex.ts'
import type { WorldState } from '../state/world-state.ts'
import type { JsonWriter } from './json-writer.ts'
import { type AccountBefore, type PrestateCollector, wasEmpty } from './prestate.ts'

/** A value before and after; `undefined`: there was none, or is none. */
type Change = readonly [before: string | undefined, after: string | undefined]

/** What a transaction has changed, as OpenEthereum's `stateDiff` has it: `=`, `+`, `-` or `*` for each field. */
export function writeStateDiff(prestate: PrestateCollector, state: WorldState, writer: JsonWriter): void {
  writer.open('{', '}')
  for (const [address, before] of [...prestate.accounts].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const text = accountDiff(address, before, prestate, state)
    if (text === undefined) continue
    writer.item()
    writer.write(`"${address}":${JSON.stringify(text)}`)
    writer.settle()
  }
  writer.close()
}

function accountDiff(
  address: Address,
  before: AccountBefore,
  prestate: PrestateCollector,
  state: WorldState,
): object | undefined {
  const isGone = prestate.isDestroyed(address)
  const now = { ...state.peekAccount(address), code: state.peekCode(address), slots: new Map<bigint, bigint>() }
  const wasThere = !wasEmpty(before)
  const isThere = !isGone && !wasEmpty(now)
  if (!wasThere && !isThere) return undefined
  const change = (write: (account: AccountBefore) => string): Change => [
    wasThere ? write(before) : undefined,
    isThere ? write(now) : undefined,
  ]
  const fields = {
    balance: change(({ balance }) => quantityToHex(balance)),
    code: change(({ code }) => bytesToHex(code)),
    nonce: change(({ nonce }) => quantityToHex(nonce)),
  }
  const slots = isGone
    ? []
    : [...before.slots].map(([slot, value]) => [slot, value, state.peekSlot(address, slot)] as const)
  const changed = slots.filter(([, value, after]) => value !== after)
  const storage = changed.map(([slot, value, after]): [string, object] => {
    return [wordToHash(slot), mark([wasThere ? wordToHash(value) : undefined, wordToHash(after)]) as object]
  })
  const isSame = changed.length === 0 && Object.values(fields).every(([from, to]) => from === to)
  if (isSame) return undefined
  const marked = Object.entries(fields).map(([name, values]) => [name, mark(values)] as const)
  return { ...Object.fromEntries(marked), storage: Object.fromEntries(storage.sort(([a], [b]) => (a < b ? -1 : 1))) }
}

function mark([from, to]: Change): '=' | object {
  if (from === to) return '='
  if (from === undefined) return { '+': to }
  return to === undefined ? { '-': from } : { '*': { from, to } }
}
