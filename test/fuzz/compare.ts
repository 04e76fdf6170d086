import { equalBytes } from '../../primitives/bytes.ts'
import { bytesToHex } from '../../primitives/hex.ts'
import type { Log } from '../../primitives/receipt.ts'
import type { Outcome, PlainAccount, PlainState } from './outcome.ts'

/** The first difference between two outcomes of one message, in words: ours first. `undefined`: there is none. */
export function outcomeDifference(ours: Outcome, theirs: Outcome): string | undefined {
  const differs = (what: string, a: unknown, b: unknown) => (a === b ? undefined : told(what, a, b))
  if (ours.ending !== theirs.ending) {
    return told('ending', `${ours.ending} (${ours.reason})`, `${theirs.ending} (${theirs.reason})`)
  }
  return (
    differs('gas left', ours.gasLeft, theirs.gasLeft) ??
    differs('refund', ours.refund, theirs.refund) ??
    bytesDifference('output', ours.output, theirs.output) ??
    differs('created address', ours.created, theirs.created) ??
    logsDifference(ours.logs, theirs.logs) ??
    stateDifference(ours.state, theirs.state)
  )
}

/** The same for two world states. */
export function stateDifference(ours: PlainState, theirs: PlainState): string | undefined {
  for (const [address, account] of ours) {
    const difference = accountDifference(account, theirs.get(address))
    if (difference !== undefined) return `account ${address}, ${difference}`
  }
  for (const address of theirs.keys())
    if (!ours.has(address)) return `account ${address}, ${told('existence', false, true)}`
  return undefined
}

function accountDifference(ours: PlainAccount, theirs: PlainAccount | undefined): string | undefined {
  if (theirs === undefined) return told('existence', true, false)
  for (const field of ['nonce', 'balance', 'codeHash'] as const) {
    if (ours[field] !== theirs[field]) return told(field, ours[field], theirs[field])
  }
  for (const [slot, value] of ours.storage) {
    const other = theirs.storage.get(slot) ?? 0n
    if (value !== other) return told(`slot 0x${slot.toString(16)}`, value, other)
  }
  for (const [slot, value] of theirs.storage) {
    if (!ours.storage.has(slot)) return told(`slot 0x${slot.toString(16)}`, 0n, value)
  }
  return undefined
}

function logsDifference(ours: readonly Log[], theirs: readonly Log[]): string | undefined {
  if (ours.length !== theirs.length) return told('number of logs', ours.length, theirs.length)
  for (const [index, log] of ours.entries()) {
    const other = theirs[index] as Log
    if (log.address !== other.address) return told(`address of log ${index}`, log.address, other.address)
    const topics = [log, other].map((each) => each.topics.join(' '))
    if (topics[0] !== topics[1]) return told(`topics of log ${index}`, topics[0], topics[1])
    const difference = bytesDifference(`data of log ${index}`, log.data, other.data)
    if (difference !== undefined) return difference
  }
  return undefined
}

function bytesDifference(what: string, ours: Uint8Array, theirs: Uint8Array): string | undefined {
  return equalBytes(ours, theirs) ? undefined : told(what, bytesToHex(ours), bytesToHex(theirs))
}

function told(what: string, ours: unknown, theirs: unknown): string {
  return `${what}: ours ${String(ours)}, theirs ${String(theirs)}`
}
