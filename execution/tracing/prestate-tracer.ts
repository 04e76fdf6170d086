import type { Address } from '../../primitives/hex.ts'
import { bytesToHex, quantityToHex, wordToHash } from '../../primitives/hex.ts'
import { KECCAK_EMPTY } from '../../primitives/keccak.ts'
import type { WorldState } from '../state/world-state.ts'
import type { JsonWriter } from './json-writer.ts'
import { type AccountBefore, PrestateCollector, wasEmpty } from './prestate.ts'
import type { TraceSubject, TransactionTrace } from './trace.ts'

export interface PrestateTracerOptions {
  readonly name: 'prestateTracer'
  readonly diffMode: boolean
  readonly disableCode: boolean
  readonly disableStorage: boolean
  readonly includeEmpty: boolean
}

/** Members of an account that are told: those that are not 0, but for the balance. */
type AccountText = Readonly<Record<string, unknown>>

/**
 * What a transaction had to do with as it was before, or what it changed, before and after (go-ethereum
 * eth/tracers/native/prestate.go).
 */
export function prestateTracer(
  options: PrestateTracerOptions,
  subject: TraceSubject,
  writer: JsonWriter,
): TransactionTrace {
  const tracer = new PrestateCollector(subject)
  return {
    tracer,
    finish() {
      const accounts = [...tracer.accounts].sort(([a], [b]) => (a < b ? -1 : 1))
      const pre: [Address, AccountText][] = []
      const post: [Address, AccountText][] = []
      for (const [address, before] of accounts) {
        const change = options.diffMode ? changeOf(address, before, tracer, subject.state, options) : undefined
        if (change !== undefined && 'after' in change) {
          if (change.after === undefined) continue
          post.push([address, change.after])
        }
        if (wasEmpty(before) && !options.includeEmpty) continue
        const slots = change === undefined ? [...before.slots] : change.slotsBefore
        pre.push([address, accountText(before, slots, options)])
      }
      if (!options.diffMode) return writeAccounts(pre, writer)
      writer.write('{"post":')
      writeAccounts(post, writer)
      writer.write(',"pre":')
      writeAccounts(pre, writer)
      writer.write('}')
    },
  }
}

interface AccountChange {
  readonly slotsBefore: readonly (readonly [bigint, bigint])[]
  /** Absent: the account is gone. `undefined`: nothing has changed. */
  readonly after?: AccountText | undefined
}

function changeOf(
  address: Address,
  before: AccountBefore,
  tracer: PrestateCollector,
  state: WorldState,
  { disableCode, disableStorage }: PrestateTracerOptions,
): AccountChange {
  if (tracer.isDestroyed(address)) return { slotsBefore: [...before.slots] }
  const now = state.peekAccount(address)
  const hasNewCode = now.codeHash !== before.codeHash
  const changed = [...before.slots].flatMap(([slot, value]) => {
    const after = state.peekSlot(address, slot)
    return after === value ? [] : [{ slot, value, after }]
  })
  const slotsAfter = changed.filter(({ after }) => after !== 0n).map(({ slot, after }) => [slot, after] as const)
  const code = hasNewCode && !disableCode ? state.peekCode(address) : undefined
  const after = {
    ...(now.balance === before.balance ? {} : { balance: quantityToHex(now.balance) }),
    ...(code === undefined || code.length === 0 ? {} : { code: bytesToHex(code) }),
    ...(hasNewCode ? { codeHash: now.codeHash === KECCAK_EMPTY ? NO_CODE_HASH : now.codeHash } : {}),
    ...(now.nonce === before.nonce ? {} : { nonce: Number(now.nonce) }),
    ...(disableStorage ? {} : slotsMember(slotsAfter)),
  }
  const isChanged = Object.keys(after).length > 0 || (changed.length > 0 && !disableStorage)
  const slotsBefore = changed.filter(({ value }) => value !== 0n).map(({ slot, value }) => [slot, value] as const)
  return { slotsBefore, after: isChanged ? after : undefined }
}

/** How go-ethereum writes that code went away. */
const NO_CODE_HASH = `0x${'00'.repeat(32)}`

function accountText(
  { nonce, balance, codeHash, code }: AccountBefore,
  slots: readonly (readonly [bigint, bigint])[],
  { disableCode, disableStorage }: PrestateTracerOptions,
): AccountText {
  return {
    balance: quantityToHex(balance),
    ...(disableCode || code.length === 0 ? {} : { code: bytesToHex(code) }),
    ...(codeHash === KECCAK_EMPTY ? {} : { codeHash }),
    ...(nonce === 0n ? {} : { nonce: Number(nonce) }),
    ...(disableStorage ? {} : slotsMember(slots)),
  }
}

function slotsMember(slots: readonly (readonly [bigint, bigint])[]): AccountText {
  if (slots.length === 0) return {}
  const sorted = slots.map(([slot, value]) => [wordToHash(slot), wordToHash(value)] as const)
  return { storage: Object.fromEntries(sorted.sort(([a], [b]) => (a < b ? -1 : 1))) }
}

function writeAccounts(accounts: readonly (readonly [Address, AccountText])[], writer: JsonWriter): void {
  writer.open('{', '}')
  for (const [address, text] of accounts) {
    writer.item()
    writer.write(`"${address}":${JSON.stringify(text)}`)
    writer.settle()
  }
  writer.close()
}
