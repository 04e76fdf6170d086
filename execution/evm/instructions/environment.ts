import { GAS_COPY_PER_WORD } from '../../../config/gas.ts'
import { addressToWord, bytesToWord, hashToWord, wordToAddress } from '../../../primitives/hex.ts'
import { type Halt, OUT_OF_GAS, RETURN_DATA_OUT_OF_BOUNDS } from '../exit.ts'
import type { Frame } from '../frame.ts'
import { WORD_BYTES, wordCount } from '../word.ts'

/** ADDRESS of the account this code works on. */
export function address({ stack, message }: Frame): undefined {
  stack.push(addressToWord(message.recipient))
}

/** BALANCE of an account, in wei. */
export function balance(frame: Frame): Halt | undefined {
  const { stack, context } = frame
  const account = wordToAddress(stack.peek())
  if (!frame.chargeAccountAccess(account)) return OUT_OF_GAS
  stack.setTop(context.state.balance(account))
  return undefined
}

/** SELFBALANCE (EIP-1884). */
export function selfBalance({ stack, message, context }: Frame): undefined {
  stack.push(context.state.balance(message.recipient))
}

/** ORIGIN: the sender of the transaction. */
export function origin({ stack, context }: Frame): undefined {
  stack.push(addressToWord(context.origin))
}

/** CALLER. */
export function caller({ stack, message }: Frame): undefined {
  stack.push(addressToWord(message.caller))
}

/** CALLVALUE, in wei. */
export function callValue({ stack, message }: Frame): undefined {
  stack.push(message.value)
}

/** GASPRICE: the effective one, in wei. */
export function gasPrice({ stack, context }: Frame): undefined {
  stack.push(context.gasPrice)
}

/** CALLDATALOAD: the word at an offset of the call data, zeros past its end. */
export function callDataLoad({ stack, message }: Frame): undefined {
  const { data } = message
  const offset = stack.peek()
  if (offset >= data.length) {
    stack.setTop(0n)
    return
  }
  const start = Number(offset)
  const bytes = data.subarray(start, start + WORD_BYTES)
  stack.setTop(bytesToWord(bytes) << BigInt(8 * (WORD_BYTES - bytes.length)))
}

/** CALLDATASIZE. */
export function callDataSize({ stack, message }: Frame): undefined {
  stack.push(BigInt(message.data.length))
}

/** CALLDATACOPY. */
export function callDataCopy(frame: Frame): Halt | undefined {
  return copyToMemory(frame, frame.message.data)
}

/** CODESIZE. */
export function codeSize({ stack, code }: Frame): undefined {
  stack.push(BigInt(code.length))
}

/** CODECOPY. */
export function codeCopy(frame: Frame): Halt | undefined {
  return copyToMemory(frame, frame.message.code)
}

/** RETURNDATASIZE (EIP-211). */
export function returnDataSize({ stack, returnData }: Frame): undefined {
  stack.push(BigInt(returnData.length))
}

/** RETURNDATACOPY, which halts past the end (EIP-211). */
export function returnDataCopy(frame: Frame): Halt | undefined {
  const sourceOffset = frame.stack.peek(1)
  const length = frame.stack.peek(2)
  if (sourceOffset + length > frame.returnData.length) return RETURN_DATA_OUT_OF_BOUNDS
  return copyToMemory(frame, frame.returnData)
}

/** Takes memory offset, source offset and length, and copies, with zeros past the end of the source. */
function copyToMemory(frame: Frame, source: Uint8Array): Halt | undefined {
  const { stack, memory } = frame
  const offset = stack.pop()
  const sourceOffset = stack.pop()
  const length = stack.pop()
  if (!frame.charge(GAS_COPY_PER_WORD * wordCount(length))) return OUT_OF_GAS
  if (!frame.chargeMemory(offset, length)) return OUT_OF_GAS
  memory.writeFrom(source, offset, sourceOffset, length)
  return undefined
}

/** EXTCODESIZE. A delegation is seen as its 23 bytes (EIP-7702). */
export function externalCodeSize(frame: Frame): Halt | undefined {
  const { stack, context } = frame
  const account = wordToAddress(stack.peek())
  if (!frame.chargeAccountAccess(account)) return OUT_OF_GAS
  stack.setTop(BigInt(context.state.code(account).length))
  return undefined
}

/** EXTCODECOPY. */
export function externalCodeCopy(frame: Frame): Halt | undefined {
  const { stack, memory, context } = frame
  const account = wordToAddress(stack.pop())
  const offset = stack.pop()
  const sourceOffset = stack.pop()
  const length = stack.pop()
  if (!frame.charge(GAS_COPY_PER_WORD * wordCount(length))) return OUT_OF_GAS
  if (!frame.chargeMemory(offset, length)) return OUT_OF_GAS
  if (!frame.chargeAccountAccess(account)) return OUT_OF_GAS
  memory.writeFrom(context.state.code(account), offset, sourceOffset, length)
  return undefined
}

/** EXTCODEHASH: 0 for an account that is not there or is empty (EIP-1052). */
export function externalCodeHash(frame: Frame): Halt | undefined {
  const { stack, context } = frame
  const account = wordToAddress(stack.peek())
  if (!frame.chargeAccountAccess(account)) return OUT_OF_GAS
  const { state } = context
  stack.setTop(state.isEmpty(account) ? 0n : hashToWord(state.codeHash(account)))
  return undefined
}
