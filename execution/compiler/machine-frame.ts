import { EMPTY_BYTES } from '../../primitives/bytes.ts'
import { addressToWord } from '../../primitives/hex.ts'
import {
  type Exit,
  INVALID_JUMP,
  INVALID_OPCODE,
  OUT_OF_GAS,
  STACK_OVERFLOW,
  STACK_UNDERFLOW,
  WRITE_IN_STATIC_CONTEXT,
} from '../evm/exit.ts'
import { Frame, type FrameModules, type FrameSignal, JOIN_NEEDED } from '../evm/frame.ts'
import { needsJoin } from '../evm/instructions/thread-call.ts'
import { runInstruction } from '../evm/interpreter.ts'
import { expansionGas, type FrameMemory, memoryGas } from '../evm/memory.ts'
import type { Message } from '../evm/message.ts'
import type { Instruction } from '../evm/opcodes.ts'
import type { FrameStack } from '../evm/stack.ts'
import { loadWord, storeWord, WORD_BYTES } from '../evm/word.ts'
import { FRAME, type LinearMemory, MEMORY_BYTES, readWord, writeWord } from '../state/linear-memory.ts'
import type { PreparedCode } from './code-arena.ts'
import { EXECUTED } from './compile-protocol.ts'
import { EXIT, JUMPS_PER_PAUSE } from './exit-reasons.ts'
import type { HotCode, HotCodes } from './hot-code.ts'
import { MachineLimitError } from './machine-limit.ts'

/** Exits that say all by their reason. */
const EXITS: Readonly<Record<number, Exit>> = {
  [EXIT.stop]: { kind: 'return', output: EMPTY_BYTES },
  [EXIT.outOfGas]: OUT_OF_GAS,
  [EXIT.stackUnderflow]: STACK_UNDERFLOW,
  [EXIT.stackOverflow]: STACK_OVERFLOW,
  [EXIT.invalidOpcode]: INVALID_OPCODE,
  [EXIT.invalidJump]: INVALID_JUMP,
  [EXIT.writeInStaticContext]: WRITE_IN_STATIC_CONTEXT,
}

/** Where a frame stands in linear memory. */
export interface MachinePlace {
  readonly code: PreparedCode
  /** Of the frame record. */
  readonly address: number
  /** Of the call data, with the frame's memory behind it. */
  readonly input: number
  readonly stackBase: number
}

/** What runs the frames of a message and of all that it leads to. */
export interface MachineHost {
  readonly memory: LinearMemory
  readonly instructions: readonly Instruction[]
  readonly interpret: (frame: number) => number
  /** The same, leaving at instructions before which sub-threads are joined. */
  readonly interpretToJoin: () => (frame: number) => number
  readonly hotCodes: HotCodes | undefined
  /** Now and then while the frame runs. May throw. */
  readonly onPause: () => void
  /** The last frame that is open is closed. */
  readonly onClose: () => void
}

/** A frame of the WebAssembly machine: all its state is in linear memory, and this is how handlers see it. */
export class MachineFrame extends Frame {
  override readonly stack: FrameStack
  override readonly memory: MachineMemory
  readonly place: MachinePlace
  readonly #host: MachineHost
  #returnData: Uint8Array = EMPTY_BYTES
  #isStarted = false
  #hot: HotCode | undefined
  #signal: FrameSignal | undefined

  constructor(message: Message, modules: FrameModules, host: MachineHost, place: MachinePlace) {
    super(message, modules)
    this.#host = host
    this.place = place
    const { memory } = host
    const { code, address, input, stackBase } = place
    const { data } = message
    const memoryBase = input + Math.ceil(data.length / WORD_BYTES) * WORD_BYTES
    if (memoryBase > MEMORY_BYTES) throw new MachineLimitError('no room for call data')
    // May throw, and memory is written to only by frames that are closed.
    const account = modules.context.state.accountNumber(message.recipient)
    memory.bytes.set(data, input)
    const fields = address >>> 2
    const { u32 } = memory
    u32[fields + FRAME.instruction / 4] = code.address
    u32[fields + FRAME.stackPointer / 4] = stackBase
    u32[fields + FRAME.stackBase / 4] = stackBase
    u32[fields + FRAME.memoryBase / 4] = memoryBase
    u32[fields + FRAME.memorySize / 4] = 0
    u32[fields + FRAME.code / 4] = code.address
    u32[fields + FRAME.codeLength / 4] = code.length
    u32[fields + FRAME.jumpTable / 4] = code.jumpTable
    u32[fields + FRAME.input / 4] = input
    u32[fields + FRAME.inputLength / 4] = data.length
    u32[fields + FRAME.returnLength / 4] = 0
    u32[fields + FRAME.account / 4] = account
    u32[fields + FRAME.isStatic / 4] = message.isStatic ? 1 : 0
    u32[fields + FRAME.mustJoin / 4] = 0
    memory.i64[(address + FRAME.memoryGas) >>> 3] = 0n
    writeWord(memory, address + FRAME.caller, addressToWord(message.caller))
    writeWord(memory, address + FRAME.address, addressToWord(message.recipient))
    writeWord(memory, address + FRAME.value, message.value)
    this.gas = message.gas
    this.stack = new MachineStack(memory, address)
    this.memory = new MachineMemory(memory, address)
  }

  override get gas(): bigint {
    return this.#host.memory.i64[(this.place.address + FRAME.gas) >>> 3]!
  }

  override set gas(gas: bigint) {
    this.#host.memory.i64[(this.place.address + FRAME.gas) >>> 3] = gas
  }

  override get programCounter(): number {
    const { memory } = this.#host
    const { address, code } = this.place
    return memory.u32[(address + FRAME.instruction) >>> 2]! - code.address
  }

  override set programCounter(position: number) {
    const { memory } = this.#host
    const { address, code } = this.place
    memory.u32[(address + FRAME.instruction) >>> 2] = code.address + position
  }

  override get returnData(): Uint8Array {
    return this.#returnData
  }

  override set returnData(bytes: Uint8Array) {
    const { memory } = this.#host
    const { address } = this.place
    this.#returnData = bytes
    memory.u32[(address + FRAME.returnLength) >>> 2] = bytes.length
  }

  override run(): FrameSignal {
    const { hotCodes, onPause } = this.#host
    const { address, code } = this.place
    const hot = this.#isStarted ? this.#hot : this.#start()
    // Compiled code is entered at its beginning only.
    let reason = this.#isStarted || hot?.run === undefined ? this.#interpret() : hot.run(address)
    this.#isStarted = true
    for (;;) {
      switch (reason) {
        case EXIT.host:
          if (this.step() === 1) return this.#sent()
          break
        case EXIT.signal:
          return this.#sent()
        case EXIT.pause:
          // First: who is given up time and again in the interpreter is to be compiled.
          if (hot !== undefined) hotCodes!.heat(hot, JUMPS_PER_PAUSE, code)
          onPause()
          break
        case EXIT.resume:
          // A block that has not run, most likely: from now on it has.
          this.#host.memory.bytes[code.jumpTable + this.programCounter]! |= EXECUTED
          hotCodes!.noteExit(hot!, code)
          break
        case EXIT.wide:
          hotCodes!.noteWide(hot!, this.programCounter, this.#words(), code)
          break
        default:
          return this.#exit(reason)
      }
      reason = this.#interpret()
    }
  }

  /** Messages take time that no jumps count, those to precompiled contracts most of all. */
  #sent(): FrameSignal {
    if (this.#signal!.kind === 'message') this.#host.onPause()
    return this.#signal!
  }

  #start(): HotCode | undefined {
    const { hotCodes } = this.#host
    const { code } = this.place
    const { codeHash } = this.message
    // Init code runs once.
    if (hotCodes !== undefined && codeHash !== undefined)
      this.#hot = hotCodes.enter(codeHash, this.message.code, this.context.rules, code)
    return this.#hot
  }

  #interpret(): number {
    const { interpret, interpretToJoin } = this.#host
    const { address } = this.place
    return this.threads?.isPending ? interpretToJoin()(address) : interpret(address)
  }

  /** Runs the instruction at the program counter by its handler. @returns 1 if the frame does not go on by itself */
  step(): number {
    const instruction = this.#host.instructions[this.#opcode]!
    this.#signal = needsJoin(this, instruction) ? JOIN_NEEDED : runInstruction(this, instruction)
    if (this.threads !== undefined) {
      const { memory } = this.#host
      const { address } = this.place
      memory.u32[(address + FRAME.mustJoin) >>> 2] = this.threads.isPending ? 1 : 0
    }
    return this.#signal === undefined ? 0 : 1
  }

  /** At the program counter; behind the code STOP. */
  get #opcode(): number {
    return this.message.code[this.programCounter] ?? 0
  }

  /** The stack from its top down. */
  *#words(): Generator<bigint> {
    for (let depth = 0; depth < this.stack.size; depth++) yield this.stack.peek(depth)
  }

  override close(): void {
    this.#host.onClose()
  }

  /** Address behind everything that the frame has in the area of memories. */
  get memoryEnd(): number {
    const { memory } = this.#host
    const { address } = this.place
    return memory.u32[(address + FRAME.memoryBase) >>> 2]! + memory.u32[(address + FRAME.memorySize) >>> 2]!
  }

  get stackPointer(): number {
    const { memory } = this.#host
    const { address } = this.place
    return memory.u32[(address + FRAME.stackPointer) >>> 2]!
  }

  #exit(reason: number): Exit {
    if (reason !== EXIT.return && reason !== EXIT.revert) return EXITS[reason]!
    const { memory } = this.#host
    const { address } = this.place
    const length = memory.u32[(address + FRAME.outputLength) >>> 2]!
    const offset = memory.u32[(address + FRAME.outputOffset) >>> 2]!
    const start = memory.u32[(address + FRAME.memoryBase) >>> 2]! + offset
    const output = length === 0 ? EMPTY_BYTES : memory.bytes.slice(start, start + length)
    return { kind: reason === EXIT.return ? 'return' : 'revert', output }
  }
}

/** Words in memory, least significant byte first; the stack grows downwards. */
class MachineStack implements FrameStack {
  readonly #memory: LinearMemory
  readonly #pointer: number
  readonly #base: number

  constructor(memory: LinearMemory, frame: number) {
    this.#memory = memory
    this.#pointer = (frame + FRAME.stackPointer) >>> 2
    this.#base = memory.u32[(frame + FRAME.stackBase) >>> 2]!
  }

  get size(): number {
    return (this.#base - this.#memory.u32[this.#pointer]!) / WORD_BYTES
  }

  push(word: bigint): void {
    const top = this.#memory.u32[this.#pointer]! - WORD_BYTES
    this.#memory.u32[this.#pointer] = top
    writeWord(this.#memory, top, word)
  }

  pop(): bigint {
    const top = this.#memory.u32[this.#pointer]!
    this.#memory.u32[this.#pointer] = top + WORD_BYTES
    return readWord(this.#memory, top)
  }

  peek(depth = 0): bigint {
    return readWord(this.#memory, this.#memory.u32[this.#pointer]! + WORD_BYTES * depth)
  }

  setTop(word: bigint): void {
    writeWord(this.#memory, this.#memory.u32[this.#pointer]!, word)
  }

  duplicate(n: number): void {
    this.push(this.peek(n - 1))
  }

  swap(n: number): void {
    const top = this.#memory.u32[this.#pointer]!
    const [first, second] = [this.peek(), this.peek(n)]
    writeWord(this.#memory, top, second)
    writeWord(this.#memory, top + WORD_BYTES * n, first)
  }
}

/** Memory of a frame: zeros up to the end of the area behind it. */
class MachineMemory implements FrameMemory {
  readonly #memory: LinearMemory
  readonly #frame: number

  constructor(memory: LinearMemory, frame: number) {
    this.#memory = memory
    this.#frame = frame
  }

  get #base(): number {
    return this.#memory.u32[(this.#frame + FRAME.memoryBase) >>> 2]!
  }

  get size(): number {
    return this.#memory.u32[(this.#frame + FRAME.memorySize) >>> 2]!
  }

  expansionGas(offset: bigint, length: bigint): bigint | undefined {
    return expansionGas(this.size, offset, length)
  }

  expand(offset: bigint, length: bigint): void {
    if (length === 0n) return
    const words = (offset + length + 31n) >> 5n
    const size = Number(words) * WORD_BYTES
    if (size <= this.size) return
    if (this.#base + size > MEMORY_BYTES) throw new MachineLimitError('no room for memory')
    this.#memory.u32[(this.#frame + FRAME.memorySize) >>> 2] = size
    this.#memory.i64[(this.#frame + FRAME.memoryGas) >>> 3] = memoryGas(words)
  }

  loadWord(offset: number): bigint {
    return loadWord(this.#memory.view, this.#base + offset)
  }

  storeWord(offset: number, word: bigint): void {
    storeWord(this.#memory.view, this.#base + offset, word)
  }

  storeByte(offset: number, byte: number): void {
    this.#memory.bytes[this.#base + offset] = byte
  }

  read(offset: bigint, length: bigint): Uint8Array {
    const start = this.#base + Number(offset)
    return length === 0n ? EMPTY_BYTES : this.#memory.bytes.slice(start, start + Number(length))
  }

  view(offset: bigint, length: bigint): Uint8Array {
    const start = this.#base + Number(offset)
    return length === 0n ? EMPTY_BYTES : this.#memory.bytes.subarray(start, start + Number(length))
  }

  write(offset: bigint, bytes: Uint8Array): void {
    if (bytes.length > 0) this.#memory.bytes.set(bytes, this.#base + Number(offset))
  }

  writeFrom(source: Uint8Array, offset: bigint, sourceOffset: bigint, length: bigint): void {
    if (length === 0n) return
    const start = this.#base + Number(offset)
    const available = sourceOffset >= source.length ? EMPTY_BYTES : source.subarray(Number(sourceOffset))
    const copied = available.subarray(0, Number(length))
    this.#memory.bytes.set(copied, start)
    this.#memory.bytes.fill(0, start + copied.length, start + Number(length))
  }

  copyWithin(offset: bigint, sourceOffset: bigint, length: bigint): void {
    if (length === 0n) return
    const from = this.#base + Number(sourceOffset)
    this.#memory.bytes.copyWithin(this.#base + Number(offset), from, from + Number(length))
  }

  contents(): Uint8Array {
    return this.#memory.bytes.subarray(this.#base, this.#base + this.size)
  }
}
