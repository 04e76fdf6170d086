import { createAddress } from '../../primitives/contract-address.ts'
import { type Address, wordToAddress } from '../../primitives/hex.ts'
import type { AccessListItem } from '../../primitives/transaction.ts'
import type { BlockEnvironment } from '../block/environment.ts'
import type { CallOutcome, CallRequest } from '../call.ts'
import type { Frame } from '../evm/frame.ts'
import type { Instruction } from '../evm/opcodes.ts'
import { precompilesFor } from '../evm/precompiles/table.ts'
import type { Tracer } from '../evm/tracer.ts'

/** How deep in the stack instructions have the address they access. */
const ADDRESS_DEPTHS: Readonly<Record<string, number>> = {
  BALANCE: 0,
  EXTCODESIZE: 0,
  EXTCODECOPY: 0,
  EXTCODEHASH: 0,
  SELFDESTRUCT: 0,
  CALL: 1,
  CALLCODE: 1,
  DELEGATECALL: 1,
  STATICCALL: 1,
}
const SLOT_INSTRUCTIONS: ReadonlySet<string> = new Set(['SLOAD', 'SSTORE'])

/** Collects the accounts and slots that a run accesses, frames that fail included. */
export class AccessCollector implements Tracer {
  readonly #slots = new Map<Address, Set<bigint>>()
  readonly #alreadyWarm: ReadonlySet<Address>

  /** `alreadyWarm` are listed only for their slots. */
  constructor(alreadyWarm: Iterable<Address>, accessList: readonly AccessListItem[]) {
    this.#alreadyWarm = new Set(alreadyWarm)
    for (const { address, slots } of accessList) for (const slot of slots) this.#slotsOf(address).add(slot)
  }

  onStep({ stack, message }: Frame, { name, pops }: Instruction): void {
    if (stack.size < pops) return
    if (SLOT_INSTRUCTIONS.has(name)) this.#slotsOf(message.recipient).add(stack.peek())
    const depth = ADDRESS_DEPTHS[name]
    if (depth === undefined) return
    const address = wordToAddress(stack.peek(depth))
    if (!this.#alreadyWarm.has(address)) this.#slotsOf(address)
  }

  /** Ascending. */
  accessList(): AccessListItem[] {
    return [...this.#slots.keys()].sort().map((address) => ({
      address,
      slots: [...this.#slotsOf(address)].sort((a, b) => (a < b ? -1 : 1)),
    }))
  }

  #slotsOf(address: Address): Set<bigint> {
    let slots = this.#slots.get(address)
    if (slots === undefined) {
      slots = new Set()
      this.#slots.set(address, slots)
    }
    return slots
  }
}

/** A list that still changes after so many runs belongs to code that reads its own gas: then it is the last one. */
const MAX_RUNS = 8

/**
 * The access list with which the request runs, and what it does then. A list changes what gas is left and so perhaps what
 * is accessed: it is run again until the list is stable. `run` starts from the same state each time; `senderNonce`
 * is the sender's before the call.
 */
export function createAccessList(
  run: (request: CallRequest, tracer: Tracer) => CallOutcome,
  request: CallRequest,
  environment: Pick<BlockEnvironment, 'rules'>,
  senderNonce: bigint,
): { readonly accessList: readonly AccessListItem[]; readonly outcome: CallOutcome } {
  const recipient = request.to ?? createAddress(request.from, senderNonce)
  const alreadyWarm = [request.from, recipient, ...precompilesFor(environment.rules).keys()]
  let accessList = request.accessList ?? []
  for (let runs = 1; ; runs++) {
    const collector = new AccessCollector(alreadyWarm, accessList)
    const outcome = run({ ...request, accessList }, collector)
    const collected = collector.accessList()
    if (runs === MAX_RUNS || isSameList(collected, accessList)) return { accessList: collected, outcome }
    accessList = collected
  }
}

function isSameList(a: readonly AccessListItem[], b: readonly AccessListItem[]): boolean {
  return describe(a) === describe(b)
}

function describe(list: readonly AccessListItem[]): string {
  return list.map(({ address, slots }) => `${address}:${slots.join(',')}`).join(' ')
}
