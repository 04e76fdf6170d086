import type { Address } from '../../primitives/hex.ts'
import { bytesToHex, quantityToHex, wordToAddress, wordToHash } from '../../primitives/hex.ts'
import type { Exit } from '../evm/exit.ts'
import type { Frame } from '../evm/frame.ts'
import type { Message, MessageResult } from '../evm/message.ts'
import type { Instruction } from '../evm/opcodes.ts'
import type { Tracer } from '../evm/tracer.ts'
import { THREADS_ADDRESS } from '../threads/thread-calls.ts'
import { refusedGas } from './call-collector.ts'
import { neededGas } from './gas-probe.ts'
import { DEPOSIT_OUT_OF_GAS, haltText } from './halt-text.ts'
import type { JsonWriter } from './json-writer.ts'
import { opcodeName } from './opcode-names.ts'
import { operandsOf } from './operands.ts'
import { StackText } from './stack-text.ts'
import type { TraceOutcome, TraceSubject, TransactionTrace } from './trace.ts'

export interface StructLogOptions {
  readonly name: 'structLogs'
  readonly enableMemory: boolean
  readonly disableStack: boolean
  readonly disableStorage: boolean
  readonly enableReturnData: boolean
  /** Instructions that are told of; 0: all. */
  readonly limit: number
}

/** A frame under way. */
interface OpenFrame {
  readonly message: Message
  /** Which sub-thread it runs in; 0 for none. */
  readonly thread: bigint
  readonly stack: StackText
  frame: Frame | undefined
  /** Its last instruction, of which is not known yet what it costs; `undefined`: it has been told. */
  pending: Pending | undefined
}

/** An instruction about to be executed. */
interface Pending {
  readonly instruction: Instruction
  readonly gas: bigint
  readonly operands: readonly bigint[]
  /** What it costs, where that could not be seen afterwards. */
  readonly needed: bigint | undefined
  /** Members before the cost, and behind it. */
  readonly before: string
  readonly behind: string
}

/** Instructions whose operands are looked at again when they have been executed, and how many those are. */
const OPERANDS: ReadonlyMap<string, number> = new Map([
  ...['SLOAD', 'BALANCE', 'EXTCODESIZE', 'EXTCODEHASH', 'SELFDESTRUCT'].map((name) => [name, 1] as const),
  ...['KECCAK256', 'EXP', 'MLOAD', 'MSTORE', 'MSTORE8', 'SSTORE', 'RETURN', 'REVERT', 'LOG0'].map(
    (name) => [name, 2] as const,
  ),
  ...['CALLDATACOPY', 'CODECOPY', 'RETURNDATACOPY', 'MCOPY', 'CREATE', 'LOG1'].map((name) => [name, 3] as const),
  ...['EXTCODECOPY', 'CREATE2', 'LOG2'].map((name) => [name, 4] as const),
  ['LOG3', 5],
  ['LOG4', 6],
  ...['DELEGATECALL', 'STATICCALL'].map((name) => [name, 6] as const),
  ...['CALL', 'CALLCODE'].map((name) => [name, 7] as const),
])

const NO_OPERANDS: readonly bigint[] = []

/**
 * Each instruction with the machine's state before it (go-ethereum eth/tracers/logger/logger.go, execution-apis `OpcodeTransactionTrace`).
 * Written while the transaction runs. What an instruction costs is seen from the gas that is left after it.
 */
export function structLogTracer(
  options: StructLogOptions,
  subject: TraceSubject,
  writer: JsonWriter,
): TransactionTrace {
  const tracer = new StructLogTracer(options, subject, writer)
  return { tracer, finish: (outcome) => tracer.finish(outcome) }
}

class StructLogTracer implements Tracer {
  readonly #options: StructLogOptions
  readonly #writer: JsonWriter
  readonly #namesThread: boolean
  readonly #open: OpenFrame[] = []
  /** Slots that contracts have read and written so far. */
  readonly #storage = new Map<Address, Map<bigint, string>>()
  #left: number

  constructor(options: StructLogOptions, subject: TraceSubject, writer: JsonWriter) {
    this.#options = options
    this.#writer = writer
    this.#namesThread = subject.startsThreads()
    this.#left = options.limit === 0 ? Number.POSITIVE_INFINITY : options.limit
    writer.open('{', '}')
    writer.open('"structLogs":[', ']')
  }

  finish({ gasUsed, succeeded, output }: TraceOutcome): void {
    this.#writer.close()
    this.#writer.write(`,"gas":${gasUsed},"failed":${!succeeded},"returnValue":"${bytesToHex(output)}"`)
    this.#writer.close()
  }

  onMessage(message: Message): void {
    const parent = this.#open.at(-1)
    if (parent?.pending !== undefined) {
      const { frame, pending } = parent
      // What a creation gets is not what CREATE costs; what a call gets is part of what CALL costs.
      const passed = message.kind === 'create' ? message.gas : 0n
      this.#tell(parent, pending.gas - frame!.gas - passed)
    }
    const thread = message.thread?.id ?? parent?.thread ?? 0n
    this.#open.push({ message, thread, stack: new StackText(), frame: undefined, pending: undefined })
  }

  onStep(frame: Frame, instruction: Instruction): void {
    const open = this.#open[this.#open.length - 1]!
    open.frame = frame
    if (open.pending !== undefined) this.#tell(open, costSoFar(frame, open.pending))
    if (this.#left === 0) return
    this.#left--
    const { programCounter, gas, stack, memory, returnData, context } = frame
    const { enableMemory, disableStack, disableStorage, enableReturnData } = this.#options
    const { name } = instruction
    const count = OPERANDS.get(name)
    const operands = count === undefined ? NO_OPERANDS : operandsOf(frame, count)
    let behind = `,"depth":${open.message.depth + 1}`
    if (!disableStack) behind += `,"stack":[${open.stack.text(stack, instruction)}]`
    if (enableReturnData && returnData.length > 0) behind += `,"returnData":"${bytesToHex(returnData)}"`
    if (enableMemory && memory.size > 0) behind += `,"memory":[${memoryText(memory.contents())}]`
    if (!disableStorage && (name === 'SLOAD' || name === 'SSTORE')) behind += this.#storageMember(frame, instruction)
    const { refund } = context.state
    if (refund !== 0n) behind += `,"refund":${refund}`
    if (this.#namesThread) behind += `,"thread":"${quantityToHex(open.thread)}"`
    open.pending = {
      instruction,
      gas,
      operands,
      needed:
        count === operands.length && mayNotSuffice(open.message, gas, name)
          ? neededGas(frame, instruction, operands)
          : undefined,
      before: `{"pc":${programCounter},"op":"${opcodeName(instruction)}","gas":${gas},"gasCost":`,
      behind,
    }
  }

  onThreads(frame: Frame): void {
    const open = this.#open.at(-1)!
    if (open.pending !== undefined && frame.threads?.isPending) this.#tell(open, costSoFar(frame, open.pending))
  }

  onResult(message: Message, { exit }: MessageResult): void {
    const open = this.#open.pop()!
    const { frame, pending } = open
    if (pending === undefined) return
    const { cost, error } = costOfLast(message, exit, frame!, pending)
    this.#tell(open, cost, error)
  }

  #tell(open: OpenFrame, cost: bigint, error?: string): void {
    const { before, behind } = open.pending!
    open.pending = undefined
    this.#writer.item()
    this.#writer.write(
      error === undefined
        ? `${before}${cost}${behind}}`
        : `${before}${cost}${behind},"error":${JSON.stringify(error)}}`,
    )
    this.#writer.settle()
  }

  /** With the slot as the instruction leaves it. */
  #storageMember({ stack, message: { recipient }, context }: Frame, { name, pops }: Instruction): string {
    if (stack.size < pops) return ''
    const slot = stack.peek()
    const value = name === 'SSTORE' ? stack.peek(1) : context.state.peekSlot(recipient, slot)
    const slots = this.#storage.get(recipient) ?? new Map<bigint, string>()
    this.#storage.set(recipient, slots)
    slots.set(slot, `"${wordToHash(slot)}":"${wordToHash(value)}"`)
    return `,"storage":{${[...slots.values()].join(',')}}`
  }
}

/** Of an instruction that has been executed, and whose frame goes on. */
function costSoFar(frame: Frame, { instruction: { name }, gas, operands }: Pending): bigint {
  const cost = gas - frame.gas
  if (name !== 'CALL' && name !== 'CALLCODE' && name !== 'DELEGATECALL' && name !== 'STATICCALL') return cost
  if (isThreadRequest(frame, name, operands)) return cost
  // It was refused: the frame has the callee's gas, and the stipend, which it did not pay for.
  const value = name === 'CALL' || name === 'CALLCODE' ? operands[2]! : 0n
  return cost + refusedGas(frame, operands[0]!, value)
}

function isThreadRequest({ context }: Frame, name: string, [, target = 0n]: readonly bigint[]): boolean {
  return name === 'CALL' && context.rules.threads !== undefined && wordToAddress(target) === THREADS_ADDRESS
}

/** Instructions of which go-ethereum tells the whole price even where there is not enough gas for the part that is always the same. */
const WHOLE_PRICE = /^(SLOAD|EXP|LOG\d)$/

/** More than what an instruction costs whose price depends on the state, memory left out. */
const STATE_GAS = 50_000n

/** Whether the cost has to be found out before the instruction is executed: when it has failed, what it depends on has been undone. */
function mayNotSuffice({ kind }: Message, gas: bigint, name: string): boolean {
  return gas < STATE_GAS || (kind === 'create' && name === 'RETURN')
}

/** Of the instruction with which a frame has ended, and what was wrong with it. */
function costOfLast(
  message: Message,
  exit: Exit,
  frame: Frame,
  { instruction, gas, operands, needed }: Pending,
): { readonly cost: bigint; readonly error?: string } {
  if (exit.kind !== 'halt') {
    // What the code of a new contract costs is not what RETURN costs.
    const isDeposit = message.kind === 'create' && instruction.name === 'RETURN'
    return { cost: isDeposit ? needed! : gas - frame.gas }
  }
  const error = haltText(exit.cause, message, { frame, instruction, operands })
  switch (exit.cause) {
    case 'stack-underflow':
    case 'stack-overflow':
      return { cost: instruction.gas, error }
    case 'out-of-gas':
      if (error === DEPOSIT_OUT_OF_GAS) return { cost: needed! }
      if (operands.length === 0 || (gas < instruction.gas && !WHOLE_PRICE.test(instruction.name))) {
        return { cost: instruction.gas, error }
      }
      // So much gas does not suffice for memory alone, whatever the state is.
      return { cost: needed ?? neededGas(frame, instruction, operands), error }
    default:
      // The instruction has begun: what it did then is the frame's error, not its own.
      return { cost: gas - frame.gas }
  }
}

function memoryText(memory: Uint8Array): string {
  const digits = bytesToHex(memory)
  let text = ''
  for (let start = 2; start < digits.length; start += 64) {
    text += `${start === 2 ? '' : ','}"0x${digits.slice(start, start + 64)}"`
  }
  return text
}
