import { GAS_CODE_DEPOSIT_PER_BYTE } from '../../config/gas.ts'
import { EMPTY_BYTES } from '../../primitives/bytes.ts'
import type { WorldState } from '../state/world-state.ts'
import { revertWith } from '../threads/fault.ts'
import type { ThreadHelpers } from '../threads/helpers.ts'
import {
  beginThread,
  endJoin,
  type JoiningThread,
  offerThread,
  settleSpeculated,
  settleThread,
} from '../threads/join.ts'
import type { ExecutionContext, TransactionContext } from './context.ts'
import {
  ADDRESS_COLLISION,
  CODE_TOO_LARGE,
  type Exit,
  type Halt,
  OUT_OF_GAS,
  PRECOMPILE_FAILURE,
  RESERVED_CODE_PREFIX,
  STACK_OVERFLOW,
  STACK_UNDERFLOW,
} from './exit.ts'
import { Frame, type FrameModules, type FrameSignal, JOIN_NEEDED, type SubMessage } from './frame.ts'
import { needsJoin } from './instructions/thread-call.ts'
import { Memory } from './memory.ts'
import type { Message, MessageResult } from './message.ts'
import { type Instruction, instructionsFor } from './opcodes.ts'
import type { Precompile } from './precompiles/precompile.ts'
import { precompilesFor } from './precompiles/table.ts'
import { Stack } from './stack.ts'
import type { Tracer } from './tracer.ts'

/** Makes the frames of one engine. */
export type FrameFactory = (message: Message, modules: FrameModules) => Frame

export interface RunOptions {
  readonly tracer?: Tracer | undefined
  readonly makeFrame?: FrameFactory | undefined
  /** Others that may run sub-threads. */
  readonly helpers?: ThreadHelpers | undefined
  /** Counts the sub-threads that are started. */
  readonly started?: { threads: number } | undefined
  /** Called before a precompiled contract runs, with what that costs; may throw to give up. */
  readonly onPrecompile?: ((gas: bigint) => void) | undefined
}

/**
 * Runs a message to its end and leaves its changes in `state`; none are left unless it returns. Whatever the EVM can do
 * wrong is in the result. Frames are on a list of our own, so that the depth of calls needs no native stack. Without
 * `makeFrame` the reference interpreter runs them, watched by the tracer if there is one.
 */
export function runMessage(
  message: Message,
  transaction: TransactionContext,
  state: WorldState,
  { tracer, makeFrame, helpers, started = { threads: 0 }, onPrecompile }: RunOptions = {},
): MessageResult {
  const { rules } = transaction.block
  const run: Run = {
    context: { ...transaction, rules, state, precompiles: precompilesFor(rules), started },
    onThread: helpers && ((frame) => offerThread(frame, helpers)),
    makeFrame: makeFrame ?? referenceFrames(tracer),
    tracer,
    onPrecompile,
    waiting: [],
  }
  try {
    let step = start(message, run)
    for (;;) {
      if (step instanceof Frame) {
        step = advance(step, step.run(), run)
      } else {
        const caller = run.waiting.pop()
        if (caller === undefined) return step
        step = goOn(caller, step, run)
      }
    }
  } catch (error) {
    // Nobody is to work on for a message that is given up.
    helpers?.closeAll()
    throw error
  }
}

/** What all frames of a message have in common. */
interface Run {
  readonly context: ExecutionContext
  readonly makeFrame: FrameFactory
  readonly tracer: Tracer | undefined
  readonly onThread: FrameModules['onThread']
  readonly onPrecompile: RunOptions['onPrecompile']
  /** Frames waiting for the result of what they sent, or of a sub-thread, innermost last. */
  readonly waiting: Waiting[]
}

interface Waiting {
  readonly frame: Frame
  readonly sent: SubMessage | JoiningThread
}

/** What comes of a frame's signal: the frame that runs next, or a result. */
function advance(frame: Frame, signal: FrameSignal, run: Run): Frame | MessageResult {
  switch (signal.kind) {
    case 'message':
      run.waiting.push({ frame, sent: signal })
      return start(signal.message, run)
    case 'joinNeeded':
      return beginJoin(frame, undefined, run)
    case 'return':
      return frame.threads?.isPending ? beginJoin(frame, signal, run) : end(frame, signal, run)
    default:
      // Nothing of the frame has an effect, nor has what it put off.
      frame.threads?.dropAll()
      return end(frame, signal, run)
  }
}

function goOn({ frame, sent }: Waiting, result: MessageResult, run: Run): Frame | MessageResult {
  if (sent.kind === 'message') {
    frame.resume(sent, result)
    return frame
  }
  settleThread(frame, sent, result)
  return joinNext(frame, sent.exit, run)
}

function beginJoin(frame: Frame, exit: Exit | undefined, run: Run): Frame | MessageResult {
  run.tracer?.onThreads?.(frame)
  return joinNext(frame, exit, run)
}

/** Lets the next sub-thread take effect; after the last one the frame goes on, or ends with what it was about to end with. */
function joinNext(frame: Frame, exit: Exit | undefined, run: Run): Frame | MessageResult {
  let next = frame.threads!.next()
  while (next !== undefined && !('message' in next) && settleSpeculated(frame, next)) next = frame.threads!.next()
  if (next === undefined) {
    endJoin(frame)
    return exit === undefined ? frame : end(frame, exit, run)
  }
  if ('message' in next) {
    frame.threads!.dropAll()
    return end(frame, revertWith(next), run)
  }
  const sent = beginThread(frame, next, exit)
  run.waiting.push({ frame, sent })
  return start(sent.threadMessage, run)
}

function end(frame: Frame, exit: Exit, { tracer }: Run): MessageResult {
  if (frame.threads !== undefined) {
    endJoin(frame)
    tracer?.onThreads?.(frame)
  }
  const result = finish(frame, exit)
  frame.close()
  tracer?.onResult?.(frame.message, result)
  return result
}

function referenceFrames(tracer: Tracer | undefined): FrameFactory {
  return (message, modules) => new ReferenceFrame(message, { ...modules, tracer })
}

/** A frame of the reference interpreter: words are bigints, instructions run one by one from the opcode table. */
class ReferenceFrame extends Frame {
  override readonly stack = new Stack()
  override readonly memory = new Memory()
  override gas: bigint
  override programCounter = 0
  override returnData: Uint8Array = EMPTY_BYTES
  readonly #instructions: readonly Instruction[]
  readonly #tracer: Tracer | undefined

  constructor(message: Message, modules: FrameModules & { readonly tracer: Tracer | undefined }) {
    super(message, modules)
    this.gas = message.gas
    this.#instructions = instructionsFor(modules.context.rules)
    this.#tracer = modules.tracer
  }

  override run(): FrameSignal {
    const { bytes } = this.code
    const tracer = this.#tracer
    for (;;) {
      const instruction = this.#instructions[bytes[this.programCounter]!]!
      if (instruction.joins && needsJoin(this, instruction)) return JOIN_NEEDED
      if (tracer !== undefined) tracer.onStep?.(this, instruction)
      const signal = runInstruction(this, instruction)
      if (signal !== undefined) return signal
    }
  }

  override close(): void {}
}

/** Runs the instruction at the program counter. Stack and base gas are checked here and nowhere else. */
export function runInstruction(frame: Frame, instruction: Instruction): Exit | SubMessage | undefined {
  const { size } = frame.stack
  if (size < instruction.pops) return STACK_UNDERFLOW
  if (size > instruction.maxStackSize) return STACK_OVERFLOW
  if (frame.gas < instruction.gas) return OUT_OF_GAS
  frame.gas -= instruction.gas
  frame.programCounter++
  return instruction.execute(frame)
}

/** A frame to run, or the result of what needs none: a precompile, an account without code, an address in use. */
function start(message: Message, run: Run): Frame | MessageResult {
  const { tracer } = run
  tracer?.onMessage?.(message)
  const started = prepare(message, run)
  if (!(started instanceof Frame)) tracer?.onResult?.(message, started)
  return started
}

function prepare(message: Message, { context, makeFrame, onThread, onPrecompile }: Run): Frame | MessageResult {
  const { state, rules } = context
  if (message.kind === 'create' && state.hasCodeOrNonceOrStorage(message.recipient)) {
    return { exit: ADDRESS_COLLISION, gasLeft: 0n }
  }
  const checkpoint = state.checkpoint()
  if (message.kind === 'create') {
    state.createAccount(message.recipient)
    if (rules.clearsEmptyAccounts) state.setNonce(message.recipient, 1n)
  }
  moveValue(message, state)
  const precompiles = context.block.precompiles ?? context.precompiles
  const precompile = message.isDelegated ? undefined : precompiles.get(message.codeAddress)
  if (precompile !== undefined && message.kind === 'call')
    return runPrecompile(precompile, message, context, { checkpoint, onPrecompile })
  if (message.code.length > 0) return makeFrame(message, { context, checkpoint, onThread })
  // A creation of nothing: there is no code to deposit either.
  return { exit: { kind: 'return', output: EMPTY_BYTES }, gasLeft: message.gas }
}

/** The sender has been seen to have the value; the recipient's balance is nobody's business (it is an addition). */
function moveValue(message: Message, state: WorldState): void {
  if (!message.transfersValue) return
  if (message.value === 0n) {
    state.touch(message.recipient)
    return
  }
  state.debit(message.caller, message.value)
  state.credit(message.recipient, message.value)
}

function runPrecompile(
  precompile: Precompile,
  message: Message,
  context: ExecutionContext,
  { checkpoint, onPrecompile }: { readonly checkpoint: number } & Pick<Run, 'onPrecompile'>,
): MessageResult {
  const { rules, state } = context
  const gas = precompile.gas(message.data, rules)
  if (gas <= message.gas) onPrecompile?.(gas)
  const output = gas > message.gas ? undefined : precompile.run(message.data, rules)
  if (output === undefined) {
    state.rollback(checkpoint)
    return { exit: gas > message.gas ? OUT_OF_GAS : PRECOMPILE_FAILURE, gasLeft: 0n }
  }
  return { exit: { kind: 'return', output }, gasLeft: message.gas - gas }
}

/** The result of a frame that has ended; its changes are undone unless it returned. */
function finish(frame: Frame, exit: Exit): MessageResult {
  const { message, context, checkpoint } = frame
  const failure = exit.kind === 'return' && message.kind === 'create' ? deposit(frame, exit.output) : undefined
  const result = failure ?? exit
  if (result.kind !== 'return') context.state.rollback(checkpoint)
  return { exit: result, gasLeft: result.kind === 'halt' ? 0n : frame.gas }
}

/** Stores the code that init code returned (Yellow Paper 7), or says why it cannot. */
function deposit(frame: Frame, code: Uint8Array): Halt | undefined {
  const { rules, state } = frame.context
  if (rules.reservesCodePrefix && code[0] === 0xef) return RESERVED_CODE_PREFIX
  if (code.length > rules.maxCodeSize) return CODE_TOO_LARGE
  if (!frame.charge(GAS_CODE_DEPOSIT_PER_BYTE * BigInt(code.length))) {
    // Before Homestead an unpaid deposit leaves a contract without code.
    return rules.failsUnpaidDeposit ? OUT_OF_GAS : undefined
  }
  if (code.length > 0) state.setCode(frame.message.recipient, code)
  return undefined
}
