import type { Rules } from '../../config/hardforks.ts'
import { type Instruction, instructionsFor } from '../../execution/evm/opcodes.ts'
import { bigintToBytes, bigintToMinimalBytes } from '../../primitives/bytes.ts'
import type { Random } from '../support/random.ts'
import { randomPrecompileInput } from './precompile-inputs.ts'
import { randomBytes, randomWord } from './random-words.ts'

/** What a program may know of its surroundings. */
export interface BytecodeWorld {
  readonly rules: Rules
  /** Accounts to look at and call, precompiled contracts and absent ones included, as words. */
  readonly places: readonly bigint[]
  /** Addresses of precompiled contracts among them. */
  readonly precompiles: readonly bigint[]
  readonly blockNumber: bigint
  /** As in `CaseSelection`. */
  readonly isQuick: boolean
}

/** What an instruction takes from the stack, topmost first; those that are not here take any words. */
const ARGUMENTS: Readonly<Record<string, readonly ArgumentKind[]>> = {
  SIGNEXTEND: ['small', 'word'],
  BYTE: ['small', 'word'],
  SHL: ['small', 'word'],
  SHR: ['small', 'word'],
  SAR: ['small', 'word'],
  EXP: ['word', 'small'],
  KECCAK256: ['offset', 'length'],
  BALANCE: ['place'],
  CALLDATALOAD: ['offset'],
  CALLDATACOPY: ['offset', 'offset', 'length'],
  CODECOPY: ['offset', 'offset', 'length'],
  EXTCODESIZE: ['place'],
  EXTCODECOPY: ['place', 'offset', 'offset', 'length'],
  RETURNDATACOPY: ['offset', 'returned', 'returned'],
  EXTCODEHASH: ['place'],
  BLOCKHASH: ['block'],
  BLOBHASH: ['small'],
  MLOAD: ['offset'],
  MSTORE: ['offset', 'word'],
  MSTORE8: ['offset', 'word'],
  SLOAD: ['slot'],
  SSTORE: ['slot', 'stored'],
  TLOAD: ['slot'],
  TSTORE: ['slot', 'stored'],
  MCOPY: ['offset', 'offset', 'length'],
  LOG0: ['offset', 'length'],
  LOG1: ['offset', 'length', 'word'],
  LOG2: ['offset', 'length', 'word', 'word'],
  LOG3: ['offset', 'length', 'word', 'word', 'word'],
  LOG4: ['offset', 'length', 'word', 'word', 'word', 'word'],
  CREATE: ['value', 'offset', 'length'],
  CREATE2: ['value', 'offset', 'length', 'slot'],
  CALL: ['gas', 'place', 'value', 'offset', 'length', 'offset', 'length'],
  CALLCODE: ['gas', 'place', 'value', 'offset', 'length', 'offset', 'length'],
  DELEGATECALL: ['gas', 'place', 'offset', 'length', 'offset', 'length'],
  STATICCALL: ['gas', 'place', 'offset', 'length', 'offset', 'length'],
  RETURN: ['offset', 'length'],
  REVERT: ['offset', 'length'],
  SELFDESTRUCT: ['place'],
}

type ArgumentKind =
  | 'word'
  | 'small'
  | 'offset'
  | 'length'
  | 'returned'
  | 'slot'
  | 'stored'
  | 'place'
  | 'value'
  | 'gas'
  | 'block'

/** Instructions that leave nothing on the stack. */
const WITHOUT_RESULT: ReadonlySet<string> = new Set([
  ...['STOP', 'POP', 'MSTORE', 'MSTORE8', 'SSTORE', 'TSTORE', 'MCOPY', 'JUMP', 'JUMPI', 'JUMPDEST'],
  ...['CALLDATACOPY', 'CODECOPY', 'EXTCODECOPY', 'RETURNDATACOPY', 'LOG0', 'LOG1', 'LOG2', 'LOG3', 'LOG4'],
  ...['RETURN', 'REVERT', 'INVALID', 'SELFDESTRUCT'],
])

/** Instructions whose result depends on their arguments alone. */
const COMPUTING: ReadonlySet<string> = new Set([
  ...['ADD', 'MUL', 'SUB', 'DIV', 'SDIV', 'MOD', 'SMOD', 'ADDMOD', 'MULMOD', 'EXP', 'SIGNEXTEND'],
  ...['LT', 'GT', 'SLT', 'SGT', 'EQ', 'ISZERO', 'AND', 'OR', 'XOR', 'NOT', 'BYTE', 'SHL', 'SHR', 'SAR', 'CLZ'],
  ...['MLOAD', 'SLOAD', 'TLOAD', 'CALLDATALOAD', 'KECCAK256'],
])

const ENDINGS: ReadonlySet<string> = new Set(['STOP', 'RETURN', 'REVERT', 'INVALID', 'SELFDESTRUCT'])
const ENDINGS_BY_FREQUENCY = [
  ...['STOP', 'RETURN', 'RETURN', 'RETURN', 'RETURN', 'RETURN', 'RETURN'],
  ...['REVERT', 'REVERT', 'SELFDESTRUCT', 'INVALID', 'nothing'],
]
const CALLS = ['CALL', 'CALL', 'CALL', 'CALLCODE', 'DELEGATECALL', 'STATICCALL'] as const
/** The longest init code and one more (EIP-3860). */
const INIT_CODE_LIMITS = [49_152, 49_153] as const
/** The longest code and one more (EIP-170). */
const CODE_LIMITS = [24_576, 24_577] as const
/** Over fewer bytes a loop does nothing of interest, thousands of times. */
const MIN_LOOP_BYTES = 30
const SLOTS = 4
/** A quarter of it in each further nesting. */
const MAX_STATEMENTS = 40
const MAX_NESTING = 2
const MAX_SNIPPET_STATEMENTS = 14
/** Where a snippet's stack is returned: behind what most of its memory instructions use. */
const DUMP_OFFSET = 0x400
/** Words of the stack that are returned, at most. */
const DUMPED_WORDS = 20
/** Beyond this the program gets rid of words, so that the stack seldom overflows where it does not loop. */
const TALL_STACK = 24

const OPCODE = {
  push0: 0x5f,
  push1: 0x60,
  push2: 0x61,
  jump: 0x56,
  add: 0x01,
  and: 0x16,
  isZero: 0x15,
  calldataload: 0x35,
  mstore: 0x52,
  msize: 0x59,
  jumpi: 0x57,
  jumpdest: 0x5b,
  pop: 0x50,
  dup1: 0x80,
  swap1: 0x90,
  codecopy: 0x39,
  address: 0x30,
  gas: 0x5a,
  gt: 0x11,
  sub: 0x03,
  return: 0xf3,
  revert: 0xfd,
} as const

/** A random program: sensible for the most part, with everything that can go wrong now and then, or mere bytes. */
export function randomBytecode(random: Random, world: BytecodeWorld, nesting = 0): Uint8Array {
  if (random.chance(0.05)) return randomBytes(random, random.below(80))
  if (random.chance(0.05)) return randomOpcodes(random, world.rules)
  return new BytecodeWriter(random, world, nesting).program()
}

/**
 * A program that calls itself once, with all gas but a little, and so goes as deep as calls may go where there is gas
 * enough: it neither loops nor branches.
 */
export function recursiveBytecode(random: Random, world: BytecodeWorld): Uint8Array {
  return new BytecodeWriter(random, world, 0).recursion()
}

/**
 * A short program whose way depends on its input, with loops and functions, that returns all that can be seen of what it
 * did: memory, the stack, gas and the size of memory.
 */
export function randomSnippet(random: Random, world: BytecodeWorld): Uint8Array {
  return new BytecodeWriter(random, world, 0).snippet()
}

/** Opcodes of the hardfork without regard to the stack, on a bed of words. */
function randomOpcodes(random: Random, rules: Rules): Uint8Array {
  const assigned = assignedInstructions(rules)
  const code: number[] = []
  for (let left = random.below(12); left > 0; left--) code.push(...push(randomWord(random), rules))
  for (let left = random.below(60); left > 0; left--) {
    const instruction = random.pick(assigned)
    code.push(instruction.opcode, ...randomBytes(random, instruction.immediateBytes))
  }
  return Uint8Array.from(code)
}

/** Of the instructions in front of the code that is deployed. */
const DEPLOYMENT_BYTES = 14

/** Creation code that deploys the code, or something close to it. */
export function deployment(random: Random, code: Uint8Array): Uint8Array {
  const length = random.chance(0.95) ? code.length : random.pick([random.below(40_000), ...CODE_LIMITS])
  const copy = [OPCODE.push2, ...bytes2(length), OPCODE.push1, DEPLOYMENT_BYTES, OPCODE.push1, 0, OPCODE.codecopy]
  const end = [OPCODE.push2, ...bytes2(length), OPCODE.push1, 0, OPCODE.return]
  return Uint8Array.from([...copy, ...end, ...code])
}

const cache = new WeakMap<Rules, readonly Instruction[]>()

function assignedInstructions(rules: Rules): readonly Instruction[] {
  let assigned = cache.get(rules)
  if (assigned === undefined) {
    assigned = instructionsFor(rules).filter(({ name, opcode }) => name !== 'INVALID' || opcode === 0xfe)
    cache.set(rules, assigned)
  }
  return assigned
}

function push(word: bigint, rules: Rules): number[] {
  const digits = bigintToMinimalBytes(word)
  if (digits.length > 0) return [OPCODE.push0 + digits.length, ...digits]
  return rules.atLeast('shanghai') ? [OPCODE.push0] : [OPCODE.push1, 0]
}

function bytes2(value: number): [number, number] {
  return [(value >> 8) & 0xff, value & 0xff]
}

class BytecodeWriter {
  readonly #random: Random
  readonly #world: BytecodeWorld
  readonly #nesting: number
  readonly #assigned: readonly Instruction[]
  readonly #byName: ReadonlyMap<string, Instruction>
  readonly #code: number[] = []
  /** Where JUMPDESTs are, and where targets of jumps ahead are to be filled in. */
  readonly #destinations: number[] = []
  readonly #pendingJumps: { readonly at: number; readonly height: number }[] = []
  /** Of functions: where their offset is to be filled in. */
  readonly #functions: number[][] = []
  /** Bytes that stand after the code, and where their offset is to be filled in. */
  readonly #segments: { readonly at: number; readonly bytes: Uint8Array }[] = []
  /** How likely an argument or a statement is that makes no sense: most of them end the frame. */
  readonly #wildness: number
  /** Words on the stack above those that a loop or a function must find again, as far as straight execution tells. */
  #height = 0
  /** Words below them. */
  #base = 0

  constructor(random: Random, world: BytecodeWorld, nesting: number) {
    this.#random = random
    this.#world = world
    this.#nesting = nesting
    this.#wildness = random.pick([0, 0, 0.003, 0.01, 0.03])
    this.#assigned = assignedInstructions(world.rules)
    this.#byName = new Map(this.#assigned.map((instruction) => [instruction.name, instruction]))
  }

  program(): Uint8Array {
    const random = this.#random
    const statements = 1 + random.below(MAX_STATEMENTS >> (2 * this.#nesting))
    for (let left = statements; left > 0; left--) {
      this.#statement()
      if (this.#height > TALL_STACK && random.chance(0.8)) this.#emit(OPCODE.pop, -1)
    }
    this.#landJumps(1)
    this.#ending()
    this.#placeSegments()
    if (random.chance(0.05)) this.#code.push(OPCODE.push1 + random.below(32), ...randomBytes(random, random.below(8)))
    return Uint8Array.from(this.#code)
  }

  snippet(): Uint8Array {
    const random = this.#random
    for (let left = random.below(4); left > 0; left--) this.#pushInput()
    for (let left = 1 + random.below(MAX_SNIPPET_STATEMENTS); left > 0; left--) {
      const kind = random.below(20)
      if (kind < 2) this.#loop()
      else if (kind < 4) this.#branchOnInput()
      else if (kind < 6) this.#callFunction()
      else if (kind < 7) this.#pushInput()
      else if (kind < 14) this.#compute()
      else this.#statement()
    }
    this.#landJumps(1)
    this.#dump()
    this.#placeFunctions()
    this.#placeSegments()
    return Uint8Array.from(this.#code)
  }

  /** A word of call data, whole or so small that it serves as a count or an offset. */
  #pushInput(): void {
    const random = this.#random
    this.#pushWord(BigInt(32 * random.below(3)))
    this.#emit(OPCODE.calldataload, 0)
    if (random.chance(0.5)) return
    this.#pushWord(random.pick([1n, 3n, 7n, 0xffn]))
    this.#emit(OPCODE.and, -1)
  }

  /** With words that are there, so that the result depends on what was before. */
  #compute(): void {
    const random = this.#random
    if (this.#height >= 2 && random.chance(0.3)) {
      const depth = random.below(Math.min(16, this.#height - 1))
      if (random.chance(0.5)) this.#emit(OPCODE.swap1 + depth, 0)
      else this.#emit(OPCODE.dup1 + depth, 1)
      return
    }
    const { opcode, name, pops } = random.pick(this.#assigned.filter((each) => COMPUTING.has(each.name)))
    const kinds = ARGUMENTS[name] ?? Array.from({ length: pops }, (): ArgumentKind => 'word')
    for (const kind of kinds.toReversed()) {
      if (kind !== 'word' && random.chance(0.7)) this.#pushWord(this.#argument(kind))
      else if (this.#height > 0 && random.chance(0.6)) {
        this.#emit(OPCODE.dup1 + random.below(Math.min(16, this.#height)), 1)
      } else if (random.chance(0.5)) this.#pushInput()
      else this.#pushWord(randomWord(random))
    }
    this.#emit(opcode, 1 - pops)
  }

  #branchOnInput(): void {
    this.#pushInput()
    if (this.#random.chance(0.3)) this.#emit(OPCODE.isZero, 0)
    this.#jumpAheadBy(OPCODE.jumpi)
  }

  /** Counts down to 0: from 0 on it would end when the gas does. */
  #loop(): void {
    const random = this.#random
    if (random.chance(0.9)) this.#pushWord(BigInt(1 + random.below(6)))
    else this.#pushInput()
    const head = this.#code.length
    this.#code.push(OPCODE.jumpdest)
    this.#above(() => {
      for (let left = 1 + random.below(3); left > 0; left--) this.#statement()
    })
    this.#code.push(OPCODE.push1, 1, OPCODE.swap1, OPCODE.sub, OPCODE.dup1, OPCODE.push2, ...bytes2(head), OPCODE.jumpi)
    if (random.chance(0.7)) this.#emit(OPCODE.pop, -1)
  }

  /** Of a function that is there already, or another one: it returns to where it was called. */
  #callFunction(): void {
    const random = this.#random
    const isNew = this.#functions.length === 0 || random.chance(0.4)
    if (isNew) this.#functions.push([])
    const calls = isNew ? this.#functions.at(-1)! : random.pick(this.#functions)
    const returnAt = this.#code.length + 1
    const isComputed = random.chance(0.1)
    this.#code.push(OPCODE.push2, 0, 0)
    if (isComputed) this.#code.push(OPCODE.push1, 5, OPCODE.add)
    calls.push(this.#code.length + 1)
    this.#code.push(OPCODE.push2, 0, 0, OPCODE.jump)
    this.#patch(returnAt, this.#code.length - (isComputed ? 5 : 0))
    this.#code.push(OPCODE.jumpdest)
  }

  #placeFunctions(): void {
    for (const calls of this.#functions) {
      const start = this.#code.length
      for (const at of calls) this.#patch(at, start)
      this.#code.push(OPCODE.jumpdest)
      this.#above(() => {
        for (let left = 1 + this.#random.below(3); left > 0; left--) this.#statement()
        this.#landJumps(1)
      })
      this.#code.push(OPCODE.jump)
    }
  }

  /** Something that leaves what is on the stack as it is. */
  #above(write: () => void): void {
    const height = this.#height
    this.#base += height
    this.#height = 0
    write()
    while (this.#height > 0) this.#emit(OPCODE.pop, -1)
    this.#base -= height
    this.#height = height
  }

  #dump(): void {
    this.#emit(OPCODE.msize, 1)
    this.#emit(OPCODE.gas, 1)
    const words = Math.min(this.#height, DUMPED_WORDS)
    for (let index = 0; index < words; index++) {
      this.#code.push(OPCODE.push2, ...bytes2(DUMP_OFFSET + 32 * index), OPCODE.mstore)
    }
    this.#code.push(OPCODE.push2, ...bytes2(DUMP_OFFSET + 32 * words), OPCODE.push1, 0)
    this.#code.push(this.#random.chance(0.1) && this.#has('REVERT') ? OPCODE.revert : OPCODE.return)
  }

  recursion(): Uint8Array {
    const random = this.#random
    const name = random.pick(CALLS)
    for (let left = random.below(3); left > 0; left--) this.#storage()
    if (!this.#has(name)) return Uint8Array.from(this.#code)
    for (let left = random.pick([4, 4, 4, 3]); left > 0; left--) this.#pushWord(0n)
    if (name === 'CALL' || name === 'CALLCODE') this.#pushWord(random.chance(0.5) ? 0n : 1n)
    this.#emit(OPCODE.address, 1)
    this.#pushWord(BigInt(random.pick([5000, 50_000])))
    this.#emit(OPCODE.gas, 1)
    this.#emit(OPCODE.sub, -1)
    this.#named(name, -5)
    for (let left = random.below(3); left > 0; left--) this.#storage()
    return Uint8Array.from(this.#code)
  }

  #statement(): void {
    const random = this.#random
    const kind = random.below(100)
    if (kind < 52) this.#instruction(this.#sensibleInstruction())
    else if (kind < 58) this.#pushWord(randomWord(random))
    else if (kind < 64) this.#storage()
    else if (kind < 74) this.#call()
    else if (kind < 79) this.#precompileCall()
    else if (kind < 84) this.#creation()
    else if (kind < 89) this.#jumpAhead()
    else if (kind < 93) this.#landJumps(0.6)
    else if (kind < 94) this.#jumpBack()
    else if (kind < 99) this.#fillMemory()
    else if (random.chance(this.#wildness * 20)) this.#wildStatement()
  }

  #wildStatement(): void {
    const random = this.#random
    const kind = random.below(3)
    if (kind === 0) this.#wildJump()
    else if (kind === 1) this.#emit(random.pick(this.#assigned).opcode, 0)
    else this.#emit(random.below(256), 0)
  }

  /** Any instruction, endings seldom. */
  #sensibleInstruction(): Instruction {
    const instruction = this.#random.pick(this.#assigned)
    const isRare = ENDINGS.has(instruction.name) || instruction.name === 'JUMP' || instruction.name === 'JUMPI'
    return isRare && !this.#random.chance(this.#wildness) ? this.#sensibleInstruction() : instruction
  }

  #instruction(instruction: Instruction): void {
    const { name, opcode, pops, immediateBytes } = instruction
    const random = this.#random
    if (opcode >= OPCODE.dup1 && opcode < OPCODE.dup1 + 32) {
      if (this.#height < pops && !random.chance(this.#wildness)) this.#pushWord(randomWord(random))
      else this.#emit(opcode, opcode < OPCODE.swap1 ? 1 : 0)
      return
    }
    if (immediateBytes > 0) {
      this.#code.push(opcode, ...randomBytes(random, immediateBytes))
      this.#height++
      return
    }
    if (name === 'JUMP' || name === 'JUMPI') {
      this.#wildJump()
      return
    }
    const kinds = ARGUMENTS[name] ?? Array.from({ length: pops }, (): ArgumentKind => 'word')
    this.#arguments(kinds)
    this.#emit(opcode, WITHOUT_RESULT.has(name) ? -pops : 1 - pops)
    if (name === 'JUMPDEST') this.#destinations.push(this.#code.length - 1)
  }

  /** Pushes arguments, the last one first; words that are there already serve for those that can be anything. */
  #arguments(kinds: readonly ArgumentKind[]): void {
    for (const kind of kinds.toReversed()) {
      if (kind === 'word' && this.#height >= kinds.length && this.#random.chance(0.3)) {
        this.#emit(OPCODE.dup1 + this.#random.below(Math.min(16, this.#height)), 1)
      } else if (kind === 'gas' && this.#random.chance(0.2)) {
        this.#emit(OPCODE.gas, 1)
      } else {
        this.#pushWord(this.#argument(kind))
      }
    }
  }

  #argument(kind: ArgumentKind): bigint {
    const random = this.#random
    if (random.chance(this.#wildness)) return randomWord(random)
    switch (kind) {
      case 'word':
        return random.chance(0.1) ? random.pick(this.#world.places) : randomWord(random)
      case 'small':
        return BigInt(random.chance(0.5) ? random.below(34) : random.below(300))
      case 'offset':
        return BigInt(random.chance(0.9) ? random.below(130) : random.below(2000))
      case 'length':
        if (random.chance(0.15)) return 0n
        return BigInt(random.chance(0.9) ? random.below(100) : random.below(1200))
      case 'returned':
        return random.chance(0.95) ? 0n : BigInt(random.pick([1, 31, 32, 33, 64]))
      case 'slot':
        return BigInt(random.below(SLOTS))
      case 'stored':
        return random.chance(0.7) ? BigInt(random.below(3)) : randomWord(random)
      case 'place':
        return this.#place()
      case 'value':
        return random.chance(0.6) ? 0n : BigInt(random.below(5))
      case 'gas':
        return BigInt(
          random.pick([
            0,
            100,
            2300,
            5000,
            ...[20_000, 60_000, 30_000, 20_000, 10_000].map((most) => random.below(most)),
          ]),
        )
      case 'block':
        return BigInt.asUintN(256, this.#world.blockNumber + 2n - BigInt(random.below(262)))
    }
  }

  #place(): bigint {
    const random = this.#random
    const place = random.pick(this.#world.places)
    // Bits above an address do not count.
    return random.chance(0.03) ? place | (1n << 200n) : place
  }

  #storage(): void {
    const names = this.#has('TLOAD') ? ['SSTORE', 'SSTORE', 'SLOAD', 'TSTORE', 'TLOAD'] : ['SSTORE', 'SSTORE', 'SLOAD']
    this.#instruction(this.#find(this.#random.pick(names)))
  }

  #call(): void {
    const name = this.#random.pick(CALLS)
    if (!this.#has(name)) return
    if (this.#random.chance(0.3)) this.#fillMemory()
    this.#instruction(this.#find(name))
    if (this.#random.chance(0.2)) this.#copyReturned()
  }

  #copyReturned(): void {
    if (!this.#has('RETURNDATACOPY')) return
    const isAll = this.#random.chance(0.7)
    if (isAll) this.#named('RETURNDATASIZE', 1)
    else this.#pushWord(BigInt(this.#random.below(40)))
    this.#pushWord(isAll ? 0n : BigInt(this.#random.below(3)))
    this.#pushWord(BigInt(this.#random.below(100)))
    this.#named('RETURNDATACOPY', -3)
  }

  /** A call with input that the precompiled contract may like. */
  #precompileCall(): void {
    const random = this.#random
    const address = random.pick(this.#world.precompiles)
    const input = randomPrecompileInput(random, address, { isCostly: false, isQuick: this.#world.isQuick })
    this.#load(input)
    const name = random.pick(CALLS)
    if (!this.#has(name)) return
    const hasValue = name === 'CALL' || name === 'CALLCODE'
    const gas = random.chance(0.2) ? undefined : BigInt(random.below(random.pick([5000, 50_000])))
    this.#pushWord(BigInt(random.pick([0, 32, 64, 200])))
    this.#pushWord(BigInt(random.below(64)))
    this.#pushWord(BigInt(input.length))
    this.#pushWord(0n)
    if (hasValue) this.#pushWord(random.chance(0.9) ? 0n : 1n)
    this.#pushWord(address)
    if (gas === undefined) this.#emit(OPCODE.gas, 1)
    else this.#pushWord(gas)
    this.#named(name, hasValue ? -6 : -5)
    if (random.chance(0.3)) this.#copyReturned()
  }

  /** Creates a contract, and sometimes calls it at once. */
  #creation(): void {
    const random = this.#random
    if (this.#nesting >= MAX_NESTING) return
    const name = this.#has('CREATE2') && random.chance(0.5) ? 'CREATE2' : 'CREATE'
    const initCode = this.#initCode()
    this.#load(initCode)
    if (name === 'CREATE2') this.#pushWord(BigInt(random.below(2)))
    this.#pushWord(BigInt(random.chance(0.98) ? initCode.length : random.pick([0, 1, ...INIT_CODE_LIMITS])))
    this.#pushWord(0n)
    this.#pushWord(random.chance(0.7) ? 0n : BigInt(random.below(3)))
    this.#named(name, name === 'CREATE2' ? -3 : -2)
    if (random.chance(0.4)) this.#callTop()
    if (random.chance(0.1)) this.#copyReturned()
  }

  /** Calls the address on top of the stack and leaves it there. */
  #callTop(): void {
    for (let left = 5; left > 0; left--) this.#pushWord(0n)
    this.#emit(OPCODE.dup1 + 5, 1)
    this.#emit(OPCODE.gas, 1)
    this.#named('CALL', -6)
  }

  #initCode(): Uint8Array {
    const random = this.#random
    const code = randomBytecode(random, this.#world, this.#nesting + 1)
    const kind = random.below(10)
    if (kind < 5) return deployment(random, code)
    if (kind < 8) return code
    if (kind < 9) return deployment(random, Uint8Array.of(0xef, ...randomBytes(random, random.below(3))))
    return random.pick([new Uint8Array(0), Uint8Array.of(0xff), Uint8Array.of(0x33, 0xff), Uint8Array.of(0x00)])
  }

  /** Brings bytes to the start of memory. */
  #load(bytes: Uint8Array): void {
    this.#pushWord(BigInt(bytes.length))
    this.#segments.push({ at: this.#code.length + 1, bytes })
    this.#code.push(OPCODE.push2, 0, 0)
    this.#height++
    this.#pushWord(0n)
    this.#emit(OPCODE.codecopy, -3)
  }

  #fillMemory(): void {
    const random = this.#random
    if (random.chance(0.5)) this.#load(randomBytes(random, random.below(100)))
    else this.#instruction(this.#find('MSTORE'))
  }

  #jumpAhead(): void {
    const random = this.#random
    const isConditional = random.chance(0.85)
    if (isConditional) this.#pushWord(random.chance(0.3) ? 0n : randomWord(random))
    this.#jumpAheadBy(isConditional ? OPCODE.jumpi : OPCODE.jump)
  }

  #jumpAheadBy(opcode: number): void {
    const at = this.#code.length + 1
    this.#code.push(OPCODE.push2, 0, 0)
    this.#emit(opcode, opcode === OPCODE.jumpi ? -1 : 0)
    this.#pendingJumps.push({ at, height: this.#base + this.#height })
  }

  /** A JUMPDEST to which each of the jumps that have not landed comes with the given probability. */
  #landJumps(probability: number): void {
    const here = this.#code.length
    this.#code.push(OPCODE.jumpdest)
    this.#destinations.push(here)
    for (const jump of this.#pendingJumps.splice(0)) {
      if (!this.#random.chance(probability)) {
        this.#pendingJumps.push(jump)
        continue
      }
      this.#patch(jump.at, here)
      this.#height = Math.max(0, Math.min(this.#height, jump.height - this.#base))
    }
  }

  /** Goes back while there is more than some gas, over enough code for each round to do something. */
  #jumpBack(): void {
    const destinations = this.#destinations.filter((position) => position < this.#code.length - MIN_LOOP_BYTES)
    if (destinations.length === 0) return
    this.#pushWord(20_000n + BigInt(this.#random.below(150_000)))
    this.#emit(OPCODE.gas, 1)
    this.#emit(OPCODE.gt, -1)
    this.#code.push(OPCODE.push2, ...bytes2(this.#random.pick(destinations)), OPCODE.jumpi)
    this.#height--
  }

  /** To anywhere. */
  #wildJump(): void {
    const random = this.#random
    if (random.chance(0.8)) this.#pushWord(BigInt(random.below(2)))
    this.#pushWord(random.chance(0.9) ? BigInt(random.below(this.#code.length + 40)) : randomWord(random))
    this.#emit(random.chance(0.8) ? OPCODE.jumpi : OPCODE.jump, -2)
  }

  #ending(): void {
    const name = this.#random.pick(ENDINGS_BY_FREQUENCY)
    if (name !== 'nothing' && this.#has(name)) this.#instruction(this.#find(name))
  }

  #placeSegments(): void {
    for (const { at, bytes } of this.#segments) {
      this.#patch(at, this.#code.length)
      for (const byte of bytes) this.#code.push(byte)
    }
  }

  #patch(at: number, value: number): void {
    const [high, low] = bytes2(value)
    this.#code[at] = high
    this.#code[at + 1] = low
  }

  #pushWord(word: bigint): void {
    this.#code.push(...push(word, this.#world.rules))
    this.#height++
  }

  #emit(opcode: number, change: number): void {
    this.#code.push(opcode)
    this.#height = Math.max(0, this.#height + change)
  }

  #named(name: string, change: number): void {
    this.#emit(this.#find(name).opcode, change)
  }

  #has(name: string): boolean {
    return this.#byName.has(name)
  }

  #find(name: string): Instruction {
    const instruction = this.#byName.get(name)
    if (instruction === undefined) throw new Error(`no instruction ${name}`)
    return instruction
  }
}

/** The word as call data. */
export function wordBytes(word: bigint): Uint8Array {
  return bigintToBytes(word, 32)
}
