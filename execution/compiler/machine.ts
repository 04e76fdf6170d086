import type { Rules } from '../../config/hardforks.ts'
import { addressToWord, bytesToHash, hashToWord } from '../../primitives/hex.ts'
import { type WasmImports, webAssembly } from '../../primitives/wasm/webassembly.ts'
import type { TransactionContext } from '../evm/context.ts'
import type { FrameModules } from '../evm/frame.ts'
import type { FrameFactory } from '../evm/interpreter.ts'
import type { Message } from '../evm/message.ts'
import { type Instruction, instructionsFor } from '../evm/opcodes.ts'
import {
  CONTROL,
  ENVIRONMENT,
  FRAME_BYTES,
  type LinearMemory,
  linearMemory,
  REGION,
  writeWord,
} from '../state/linear-memory.ts'
import { stateMemory } from '../state/state-memory.ts'
import type { WorldState } from '../state/world-state.ts'
import { CodeAllocator, CodeArena } from './code-arena.ts'
import { JUMPS_PER_PAUSE } from './exit-reasons.ts'
import { type CompileService, type HotCodeOptions, HotCodes } from './hot-code.ts'
import { interpreterModule } from './interpreter-module.ts'
import { MachineFrame, type MachineHost } from './machine-frame.ts'
import { MachineLimitError } from './machine-limit.ts'

/** What the machine has for one hardfork's rules. */
interface Engine {
  readonly instructions: readonly Instruction[]
  readonly arena: CodeArena
  readonly interpret: (frame: number) => number
  /** The same for frames with sub-threads to join. */
  readonly interpretToJoin: () => (frame: number) => number
  /** The functions that compiled code calls. */
  readonly exports: Readonly<Record<string, unknown>>
}

/** How hot code is compiled; nothing is without. */
export interface MachineCompiler extends HotCodeOptions {
  readonly service: CompileService
}

/**
 * The WebAssembly machine of a thread: linear memory, and an interpreter for each hardfork that it has met. Frames stand one behind
 * the other, in the order in which they were opened, and are closed from the last one back.
 */
export class Machine {
  readonly #memory: LinearMemory = linearMemory()
  readonly #allocator = new CodeAllocator()
  readonly #engines = new Map<Rules, Engine>()
  readonly #frames: MachineFrame[] = []
  readonly #hotCodes = new Map<MachineCompiler, HotCodes>()
  #state: WorldState | undefined
  #onPause: () => void = () => {}

  constructor() {
    this.#memory.u32[CONTROL.jumpBudget / 4] = JUMPS_PER_PAUSE
  }

  /** Makes the frames of one message that a transaction sends, and of all below it. */
  framesFor(
    transaction: TransactionContext,
    state: WorldState,
    {
      compiler,
      onPause = () => {},
    }: { readonly compiler?: MachineCompiler | undefined; readonly onPause?: (() => void) | undefined },
  ): FrameFactory {
    // What a message that was given up halfway has left.
    while (this.#frames.length > 0) this.#frames.at(-1)!.close()
    const { rules } = transaction.block
    const engine = this.#engineFor(rules)
    this.#writeEnvironment(transaction)
    this.#state = state
    state.own()
    this.#memory.u32[CONTROL.keepsPreimages / 4] = state.keepsPreimages ? 1 : 0
    this.#onPause = onPause
    const host: MachineHost = {
      memory: this.#memory,
      instructions: engine.instructions,
      interpret: engine.interpret,
      interpretToJoin: engine.interpretToJoin,
      hotCodes: compiler === undefined ? undefined : this.#hotCodesOf(compiler),
      onPause: () => this.#pause(),
      onClose: () => this.#close(engine),
    }
    return (message, modules) => this.#open(message, modules, engine, host)
  }

  /**
   * The jump budget is spent. It goes on from one message to the next: code that is called often and jumps little is met by a
   * pause as often as its jumps are.
   */
  #pause(): void {
    this.#memory.u32[CONTROL.jumpBudget / 4] = JUMPS_PER_PAUSE
    this.#onPause()
  }

  #open(message: Message, modules: FrameModules, engine: Engine, host: MachineHost): MachineFrame {
    if (message.gas >= GAS_LIMIT) throw new MachineLimitError('more gas than 63 bits hold')
    const caller = this.#frames.at(-1)
    const code = engine.arena.acquire(message.code, message.codeHash)
    try {
      const frame = new MachineFrame(message, modules, host, {
        code,
        address: REGION.frames + FRAME_BYTES * this.#frames.length,
        input: caller?.memoryEnd ?? REGION.memories,
        stackBase: caller?.stackPointer ?? STACKS_END,
      })
      this.#frames.push(frame)
      return frame
    } catch (error) {
      engine.arena.release(code)
      throw error
    }
  }

  /** Memory behind the last frame is zero: what this one used is made so again. */
  #close({ arena }: Engine): void {
    const frame = this.#frames.pop()!
    this.#memory.bytes.fill(0, frame.place.input, frame.memoryEnd)
    arena.release(frame.place.code)
  }

  #writeEnvironment({ block, origin, gasPrice, blobBaseFee }: TransactionContext): void {
    const memory = this.#memory
    writeWord(memory, ENVIRONMENT.origin, addressToWord(origin))
    writeWord(memory, ENVIRONMENT.gasPrice, gasPrice)
    writeWord(memory, ENVIRONMENT.coinbase, addressToWord(block.coinbase))
    writeWord(memory, ENVIRONMENT.timestamp, block.timestamp)
    writeWord(memory, ENVIRONMENT.number, block.number)
    const hasRandomness = block.rules.atLeast('paris')
    writeWord(memory, ENVIRONMENT.randomness, hasRandomness ? hashToWord(block.prevRandao) : block.difficulty)
    writeWord(memory, ENVIRONMENT.gasLimit, block.gasLimit)
    writeWord(memory, ENVIRONMENT.chainId, block.chainId)
    writeWord(memory, ENVIRONMENT.baseFee, block.baseFeePerGas)
    writeWord(memory, ENVIRONMENT.blobBaseFee, blobBaseFee)
  }

  #hotCodesOf(compiler: MachineCompiler): HotCodes {
    let hotCodes = this.#hotCodes.get(compiler)
    if (hotCodes === undefined) {
      hotCodes = new HotCodes(compiler, {
        memory: this.#memory,
        service: compiler.service,
        importsFor: (rules) => ({ pavm: this.#compiledImports, runtime: this.#engineFor(rules).exports }),
      })
      this.#hotCodes.set(compiler, hotCodes)
    }
    return hotCodes
  }

  get #compiledImports(): Readonly<Record<string, unknown>> {
    return {
      memory: this.#memory.memory,
      step: () => this.#frames.at(-1)!.step(),
      // Of compiled code, which counts by itself: the budget goes on being what interpreted code has left.
      pause: () => this.#onPause(),
    }
  }

  #engineFor(rules: Rules): Engine {
    const known = this.#engines.get(rules)
    if (known !== undefined) return known
    const imports = this.#interpreterImports
    const instantiate = (bytes: Uint8Array) => new webAssembly.Instance(new webAssembly.Module(bytes), imports).exports
    const exports = instantiate(interpreterModule(rules))
    let joining: ((frame: number) => number) | undefined
    const instructions = instructionsFor(rules)
    const engine: Engine = {
      instructions,
      exports,
      arena: new CodeArena(instructions, { memory: this.#memory, allocator: this.#allocator }),
      interpret: exports.interpret as (frame: number) => number,
      interpretToJoin: () => {
        joining ??= instantiate(interpreterModule(rules, { leavesAtJoins: true })).interpret as typeof joining
        return joining!
      },
    }
    this.#engines.set(rules, engine)
    return engine
  }

  get #interpreterImports(): WasmImports {
    return {
      pavm: {
        memory: this.#memory.memory,
        ...stateMemory().imports,
        memoryExhausted: () => {
          throw new MachineLimitError('no room for memory')
        },
        readBlobHash: (index: number) => {
          const hash = this.#frames.at(-1)!.context.blobVersionedHashes[index]
          writeWord(this.#memory, CONTROL.scratch, hash === undefined ? 0n : hashToWord(hash))
        },
        readSelfBalance: () => {
          const { recipient } = this.#frames.at(-1)!.message
          writeWord(this.#memory, CONTROL.scratch, this.#state!.balance(recipient))
        },
        notePreimage: (address: number, length: number, digest: number) => {
          const { bytes } = this.#memory
          const hash = bytesToHash(bytes.subarray(digest, digest + 32))
          this.#state?.preimage(hash, bytes.slice(address, address + length))
        },
      },
    }
  }
}

/** Stacks grow downwards from the end of their area. */
const STACKS_END = REGION.hashMemo

/** Gas is a signed i64 in the machine. */
const GAS_LIMIT = 1n << 63n
