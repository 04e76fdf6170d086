import { CodedError, DecodeError } from '../../primitives/errors.ts'
import { StorageError, type StorageErrorCode } from '../../storage/storage-error.ts'
import { BlockError, type BlockErrorCode } from '../block/block-error.ts'
import { CallError, type CallErrorCode } from '../call-error.ts'
import { SimulationError, type SimulationErrorCode } from '../simulate/simulation-error.ts'
import { TransactionError, type TransactionErrorCode } from '../transaction/transaction-error.ts'
import { ExecutionError, type ExecutionErrorCode } from './execution-error.ts'

/** An error as plain data: cloning one between threads would drop its class and fields. */
export interface PlainError {
  readonly name: string
  readonly code: string
  readonly message: string
  readonly details: Readonly<Record<string, unknown>>
  readonly stack: string | undefined
}

export function toPlainError(error: unknown): PlainError {
  if (!(error instanceof Error))
    return { name: 'Error', code: '', message: String(error), details: {}, stack: undefined }
  const { name, message, stack } = error
  if (error instanceof CodedError) return { name, code: error.code, message, details: error.details, stack }
  return { name, code: '', message, details: {}, stack }
}

type Rebuild = (code: string, message: string, details: PlainError['details']) => Error

const rebuildByName: ReadonlyMap<string, Rebuild> = new Map<string, Rebuild>([
  ['BlockError', (code, message, details) => new BlockError(code as BlockErrorCode, message, details)],
  ['CallError', (code, message, details) => new CallError(code as CallErrorCode, message, details)],
  ['DecodeError', (_, message, details) => new DecodeError(message, details)],
  ['ExecutionError', (code, message, details) => new ExecutionError(code as ExecutionErrorCode, message, details)],
  ['SimulationError', (code, message, details) => new SimulationError(code as SimulationErrorCode, message, details)],
  ['StorageError', (code, message, details) => new StorageError(code as StorageErrorCode, message, details)],
  [
    'TransactionError',
    (code, message, details) => new TransactionError(code as TransactionErrorCode, message, details),
  ],
])

/** The error again, of the same class; one of an unknown class is a bug met in a thread: `worker-threw`. */
export function fromPlainError({ name, code, message, details, stack }: PlainError): Error {
  const rebuild = rebuildByName.get(name)
  if (rebuild !== undefined) return rebuild(code, message, details)
  return new ExecutionError('worker-threw', `${name} in a worker thread: ${message}`, { code, ...details, stack })
}
