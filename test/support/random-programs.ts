import { assemble } from '../../execution/evm/fixtures/assembler.ts'
import { bytesToHex } from '../../primitives/hex.ts'
import type { Random } from './random.ts'

/** What programs may name. */
export interface ProgramWorld {
  /** Accounts and contracts to look at, call and pay, as 0x hex; also opcodes that push an address. */
  readonly places: readonly string[]
  /** Programs look at the balance of the block's coinbase: one such look makes all fees of a block conflict. */
  readonly looksAtCoinbase: boolean
}

const MAX_STATEMENTS = 8
const MAX_DEPTH = 2
/** Storage slots that all programs share, so that they meet. */
const SLOTS = 4

/**
 * A random contract: reads, writes, calls, creations and endings in straight lines and branches, never backwards. Each
 * statement leaves the stack as it was. The first two words of call data can decide what happens.
 */
export function randomProgram(random: Random, world: ProgramWorld): Uint8Array {
  return new ProgramWriter(random, world).program()
}

/** Creation code that deploys the program. */
export function deployingCode(program: Uint8Array): Uint8Array {
  const length = program.length
  return assemble(`PUSH2 ${length} PUSH1 12 0 CODECOPY PUSH2 ${length} 0 RETURN ${bytesOf(program)}`)
}

class ProgramWriter {
  readonly #random: Random
  readonly #world: ProgramWorld

  constructor(random: Random, world: ProgramWorld) {
    this.#random = random
    this.#world = world
  }

  program(): Uint8Array {
    let source = ''
    for (let left = 1 + this.#random.below(MAX_STATEMENTS); left > 0; left--) source += ` ${this.#branchable(source)}`
    return assemble(`${source} ${this.#random.pick(['STOP', 'STOP', 'MSIZE 0 RETURN', this.#ending()])}`)
  }

  /** A statement, now and then under a condition; `before` is all that stands before it. */
  #branchable(before: string): string {
    if (!this.#random.chance(0.25)) return this.#statement()
    const condition = `${this.#word(0)} PUSH2`
    const body = this.#random.chance(0.2) ? this.#ending() : this.#statement()
    const target = assemble(`${before} ${condition} 0 JUMPI ${body}`).length
    return `${condition} ${target} JUMPI ${body} JUMPDEST`
  }

  #statement(): string {
    const word = (): string => this.#word(0)
    return this.#random.pick<() => string>([
      () => `${word()} ${this.#slot()} SSTORE`,
      () => `${word()} ${this.#slot()} SSTORE`,
      () => `1 ${this.#slot()} SLOAD ADD ${this.#slot()} SSTORE`,
      () => `0 ${this.#slot()} SSTORE`,
      () => `${word()} ${this.#slot()} TSTORE`,
      () => `${word()} 0 MSTORE ${word()} 32 0 LOG1`,
      () => `${word()} POP`,
      () => `${this.#call()} ${this.#random.pick(['POP', `${this.#slot()} SSTORE`])}`,
      () => `${this.#call()} POP`,
      () => `${this.#call()} POP`,
      () => `${this.#creation()} ${this.#random.pick(['POP', `${this.#slot()} SSTORE`])}`,
      // A contract made here and called at once: it may end itself in the transaction that made it.
      () => `0 0 0 0 ${this.#value()} ${this.#creation()} GAS CALL POP`,
    ])()
  }

  #ending(): string {
    return this.#random.pick(['0 0 REVERT', 'INVALID', `${this.#place()} SELFDESTRUCT`, 'ADDRESS SELFDESTRUCT', 'ADD'])
  }

  /** Source that pushes one word. */
  #word(depth: number): string {
    if (depth < MAX_DEPTH && this.#random.chance(0.3)) {
      const operation = this.#random.pick(['ADD', 'SUB', 'XOR', 'LT', 'EQ'])
      return `${this.#word(depth + 1)} ${this.#word(depth + 1)} ${operation}`
    }
    const place = this.#place()
    return this.#random.pick([
      String(this.#random.below(4)),
      '0 CALLDATALOAD',
      `${this.#slot()} SLOAD`,
      `${this.#slot()} SLOAD`,
      `${this.#slot()} TLOAD`,
      `${place} BALANCE`,
      `${place} EXTCODEHASH`,
      `${place} EXTCODESIZE`,
      `4 0 0 ${place} EXTCODECOPY 0 MLOAD`,
      'SELFBALANCE',
      'CALLER',
      'ORIGIN',
      'ADDRESS',
      'CALLVALUE',
      'GAS',
      'RETURNDATASIZE',
      'NUMBER',
      'TIMESTAMP',
      'BASEFEE',
      'BLOBBASEFEE',
      '0 BLOBHASH',
      'PREVRANDAO',
      '1 NUMBER SUB BLOCKHASH',
      '64 0 KECCAK256',
    ])
  }

  /** Source that pushes the number of a slot: shared by all, or of the caller alone. */
  #slot(): string {
    return this.#random.pick([String(this.#random.below(SLOTS)), String(this.#random.below(SLOTS)), 'CALLER', 'ORIGIN'])
  }

  #place(): string {
    const places = ['ADDRESS', 'CALLER', 'ORIGIN', '32 CALLDATALOAD', ...this.#world.places]
    return this.#world.looksAtCoinbase && this.#random.chance(0.3) ? 'COINBASE' : this.#random.pick(places)
  }

  #value(): string {
    return this.#random.pick(['0', '0', '1', 'SELFBALANCE'])
  }

  /** Source that calls with two words of data and leaves whether it went well. */
  #call(): string {
    const data = `${this.#word(1)} 0 MSTORE ${this.#place()} 32 MSTORE`
    const gas = this.#random.pick(['GAS', 'GAS', '30000', '2300'])
    const operation = this.#random.pick(['CALL', 'CALL', 'CALL', 'DELEGATECALL', 'STATICCALL', 'CALLCODE'])
    const value = operation === 'CALL' || operation === 'CALLCODE' ? this.#value() : ''
    return `${data} 32 0 64 0 ${value} ${this.#place()} ${gas} ${operation}`
  }

  /** Source that creates a contract from one word of code and leaves its address. */
  #creation(): string {
    const runtime = this.#random.pick(['CALLER SELFDESTRUCT', 'ADDRESS SELFDESTRUCT', '1 0 SLOAD ADD 0 SSTORE', 'STOP'])
    const initCode = this.#random.pick([
      deployingCode(assemble(runtime)),
      assemble('CALLVALUE 1 SSTORE'),
      assemble('CALLER SELFDESTRUCT'),
      assemble('1 1 SSTORE 0 0 REVERT'),
      assemble('.ef 0 MSTORE8 1 0 RETURN'),
    ])
    const store = `PUSH32 0x${Buffer.from(initCode).toString('hex').padEnd(64, '0')} 0 MSTORE`
    const length = initCode.length
    return this.#random.chance(0.5)
      ? `${store} ${length} 0 ${this.#value()} CREATE`
      : `${store} ${this.#random.below(3)} ${length} 0 ${this.#value()} CREATE2`
  }
}

function bytesOf(bytes: Uint8Array): string {
  return `.${bytesToHex(bytes).slice(2)}`
}
