import { GAS_KECCAK_PER_WORD } from '../../../config/gas.ts'
import { EMPTY_BYTES } from '../../../primitives/bytes.ts'
import { create2Address, createAddress } from '../../../primitives/contract-address.ts'
import { wordToHash } from '../../../primitives/hex.ts'
import { type Halt, INIT_CODE_TOO_LARGE, OUT_OF_GAS, WRITE_IN_STATIC_CONTEXT } from '../exit.ts'
import type { Frame, SubMessage } from '../frame.ts'
import { wordCount } from '../word.ts'
import { CALL_DEPTH_LIMIT, withoutReserve } from './sub-message.ts'

const MAX_NONCE = (1n << 64n) - 1n

/** CREATE. Stack: value, offset and length of the init code -> address or 0. */
export function create(frame: Frame): Halt | SubMessage | undefined {
  return createContract(frame, false)
}

/** CREATE2: the same with a salt, giving an address that the nonce does not change (EIP-1014). */
export function create2(frame: Frame): Halt | SubMessage | undefined {
  return createContract(frame, true)
}

function createContract(frame: Frame, hasSalt: boolean): Halt | SubMessage | undefined {
  const { stack, memory, message, context } = frame
  const { state, rules } = context
  if (message.isStatic) return WRITE_IN_STATIC_CONTEXT
  const value = stack.pop()
  const offset = stack.pop()
  const length = stack.pop()
  const salt = hasSalt ? wordToHash(stack.pop()) : undefined
  if (!frame.chargeMemory(offset, length)) return OUT_OF_GAS
  if (length > rules.maxInitCodeSize) return INIT_CODE_TOO_LARGE
  const gasPerWord = rules.gas.initCodePerWord + (hasSalt ? GAS_KECCAK_PER_WORD : 0n)
  if (!frame.charge(gasPerWord * wordCount(length))) return OUT_OF_GAS

  const creator = message.recipient
  const code = memory.read(offset, length)
  frame.returnData = EMPTY_BYTES
  const nonce = state.nonce(creator)
  const isTooDeep = message.depth + 1 > CALL_DEPTH_LIMIT
  if (isTooDeep || nonce === MAX_NONCE || (value > 0n && state.balance(creator) < value)) {
    stack.push(0n)
    return undefined
  }
  const gas = withoutReserve(frame)
  frame.gas -= gas
  const recipient = salt === undefined ? createAddress(creator, nonce) : create2Address(creator, salt, code)
  // Both outlive a failure of the creation.
  state.setNonce(creator, nonce + 1n)
  if (rules.hasWarmth) state.warmAddress(recipient)
  return {
    kind: 'message',
    outputOffset: 0n,
    outputLength: 0n,
    message: {
      kind: 'create',
      caller: creator,
      recipient,
      codeAddress: recipient,
      isDelegated: false,
      code,
      codeHash: undefined,
      value,
      transfersValue: true,
      data: EMPTY_BYTES,
      gas,
      depth: message.depth + 1,
      isStatic: false,
    },
  }
}
