import type { Instruction } from '../evm/opcodes.ts'

/** What a byte that is no instruction becomes in prepared code, so that its number is free for a sequence. */
export const INVALID_BYTE = 0xfe

/**
 * Sequences that are run as one: a dispatch costs more than most instructions do. Counted in the code that solc 0.8 makes of the
 * workloads and of OpenZeppelin's contracts. A JUMPDEST is never in one (a jump may lead behind it), and nothing but the last
 * may end the step, look at the state, or at the gas.
 */
const SEQUENCES = [
  'PUSH2 JUMPI',
  'PUSH2 JUMP',
  'ISZERO PUSH2 JUMPI',
  'ISZERO ISZERO PUSH2 JUMPI',
  'LT ISZERO PUSH2 JUMPI',
  'GT ISZERO PUSH2 JUMPI',
  'EQ ISZERO PUSH2 JUMPI',
  'DUP2 LT ISZERO PUSH2 JUMPI',
  'DUP2 GT ISZERO PUSH2 JUMPI',
  'LT PUSH2 JUMPI',
  'GT PUSH2 JUMPI',
  'EQ PUSH2 JUMPI',
  'SLT PUSH2 JUMPI',
  'SLT ISZERO PUSH2 JUMPI',
  'DUP1 PUSH2 JUMPI',
  'DUP1 ISZERO PUSH2 JUMPI',
  'DUP2 LT PUSH2 JUMPI',
  'DUP2 GT PUSH2 JUMPI',
  'DUP2 EQ PUSH2 JUMPI',
  'DUP1 PUSH4 EQ PUSH2 JUMPI',
  'DUP1 PUSH4 GT PUSH2 JUMPI',
  'PUSH4 GT PUSH2 JUMPI',
  'PUSH1 ADD',
  'PUSH1 DUP2 ADD',
  'PUSH1 SHL',
  'PUSH1 SHR',
  'PUSH1 MUL',
  'PUSH1 SHL SUB',
  'PUSH1 PUSH1 SHL SUB',
  'PUSH1 PUSH1 PUSH1 SHL SUB',
  'PUSH1 PUSH1 PUSH1 SHL SUB AND',
  'PUSH1 DUP1',
  'PUSH1 DUP2',
  'PUSH1 SWAP1',
  'PUSH1 MLOAD',
  'PUSH1 MSTORE',
  'PUSH1 PUSH1',
  'PUSH2 PUSH1',
  'PUSH2 SWAP1',
  'PUSH2 DUP2',
  'PUSH2 DUP3',
  'PUSH2 SWAP2',
  'PUSH0 PUSH1',
  'PUSH0 PUSH2',
  'PUSH0 DUP2',
  'PUSH0 DUP1',
  'PUSH0 SWAP1',
  'PUSH0 NOT ADD',
  'DUP1 DUP1',
  'DUP2 ADD',
  'DUP2 ADD SWAP1',
  'DUP2 SUB',
  'DUP2 MSTORE PUSH1 ADD',
  'DUP2 MSTORE',
  'DUP2 MLOAD',
  'DUP3 ADD',
  'DUP3 DUP3',
  'DUP4 DUP4',
  'DUP2 DUP2',
  'DUP2 DUP4',
  'DUP3 DUP2',
  'SWAP1 POP',
  'SWAP2 POP',
  'SWAP1 POP SWAP1',
  'SWAP2 SWAP1 POP',
  'SWAP1 SUB',
  'SWAP1 DUP2',
  'SWAP1 DUP1',
  'SWAP1 PUSH2',
  'SWAP1 PUSH1',
  'SWAP1 PUSH1 MSTORE',
  'SWAP1 SWAP2',
  'SWAP2 SWAP1',
  'SWAP1 JUMP',
  'POP JUMP',
  'POP POP',
  'POP POP POP',
  'POP POP JUMP',
  'POP SWAP1 JUMP',
  'SWAP2 POP POP JUMP',
  'ISZERO ISZERO',
  'ADD SWAP1',
  'ADD DUP1 MLOAD',
  'PUSH1 ADD SWAP1',
  'AND SWAP1',
  'MUL ADD',
  'ADD PUSH1',
  'ADD MLOAD',
] as const

export interface FusedSequence {
  /** A number that no hardfork's instruction has. */
  readonly opcode: number
  readonly names: readonly string[]
}

/** Numbers of no instruction of any hardfork; 0xb0 to 0xbf are left to the instructions of threads. */
function* freeOpcodes(): Generator<number> {
  const ranges = [
    [0x0c, 0x0f],
    [0x1f, 0x1f],
    [0x21, 0x2f],
    [0x4b, 0x4f],
    [0xa5, 0xaf],
    [0xc0, 0xef],
    [0xf6, 0xf9],
    [0xfb, 0xfc],
  ] as const
  for (const [first, last] of ranges) for (let opcode = first; opcode <= last; opcode++) yield opcode
}

export const FUSED: readonly FusedSequence[] = number()

function number(): FusedSequence[] {
  const opcodes = freeOpcodes()
  return SEQUENCES.map((sequence) => {
    const { value, done } = opcodes.next()
    if (done === true) throw new Error('more sequences than free opcodes')
    return { opcode: value, names: sequence.split(' ') }
  })
}

/** Of a sequence of opcodes, the numbers of the sequences that begin with it. */
interface Branch {
  opcode: number | undefined
  readonly next: Map<number, Branch>
}

/** Finds the longest sequence that begins at a place of a code. */
export type Fuser = (
  code: Uint8Array,
  position: number,
) => { readonly opcode: number; readonly length: number } | undefined

/** Under rules that lack an instruction, sequences with it are not there. */
export function fuserFor(instructions: readonly Instruction[]): Fuser {
  const root: Branch = { opcode: undefined, next: new Map() }
  for (const { opcode, names } of FUSED) {
    const parts = names.map((name) => instructions.find((instruction) => instruction.name === name))
    if (parts.some((part) => part === undefined)) continue
    let branch = root
    for (const part of parts) {
      let next = branch.next.get(part!.opcode)
      if (next === undefined) {
        next = { opcode: undefined, next: new Map() }
        branch.next.set(part!.opcode, next)
      }
      branch = next
    }
    branch.opcode = opcode
  }
  return (code, position) => {
    let branch = root
    let at = position
    let found: { opcode: number; length: number } | undefined
    for (;;) {
      const opcode = code[at]
      const next = opcode === undefined ? undefined : branch.next.get(opcode)
      if (next === undefined) return found
      at += 1 + instructions[opcode!]!.immediateBytes
      branch = next
      // An immediate that the end of the code cuts off is left to its instruction alone.
      if (branch.opcode !== undefined && at <= code.length) found = { opcode: branch.opcode, length: at - position }
    }
  }
}
