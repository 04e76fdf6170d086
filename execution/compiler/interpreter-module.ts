import type { Rules } from '../../config/hardforks.ts'
import { type FunctionBody, type Label, type Local, ModuleBuilder } from '../../primitives/wasm/encoder.ts'
import { WASM_PAGE_BYTES } from '../../primitives/wasm/webassembly.ts'
import { type Instruction, instructionsFor } from '../evm/opcodes.ts'
import { STACK_LIMIT } from '../evm/stack.ts'
import { WORD_BYTES } from '../evm/word.ts'
import { CONTROL, FRAME, MEMORY_BYTES } from '../state/linear-memory.ts'
import { importSlotHost } from '../state/slot-functions.ts'
import { EXECUTED } from './compile-protocol.ts'
import { EMISSIONS } from './emissions.ts'
import { Emitter, type Halts, isInPlace, type Registers } from './emitter.ts'
import { EXIT } from './exit-reasons.ts'
import { FUSED, INVALID_BYTE } from './fused.ts'
import { defineRuntime, type RuntimeFunctions } from './runtime.ts'
import { placed, vectorsOf, type Word } from './word.ts'

/** Instructions that are one dispatch: mostly one, or a fused sequence, whose number its first byte is replaced by. */
interface Step {
  readonly opcode: number
  readonly sequence: readonly Instruction[]
}

/**
 * The bytes of a module with an interpreter for one hardfork's rules: `interpret(frame) -> reason` runs the frame until it ends,
 * needs the host, or has spent its jump budget. Everything that it knows between two instructions is in locals. With `leavesAtJoins`
 * it needs the host for every instruction before which sub-threads are joined.
 */
export function interpreterModule(rules: Rules, { leavesAtJoins = false } = {}): Uint8Array {
  const module = new ModuleBuilder()
  module.importMemory('pavm', 'memory', MEMORY_BYTES / WASM_PAGE_BYTES)
  const host = {
    memoryExhausted: module.importFunction('pavm', 'memoryExhausted', [], []),
    notePreimage: module.importFunction('pavm', 'notePreimage', ['i32', 'i32', 'i32'], []),
    readSelfBalance: module.importFunction('pavm', 'readSelfBalance', [], []),
    readBlobHash: module.importFunction('pavm', 'readBlobHash', ['i32'], []),
    ...importSlotHost(module),
  }
  const functions = defineRuntime(module, host, rules)
  module.function(['i32'], ['i32'], (body) => writeInterpreter(body, functions, { rules, leavesAtJoins }), 'interpret')
  return module.encode()
}

function steps({ rules, leavesAtJoins }: InterpreterOptions): Step[] {
  const instructions = instructionsFor(rules)
  const single = instructions
    .filter((instruction) => EMISSIONS[instruction.name] !== undefined && instruction.name !== 'INVALID')
    .map((instruction) => ({ opcode: instruction.opcode, sequence: [instruction] }))
  const invalid = instructions[INVALID_BYTE]!
  const fused = FUSED.flatMap(({ opcode, names }): Step[] => {
    const sequence = names.flatMap((name) => instructions.find((instruction) => instruction.name === name) ?? [])
    return sequence.length === names.length ? [{ opcode, sequence }] : []
  })
  const all = [...single, { opcode: INVALID_BYTE, sequence: [invalid] }, ...fused]
  return leavesAtJoins ? all.filter(({ sequence }) => !sequence.some(({ joins }) => joins)) : all
}

/** Machine state in locals, from the frame record and back to it. */
class Interpreter {
  readonly frame: Local = 0
  readonly instruction: Local
  readonly stackPointer: Local
  readonly gas: Local
  readonly memoryBase: Local
  readonly memoryLimit: Local
  readonly stackBase: Local
  /** Lowest address that the stack may reach: 1,024 words below its base. */
  readonly stackEnd: Local
  readonly budget: Local
  readonly reason: Local

  constructor(body: FunctionBody) {
    const i32 = (): Local => body.local('i32')
    this.instruction = i32()
    this.stackPointer = i32()
    this.memoryBase = i32()
    this.stackBase = i32()
    this.stackEnd = i32()
    this.budget = i32()
    this.reason = i32()
    this.gas = body.local('i64')
    this.memoryLimit = body.local('i64')
  }

  get registers(): Registers {
    return this
  }
}

const STACK_BYTES = STACK_LIMIT * WORD_BYTES

interface InterpreterOptions {
  readonly rules: Rules
  readonly leavesAtJoins: boolean
}

function writeInterpreter(body: FunctionBody, functions: RuntimeFunctions, options: InterpreterOptions): void {
  const { rules } = options
  const state = new Interpreter(body)
  const all = steps(options)
  body.get(state.frame).memory('i32.load', FRAME.instruction).set(state.instruction)
  body.get(state.frame).memory('i32.load', FRAME.stackPointer).set(state.stackPointer)
  body.get(state.frame).memory('i64.load', FRAME.gas).set(state.gas)
  body.get(state.frame).memory('i32.load', FRAME.memoryBase).set(state.memoryBase)
  body.get(state.frame).memory('i32.load', FRAME.stackBase).tee(state.stackBase)
  body.i32(STACK_BYTES).emit('i32.sub').set(state.stackEnd)
  body.i32(0).memory('i32.load', CONTROL.jumpBudget).set(state.budget)
  // As in Emitter.reloadMemoryLimit.
  body.get(state.frame).memory('i64.load32_u', FRAME.memorySize).i64(31).emit('i64.sub')
  body.i64(0).get(state.frame).memory('i32.load', FRAME.memorySize).emit('select').set(state.memoryLimit)

  const leaves: { readonly reason: number; label: Label | undefined }[] = [
    EXIT.host,
    EXIT.outOfGas,
    EXIT.stackUnderflow,
    EXIT.stackOverflow,
    EXIT.invalidJump,
    EXIT.writeInStaticContext,
  ].map((reason) => ({ reason, label: undefined }))
  const labelOf = (reason: number): Label => leaves.find((leave) => leave.reason === reason)!.label!

  body.block((end) => {
    for (const leave of leaves.toReversed()) leave.label = body.begin('block')
    body.loop((dispatch) => {
      const labels = new Map<number, Label>()
      for (const { opcode } of all.toReversed()) labels.set(opcode, body.begin('block'))
      body.get(state.instruction).memory('i32.load8_u')
      body.brTable(
        Array.from({ length: 256 }, (_, opcode) => labels.get(opcode) ?? labelOf(EXIT.host)),
        labelOf(EXIT.host),
      )
      for (const step of all) {
        body.end()
        const emitter = new InterpreterEmitter(body, functions, {
          state,
          rules,
          dispatch,
          end,
          halts: {
            'out-of-gas': labelOf(EXIT.outOfGas),
            'invalid-jump': labelOf(EXIT.invalidJump),
            'write-in-static-context': labelOf(EXIT.writeInStaticContext),
          },
          underflow: labelOf(EXIT.stackUnderflow),
          overflow: labelOf(EXIT.stackOverflow),
        })
        emitter.write(step.sequence)
      }
    })
    for (const { reason } of leaves) {
      body.end()
      body.i32(reason).set(state.reason).br(end)
    }
  })
  body.get(state.frame).get(state.instruction).memory('i32.store', FRAME.instruction)
  body.get(state.frame).get(state.stackPointer).memory('i32.store', FRAME.stackPointer)
  body.get(state.frame).get(state.gas).memory('i64.store', FRAME.gas)
  body.i32(0).get(state.budget).memory('i32.store', CONTROL.jumpBudget)
  body.get(state.reason)
}

interface Surroundings {
  readonly state: Interpreter
  readonly rules: Rules
  /** Runs the instruction that the pointer is at. */
  readonly dispatch: Label
  /** Leaves with the reason that is set. */
  readonly end: Label
  readonly halts: Halts
  readonly underflow: Label
  readonly overflow: Label
}

/**
 * Operands are loaded from the stack in memory when they are first used, and results stored at the end of the step: what
 * passes between fused instructions stays in locals.
 */
class InterpreterEmitter extends Emitter {
  readonly #surroundings: Surroundings
  /** Words pushed in this step, top last. */
  readonly #pushed: Word[] = []
  /** Cells of memory popped in this step. */
  #popped = 0
  /** Bytes of the sequence before the present instruction, and behind it. */
  #position = 0
  #length = 0
  #isDone = false

  constructor(body: FunctionBody, functions: RuntimeFunctions, surroundings: Surroundings) {
    super(body, { registers: surroundings.state.registers, functions, halts: () => surroundings.halts })
    this.#surroundings = surroundings
  }

  write(sequence: readonly Instruction[]): void {
    this.#check(sequence)
    for (const instruction of sequence) {
      this.#length = this.#position + 1 + instruction.immediateBytes
      EMISSIONS[instruction.name]!(this, this.#surroundings.rules)
      this.#position = this.#length
    }
    if (!this.#isDone) {
      this.#flush()
      this.#advance(this.#length)
      this.body.br(this.#surroundings.dispatch)
    }
    this.releaseTo(0)
  }

  /** Stack and base gas of the whole sequence: nothing in it can be seen from outside before its end. */
  #check(sequence: readonly Instruction[]): void {
    const { body } = this
    const { state, underflow, overflow } = this.#surroundings
    let height = 0
    let needed = 0
    let highest = 0
    for (const { pops, pushes } of sequence) {
      needed = Math.max(needed, pops - height)
      height += pushes - pops
      highest = Math.max(highest, height)
    }
    if (needed > 0) {
      body
        .get(state.stackPointer)
        .i32(needed * WORD_BYTES)
        .emit('i32.add')
        .get(state.stackBase)
      body.emit('i32.gt_u').brIf(underflow)
    }
    if (highest > 0) {
      body
        .get(state.stackPointer)
        .i32(highest * WORD_BYTES)
        .emit('i32.sub')
        .get(state.stackEnd)
      body.emit('i32.lt_u').brIf(overflow)
    }
    const gas = sequence.reduce((sum, each) => sum + each.gas, 0n)
    if (gas > 0n) this.#charge(gas)
  }

  #charge(gas: bigint): void {
    const { state, halts } = this.#surroundings
    this.body.get(state.gas).i64(gas).emit('i64.sub').tee(state.gas).i64(0).emit('i64.lt_s').brIf(halts['out-of-gas'])
  }

  override push(word: Word): void {
    this.#pushed.push(word)
  }

  override pop(): Word {
    return this.#pushed.pop() ?? this.#cell(this.#popped++)
  }

  #cell(index: number): Word {
    return placed({ base: this.#surroundings.state.stackPointer, offset: WORD_BYTES * index, bytes: WORD_BYTES })
  }

  override duplicate(n: number): void {
    while (this.#pushed.length < n) this.#pushed.unshift(this.#cell(this.#popped++))
    this.#pushed.push(this.#pushed.at(-n)!)
  }

  override swap(n: number): void {
    while (this.#pushed.length < n + 1) this.#pushed.unshift(this.#cell(this.#popped++))
    const top = this.#pushed.length - 1
    const word = this.#pushed[top - n]!
    this.#pushed[top - n] = this.#pushed[top]!
    this.#pushed[top] = word
  }

  override immediate(length: number): Word {
    // Prepared code holds immediates least significant byte first.
    return placed({ base: this.#surroundings.state.instruction, offset: this.#position + 1, bytes: length })
  }

  override settleGas(): void {}

  override gasLeft(): Word {
    this.body.get(this.registers.gas)
    return this.takeLimb()
  }

  override programCounter(): Word {
    const { state } = this.#surroundings
    this.body.get(state.instruction).i32(this.#position).emit('i32.add')
    this.body.get(state.frame).memory('i32.load', FRAME.code).emit('i32.sub').emit('i64.extend_i32_u')
    return this.takeLimb(32)
  }

  override jumpDestination(): void {}

  override jump(destination: Word): void {
    this.#flush(destination)
    this.#goTo(destination)
    this.#isDone = true
  }

  override jumpIf(destination: Word, condition: Word): void {
    const { body } = this
    this.materialise(destination)
    if (condition.truth === undefined) this.materialise(condition)
    this.#flush()
    this.pushTruth(condition)
    body.if(() => this.#goTo(destination))
    this.#advance(this.#length)
    this.#noteExecuted()
    body.br(this.#surroundings.dispatch)
    this.#isDone = true
  }

  /** Taken jumps do the work of the JUMPDEST that they lead to. */
  #goTo(destination: Word): void {
    const { body } = this
    const { state, halts, dispatch, end } = this.#surroundings
    const target = this.local('i32')
    const [low, ...upper] = this.limbs(destination)
    this.pushLimb(low!).get(state.frame).memory('i64.load32_u', FRAME.codeLength).emit('i64.ge_u')
    for (const limb of upper) if (limb !== 0n) this.pushLimb(limb).i64(0).emit('i64.ne').emit('i32.or')
    body.brIf(halts['invalid-jump'])
    this.pushLimb(low!).emit('i32.wrap_i64').tee(target)
    body.get(state.frame).memory('i32.load', FRAME.jumpTable).emit('i32.add').memory('i32.load8_u')
    body.i32(1).emit('i32.and').emit('i32.eqz').brIf(halts['invalid-jump'])
    body.get(target).get(state.frame).memory('i32.load', FRAME.jumpTable).emit('i32.add')
    body.i32(1 | EXECUTED).memory('i32.store8')
    body.get(target).get(state.frame).memory('i32.load', FRAME.code).emit('i32.add').set(state.instruction)
    body.get(state.budget).i32(1).emit('i32.sub').tee(state.budget).i32(0).emit('i32.gt_s')
    body.if(() => {
      this.#charge(1n)
      this.#advance(1)
      body.br(dispatch)
    })
    body.i32(EXIT.pause).set(state.reason).br(end)
  }

  /** The block at the instruction pointer runs: the compiler is told which ones did. */
  #noteExecuted(): void {
    const { body } = this
    const { state } = this.#surroundings
    const flags = this.local('i32')
    body.get(state.instruction).get(state.frame).memory('i32.load', FRAME.code).emit('i32.sub')
    body.get(state.frame).memory('i32.load', FRAME.jumpTable).emit('i32.add').tee(flags)
    body.get(flags).memory('i32.load8_u').i32(EXECUTED).emit('i32.or').memory('i32.store8')
  }

  /** Nothing is known of one run that holds for all. */
  override noteMost(): void {}

  override exit(reason: number): void {
    const { body } = this
    const { state, end } = this.#surroundings
    body.i32(reason).set(state.reason).br(end)
    this.#isDone = true
  }

  #advance(bytes: number): void {
    const { state } = this.#surroundings
    this.body.get(state.instruction).i32(bytes).emit('i32.add').set(state.instruction)
  }

  /** Stores results and moves the stack pointer. `kept` stays usable. */
  #flush(kept?: Word): void {
    const { body } = this
    const { state } = this.#surroundings
    if (kept !== undefined) this.materialise(kept)
    const growth = this.#pushed.length - this.#popped
    // All loads before the first store: a result may go where an operand of another still stands.
    const stored = this.#pushed.map((word, index) => {
      const offset = WORD_BYTES * (this.#popped - 1 - index)
      const isThere = isInPlace(word) && word.place!.base === state.stackPointer && word.place!.offset === offset
      return isThere ? undefined : this.#loaded(word)
    })
    if (growth !== 0) {
      body
        .get(state.stackPointer)
        .i32(growth * WORD_BYTES)
        .emit('i32.sub')
        .set(state.stackPointer)
    }
    for (const [index, word] of stored.entries()) {
      if (word !== undefined) this.store(state.stackPointer, WORD_BYTES * (this.#pushed.length - 1 - index), word)
    }
  }

  /** A whole word in memory moves as two vectors. */
  #loaded(word: Word): Word {
    if (!isInPlace(word)) {
      if (word.vectors === undefined) this.materialise(word)
      return word
    }
    const { base, offset } = word.place!
    const [low, high] = [this.local('v128'), this.local('v128')]
    this.body.get(base).simdMemory('v128.load', offset).set(low)
    this.body
      .get(base)
      .simdMemory('v128.load', offset + 16)
      .set(high)
    return vectorsOf(low, high)
  }
}
