import { GAS_CODE_DEPOSIT_PER_BYTE } from '../../config/gas.ts'
import { bytesToHex, quantityToHex } from '../../primitives/hex.ts'
import type { Exit } from '../evm/exit.ts'
import type { Frame } from '../evm/frame.ts'
import type { Message, MessageResult } from '../evm/message.ts'
import type { Instruction } from '../evm/opcodes.ts'
import { precompilesFor } from '../evm/precompiles/table.ts'
import type { Tracer } from '../evm/tracer.ts'
import type { JsonWriter } from './json-writer.ts'
import { operandsOf } from './operands.ts'

/** Which operands say where in memory an instruction writes, and how much; or how many bytes it always writes. */
const MEMORY_OPERANDS: Readonly<Record<string, readonly [offset: number, length: number | 'word' | 'byte']>> = {
  MLOAD: [0, 'word'],
  MSTORE: [0, 'word'],
  MSTORE8: [0, 'byte'],
  CALLDATACOPY: [0, 2],
  CODECOPY: [0, 2],
  RETURNDATACOPY: [0, 2],
  MCOPY: [0, 2],
  EXTCODECOPY: [1, 3],
  CALL: [5, 6],
  CALLCODE: [5, 6],
  DELEGATECALL: [4, 5],
  STATICCALL: [4, 5],
}
const MAX_OPERANDS = 7

interface OpenFrame {
  frame: Frame | undefined
  /** It runs code, so it has a list. */
  readonly isListed: boolean
  pending: Pending | undefined
}

/** An instruction that has begun. */
interface Pending {
  readonly instruction: Instruction
  readonly gas: bigint
  readonly programCounter: number
  readonly operands: readonly bigint[]
  /** It has been written up to what its message did. */
  hasSub: boolean
}

/**
 * Each instruction with what it changed of the machine: OpenEthereum's `vmTrace`, written while the code runs. Nothing is written of a
 * transaction that runs none.
 */
export class VmTracer implements Tracer {
  readonly #writer: JsonWriter
  readonly #open: OpenFrame[] = []
  hasWritten = false

  constructor(writer: JsonWriter) {
    this.#writer = writer
  }

  onMessage(message: Message): void {
    const parent = this.#open.at(-1)
    const isListed = message.code.length > 0 && !this.#isPrecompile(message, parent)
    if (message.thread !== undefined) {
      this.#writer.item()
      this.#writer.open(`{"thread":"${quantityToHex(message.thread.id)}","sub":`, '}')
    } else if (parent?.pending !== undefined) this.#beginSub(parent, parent.pending, isListed)
    this.#open.push({ frame: undefined, isListed, pending: undefined })
    if (!isListed) return
    this.hasWritten = true
    this.#writer.open(`{"code":"${bytesToHex(message.code)}"`, '}')
    this.#writer.open(',"ops":[', ']')
  }

  onStep(frame: Frame, instruction: Instruction): void {
    const open = this.#open[this.#open.length - 1]!
    open.frame = frame
    if (open.pending !== undefined) this.#end(frame, open.pending, true)
    const { name } = instruction
    const needsOperands = name === 'SSTORE' || Object.hasOwn(MEMORY_OPERANDS, name)
    open.pending = {
      instruction,
      gas: frame.gas,
      programCounter: frame.programCounter,
      operands: needsOperands ? operandsOf(frame, Math.min(instruction.pops, MAX_OPERANDS)) : [],
      hasSub: false,
    }
  }

  /** Sub-threads begin between instructions, and stand there as items of their own. */
  onThreads(frame: Frame): void {
    const open = this.#open.at(-1)!
    if (open.pending === undefined || !frame.threads?.isPending) return
    this.#end(frame, open.pending, true)
    open.pending = undefined
  }

  onResult(message: Message, { exit }: MessageResult): void {
    const { frame, pending, isListed } = this.#open.pop()!
    if (pending !== undefined) this.#end(frame!, pending, exit.kind !== 'halt', depositGas(message, exit))
    if (isListed) {
      this.#writer.close()
      this.#writer.close()
    }
    if (message.thread !== undefined) this.#writer.close()
  }

  #isPrecompile({ kind, isDelegated, codeAddress }: Message, parent: OpenFrame | undefined): boolean {
    if (kind === 'create' || isDelegated || parent?.frame === undefined) return false
    return precompilesFor(parent.frame.context.rules).has(codeAddress)
  }

  #beginSub({ frame }: OpenFrame, pending: Pending, isListed: boolean): void {
    this.#begin(pending, pending.gas - frame!.gas)
    pending.hasSub = true
    this.#writer.write(`,"sub":${isListed ? '' : 'null'}`)
  }

  #begin({ programCounter }: Pending, cost: bigint): void {
    this.#writer.item()
    this.#writer.open(`{"pc":${programCounter},"cost":${cost}`, '}')
  }

  /** `paid`: gas that the frame has used for something else since. */
  #end(frame: Frame, pending: Pending, hasSucceeded: boolean, paid = 0n): void {
    const gas = frame.gas + paid
    if (!pending.hasSub) {
      this.#begin(pending, pending.gas - gas)
      this.#writer.write(',"sub":null')
    }
    this.#writer.write(`,"ex":${hasSucceeded ? effectText(frame, pending, gas) : 'null'}`)
    this.#writer.close()
    this.#writer.settle()
  }
}

/** What the code of a new contract cost, behind the last instruction of its init code. */
function depositGas({ kind }: Message, exit: Exit): bigint {
  return kind === 'create' && exit.kind === 'return' ? GAS_CODE_DEPOSIT_PER_BYTE * BigInt(exit.output.length) : 0n
}

function effectText(frame: Frame, { instruction, operands }: Pending, gas: bigint): string {
  const { stack } = frame
  const pushed: string[] = []
  const count = Math.min(instruction.pushes, stack.size)
  for (let depth = count - 1; depth >= 0; depth--) pushed.push(`"${quantityToHex(stack.peek(depth))}"`)
  const [key = 0n, value = 0n] = operands
  const store =
    instruction.name === 'SSTORE' ? `{"key":"${quantityToHex(key)}","val":"${quantityToHex(value)}"}` : 'null'
  return `{"mem":${memoryText(frame, instruction, operands)},"push":[${pushed.join(',')}],"store":${store},"used":${gas}}`
}

function memoryText({ memory }: Frame, { name }: Instruction, operands: readonly bigint[]): string {
  const where = MEMORY_OPERANDS[name]
  if (where === undefined) return 'null'
  const [offsetAt, lengthAt] = where
  const offset = operands[offsetAt]!
  const length = lengthAt === 'word' ? 32n : lengthAt === 'byte' ? 1n : operands[lengthAt]!
  if (length === 0n) return 'null'
  return `{"data":"${bytesToHex(memory.read(offset, length))}","off":${offset}}`
}
