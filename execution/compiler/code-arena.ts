import type { Hash } from '../../primitives/hex.ts'
import type { Instruction } from '../evm/opcodes.ts'
import { CODE_MARGIN, type LinearMemory, REGION } from '../state/linear-memory.ts'
import { type Fuser, fuserFor, INVALID_BYTE } from './fused.ts'
import { MachineLimitError } from './machine-limit.ts'

/** Code in linear memory, made ready to run. */
export interface PreparedCode {
  /** Of the first instruction. */
  readonly address: number
  readonly length: number
  /** Of a byte for each byte of code: 1 where a jump may go. */
  readonly jumpTable: number
  /** Frames that run it: while there are any it stays where it is. */
  users: number
}

const JUMPDEST = 0x5b
const PUSH1 = 0x60
const PUSH32 = 0x7f
/** STOP behind the end, and an immediate that it cuts off. */
const PADDING = 33
const ALIGNMENT = 32

interface Region {
  readonly start: number
  readonly end: number
  readonly code: PreparedCode
}

/**
 * Prepared codes, by hash where they have one. A pure function of code and instructions, so keeping them changes no result.
 * When the area is full all that no frame runs are dropped at once.
 */
export class CodeArena {
  readonly #memory: LinearMemory
  readonly #instructions: readonly Instruction[]
  readonly #fuse: Fuser
  readonly #allocator: CodeAllocator
  #byHash = new Map<Hash, PreparedCode>()

  constructor(
    instructions: readonly Instruction[],
    modules: { readonly memory: LinearMemory; readonly allocator: CodeAllocator },
  ) {
    this.#instructions = instructions
    this.#fuse = fuserFor(instructions)
    this.#memory = modules.memory
    this.#allocator = modules.allocator
    modules.allocator.onDrop(() => this.#forget())
  }

  /** Counts one more user, who gives it back by `release`. @throws MachineLimitError */
  acquire(code: Uint8Array, codeHash: Hash | undefined): PreparedCode {
    const known = codeHash === undefined ? undefined : this.#byHash.get(codeHash)
    const prepared = known ?? this.#prepare(code)
    if (codeHash !== undefined && known === undefined) this.#byHash.set(codeHash, prepared)
    prepared.users++
    return prepared
  }

  release(prepared: PreparedCode): void {
    prepared.users--
  }

  #forget(): void {
    this.#byHash = new Map([...this.#byHash].filter(([, code]) => code.users > 0))
  }

  #prepare(code: Uint8Array): PreparedCode {
    const { length } = code
    const size = CODE_MARGIN + length + PADDING + length
    const start = this.#allocator.allocate(size)
    const address = start + CODE_MARGIN
    const jumpTable = address + length + PADDING
    const { bytes } = this.#memory
    bytes.fill(0, start, start + size)
    bytes.set(code, address)
    const instructions = this.#instructions
    for (let position = 0; position < length; ) {
      const instruction = instructions[code[position]!]!
      if (instruction.opcode === JUMPDEST) bytes[jumpTable + position] = 1
      if (instruction.name === 'INVALID') bytes[address + position] = INVALID_BYTE
      // By number, not by instruction: an immediate is one under all rules.
      position += 1 + reverseImmediate(bytes, address + position, code[position]!)
    }
    for (let position = 0; position < length; ) {
      const fused = this.#fuse(code, position)
      if (fused !== undefined) bytes[address + position] = fused.opcode
      position += fused?.length ?? 1 + immediateBytes(code[position]!)
    }
    const prepared: PreparedCode = { address, length, jumpTable, users: 0 }
    this.#allocator.register({ start, end: start + size, code: prepared })
    return prepared
  }
}

function immediateBytes(opcode: number): number {
  return opcode >= PUSH1 && opcode <= PUSH32 ? opcode - PUSH1 + 1 : 0
}

/** Puts the least significant byte first. Zeros past the end of the code count. @returns its bytes */
function reverseImmediate(bytes: Uint8Array, opcodeAddress: number, opcode: number): number {
  const length = immediateBytes(opcode)
  if (length > 1) bytes.subarray(opcodeAddress + 1, opcodeAddress + 1 + length).reverse()
  return length
}

/** The area for codes, shared by the arenas of all hardforks of the thread. */
export class CodeAllocator {
  readonly #drops: (() => void)[] = []
  /** By address. */
  #regions: Region[] = []
  /** Free from here to `#limit`. */
  #next: number = REGION.code
  #limit: number = REGION.stacks

  onDrop(listener: () => void): void {
    this.#drops.push(listener)
  }

  register(region: Region): void {
    this.#regions.push(region)
  }

  /** @throws MachineLimitError when the codes that run leave no room */
  allocate(size: number): number {
    const needed = Math.ceil(size / ALIGNMENT) * ALIGNMENT
    if (this.#next + needed > this.#limit) this.#makeRoom(needed)
    const start = this.#next
    this.#next += needed
    return start
  }

  /** Drops what nobody runs and goes on in the largest gap. */
  #makeRoom(needed: number): void {
    this.#regions = this.#regions.filter(({ code }) => code.users > 0).sort((a, b) => a.start - b.start)
    for (const drop of this.#drops) drop()
    let best = { start: 0, end: 0 }
    let start: number = REGION.code
    for (const region of [...this.#regions, { start: REGION.stacks, end: REGION.stacks }]) {
      if (region.start - start > best.end - best.start) best = { start, end: region.start }
      start = Math.ceil(region.end / ALIGNMENT) * ALIGNMENT
    }
    if (best.end - best.start < needed) throw new MachineLimitError(`no room for ${needed} bytes of code`)
    this.#next = best.start
    this.#limit = best.end
  }
}
