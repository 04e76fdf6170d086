import type { FunctionBody, Local } from '../../primitives/wasm/encoder.ts'
import { WORD_BYTES } from '../evm/word.ts'
import { FRAME } from '../state/linear-memory.ts'
import type { PlacedInstruction } from './blocks.ts'
import { Emitter, type Halts, isSame, type Registers } from './emitter.ts'
import { EXIT } from './exit-reasons.ts'
import type { RuntimeFunctions } from './runtime.ts'
import { atMost, constant, constantOf, mostOf, placed, type Word } from './word.ts'

/** What is known of the frame at a place in compiled code. */
export interface SymbolicState {
  /** The upper part of the stack, top last: the rest is in memory from the stack pointer on. */
  words: Word[]
  /** Words that have been taken from the part in memory; the pointer itself is moved when paths join. */
  taken: number
  /** Gas that is to be paid and has not been taken yet. */
  owed: bigint
  /** Whether there may be words in memory. */
  isFloating: boolean
}

/** Decides what the ends of a block become. */
export interface BlockEnds {
  jump(destination: Word): void
  jumpIf(destination: Word, condition: Word): void
}

export interface CompiledRegisters extends Registers {
  readonly stackBase: Local
  readonly stackEnd: Local
  readonly budget: Local
}

/** Writes instructions whose operands are in locals: DUP, SWAP, POP and PUSH are no code at all. */
export class CompiledEmitter extends Emitter {
  readonly ends: BlockEnds
  state: SymbolicState = { words: [], taken: 0, owed: 0n, isFloating: false }
  /** The instruction that is being written. */
  current: PlacedInstruction | undefined
  /** Whether the path has ended: what follows is not written. */
  isOver = false

  constructor(
    body: FunctionBody,
    modules: {
      readonly registers: Registers
      readonly functions: RuntimeFunctions
      readonly halts: () => Halts
      readonly ends: BlockEnds
    },
  ) {
    super(body, modules)
    this.ends = modules.ends
  }

  override push(word: Word): void {
    this.state.words.push(word)
  }

  override pop(): Word {
    return this.state.words.pop() ?? this.#take()
  }

  #take(): Word {
    const offset = WORD_BYTES * this.state.taken++
    return placed({ base: this.registers.stackPointer, offset, bytes: WORD_BYTES })
  }

  #reach(depth: number): void {
    while (this.state.words.length < depth) this.state.words.unshift(this.#take())
  }

  override duplicate(n: number): void {
    this.#reach(n)
    this.state.words.push(this.state.words.at(-n)!)
  }

  override swap(n: number): void {
    this.#reach(n + 1)
    const { words } = this.state
    const top = words.length - 1
    const word = words[top - n]!
    words[top - n] = words[top]!
    words[top] = word
  }

  override immediate(): Word {
    const { immediate, position } = this.current!
    return { ...constant(immediate), pushedAt: position }
  }

  override programCounter(): Word {
    return constant(BigInt(this.current!.position))
  }

  override gasLeft(): Word {
    this.body.get(this.registers.gas)
    return this.takeLimb()
  }

  override jumpDestination(): void {}

  override jump(destination: Word): void {
    this.ends.jump(destination)
    this.isOver = true
  }

  override jumpIf(destination: Word, condition: Word): void {
    this.ends.jumpIf(destination, condition)
    this.isOver = true
  }

  /** From here on a truth is known to hold, or not to. */
  learn({ claim }: Word, holds: boolean): void {
    if (claim === undefined || !('than' in claim)) return
    const [lower, upper] = holds ? [claim.of, claim.than] : [claim.than, claim.of]
    this.noteMost(lower, mostOf(upper) - ((claim.says === 'is less') === holds ? 1n : 0n))
  }

  override noteMost(known: Word, most: bigint): void {
    // Below 0, or below a constant: nobody comes here.
    if (most < 0n || most >= mostOf(known) || constantOf(known) !== undefined) return
    this.state.words = this.state.words.map((word) => (isSame(word, known) ? atMost(word, most) : word))
  }

  /** Takes what is owed, without looking whether there was enough. */
  payGas(): void {
    const { owed } = this.state
    if (owed === 0n) return
    this.body.get(this.registers.gas).i64(owed).emit('i64.sub').set(this.registers.gas)
    this.state.owed = 0n
  }

  override settleGas(): void {
    this.payGas()
    this.testGas()
  }

  testGas(): void {
    this.body.get(this.registers.gas).i64(0).emit('i64.lt_s').brIf(this.halts['out-of-gas'])
  }

  override exit(reason: number): void {
    const { body, registers } = this
    this.settleGas()
    body.get(registers.frame).get(registers.gas).memory('i64.store', FRAME.gas)
    body.i32(reason).emit('return')
    this.isOver = true
  }

  /**
   * Leaves in front of the instruction at a position, of which nothing has happened: stack, gas and program counter are as the
   * interpreter keeps them. The state stays what it was, for paths that do not leave.
   */
  leaveAt(position: number, reason: number): void {
    const { body } = this
    const kept = this.state
    this.state = cloneState(kept)
    this.settleGas()
    this.#storeTop(this.state.words.length)
    this.#storeFrame(position)
    body.i32(reason).emit('return')
    this.state = kept
  }

  /** Writes the uppermost words to where the interpreter has them, and the stack pointer to the frame record. */
  #storeTop(count: number): void {
    const { body, registers } = this
    const { words, taken } = this.state
    this.materialise(...words)
    const top = this.local('i32')
    body
      .get(registers.stackPointer)
      .i32(WORD_BYTES * (taken - words.length))
      .emit('i32.add')
      .set(top)
    for (let index = 0; index < Math.min(count, words.length); index++) {
      this.store(top, WORD_BYTES * index, words.at(-1 - index)!)
    }
    body.get(registers.frame).get(top).memory('i32.store', FRAME.stackPointer)
  }

  #storeFrame(position: number): void {
    const { body, registers } = this
    const { frame } = registers
    body.get(frame).get(frame).memory('i32.load', FRAME.code).i32(position).emit('i32.add')
    body.memory('i32.store', FRAME.instruction)
    body.get(frame).get(registers.gas).memory('i64.store', FRAME.gas)
  }

  /** An instruction that the host runs: operands and result pass through the stack in memory. */
  callHost(step: number, { position, instruction }: PlacedInstruction): void {
    const { body, registers } = this
    const { pops, pushes } = instruction
    this.settleGas()
    this.#storeTop(pops)
    this.#storeFrame(position)
    body.get(registers.frame).call(step)
    body.if(() => body.i32(EXIT.signal).emit('return'))
    body.get(registers.frame).memory('i64.load', FRAME.gas).set(registers.gas)
    this.reloadMemoryLimit()
    for (let index = 0; index < pops; index++) this.pop()
    if (pushes === 0) return
    const top = this.local('i32')
    body.get(registers.frame).memory('i32.load', FRAME.stackPointer).set(top)
    this.push(this.copied(top))
  }
}

/** Words that are loaded on one path stay what they were on the others; equal words stay equal. */
export function cloneState(state: SymbolicState): SymbolicState {
  const clones = new Map<Word, Word>()
  const clone = (word: Word): Word => {
    let copy = clones.get(word)
    if (copy === undefined) {
      copy = { ...word, limbs: [...word.limbs] }
      clones.set(word, copy)
    }
    return copy
  }
  return { ...state, words: state.words.map(clone) }
}
