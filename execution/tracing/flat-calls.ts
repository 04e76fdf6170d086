import { bytesToHex, quantityToHex } from '../../primitives/hex.ts'
import type { TracedCall } from './call-collector.ts'
import { DEPOSIT_OUT_OF_GAS, OUT_OF_GAS, REVERTED } from './halt-text.ts'
import type { TracePosition } from './trace.ts'

/** A call in a list, with the numbers of the calls that lead to it. */
export interface FlatCall {
  readonly call: TracedCall
  readonly subtraces: number
  readonly traceAddress: readonly number[]
}

/** The call and those in it, each before those in it, without the ones that `isShown` leaves out. */
export function* flatten(
  call: TracedCall,
  isShown: (call: TracedCall) => boolean,
  traceAddress: readonly number[] = [],
): Generator<FlatCall> {
  const calls = call.calls.filter(isShown)
  yield { call, subtraces: calls.length, traceAddress }
  for (const [index, each] of calls.entries()) yield* flatten(each, isShown, [...traceAddress, index])
}

/** Members of a flat trace that tell what was to be done. */
export function actionOf({ type, from, to, input, value, gas, thread }: TracedCall): Record<string, unknown> {
  switch (type) {
    case 'SELFDESTRUCT':
      return { address: from, balance: quantityToHex(value ?? 0n), refundAddress: to }
    case 'CREATE':
    case 'CREATE2':
      return {
        creationMethod: type.toLowerCase(),
        from,
        gas: quantityToHex(gas),
        init: bytesToHex(input),
        value: quantityToHex(value ?? 0n),
      }
    default:
      return {
        callType: type.toLowerCase(),
        from,
        gas: quantityToHex(gas),
        input: bytesToHex(input),
        to,
        value: quantityToHex(value ?? 0n),
        ...(thread === undefined ? {} : { thread: quantityToHex(thread) }),
      }
  }
}

/** What a call has come to; `undefined` for SELFDESTRUCT, which comes to nothing. */
export function resultOf({ type, to, error, gasUsed, output }: TracedCall): Record<string, unknown> | undefined {
  switch (type) {
    case 'SELFDESTRUCT':
      return undefined
    case 'CREATE':
    case 'CREATE2':
      return {
        ...(error === undefined ? { address: to } : {}),
        code: bytesToHex(output),
        gasUsed: quantityToHex(gasUsed),
      }
    default:
      return { gasUsed: quantityToHex(gasUsed), output: bytesToHex(output) }
  }
}

/** Kinds of flat traces by type of call. */
export function kindOf({ type }: TracedCall): 'call' | 'create' | 'suicide' {
  if (type === 'SELFDESTRUCT') return 'suicide'
  return type === 'CREATE' || type === 'CREATE2' ? 'create' : 'call'
}

/** Members that say where a flat trace belongs. */
export function placeOf({ blockHash, header, transactionHash, index }: TracePosition): Record<string, unknown> {
  return { blockHash, blockNumber: Number(header.number), transactionHash, transactionPosition: index }
}

const PARITY_ERRORS: ReadonlyMap<string, string> = new Map([
  [DEPOSIT_OUT_OF_GAS, 'Out of gas'],
  [OUT_OF_GAS, 'Out of gas'],
  ['max code size exceeded', 'Out of gas'],
  ['max initcode size exceeded', 'Out of gas'],
  ['contract address collision', 'Out of gas'],
  ['invalid jump destination', 'Bad jump destination'],
  [REVERTED, 'Reverted'],
  ['return data out of bounds', 'Out of bounds'],
  ['write protection', 'Mutable Call In Static Context'],
])

/** By how the text begins. */
const PARITY_ERROR_KINDS: readonly (readonly [prefix: string, error: string])[] = [
  ['invalid opcode', 'Bad instruction'],
  ['invalid code', 'Bad instruction'],
  ['stack underflow', 'Stack underflow'],
  ['stack limit', 'Out of stack'],
]

/** The words of OpenEthereum for why a call failed. */
export function parityError({ error = '', isPrecompile }: TracedCall): string {
  const known = PARITY_ERRORS.get(error)
  if (known !== undefined) return known
  if (isPrecompile) return 'Built-in failed'
  return PARITY_ERROR_KINDS.find(([prefix]) => error.startsWith(prefix))?.[1] ?? error
}
