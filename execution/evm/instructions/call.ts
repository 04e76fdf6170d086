import { GAS_CALL_STIPEND, GAS_CALL_VALUE, GAS_NEW_ACCOUNT } from '../../../config/gas.ts'
import { EMPTY_BYTES } from '../../../primitives/bytes.ts'
import { type Address, wordToAddress } from '../../../primitives/hex.ts'
import { THREADS_ADDRESS } from '../../threads/thread-calls.ts'
import { delegationTarget } from '../delegation.ts'
import { type Halt, OUT_OF_GAS, WRITE_IN_STATIC_CONTEXT } from '../exit.ts'
import type { Frame, SubMessage } from '../frame.ts'
import { CALL_DEPTH_LIMIT, withoutReserve } from './sub-message.ts'
import { requestOfThreads } from './thread-call.ts'

/** What distinguishes the four calls. */
interface CallKind {
  /** Takes a value from the stack. */
  readonly hasValue: boolean
  /** The code works on the callee's account, not on this one. */
  readonly entersCallee: boolean
  /** Passes this frame's caller and value on (EIP-7). */
  readonly keepsCaller: boolean
  readonly isStatic: boolean
}

const CALL: CallKind = { hasValue: true, entersCallee: true, keepsCaller: false, isStatic: false }

/** CALL. */
export const call = callHandler(CALL)
/** CALLCODE: the callee's code on this account. */
export const callCode = callHandler({ hasValue: true, entersCallee: false, keepsCaller: false, isStatic: false })
/** DELEGATECALL: the callee's code on this account, with this frame's caller and value (EIP-7). */
export const delegateCall = callHandler({ hasValue: false, entersCallee: false, keepsCaller: true, isStatic: false })
/** STATICCALL: no change of state below (EIP-214). */
export const staticCall = callHandler({ hasValue: false, entersCallee: true, keepsCaller: false, isStatic: true })

/** Stack: gas, address, value (if it has one), input offset and length, output offset and length -> success. */
function callHandler(kind: CallKind): (frame: Frame) => Halt | SubMessage | undefined {
  return (frame) => {
    const { stack, memory, message, context } = frame
    const { state, rules } = context
    const requestedGas = stack.pop()
    const target = wordToAddress(stack.pop())
    const value = kind.hasValue ? stack.pop() : 0n
    const inputOffset = stack.pop()
    const inputLength = stack.pop()
    const outputOffset = stack.pop()
    const outputLength = stack.pop()

    const movesValue = value > 0n
    if (message.isStatic && movesValue && kind.entersCallee) return WRITE_IN_STATIC_CONTEXT
    if (!frame.chargeMemory(inputOffset, inputLength) || !frame.chargeMemory(outputOffset, outputLength))
      return OUT_OF_GAS
    if (target === THREADS_ADDRESS && rules.threads !== undefined && kind === CALL) {
      return requestOfThreads(frame, memory.read(inputOffset, inputLength), { value, outputOffset, outputLength })
    }
    if (movesValue && !frame.charge(GAS_CALL_VALUE)) return OUT_OF_GAS
    if (!frame.chargeAccountAccess(target)) return OUT_OF_GAS
    const code = state.code(target)
    const delegate = rules.hasDelegation ? delegationTarget(code) : undefined
    if (delegate !== undefined && !frame.chargeFullAccountAccess(delegate, rules.gas.warmAccount)) return OUT_OF_GAS
    if (kind.hasValue && kind.entersCallee && createsAccount(frame, target, movesValue)) {
      if (!frame.charge(GAS_NEW_ACCOUNT)) return OUT_OF_GAS
    }
    const gas = gasForCall(frame, requestedGas)
    if (gas === undefined || !frame.charge(gas)) return OUT_OF_GAS

    const stipend = movesValue ? GAS_CALL_STIPEND : 0n
    frame.returnData = EMPTY_BYTES
    const isTooDeep = message.depth + 1 > CALL_DEPTH_LIMIT
    if (isTooDeep || (movesValue && state.balance(message.recipient) < value)) {
      frame.gas += gas + stipend
      stack.push(0n)
      return undefined
    }
    return {
      kind: 'message',
      outputOffset,
      outputLength,
      message: {
        kind: 'call',
        caller: kind.keepsCaller ? message.caller : message.recipient,
        recipient: kind.entersCallee ? target : message.recipient,
        codeAddress: delegate ?? target,
        isDelegated: delegate !== undefined,
        // A delegate has been paid for, but only a call that goes ahead meets it (EIP-7928).
        code: delegate === undefined ? code : state.code(delegate),
        codeHash: state.codeHash(delegate ?? target),
        value: kind.keepsCaller ? message.value : value,
        transfersValue: kind.entersCallee,
        data: memory.read(inputOffset, inputLength),
        gas: gas + stipend,
        depth: message.depth + 1,
        isStatic: kind.isStatic || message.isStatic,
      },
    }
  }
}

/** Whether the call brings its target into being: before EIP-161 that needs no value, only its absence. */
function createsAccount(frame: Frame, target: Address, movesValue: boolean): boolean {
  const { state, rules } = frame.context
  return rules.clearsEmptyAccounts ? movesValue && state.isEmpty(target) : !state.exists(target)
}

/** Gas for the callee: what was asked for, at most all but a 64th (EIP-150); before that, exactly what was asked for. */
function gasForCall(frame: Frame, requestedGas: bigint): bigint | undefined {
  const available = withoutReserve(frame)
  if (requestedGas <= available) return requestedGas
  return frame.context.rules.keepsCallReserve ? available : undefined
}
