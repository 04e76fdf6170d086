import { analyzeCode } from '../evm/code.ts'
import type { Instruction } from '../evm/opcodes.ts'
import { EMISSIONS } from './emissions.ts'

/** An instruction of a code at its place. */
export interface PlacedInstruction {
  readonly position: number
  readonly instruction: Instruction
  /** Of the bytes behind a PUSH. */
  readonly immediate: bigint
}

/** Instructions that run one after the other, entered only at the first and left only at the last. */
export interface Block {
  readonly position: number
  readonly instructions: readonly PlacedInstruction[]
  /** Where it goes on when its last instruction does not decide. */
  readonly next: number
  /** Words that must be on the stack, and the most by which it grows. */
  readonly needed: number
  readonly highest: number
}

/** How an instruction ends a block, if it does. */
export const TERMINATORS: Readonly<Record<string, 'jump' | 'jumpIf' | 'end' | 'message'>> = {
  JUMP: 'jump',
  JUMPI: 'jumpIf',
  STOP: 'end',
  RETURN: 'end',
  REVERT: 'end',
  INVALID: 'end',
  SELFDESTRUCT: 'message',
  CREATE: 'message',
  CREATE2: 'message',
  CALL: 'message',
  CALLCODE: 'message',
  DELEGATECALL: 'message',
  STATICCALL: 'message',
}

/** Whether the host runs the instruction, which goes on with the next one then. */
export function isHosted(instruction: Instruction): boolean {
  return EMISSIONS[instruction.name] === undefined && TERMINATORS[instruction.name] === undefined
}

/** Bytes of a JUMPDEST that is no part of an immediate, and blocks by where they begin: both made when they are asked for. */
export class CodeBlocks {
  readonly #code: Uint8Array
  readonly #instructions: readonly Instruction[]
  readonly #blocks = new Map<number, Block>()
  readonly #destinations: Uint8Array

  constructor(code: Uint8Array, instructions: readonly Instruction[]) {
    this.#code = code
    this.#instructions = instructions
    this.#destinations = analyzeCode(code).jumpDestinations
  }

  isDestination(position: bigint | number): boolean {
    return this.#destinations[Number(position)] === 1
  }

  at(position: number): Block {
    let block = this.#blocks.get(position)
    if (block === undefined) {
      block = this.#read(position)
      this.#blocks.set(position, block)
    }
    return block
  }

  #read(start: number): Block {
    const instructions: PlacedInstruction[] = []
    let position = start
    let height = 0
    let needed = 0
    let highest = 0
    for (;;) {
      if (position !== start && this.isDestination(position)) break
      // Behind the end there is STOP.
      const instruction = this.#instructions[this.#code[position] ?? 0]!
      const next = position + 1 + instruction.immediateBytes
      instructions.push({ position, instruction, immediate: this.#immediate(position + 1, next) })
      needed = Math.max(needed, instruction.pops - height)
      height += instruction.pushes - instruction.pops
      highest = Math.max(highest, height)
      position = next
      if (TERMINATORS[instruction.name] !== undefined) break
    }
    return { position: start, instructions, next: position, needed, highest }
  }

  #immediate(start: number, end: number): bigint {
    let value = 0n
    for (let position = start; position < end; position++) value = (value << 8n) | BigInt(this.#code[position] ?? 0)
    return value
  }
}
