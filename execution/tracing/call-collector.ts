import { GAS_CALL_STIPEND } from '../../config/gas.ts'
import { EMPTY_BYTES } from '../../primitives/bytes.ts'
import type { Address, Hash } from '../../primitives/hex.ts'
import { wordToAddress, wordToHash, ZERO_ADDRESS } from '../../primitives/hex.ts'
import { CallError } from '../call-error.ts'
import type { Frame } from '../evm/frame.ts'
import { CALL_DEPTH_LIMIT, withoutReserve } from '../evm/instructions/sub-message.ts'
import { type Message, type MessageResult, outputOf } from '../evm/message.ts'
import type { Instruction } from '../evm/opcodes.ts'
import { precompilesFor } from '../evm/precompiles/table.ts'
import type { Tracer } from '../evm/tracer.ts'
import { THREADS_ADDRESS } from '../threads/thread-calls.ts'
import { CALL_TOO_DEEP, haltText, INSUFFICIENT_BALANCE, type LastStep, NONCE_OVERFLOW, REVERTED } from './halt-text.ts'
import { memoryRange, operandsOf } from './operands.ts'
import type { TraceOutcome, TraceSubject } from './trace.ts'

export type CallType =
  | 'CALL'
  | 'CALLCODE'
  | 'DELEGATECALL'
  | 'STATICCALL'
  | 'CREATE'
  | 'CREATE2'
  /** Of which go-ethereum and others tell as of a call: the balance goes to the beneficiary. */
  | 'SELFDESTRUCT'

export interface TracedLog {
  readonly address: Address
  readonly topics: readonly Hash[]
  readonly data: Uint8Array
  /** Calls of the same frame before it. */
  readonly position: number
  /** In the block. */
  readonly index: number
}

/** A call of a transaction. */
export interface TracedCall {
  readonly type: CallType
  /** 0 for the outermost. */
  readonly depth: number
  readonly from: Address
  readonly to: Address
  /** Call data or init code. */
  readonly input: Uint8Array
  /** In wei; absent: the call has none. */
  readonly value: bigint | undefined
  /** Which sub-thread of the call around it this is; a thread is a call of a contract by itself. */
  readonly thread: bigint | undefined
  readonly isPrecompile: boolean
  /** It was not made: too deep, or too little money for its value. */
  readonly isRefused: boolean
  gas: bigint
  gasUsed: bigint
  /** Code of a creation. */
  output: Uint8Array
  /** Why it failed, in go-ethereum's words; `REVERTED` if it reverted. */
  error: string | undefined
  readonly calls: TracedCall[]
  /** None of a call that failed, or of one inside such a call. */
  logs: readonly TracedLog[]
}

export interface CallCollectorOptions {
  /** Nothing of the calls below the outermost. */
  readonly onlyTopCall?: boolean | undefined
  readonly withLogs?: boolean | undefined
}

/** Bytes of calls that are kept at most: a contract can pass the same megabyte on for 100 gas a call. */
const MAX_KEPT_BYTES = 128 * 1024 * 1024
/** What a call takes besides its data. */
const CALL_BYTES = 300

const CALL_OPERANDS = 7
const LOG_BASE = 0xa0

/** How many operands of which instruction are looked at, by opcode. */
const OPERANDS = new Uint8Array(256)
for (let topics = 0; topics <= 4; topics++) OPERANDS[LOG_BASE + topics] = 2 + topics
for (const call of [0xf1, 0xf2, 0xf4, 0xfa]) OPERANDS[call] = CALL_OPERANDS
for (const create of [0xf0, 0xf5]) OPERANDS[create] = 4
OPERANDS[0xf3] = 2
OPERANDS[0xff] = 1

/** A call under way. */
interface OpenCall {
  readonly call: TracedCall
  readonly message: Message
  readonly firstLog: number
  readonly logs: TracedLog[]
  last: { frame: Frame; instruction: Instruction; operands: readonly bigint[] } | undefined
  /** The last instruction sends a message, which has not come yet. */
  isSending: boolean
  /** Of the account when its last instruction was SELFDESTRUCT. */
  destroyed: bigint
}

/** Notes the calls of a transaction as a tree. Throws `CallError` `trace-too-large` beyond 128 MB. */
export class CallCollector implements Tracer {
  readonly #options: CallCollectorOptions
  readonly #subject: TraceSubject
  readonly #precompiles: ReadonlyMap<Address, unknown>
  readonly #open: OpenCall[] = []
  #outermost: TracedCall | undefined
  #keptBytes = 0
  #nextLog: number

  constructor(options: CallCollectorOptions, subject: TraceSubject) {
    this.#options = options
    this.#subject = subject
    const { precompiles, rules } = subject.environment
    this.#precompiles = precompiles ?? precompilesFor(rules)
    this.#nextLog = subject.position?.logsBefore ?? 0
  }

  /** The outermost call, with the gas that its message had. */
  get outermost(): TracedCall {
    return this.#outermost!
  }

  /** The same with the gas of the transaction, which has ended. */
  finished({ gasUsed }: TraceOutcome): TracedCall {
    return { ...this.outermost, gas: this.#subject.gasLimit, gasUsed }
  }

  onMessage(message: Message): void {
    const parent = this.#open.at(-1)
    if (parent !== undefined) parent.isSending = false
    const type = typeOf(message, parent)
    const isOnCaller = type === 'DELEGATECALL' || type === 'CALLCODE'
    const call: TracedCall = {
      ...EMPTY_CALL,
      type,
      depth: message.depth,
      from: isOnCaller ? message.recipient : message.caller,
      to: targetOf(message, parent),
      input: message.kind === 'create' ? message.code : message.data,
      value: type === 'STATICCALL' ? undefined : message.value,
      thread: message.thread?.id,
      isPrecompile: this.#isPrecompile(message),
      gas: message.gas,
      calls: [],
    }
    if (parent === undefined) this.#outermost = call
    else this.#add(call, parent)
    this.#open.push({
      call,
      message,
      firstLog: this.#nextLog,
      logs: [],
      last: undefined,
      isSending: false,
      destroyed: 0n,
    })
  }

  onStep(frame: Frame, instruction: Instruction): void {
    const open = this.#open[this.#open.length - 1]!
    if (open.isSending) this.#addRefused(open)
    const count = OPERANDS[instruction.opcode]!
    const operands = count === 0 ? NO_OPERANDS : operandsOf(frame, count)
    if (open.last === undefined) open.last = { frame, instruction, operands }
    else {
      open.last.instruction = instruction
      open.last.operands = operands
    }
    if (count > 0 && operands.length >= instruction.pops) this.#lookAhead(open, frame, instruction)
  }

  /** Threads come after what the frame did before them, be it a call that was refused. */
  onThreads(frame: Frame): void {
    const open = this.#open.at(-1)!
    if (open.isSending && frame.threads?.isPending) this.#addRefused(open)
  }

  onResult(message: Message, { exit, gasLeft }: MessageResult): void {
    const open = this.#open.pop()!
    const { call, last, logs, firstLog } = open
    call.gasUsed = message.gas - gasLeft
    call.output = outputOf(exit)
    this.#keep(call.output.length)
    if (exit.kind === 'return') {
      call.logs = logs
      if (last?.instruction.name === 'SELFDESTRUCT') this.#addDestruction(open, last)
      return
    }
    call.error = exit.kind === 'revert' ? REVERTED : haltText(exit.cause, message, last)
    this.#nextLog = firstLog
    forgetLogs(call)
  }

  /** What has to be noted before the instruction is executed. */
  #lookAhead(open: OpenCall, frame: Frame, { name }: Instruction): void {
    if (name.startsWith('LOG')) this.#addLog(open, frame)
    else if (name === 'SELFDESTRUCT') {
      open.destroyed = frame.context.state.peekAccount(frame.message.recipient).balance
    } else if (name !== 'RETURN') open.isSending = name !== 'INVALID'
  }

  #add(call: TracedCall, parent: OpenCall): void {
    if (this.#options.onlyTopCall === true) return
    parent.call.calls.push(call)
    this.#keep(CALL_BYTES + call.input.length)
  }

  #addLog({ call, logs, last }: OpenCall, frame: Frame): void {
    const { onlyTopCall, withLogs } = this.#options
    if (withLogs !== true || (onlyTopCall === true && call.depth > 0)) return
    const [offset = 0n, length = 0n, ...topics] = last!.operands
    const data = memoryRange(frame, offset, length)
    if (data === undefined) return
    this.#keep(CALL_BYTES + data.length)
    const position = call.calls.length
    logs.push({
      address: frame.message.recipient,
      topics: topics.map(wordToHash),
      data,
      position,
      index: this.#nextLog++,
    })
  }

  #addDestruction(open: OpenCall, { operands: [beneficiary = 0n] }: LastStep): void {
    const { call, message, destroyed: value } = open
    const to = wordToAddress(beneficiary)
    const place = { type: 'SELFDESTRUCT', depth: call.depth + 1, from: message.recipient, to } as const
    this.#add({ ...EMPTY_CALL, ...place, value, calls: [] }, open)
  }

  /** The last instruction should have sent a message and has not, but has given its gas back. */
  #addRefused(open: OpenCall): void {
    open.isSending = false
    const call = refusedCall(open)
    if (call !== undefined) this.#add(call, open)
  }

  #isPrecompile({ kind, codeAddress, isDelegated }: Message): boolean {
    return kind === 'call' && !isDelegated && this.#precompiles.has(codeAddress)
  }

  #keep(bytes: number): void {
    this.#keptBytes += bytes
    if (this.#keptBytes > MAX_KEPT_BYTES) {
      throw new CallError('trace-too-large', 'the calls of the transaction carry too much data to be traced')
    }
  }
}

const NO_OPERANDS: readonly bigint[] = []

const EMPTY_CALL = {
  thread: undefined,
  isPrecompile: false,
  isRefused: false,
  input: EMPTY_BYTES,
  gas: 0n,
  gasUsed: 0n,
  output: EMPTY_BYTES,
  error: undefined,
  logs: [],
} as const satisfies Partial<TracedCall>

/** Told by what the caller has executed; a sub-thread is what DELEGATECALL of the contract by itself would be. */
function typeOf({ kind, thread }: Message, parent: OpenCall | undefined): CallType {
  if (thread !== undefined) return 'DELEGATECALL'
  if (parent?.last === undefined) return kind === 'create' ? 'CREATE' : 'CALL'
  return parent.last.instruction.name as CallType
}

/** What was called, be it an account that has delegated to another (EIP-7702). */
function targetOf(
  { kind, thread, recipient, isDelegated, codeAddress }: Message,
  parent: OpenCall | undefined,
): Address {
  if (kind === 'create' || thread !== undefined) return recipient
  if (!isDelegated) return codeAddress
  return parent === undefined ? recipient : wordToAddress(parent.last!.operands[1]!)
}

/** `undefined` for a CALL that is a request of the frame's threads. */
function refusedCall({ message, last }: OpenCall): TracedCall | undefined {
  const { frame, instruction, operands } = last!
  const { rules } = frame.context
  const type = instruction.name as CallType
  const common = { ...EMPTY_CALL, type, depth: message.depth + 1, from: message.recipient, isRefused: true, calls: [] }
  if (type === 'CREATE' || type === 'CREATE2') {
    const [value = 0n, offset = 0n, length = 0n] = operands
    return {
      ...common,
      to: ZERO_ADDRESS,
      value,
      input: memoryRange(frame, offset, length) ?? EMPTY_BYTES,
      gas: withoutReserve(frame),
      error: refusal(frame, value),
    }
  }
  const [requested = 0n, target = 0n, ...rest] = operands
  const to = wordToAddress(target)
  if (type === 'CALL' && to === THREADS_ADDRESS && rules.threads !== undefined) return undefined
  const hasValue = type === 'CALL' || type === 'CALLCODE'
  const value = hasValue ? rest[0]! : 0n
  const [offset = 0n, length = 0n] = hasValue ? rest.slice(1) : rest
  return {
    ...common,
    to,
    value: type === 'STATICCALL' ? undefined : hasValue ? value : message.value,
    input: memoryRange(frame, offset, length) ?? EMPTY_BYTES,
    gas: refusedGas(frame, requested, value),
    error: refusal(frame, value),
  }
}

/** What the callee would have got; by now the frame has it back, and the stipend with it. */
export function refusedGas(frame: Frame, requested: bigint, value: bigint): bigint {
  const stipend = value > 0n ? GAS_CALL_STIPEND : 0n
  const available = withoutReserve({ gas: frame.gas - stipend, context: frame.context })
  return (requested < available ? requested : available) + stipend
}

function refusal({ message, context }: Frame, value: bigint): string {
  if (message.depth + 1 > CALL_DEPTH_LIMIT) return CALL_TOO_DEEP
  return context.state.peekAccount(message.recipient).balance < value ? INSUFFICIENT_BALANCE : NONCE_OVERFLOW
}

function forgetLogs(call: TracedCall): void {
  call.logs = []
  for (const each of call.calls) forgetLogs(each)
}
