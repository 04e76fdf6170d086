import type { Address } from '../../primitives/hex.ts'
import { wordToAddress } from '../../primitives/hex.ts'
import type { HaltCause } from '../evm/exit.ts'
import type { Frame } from '../evm/frame.ts'
import type { Message } from '../evm/message.ts'
import type { Instruction } from '../evm/opcodes.ts'
import { opcodeName } from './opcode-names.ts'

/** Words of go-ethereum (core/vm/errors.go), by which those who read traces know what happened. */
const TEXTS: Readonly<Record<HaltCause, string>> = {
  'out-of-gas': 'out of gas',
  'stack-underflow': 'stack underflow',
  'stack-overflow': 'stack limit reached',
  'invalid-opcode': 'invalid opcode',
  'invalid-jump': 'invalid jump destination',
  'write-in-static-context': 'write protection',
  'return-data-out-of-bounds': 'return data out of bounds',
  'address-collision': 'contract address collision',
  'reserved-code-prefix': 'invalid code: must not begin with 0xef',
  'code-too-large': 'max code size exceeded',
  'init-code-too-large': 'max initcode size exceeded',
  'precompile-failure': 'precompiled failed',
}

export const REVERTED = 'execution reverted'
export const OUT_OF_GAS = TEXTS['out-of-gas']
export const DEPOSIT_OUT_OF_GAS = 'contract creation code storage out of gas'
export const CALL_TOO_DEEP = 'max call depth exceeded'
export const INSUFFICIENT_BALANCE = 'insufficient balance for transfer'
export const NONCE_OVERFLOW = 'nonce uint64 overflow'

/** What a frame came to at its last instruction. */
export interface LastStep {
  readonly frame: Frame
  readonly instruction: Instruction
  /** Its operands, from the top of the stack on, where they are kept; see `operandsOf`. */
  readonly operands: readonly bigint[]
}

/** Why a message halted, as go-ethereum says it. `last` is absent where no instruction ran. */
export function haltText(cause: HaltCause, message: Message, last: LastStep | undefined): string {
  if (last === undefined) return cause === 'precompile-failure' ? precompileText(message) : TEXTS[cause]
  const { frame, instruction } = last
  const { size } = frame.stack
  switch (cause) {
    case 'stack-underflow':
      return `${TEXTS[cause]} (${size} <=> ${instruction.pops})`
    case 'stack-overflow':
      return `${TEXTS[cause]} ${size} (${instruction.maxStackSize})`
    case 'invalid-opcode':
      return `${TEXTS[cause]}: ${opcodeName(instruction)}`
    case 'out-of-gas':
      if (isUnpaidDeposit(message, last)) return DEPOSIT_OUT_OF_GAS
      return isTooLittleToStore(last) ? `${TEXTS[cause]}: not enough gas for reentrancy sentry` : TEXTS[cause]
    default:
      return TEXTS[cause]
  }
}

/** Whether the code that init code returned was too dear: RETURN itself has been paid, for its memory is there. */
function isUnpaidDeposit({ kind }: Message, { frame, instruction, operands }: LastStep): boolean {
  if (kind !== 'create' || instruction.name !== 'RETURN') return false
  const [offset = 0n, length = 0n] = operands
  return frame.memory.expansionGas(offset, length) === 0n
}

/** EIP-2200: SSTORE with no more gas than the stipend of a call. */
function isTooLittleToStore({ frame, instruction }: LastStep): boolean {
  const { sentry } = frame.context.rules.gas.storage
  return instruction.name === 'SSTORE' && sentry > 0n && frame.gas <= sentry
}

/** Input lengths that a precompiled contract takes, and what is wrong if it is not the length. */
type PrecompileRow = readonly [takes: (length: number) => boolean, otherwise: string, wrongLength?: string]

const multipleOf = (bytes: number) => (length: number) => length > 0 && length % bytes === 0
const exactly = (bytes: number) => (length: number) => length === bytes
const WRONG_LENGTH = 'invalid input length'
const NO_POINT = 'invalid point'

const PRECOMPILES: ReadonlyMap<Address, PrecompileRow> = new Map(
  (
    [
      [0x05n, [() => true, 'one or more of base/exponent/modulus length exceeded 1024 bytes']],
      [0x06n, [() => true, 'bn256: malformed point']],
      [0x07n, [() => true, 'bn256: malformed point']],
      [0x08n, [(length) => length % 192 === 0, 'bn256: malformed point', 'bad elliptic curve pairing size']],
      [0x09n, [exactly(213), 'invalid final flag']],
      [0x0an, [exactly(192), 'error verifying kzg proof']],
      [0x0bn, [exactly(256), NO_POINT]],
      [0x0cn, [multipleOf(160), NO_POINT]],
      [0x0dn, [exactly(512), NO_POINT]],
      [0x0en, [multipleOf(288), NO_POINT]],
      [0x0fn, [multipleOf(384), NO_POINT]],
      [0x10n, [exactly(64), 'invalid field element top bytes']],
      [0x11n, [exactly(128), 'invalid field element top bytes']],
    ] satisfies (readonly [bigint, PrecompileRow])[]
  ).map(([address, row]) => [wordToAddress(address), row]),
)

function precompileText({ codeAddress, data }: Message): string {
  const row = PRECOMPILES.get(codeAddress)
  if (row === undefined) return TEXTS['precompile-failure']
  const [takes, otherwise, wrongLength = WRONG_LENGTH] = row
  return takes(data.length) ? otherwise : wrongLength
}
